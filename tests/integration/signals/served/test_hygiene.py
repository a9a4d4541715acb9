"""Whatever is put in whichever field: a clean refusal or an honest not found, never a fault of ours, never markup."""

import html
import re
from datetime import date, timedelta

import httpx
import pytest

from tests.integration.signals.served.test_api import WHY, place
from tests.integration.signals.served.test_api_meetings import meeting_on
from tests.signals_app import SignalsApp, token_in

NASTY = {
    "nul": "Kerk\0weg 1",
    "ten kilobytes": "Kerkweg " * 1280,
    "right to left": "\u202e1 gewkreK",
    "arabic": "شارع الكنيسة ١٢",
    "emoji": "🏚️ Kerkweg 1 👩‍🚒",
    "quote": "' or '1'='1'; drop table signals.signal; --",
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    "percent": "%s %(x)s %00 \\0 \\x00",
    "path": "../../../../etc/passwd",
    "line ends": "Kerkweg\r\nX-Evil: 1",
    "escape": "Kerk\x1b[31mweg",
    "combining": "e" + "\u0301" * 190,
    "lone surrogate": "Kerkweg \\ud800 1",
    "noncharacter": "Kerkweg \uffff 1",
    "spaces": "\u00a0\u2003\u3000",
    "nothing": "",
    "digits": "9" * 200,
    "formula": '=HYPERLINK("http://x")',
}
API_FIELDS = {
    "address-searches": {"query": "Kerkweg 1"} | WHY,
    "address-resolutions": {"query": "Kerkweg 1"},
    "person-searches": {"name": "Jansen", "birthDate": "1980-01-01"} | WHY,
    "signals": {"query": "Kerkweg 1", "kind": "overlast", "reason": "Een reden", "reviewOn": "2026-12-31"} | WHY,
}
PAGE_FIELDS = {
    "/zoeken": {"query": "Kerkweg 1", "address_id": "", "purpose": "samenwerking", "case_number": "Z-1"},
    "/zoeken/persoon": {
        "bsn": "",
        "name": "Jansen",
        "birth_date": "1-1-1980",
        "purpose": "samenwerking",
        "case_number": "Z",
    },
    "/signalen/nieuw": {
        "query": "Kerkweg 1",
        "address_id": "",
        "chosen_for": "",
        "bsn": "",
        "name": "",
        "birth_date": "",
        "kind": "overlast",
        "reason": "Een reden",
        "review_on": "",
        "purpose": "samenwerking",
        "case_number": "Z-1",
    },
}
CASES = [(path, field) for path, fields in API_FIELDS.items() for field in [*fields, "addressId", "bsn"]]
PAGES = [(path, field) for path, fields in PAGE_FIELDS.items() for field in fields]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize(("path", "field"), CASES)
def test_api(placer: httpx.Client, path: str, field: str, name: str) -> None:
    body = API_FIELDS[path] | {field: NASTY[name]}
    # As escapes: JSON can name what UTF-8 cannot hold.
    text = httpx.Request("POST", "http://x", json=body).content.replace(b"\\\\ud800", b"\\ud800")
    answer = placer.post(f"/api/v1/{path}", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 201, 422), answer.text
    if answer.status_code == 422:
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize(("path", "field"), PAGES)
def test_pages(placer: httpx.Client, path: str, field: str, name: str) -> None:
    answer = placer.post(path, data=PAGE_FIELDS[path] | {field: NASTY[name]})
    assert answer.status_code in (200, 201, 422), answer.text[:2000]
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "49 {%" not in answer.text
    assert "X-Evil" not in answer.headers


SOON = (date.today() + timedelta(days=90)).isoformat()
# Form of a signal or a meeting → its fields; by the API and on the page.
ON_ONE = {
    ("signals", "renewals", "verlengen"): {"reviewOn": SOON, "reason": "Loopt nog"},
    ("signals", "closures", "sluiten"): {"reason": "Opgelost"},
    ("overlaps", "outcomes", "uitkomst"): {"outcome": "called", "note": "Gebeld"},
}
_HOUSE = "Lange Kerkweg 1"
_ON_PAGE = {"reviewOn": "review_on", ("sluiten", "reason"): "closing_reason"}


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize(("forms", "field"), [(forms, field) for forms, fields in ON_ONE.items() for field in fields])
def test_what_is_done_with_one(
    placer: httpx.Client, other: httpx.Client, forms: tuple[str, str, str], field: str, name: str
) -> None:
    kind, by_api, on_page = forms
    number = place(placer, _HOUSE)["id"]
    if kind == "overlaps":
        if not meeting_on(placer, _HOUSE):
            place(other, _HOUSE, kind="belasting")
        found = meeting_on(placer, _HOUSE)
        assert found
        number = found["id"]
    given = ON_ONE[forms] | {field: NASTY[name]}
    pages = {"signals": "/signalen", "overlaps": "/samenloop"}
    form = {_ON_PAGE.get((on_page, key), _ON_PAGE.get(key, key)): value for key, value in given.items()}
    answer = placer.post(f"{pages[kind]}/{number}/{on_page}", data=form)
    assert answer.status_code in (303, 422), answer.text[:2000]
    shown = answer.text + placer.get(pages[kind] + (f"/{number}" if kind == "signals" else "")).text
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "49 {%" not in shown
    # As escapes: JSON can name what UTF-8 cannot hold. A signal that the page has closed stays closed.
    text = httpx.Request("POST", "http://x", json=given).content.replace(b"\\\\ud800", b"\\ud800")
    headers = {"Content-Type": "application/json"}
    answer = placer.post(f"/api/v1/{kind}/{number}/{by_api}", content=text, headers=headers)
    assert answer.status_code in (201, 204, 409, 422), answer.text
    if answer.status_code in (409, 422):
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("field", ["first", "last", "user", "action", "before"])
def test_log(auditor: httpx.Client, field: str, name: str) -> None:
    assert auditor.post("/logboek", data={field: NASTY[name]}).status_code in (200, 422)
    if "\0" not in NASTY[name] and field != "user":
        query = {field: NASTY[name][:2000].encode("utf-8", "replace").decode()}
        assert auditor.get("/api/v1/audit-events", params=query).status_code in (200, 414, 422, 400)


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("field", ["first", "last", "department", "minimum", "purpose", "case_number", "as"])
def test_uitdraai(coordinator: httpx.Client, field: str, name: str) -> None:
    form = {"first": "", "last": "", "minimum": "1", "purpose": "samenwerking", "case_number": "Z-1", "as": "screen"}
    assert coordinator.post("/uitdraai", data=form | {field: NASTY[name]}).status_code in (200, 422)


@pytest.mark.parametrize("number", ["99999999999999999999", "-1", "1e9", "0x10", "٣", "\0", "9" * 5000])
def test_numbers_of_lists(placer: httpx.Client, manager: httpx.Client, auditor: httpx.Client, number: str) -> None:
    for path in ("/signalen", "/samenloop", "/meldingen"):
        assert placer.get(path, params={"vanaf": number, "stand": number}).status_code in (200, 400, 414)
    for path in ("signals", "overlaps", "notices"):
        for name in ("limit", "offset", "status"):
            answer = placer.get(f"/api/v1/{path}", params={name: number})
            assert answer.status_code in (200, 400, 414, 422), answer.text
    assert auditor.post("/logboek", data={"before": number}).status_code in (200, 422)
    assert manager.post("/beheer", data={"first": number, "last": number}).status_code in (200, 422)


def test_what_was_typed_comes_back_as_text(searcher: httpx.Client) -> None:
    evil = NASTY["markup"]
    answer = searcher.post("/zoeken", data=PAGE_FIELDS["/zoeken"] | {"query": evil})
    found = re.search(r'id="query"[^>]*?value="([^"]*)"', answer.text)
    assert found
    assert html.unescape(found[1]) == evil


def test_a_bsn_never_comes_back(tool: SignalsApp, placer: httpx.Client, auditor: httpx.Client) -> None:
    bsn = "123456782"
    for path, field in [*PAGES, ("/zoeken/persoon", "bsn")]:
        answer = placer.post(path, data=PAGE_FIELDS[path] | {field: bsn})
        assert bsn not in answer.text, (path, field)
    answer = placer.post("/zoeken/persoon", data={"bsn": bsn, "purpose": "", "case_number": ""})
    assert answer.status_code == 422
    assert bsn not in answer.text
    for field in ("user", "action"):
        answer = auditor.post("/logboek", data={field: bsn})
        assert answer.status_code == 422
        assert bsn not in answer.text
    assert auditor.get("/api/v1/audit-events", params={"action": bsn}).status_code == 422
    assert bsn not in tool.log.read_text()


def test_the_log_of_the_server_holds_nothing_that_was_typed(tool: SignalsApp, searcher: httpx.Client) -> None:
    searcher.post("/zoeken", data=PAGE_FIELDS["/zoeken"] | {"query": "Kerkweg 31", "case_number": "Z-geheim"})
    searcher.get("/zoeken", params={"query": "Kerkweg 31"})
    log = tool.log.read_text()
    assert "Kerkweg" not in log
    assert "Z-geheim" not in log
    assert "Traceback" not in log
    assert token_in(searcher.get("/zoeken").text)
