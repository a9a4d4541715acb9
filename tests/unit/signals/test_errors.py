"""What goes wrong is said in Dutch to people and as problem+json to machines, and nothing leaks."""

from collections.abc import Callable

import pytest
from flask import Flask, abort
from werkzeug.exceptions import HTTPException

from tests.unit.signals.auth_support import csrf_token, sign_in


@pytest.fixture
def broken(offline: Flask) -> Flask:
    def fail() -> str:
        raise RuntimeError("BSN 123456782 komt hier niet naar buiten")

    # Routes cannot be added after the first request; the counter of /metrics knows only those that were there.
    offline.view_functions["pages.front"] = fail
    return offline


def test_unknown_page(offline: Flask) -> None:
    response = offline.test_client().get("/bestaat-niet")
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "Deze pagina bestaat niet" in response.text


def test_unknown_address_of_the_api(offline: Flask) -> None:
    response = offline.test_client().get("/api/v1/bestaat-niet")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.get_json(force=True)["status"] == 404


def test_wrong_method_says_which_are_right(offline: Flask) -> None:
    response = offline.test_client().post("/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert "Dit kan hier niet" in response.text


def test_unexpected_exception_is_a_dutch_page_without_details(broken: Flask) -> None:
    response = broken.test_client().get("/")
    assert response.status_code == 500
    assert "Er ging iets mis" in response.text
    assert "123456782" not in response.text
    assert "Traceback" not in response.text
    assert response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store, no-transform"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "niet aangemeld"),
        (403, "Dit mag u niet zien of doen"),
        (409, "Dit kan niet meer"),
        (413, "te groot"),
        (422, "niet goed ingevuld"),
        (429, "te vaak gezocht"),
        (503, "even niet bereikbaar"),
        (418, "Dit is niet gelukt"),
    ],
)
def test_each_refusal_is_told_to_people_and_to_machines(offline: Flask, status: int, words: str) -> None:
    def refuse(**_: object) -> None:
        abort(status)

    offline.view_functions["pages.front"] = offline.view_functions["openapi.spec"] = refuse
    client = offline.test_client()
    page, problem = client.get("/"), client.get("/api/v1/openapi.json")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert words in page.text
    assert (problem.status_code, problem.mimetype) == (status, "application/problem+json")
    assert words in problem.get_json(force=True)["title"]
    for response in (page, problem):
        assert response.headers["Cache-Control"] == "no-store, no-transform"
        assert ("Retry-After" in response.headers) == (status in (429, 503))
        assert ("WWW-Authenticate" in response.headers) == (status == 401)


def test_what_knows_better_when_to_come_back_says_so(offline: Flask) -> None:
    def later() -> None:
        error = HTTPException("vol")
        error.code = 429
        error.get_headers = lambda *_: [("Retry-After", "7")]  # type: ignore[method-assign]
        raise error

    offline.view_functions["pages.front"] = later
    assert offline.test_client().get("/").headers["Retry-After"] == "7"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(online: Callable[..., Flask]) -> None:
    client = online().test_client()
    sign_in(client, "demo-auditor")
    form = {"csrf_token": csrf_token(client, "/"), "account": "x" * 70_000}
    response = client.post("/aanmelden/demo", data=form)
    assert response.status_code == 413
    assert "U stuurt meer dan de tool kan verwerken" in response.text
    many = {f"veld{number}": "x" for number in range(200)}
    assert client.post("/aanmelden/demo", data=many, content_type="multipart/form-data").status_code == 413


@pytest.mark.parametrize(
    "text", ["\0", "\u202eomgekeerd", "😀", "' or 1=1 --", "<script>alert(1)</script>", "x" * 10_000, "é\n\r"]
)
def test_odd_text_in_a_form_is_only_text(online: Callable[..., Flask], text: str) -> None:
    client = online().test_client()
    form = {"csrf_token": csrf_token(client), "account": text, "password": text}
    response = client.post("/aanmelden/demo", data=form)
    assert response.status_code == 422
    assert "<script>" not in response.text


@pytest.mark.parametrize(
    "path", ["/%00", "/%0d%0aSet-Cookie:x=1", "/..%2f..%2fetc/passwd", "/static/..%2f..%2fwsgi.py", "/%e2%80%ae"]
)
def test_odd_paths_are_pages_that_do_not_exist(offline: Flask, path: str) -> None:
    response = offline.test_client().get(path)
    assert response.status_code == 404
    assert "Set-Cookie" not in response.headers
