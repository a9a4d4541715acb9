"""Signing in at a real OpenID Connect provider, and everything that may be wrong with what comes back."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from signals_service.auth import Provider, actor, oidc
from signals_service.auth.access import ACCESS, SEARCHER
from tests.installation import free_port
from tests.openid import CLIENT, RunningProvider, running_provider
from tests.unit.signals.conftest import auth_config

TOOL = "http://127.0.0.1:5080"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningProvider]:
    with running_provider([TOOL]) as provider:
        yield provider


NOBODY = "Niemand kan nu op deze computer in de signaleringstool kijken onder uw naam."
MakeApp = Callable[[Provider], Flask]


@pytest.fixture
def make_app(online: Callable[..., Flask]) -> MakeApp:
    return lambda provider: online(auth=auth_config(provider=provider, demo_password=None))


@pytest.fixture
def app(make_app: MakeApp, running: RunningProvider) -> Flask:
    return make_app(running.provider)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _start(client: FlaskClient) -> str:
    answer = client.get("/aanmelden/start")
    assert answer.status_code == 303
    return answer.headers["Location"]


def _come_back(client: FlaskClient, address: str) -> TestResponse:
    assert address.startswith(f"{TOOL}/aanmelden/terug?")
    return client.get(address.removeprefix(TOOL))


def _changed(address: str, **parameters: str | None) -> str:
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | parameters
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})))


def _signed_in(client: FlaskClient) -> bool:
    return "Afmelden" in client.get("/").text


def _sign_in(client: FlaskClient, running: RunningProvider, login: str) -> TestResponse:
    return _come_back(client, running.sign_in(_start(client), login))


def _sign_out(client: FlaskClient) -> TestResponse:
    token = client.get("/").text.split('name="csrf_token" value="')[1][:64]
    return client.post("/afmelden", data={"csrf_token": token})


def _refused(client: FlaskClient, answer: TestResponse, words: str) -> None:
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert words in answer.text
    assert not _signed_in(client)


def test_an_official_signs_in_with_department_roles_and_phone(client: FlaskClient, running: RunningProvider) -> None:
    with client.session_transaction() as kept:
        kept["next"] = "/signalen"
    answer = _sign_in(client, running, "bram")
    assert answer.status_code == 200
    assert answer.headers["Refresh"] == "0; url=/signalen"
    with client.session_transaction() as kept:
        assert kept["who"] == ["bram", "Bram Verzonnen", "openbare-orde", "036-0100202", ["plaatser", "raadpleger"]]
        assert "next" not in kept
    page = client.get("/").text
    assert "Bram Verzonnen" in page
    assert "Openbare Orde en Veiligheid · Raadpleger, Plaatser" in page


def test_what_is_remembered_meanwhile_is_closed_to_scripts_and_used_once(
    client: FlaskClient, running: RunningProvider
) -> None:
    answer = client.get("/aanmelden/start")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert set(cookie.split("; ")[2:]) == {"Max-Age=600", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert "vis_signals=" not in cookie, "a session begins at the return"
    question = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert question["code_challenge_method"] == ["S256"]
    assert question["scope"] == ["openid profile phone"]
    back = running.sign_in(answer.headers["Location"], "sanne")
    assert _come_back(client, back).status_code == 200
    client.delete_cookie("vis_signals")
    _refused(client, _come_back(client, back), "Probeer het opnieuw")


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ("zonder-rol", "geen rol"),
        ("zonder-groepen", "geen rol"),
        ("zonder-afdeling", "bij welke afdeling"),
        ("twee-afdelingen", "Burgerzaken en Openbare Orde en Veiligheid"),
        ("andere-afdeling", "(ruimtevaart) staat niet in de lijst"),
        ("zonder-telefoon", "geen telefoonnummer"),
    ],
)
def test_who_has_no_place_here_is_told_why(
    client: FlaskClient, running: RunningProvider, login: str, words: str
) -> None:
    answer = _sign_in(client, running, login)
    _refused(client, answer, words)
    assert "Vraag de beheerder van VIS" in answer.text


def test_who_stops_at_the_provider_is_told_so(client: FlaskClient, running: RunningProvider) -> None:
    back = running.sign_in(_start(client), "sanne", stop=True)
    _refused(client, _come_back(client, back), "U hebt het aanmelden afgebroken")


def test_a_wrong_password_does_not_sign_in(client: FlaskClient, running: RunningProvider) -> None:
    back = running.sign_in(_start(client), "sanne", "verkeerd")
    assert _come_back(client, back).status_code == 403
    assert not _signed_in(client)


def test_the_answer_to_another_question_is_refused(app: Flask, running: RunningProvider) -> None:
    """Who makes somebody else come back with his own code would have that person search under his name."""
    victim, attacker = app.test_client(), app.test_client()
    _start(victim)
    back = running.sign_in(_start(attacker), "bram")
    _refused(victim, _come_back(victim, back), "Probeer het opnieuw")


def test_an_answer_that_nobody_asked_for_is_refused(client: FlaskClient) -> None:
    _refused(client, client.get("/aanmelden/terug?code=x&state=y"), "Probeer het opnieuw")
    _refused(client, client.get("/aanmelden/terug"), "Probeer het opnieuw")
    client.set_cookie("vis_sign_in", "WyJhIl0.x.y")
    _refused(client, client.get("/aanmelden/terug?code=x&state=a"), "Probeer het opnieuw")


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "of another moment"},
        {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
    ],
    ids=["nonce", "code_challenge"],
)
def test_a_code_that_belongs_to_another_question_is_refused(
    client: FlaskClient, running: RunningProvider, changes: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    back = running.sign_in(_changed(_start(client), **changes), "sanne")
    _refused(client, _come_back(client, back), "Probeer het opnieuw")
    assert "a sign-in was refused" in caplog.text
    assert parse_qs(urlsplit(back).query)["code"][0] not in caplog.text


@pytest.mark.parametrize("changes", [{"iss": "https://kwaad.nl"}, {"iss": None}, {"code": "verzonnen"}, {"code": None}])
def test_a_changed_answer_is_refused(
    client: FlaskClient, running: RunningProvider, changes: dict[str, str | None]
) -> None:
    back = running.sign_in(_start(client), "sanne")
    _refused(client, _come_back(client, _changed(back, **changes)), "Probeer het opnieuw")


def test_a_provider_that_is_away_is_said_so_and_asked_again_later(
    make_app: MakeApp,
) -> None:
    gone = Provider(f"http://localhost:{free_port()}", CLIENT, "x", "y")
    client = make_app(gone).test_client()
    answer = client.get("/aanmelden/start")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "even niet bereikbaar" in answer.text
    assert client.get("/aanmelden").status_code == 200


def test_a_provider_that_calls_itself_otherwise_is_not_trusted(make_app: MakeApp, running: RunningProvider) -> None:
    other = Provider(running.issuer.replace("localhost", "127.0.0.1"), CLIENT, "x", "y")
    assert make_app(other).test_client().get("/aanmelden/start").status_code == 503


def test_a_wrong_client_secret_signs_nobody_in(make_app: MakeApp, running: RunningProvider) -> None:
    client = make_app(Provider(running.issuer, CLIENT, "fout", running.audience)).test_client()
    _refused(client, _sign_in(client, running, "sanne"), "Probeer het opnieuw")


def test_signing_out_ends_the_session_here_and_at_the_provider(client: FlaskClient, running: RunningProvider) -> None:
    _sign_in(client, running, "sanne")
    answer = _sign_out(client)
    assert answer.status_code == 200
    seconds, _, url = answer.headers["Refresh"].partition("; url=")
    assert seconds == "0"
    assert url.startswith(f"{running.issuer}/session/end?")
    assert parse_qs(urlsplit(url).query)["post_logout_redirect_uri"] == [f"{TOOL}/afgemeld"]
    assert not _signed_in(client)
    assert NOBODY in client.get("/afgemeld").text


def test_who_is_signed_out_here_alone_is_told_to_close_the_browser(make_app: MakeApp, running: RunningProvider) -> None:
    """The provider has no such place, or does not answer the process that is asked to sign out."""
    gone = make_app(Provider(f"http://localhost:{free_port()}", CLIENT, "x", "y")).test_client()
    client = make_app(running.provider).test_client()
    _sign_in(client, running, "sanne")
    cookie = client.get_cookie("vis_signals")
    assert cookie
    gone.set_cookie("vis_signals", cookie.value)
    with running_provider([TOOL], sign_out=False) as other:
        without = make_app(other.provider).test_client()
        _sign_in(without, other, "sanne")
        for one in (gone, without):
            answer = _sign_out(one)
            assert answer.status_code == 303
            page = one.get(answer.headers["Location"]).text
            assert "Sluit de browser: bij uw werkaccount bent u nog aangemeld." in page
            assert NOBODY not in page
            assert not _signed_in(one)


def test_after_signing_out_the_provider_asks_who_is_there(client: FlaskClient, running: RunningProvider) -> None:
    def prompt() -> list[str] | None:
        return parse_qs(urlsplit(_start(client)).query).get("prompt")

    assert prompt() is None
    _sign_in(client, running, "sanne")
    _sign_out(client)
    assert prompt() == prompt() == ["login"]
    _sign_in(client, running, "sanne")
    assert _signed_in(client)
    assert prompt() is None


def test_an_audience_that_is_the_client_is_refused_at_the_start(running: RunningProvider) -> None:
    """An ID token would then open the API."""
    with pytest.raises(ValueError, match="VIS_OIDC_AUDIENCE"):
        auth_config(provider=Provider(running.issuer, CLIENT, "x", CLIENT))


# Machines that call the API ------------------------------------------------------------------------------------------


@pytest.fixture
def api(make_app: MakeApp, running: RunningProvider, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The application with one route of the API that tells who asks, for reading and for writing."""
    for method in ("GET", "POST"):
        monkeypatch.setitem(ACCESS, f"{method} /api/v1/openapi.json", frozenset({SEARCHER}))
    monkeypatch.setattr("signals_service.application.auth.verify", lambda app: None)
    app = make_app(running.provider)
    rule = next(rule for rule in app.url_map.iter_rules() if rule.rule == "/api/v1/openapi.json")
    rule.methods.add("POST")  # type: ignore[union-attr]
    app.url_map.update()
    app.view_functions[rule.endpoint] = lambda: jsonify(user=actor().user_id, department=actor().department)
    return app.test_client()


def _call(client: FlaskClient, token: str, method: str = "POST") -> TestResponse:
    return client.open("/api/v1/openapi.json", method=method, headers={"Authorization": f"Bearer {token}"})


def test_a_machine_calls_the_api_with_a_token_of_the_provider(api: FlaskClient, running: RunningProvider) -> None:
    token = running.machine_token()
    for _ in range(2):
        answer = _call(api, token)
        assert (answer.status_code, answer.get_json()) == (200, {"user": "zaaksysteem", "department": "burgerzaken"})
    assert "Set-Cookie" not in answer.headers


def test_a_token_for_another_service_is_refused(api: FlaskClient, running: RunningProvider) -> None:
    answer = _call(api, running.machine_token("https://andere.dienst.test"))
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer error=invalid_token"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": CLIENT},
        {"aud": None},
        {"iss": "https://kwaad.nl"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"nbf": 99_999_999_999},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(
    api: FlaskClient, running: RunningProvider, changes: dict[str, object]
) -> None:
    assert _call(api, running.signed()).status_code == 200
    assert _call(api, running.signed(**changes)).status_code == 401


def test_a_token_that_the_provider_did_not_sign_is_refused(
    api: FlaskClient, running: RunningProvider, caplog: pytest.LogCaptureFixture
) -> None:
    other = RSAKey.generate_key(2048, {"kid": "of-the-tests"})
    header, body, signature = running.signed().split(".")
    unsigned = "eyJhbGciOiJub25lIn0"
    for token in ("", "x", "a.b.c", running.signed(other), f"{unsigned}.{body}.", f"{unsigned}.{body}.{signature}"):
        assert _call(api, token).status_code == 401, token
    assert body not in caplog.text
    assert header


def test_the_public_key_does_not_pass_for_a_secret(api: FlaskClient, running: RunningProvider) -> None:
    """The oldest trick: sign by HMAC with the public key, and hope that the reader picks the way from the header."""
    import base64
    import hashlib
    import hmac

    _, body, _ = running.signed().split(".")
    header = (
        base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "of-the-tests"}).encode()).rstrip(b"=").decode()
    )
    secret = running.key.as_pem(private=False)
    mac = hmac.new(secret, f"{header}.{body}".encode(), hashlib.sha256).digest()
    assert _call(api, f"{header}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}").status_code == 401


def test_a_machine_without_a_role_is_forbidden(api: FlaskClient, running: RunningProvider) -> None:
    assert _call(api, running.signed(groups=["vis-afdeling-burgerzaken"])).status_code == 403
    assert _call(api, running.signed(groups=["vis-rol-auditor", "vis-afdeling-burgerzaken"])).status_code == 403


def test_unknown_keys_do_not_keep_the_provider_busy(
    api: FlaskClient, running: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = oidc._read
    monkeypatch.setattr(oidc, "_read", lambda address, *rest: asked.append(address) or read(address, *rest))  # type: ignore[func-returns-value]
    assert _call(api, running.signed()).status_code == 200
    asked.clear()
    other = RSAKey.generate_key(2048, {"kid": "of-the-tests"})
    for number in range(20):
        assert _call(api, running.signed(other, sub=f"machine {number}")).status_code == 401
    assert len(asked) <= 1


def test_a_token_is_no_way_into_the_pages(api: FlaskClient, running: RunningProvider) -> None:
    answer = api.post("/afmelden", headers={"Authorization": f"Bearer {running.signed()}"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/aanmelden")


def test_a_session_calls_the_api_only_with_its_token(api: FlaskClient, running: RunningProvider) -> None:
    client = api
    _sign_in(client, running, "sanne")
    answer = client.post("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    token = client.get("/").text.split('name="csrf_token" value="')[1][:64]
    answer = client.post("/api/v1/openapi.json", headers={"X-CSRF-Token": token})
    assert (answer.status_code, answer.get_json()["user"]) == (200, "sanne")
