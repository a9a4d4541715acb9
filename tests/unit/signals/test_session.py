"""The session and the protection of forms."""

import time
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from orchestration.settings import Settings
from signals_service import create_app
from signals_service.auth import directory, session
from signals_service.store import Store, StoreUnavailableError
from tests.unit.signals.auth_support import csrf_token, sign_in
from tests.unit.signals.conftest import auth_config, offline_config


class Clock:
    def __init__(self) -> None:
        self.now = int(time.time())

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(session, "_now", clock)
    return clock


@pytest.fixture
def app(online: Callable[..., Flask]) -> Flask:
    return online()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _signed_in(client: FlaskClient) -> bool:
    return "Afmelden" in client.get("/").text


def test_a_demo_account_signs_in_and_out(client: FlaskClient) -> None:
    response = sign_in(client, "demo-toezicht")
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    page = client.get("/").text
    assert "Bram Verzonnen" in page
    assert "Plaatser" in page
    response = client.post("/afmelden", data={"csrf_token": csrf_token(client, "/")})
    assert (response.status_code, response.headers["Location"]) == (303, "/afgemeld")
    assert "U bent afgemeld" in client.get("/afgemeld").text
    assert not _signed_in(client)


@pytest.mark.parametrize(("account", "password"), [("demo-toezicht", "fout"), ("demo-toezicht", ""), ("nee", "fout")])
def test_a_wrong_password_or_account_is_refused(client: FlaskClient, account: str, password: str) -> None:
    response = sign_in(client, account, password)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text or "Kies een account." in response.text
    assert not _signed_in(client)


def test_without_demo_accounts_there_is_no_such_way_in() -> None:
    client = create_app(offline_config(auth=auth_config(demo_password=None))).test_client()
    assert "Aanmelden kan hier nog niet" in client.get("/aanmelden").text
    with client.session_transaction() as kept:
        kept["key"] = "k"
    token = csrf_token(client, "/aanmelden") if "csrf_token" in client.get("/aanmelden").text else ""
    assert client.post("/aanmelden/demo", data={"csrf_token": token, "account": "demo-toezicht"}).status_code in (
        403,
        404,
    )


def test_signing_in_and_out_stands_in_the_audit_log_and_the_directory(
    client: FlaskClient, registered: Settings
) -> None:
    def events() -> list[str]:
        with psycopg.connect(registered.dsn("admin")) as connection:
            found = connection.execute(
                "select action from audit.event where user_id = 'demo-vergunningen' and number > %s order by number",
                [before],
            )
            return [action for (action,) in found]

    with psycopg.connect(registered.dsn("admin")) as connection:  # other tests sign in here too
        (before,) = connection.execute("select coalesce(max(number), 0) from audit.event").fetchone() or (0,)
    sign_in(client, "demo-vergunningen", "fout")
    assert events() == []
    sign_in(client, "demo-vergunningen")
    assert events() == ["sign-in"]
    client.post("/afmelden", data={"csrf_token": csrf_token(client, "/")})
    assert events() == ["sign-in", "sign-out"]
    with psycopg.connect(registered.dsn("admin")) as connection:
        query = "select display_name, department, phone from signals.official where user_id = 'demo-vergunningen'"
        assert connection.execute(query).fetchall() == [("Fleur Denkbeeld", "vergunningen", "036-0100105")]


def test_without_an_audit_log_nobody_gets_in(offline: Flask) -> None:
    client = offline.test_client()
    response = sign_in(client, "demo-toezicht")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    with client.session_transaction() as kept:
        assert "who" not in kept


def test_a_copy_of_the_cookie_is_worth_nothing_after_signing_out(
    online: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not in another process, within seconds."""
    monkeypatch.setattr(directory, "_SECONDS", 0.0)
    app, other = online(), online()
    client, thief, far = app.test_client(), app.test_client(), other.test_client()
    sign_in(client, "demo-toezicht")
    cookie = client.get_cookie("vis_signals")
    assert cookie
    for one in (thief, far):
        one.set_cookie("vis_signals", cookie.value)
        assert _signed_in(one)
    client.post("/afmelden", data={"csrf_token": csrf_token(client, "/")})
    for one in (thief, far):
        one.set_cookie("vis_signals", cookie.value)
        assert not _signed_in(one)


def test_one_can_always_leave_and_it_is_noted_when_the_database_is_back(
    online: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(directory, "_SECONDS", 0.0)
    app, other = online(), online()
    client = app.test_client()
    sign_in(client, "demo-toezicht")
    cookie = client.get_cookie("vis_signals")
    assert cookie
    token = csrf_token(client, "/")
    with monkeypatch.context() as away:
        for name in ("end_session", "signed_out", "ended_sessions"):
            away.setattr(Store, name, _away)
        assert client.post("/afmelden", data={"csrf_token": token}).status_code == 303
        assert not _signed_in(client)
        client.set_cookie("vis_signals", cookie.value)
        assert not _signed_in(client), "this process knows"
    assert "missing from the audit log" in caplog.text
    colleague = app.test_client()
    sign_in(colleague, "demo-auditor")
    assert _signed_in(colleague)
    far = other.test_client()
    far.set_cookie("vis_signals", cookie.value)
    assert not _signed_in(far)


def _away(*_: object) -> None:
    raise StoreUnavailableError


def test_the_cookie_is_closed_to_scripts_and_other_websites(client: FlaskClient) -> None:
    (cookie,) = sign_in(client, "demo-toezicht").headers.getlist("Set-Cookie")
    parts = cookie.split("; ")
    assert parts[0].startswith("vis_signals=")
    assert set(parts[1:]) == {"HttpOnly", "Path=/", "SameSite=Strict"}


def test_by_https_the_cookie_is_secure_and_bound_to_the_host() -> None:
    app = create_app(offline_config(auth=auth_config(public_url="https://signalen.voorbeeld.nl")))
    client = app.test_client()
    response = client.get("/aanmelden", base_url="https://localhost")
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-vis_signals=")
    assert set(cookie.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_session_ends_without_use(client: FlaskClient, clock: Clock) -> None:
    sign_in(client, "demo-toezicht")
    for _ in range(3):
        clock.now += 14 * 60
        assert _signed_in(client), "use keeps it alive"
    clock.now += 15 * 60 + 1
    assert not _signed_in(client)
    clock.now -= 15 * 60
    assert not _signed_in(client), "once over, it is over"


def test_a_session_ends_with_the_working_day_whatever_its_use(client: FlaskClient, clock: Clock) -> None:
    sign_in(client, "demo-toezicht")
    for _ in range(8 * 6):
        clock.now += 10 * 60
        assert _signed_in(client)
    clock.now += 60
    assert not _signed_in(client)


def test_a_clock_that_jumped_back_does_not_stretch_a_session(client: FlaskClient, clock: Clock) -> None:
    sign_in(client, "demo-toezicht")
    clock.now -= 30
    assert _signed_in(client), "a correction by the time server is no jump"
    clock.now -= 3600
    assert not _signed_in(client)


def test_who_was_too_late_is_told(client: FlaskClient, clock: Clock) -> None:
    sign_in(client, "demo-toezicht")
    clock.now += 16 * 60
    response = client.post("/afmelden", follow_redirects=True)
    assert "U deed een tijd niets" in response.text
    assert "U deed een tijd niets" not in client.get("/aanmelden").text


def test_signing_in_gives_the_session_a_new_key(client: FlaskClient) -> None:
    client.get("/aanmelden")
    with client.session_transaction() as kept:
        before = kept["key"]
        kept["next"] = "/zoeken"
    assert sign_in(client, "demo-toezicht").headers["Location"] == "/zoeken"
    with client.session_transaction() as kept:
        assert kept["key"] != before
        assert "next" not in kept


@pytest.mark.parametrize("path", ["https://kwaad.nl", "//kwaad.nl", "/\\kwaad.nl", "kwaad"])
def test_signing_in_never_leads_to_another_place(client: FlaskClient, path: str) -> None:
    with client.session_transaction() as kept:
        kept["next"] = path
    assert sign_in(client, "demo-toezicht").headers["Location"] == "/"


def test_a_cookie_that_was_tampered_with_is_no_session(client: FlaskClient) -> None:
    sign_in(client, "demo-burgerzaken")
    cookie = client.get_cookie("vis_signals")
    assert cookie
    body, rest = cookie.value.split(".", 1)
    client.set_cookie("vis_signals", f"{body[:-2]}AA.{rest}")
    assert not _signed_in(client)


def test_a_form_without_a_token_or_with_that_of_another_session_is_refused(app: Flask) -> None:
    client, other = app.test_client(), app.test_client()
    for one in (client, other):
        sign_in(one, "demo-toezicht")
    for token in ("", "x", "é", csrf_token(other, "/")):
        response = client.post("/afmelden", data={"csrf_token": token})
        assert response.status_code == 403, token
        assert "Dit formulier is verlopen" in response.text
    assert _signed_in(client)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_website_is_refused_even_with_a_token(client: FlaskClient, site: str) -> None:
    sign_in(client, "demo-toezicht")
    form = {"csrf_token": csrf_token(client, "/")}
    assert client.post("/afmelden", data=form, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.post("/afmelden", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_the_token_of_before_signing_in_is_worth_nothing_after(client: FlaskClient) -> None:
    before = csrf_token(client)
    sign_in(client, "demo-toezicht")
    assert client.post("/afmelden", data={"csrf_token": before}).status_code == 403


def test_what_somebody_typed_is_not_kept_for_after_signing_in(client: FlaskClient) -> None:
    """Only a path is kept, and only of a page that was asked for."""
    client.post("/afmelden?bsn=123456782", data={"bsn": "123456782"})
    with client.session_transaction() as kept:
        assert "123456782" not in str(dict(kept))
        assert "next" not in kept
