"""Who may reach what: the table holds every route, the application follows it, each role gets what it is due."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from orchestration import signal_rules
from signals_service import auth, create_app
from signals_service.auth import access
from signals_service.auth.access import ACCESS, OPEN, ROLES, AccessError, routes, verify
from signals_service.auth.demo import ACCOUNTS
from tests.unit.signals.auth_support import csrf_token, sign_in
from tests.unit.signals.conftest import offline_config


def test_the_table_holds_every_route_and_no_other(offline: Flask) -> None:
    assert {route for route, _ in routes(offline)} == set(ACCESS)


def test_the_roles_are_those_that_a_municipality_can_give() -> None:
    assert tuple(ROLES) == signal_rules.ROLES
    for role in ROLES:
        assert any(role in account.roles for account in ACCOUNTS.values()), f"no demo account shows a {role}"


def test_every_view_says_what_the_table_says(offline: Flask) -> None:
    verify(offline)
    for rule in ACCESS.values():
        assert rule == OPEN or (rule and rule <= set(ROLES))


def test_what_is_posted_and_changes_nothing_that_others_see_is_known() -> None:
    """Of all others an error says that it may have been kept."""
    reads = {
        "POST /aanmelden/demo", "POST /afmelden", "POST /zoeken", "POST /zoeken/persoon", "POST /uitdraai",
        "POST /logboek", "POST /logboek/controle", "POST /beheer", "POST /api/v1/address-searches",
        "POST /api/v1/person-searches", "POST /api/v1/address-resolutions",
    }  # fmt: skip
    assert access.WRITES | reads == {route for route in ACCESS if route.startswith("POST ")}
    assert not access.WRITES & reads


def test_the_description_names_both_ways_in(offline: Flask) -> None:
    described = offline.test_client().get("/api/v1/openapi.json").get_json()
    assert described["security"] == [{"session": []}, {"bearer": []}]
    schemes = described["components"]["securitySchemes"]
    assert {name: (one["type"], one.get("scheme")) for name, one in schemes.items()} == {
        "session": ("apiKey", None),
        "bearer": ("http", "bearer"),
    }
    assert not any("security" in one for path in described["paths"].values() for one in path.values())


def test_nothing_answers_to_methods_that_nobody_listed(offline: Flask) -> None:
    client = offline.test_client()
    for method in ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
        assert client.open("/", method=method).status_code == 405, method


def test_an_application_with_a_route_that_is_not_listed_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ACCESS, "POST /afmelden")
    with pytest.raises(AccessError, match=r"POST /afmelden .* has no access rule"):
        create_app(offline_config())


def test_an_application_without_a_listed_route_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACCESS, "GET /weg", OPEN)
    with pytest.raises(AccessError, match="GET /weg"):
        create_app(offline_config())


def test_an_application_whose_view_says_otherwise_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACCESS, "POST /afmelden", frozenset({access.AUDITOR}))
    with pytest.raises(AccessError, match="auditor"):
        create_app(offline_config())


def test_a_view_cannot_ask_for_a_role_that_does_not_exist() -> None:
    with pytest.raises(AccessError, match="burgemeester"):
        auth.require("burgemeester")


def test_a_route_that_lost_its_rule_answers_nobody(
    online: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = online().test_client()
    sign_in(client, "demo-auditor")
    monkeypatch.delitem(ACCESS, "GET /")
    assert client.get("/").status_code == 404


# Who may what, by the words of the task and not by the table: r(aadpleger), p(laatser), c(oordinator), b(eheerder),
# a(uditor). Content is for who searches or places; the administrator sees numbers, the auditor the log.
DUE = {
    r"(GET|POST) /zoeken(/persoon)?": "rp",
    r"POST /api/v1/(address-searches|person-searches|address-resolutions)": "rp",
    r"(GET|POST) /signalen/nieuw": "p",
    r"GET /signalen(/<uuid:signal_id>)?": "p",
    r"POST /signalen/<uuid:signal_id>/(verlengen|sluiten)": "p",
    r"(GET|POST) /api/v1/signals": "p",
    r"GET /api/v1/signals/<uuid:signal_id>": "p",
    r"POST /api/v1/signals/<uuid:signal_id>/(renewals|closures)": "p",
    r"GET (/meldingen|/api/v1/notices)": "rp",
    r"GET (/samenloop|/api/v1/overlaps)": "rpc",
    r"POST (/samenloop/<uuid:overlap_id>/ontvangen|/api/v1/overlaps/<uuid:overlap_id>/acknowledgements)": "rp",
    r"POST (/samenloop/<uuid:overlap_id>/uitkomst|/api/v1/overlaps/<uuid:overlap_id>/outcomes)": "pc",
    r"(GET|POST) /uitdraai": "c",
    r"GET /api/v1/hit-counts": "c",
    r"(GET|POST) /logboek": "a",
    r"POST /logboek/controle": "a",
    r"GET /api/v1/audit-events": "a",
    r"(GET|POST) /beheer": "b",
    r"POST /afmelden": "rpcba",
}


def test_each_role_is_due_what_the_task_says(offline: Flask) -> None:
    letters = {role[0]: role for role in ROLES}
    assert sorted(letters) == sorted("rpcba")
    for route, _ in routes(offline):
        found = [due for pattern, due in DUE.items() if re.fullmatch(pattern, route)]
        if not found:
            assert ACCESS[route] == OPEN, f"{route} is due to nobody"
            continue
        assert ACCESS[route] == {letters[letter] for letter in found[0]}, route
    unused = [pattern for pattern in DUE if not any(re.fullmatch(pattern, route) for route, _ in routes(offline))]
    assert unused == []
    # What is open to all tells nothing of a signal: the way in and out, the shell, and what machines ask.
    opened = {route.split(" ")[1] for route, rule in ACCESS.items() if rule == OPEN}
    assert opened == {
        "/", "/healthz", "/readyz", "/metrics", "/static/<path:filename>", "/api/v1/openapi.json", "/aanmelden",
        "/aanmelden/start", "/aanmelden/terug", "/aanmelden/demo", "/afgemeld",
    }  # fmt: skip


def _path(route: str) -> str:
    path = re.sub(r"<uuid:[^>]+>", "00000000-0000-4000-8000-000000000000", route.partition(" ")[2])
    return re.sub(r"<[^>]+>", "x", path)


@pytest.mark.parametrize("route", sorted(ACCESS))
def test_who_is_not_signed_in_reaches_only_what_is_open(offline: Flask, route: str) -> None:
    method = route.partition(" ")[0]
    response = offline.test_client().open(_path(route), method=method)
    if ACCESS[route] == OPEN:
        # Without a token a form is refused as well, by another rule.
        assert response.status_code != 401
        assert response.headers.get("Location") != "/aanmelden"
    elif _path(route).startswith("/api/"):
        assert (response.status_code, response.mimetype) == (401, "application/problem+json")
    else:
        assert (response.status_code, response.headers["Location"]) == (303, "/aanmelden")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_role_on_every_route(online: Callable[..., Flask], account: str) -> None:
    """Whoever lacks the role is refused at the gate; who has it is let through to the view, whatever that answers."""
    app = online()
    client = app.test_client()
    sign_in(client, account)
    token = csrf_token(client, "/")
    reached: list[str] = []
    for endpoint in dict(routes(app)).values():
        app.view_functions[endpoint] = lambda **_: reached.append("") or "hier"  # type: ignore[func-returns-value]
    for route, rule in ACCESS.items():
        reached.clear()
        method = route.partition(" ")[0]
        response = client.open(_path(route), method=method, headers={"X-CSRF-Token": token})
        allowed = rule == OPEN or bool(ACCOUNTS[account].roles & rule)
        assert bool(reached) == allowed, route
        assert response.status_code == (200 if allowed else 403), route


def test_a_page_that_one_may_not_see_says_so_in_dutch(
    online: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = online().test_client()
    sign_in(client, "demo-burgerzaken")
    monkeypatch.setitem(ACCESS, "GET /", frozenset({access.AUDITOR}))
    response = client.get("/")
    assert response.status_code == 403
    assert "Dit mag u niet zien of doen" in response.text
    assert csrf_token(client, "/bestaat-niet"), "one can sign out from an error page"
