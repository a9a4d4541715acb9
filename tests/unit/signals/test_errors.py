"""What goes wrong is said in Dutch to people and as problem+json to machines, and nothing leaks."""

import pytest
from flask import Flask


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
    assert response.headers["Cache-Control"] == "no-store"
