"""The API as gunicorn serves it, with a register of addresses that dbt made and a real PostgreSQL."""

import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.signals_app import SignalsApp

WHY = {"purpose": "samenwerking", "caseNumber": "Z-2026-00123"}
# Of these tests alone: the browser places signals on other persons of the same installation.
BSN = "246813581"
NOWHERE = "00000000-0000-4000-8000-000000000000"


def ask(client: httpx.Client, path: str, status: int = 201, /, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["API-Version"] == "1.0.0"
    expected = "application/json" if status < 400 else "application/problem+json"
    assert answer.headers["Content-Type"] == expected
    found: dict[str, Any] = answer.json()
    return found


def place(client: httpx.Client, address: str | None = None, **changes: Any) -> dict[str, Any]:
    given = {"kind": "overlast", "reason": "Melding van de buren"} | WHY | changes
    return ask(client, "signals", **(given | ({"query": address} if address else {})))


def test_a_hit_says_whom_to_phone_and_never_what_about(
    searcher: httpx.Client, placer: httpx.Client, address: str
) -> None:
    before = ask(searcher, "address-searches", query=address, **WHY)
    assert (before["status"], before["hits"], before["hitCount"], before["departmentCount"]) == ("no-hit", [], 0, 0)
    place(placer, address, reason="Een reden die niemand ziet")
    after = ask(searcher, "address-searches", query=address, **WHY)
    assert set(after) == set(before)
    assert after["status"] == "hit"
    assert (after["hitCount"], after["departmentCount"]) == (1, 1)
    assert after["hits"] == [
        {
            "department": "Toezicht en Handhaving",
            "departmentCode": "toezicht-handhaving",
            "official": "Bram Verzonnen",
            "phone": "036-0100102",
            "placedMonth": f"{date.today():%Y-%m}",
            "status": "open",
        }
    ]
    assert after["id"] == after["processingId"]
    assert after["address"]["text"].startswith(address)
    assert after["dataDate"]
    assert "reden" not in str(after)
    assert "overlast" not in str(after)


def test_twelve_also_names_hits_on_twelve_a(searcher: httpx.Client, placer: httpx.Client) -> None:
    place(placer, "'s-Gravenlaan 12-A")
    found = ask(searcher, "address-searches", query="'s-Gravenlaan 12", **WHY)
    assert found["status"] == "no-hit"
    beside = {one["address"]["text"].split(",")[0]: one["hitCount"] for one in found["beside"]}
    assert beside == {"'s-Gravenlaan 12-A": 1, "'s-Gravenlaan 12-B": 0, "'s-Gravenlaan 12-bis": 0}


def test_more_than_one_address_is_a_list_and_none_is_said(tool: SignalsApp, searcher: httpx.Client) -> None:
    several = ask(searcher, "address-searches", query="Dorpsstraat 3", **WHY)
    assert (several["status"], several["address"]) == ("ambiguous", None)
    assert {one["place"] for one in several["candidates"]} == {"Demostad", "Demodorp"}
    nothing = ask(searcher, "address-searches", query="Kerkweg 333", **WHY)
    assert (nothing["status"], nothing["address"], nothing["candidates"]) == ("not-found", None, [])
    assert nothing["suggestions"]
    for answer in (several, nothing):
        assert answer["hits"] == answer["beside"] == []
        recorded = tool.rows("select result from audit.event where processing_id = %s", answer["id"])
        assert recorded == [(answer["status"],)]


def test_a_chosen_address_is_that_address(searcher: httpx.Client) -> None:
    several = ask(searcher, "address-searches", query="Dorpsstraat 4", **WHY)
    chosen = next(one for one in several["candidates"] if one["place"] == "Demodorp")
    found = ask(searcher, "address-searches", addressId=chosen["id"], **WHY)
    assert found["address"] == chosen


def test_a_person_is_found_and_never_repeated(tool: SignalsApp, searcher: httpx.Client, placer: httpx.Client) -> None:
    assert ask(searcher, "person-searches", bsn=BSN, **WHY)["status"] == "no-hit"
    place(placer, bsn=BSN)
    place(placer, name="van Maassen", birthDate="1980-02-29")
    found = ask(searcher, "person-searches", bsn="2468.13.581", **WHY)
    assert (found["status"], found["hitCount"]) == ("hit", 1)
    assert BSN not in str(found)
    assert ask(searcher, "person-searches", name="Maassen", birthDate="1980-02-29", **WHY)["status"] == "hit"
    for name, born in (("Maas", "1980-02-29"), ("Maassen", "1980-02-28")):
        assert ask(searcher, "person-searches", name=name, birthDate=born, **WHY)["status"] == "no-hit"
    kept = tool.rows("select e::text from audit.event e union all select s::text from signals.signal s")
    everything = tool.log.read_text() + str(kept)
    for secret in (BSN, "Maassen", "1980-02-29"):
        assert secret not in everything


def test_who_is_placed_by_number_and_name_is_found_by_either(searcher: httpx.Client, placer: httpx.Client) -> None:
    number, name = {"bsn": "111222333"}, {"name": "Zonneveld", "birthDate": "1975-06-07"}
    placed = place(placer, **number, **name)
    assert placer.get(f"/api/v1/signals/{placed['id']}").json()["hasPerson"] is True
    for person in (number, name):
        found = ask(searcher, "person-searches", **person, **WHY)
        assert (found["status"], found["hitCount"]) == ("hit", 1)
    assert ask(searcher, "person-searches", **name | {"birthDate": "1975-06-08"}, **WHY)["status"] == "no-hit"
    # Half a name is not dropped in silence.
    half = ask(placer, "signals", 422, **number, name="Zonneveld", kind="overlast", reason="Melding", **WHY)
    assert [fault["field"] for fault in half["errors"]] == ["birthDate"]


@pytest.mark.parametrize(
    ("person", "field"),
    [
        ({"bsn": "123456789"}, "bsn"),
        ({"bsn": BSN, "name": "Jansen"}, "bsn"),
        ({}, "bsn"),
        ({"name": "Jansen"}, "birthDate"),
        ({"birthDate": "1980-01-01"}, "name"),
        ({"name": "12345", "birthDate": "1980-01-01"}, "name"),
        ({"name": "Jansen", "birthDate": "2999-01-01"}, "birthDate"),
        ({"name": "Jansen", "birthDate": "1980-13-01"}, "birthDate"),
    ],
)
def test_what_names_no_person_is_told_by_field(searcher: httpx.Client, person: dict[str, str], field: str) -> None:
    problem = ask(searcher, "person-searches", 422, **person, **WHY)
    assert [fault["field"] for fault in problem["errors"]] == [field]
    for value in person.values():
        assert value not in str(problem)


def test_a_signal_from_placing_to_closing(placer: httpx.Client, address: str) -> None:
    placed = place(placer, address)
    where = f"/api/v1/signals/{placed['id']}"
    signal = placer.get(where).json()
    assert (signal["status"], signal["reason"], signal["hasPerson"]) == ("open", "Melding van de buren", False)
    assert signal["address"].startswith(address)
    assert signal["reviewOn"] == f"{date.today() + timedelta(days=180)}"
    later = f"{date.today() + timedelta(days=200)}"
    renewed = ask(placer, f"signals/{placed['id']}/renewals", reviewOn=later, reason="Nog nodig")
    assert renewed["reviewOn"] == later
    assert [one["reason"] for one in renewed["renewals"]] == ["Nog nodig"]
    closed = ask(placer, f"signals/{placed['id']}/closures", reason="Opgelost")
    assert (closed["status"], closed["closingReason"]) == ("closed", "Opgelost")
    for path, body in (("renewals", {"reviewOn": later, "reason": "Toch"}), ("closures", {"reason": "Nog eens"})):
        ask(placer, f"signals/{placed['id']}/{path}", 409, **body)
    listed = placer.get("/api/v1/signals", params={"status": "closed"}).json()
    assert placed["id"] in [one["id"] for one in listed["items"]]


def test_placing_says_where_the_signal_is_and_who_was_there_before(
    placer: httpx.Client, other: httpx.Client, address: str
) -> None:
    place(placer, address)
    answer = other.post("/api/v1/signals", json={"query": address, "kind": "belasting", "reason": "Aanslag"} | WHY)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/signals/{answer.json()['id']}"
    assert [hit["departmentCode"] for hit in answer.json()["search"]["hits"]] == ["toezicht-handhaving"]


def test_a_signal_on_an_address_that_is_not_one_address_is_not_placed(placer: httpx.Client) -> None:
    before = placer.get("/api/v1/signals").json()["total"]
    several = ask(placer, "signals", 422, query="Dorpsstraat 5", kind="overlast", reason="x", **WHY)
    assert len(several["candidates"]) == 2
    ask(placer, "signals", 422, query="Kerkweg 333", kind="overlast", reason="x", **WHY)
    ask(placer, "signals", 422, kind="overlast", reason="x", **WHY)
    assert placer.get("/api/v1/signals").json()["total"] == before
    chosen = several["candidates"][0]["id"]
    ask(placer, "signals", 201, addressId=chosen, kind="overlast", reason="x", **WHY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "bestaat-niet"}, "kind"),
        ({"reason": f"Het gaat om {BSN}"}, "reason"),
        ({"reason": " \n "}, "reason"),
        ({"reviewOn": "2020-01-01"}, "reviewOn"),
        ({"reviewOn": "2999-01-01"}, "reviewOn"),
        ({"purpose": "heffing"}, "purpose"),
        ({"caseNumber": "<script>"}, "caseNumber"),
        ({"addressId": "bestaat-niet"}, "query"),
        ({"query": f"Kerkweg {BSN}"}, "query"),
        ({"status": "open"}, "status"),
    ],
)
def test_what_a_signal_may_not_be_is_told_by_field(placer: httpx.Client, changes: dict[str, str], field: str) -> None:
    given = {"query": "Kerkweg 1", "kind": "overlast", "reason": "Een reden"} | WHY | changes
    problem = ask(placer, "signals", 422, **given)
    assert [fault["field"] for fault in problem["errors"]] == [field]
    assert BSN not in str(problem)


def test_another_departments_signal_is_as_one_that_does_not_exist(
    placer: httpx.Client, other: httpx.Client, address: str
) -> None:
    mine = place(placer, address)["id"]
    later = f"{date.today() + timedelta(days=30)}"
    questions: list[tuple[str, str, dict[str, str] | None]] = [
        ("GET", "", None),
        ("POST", "/renewals", {"reviewOn": later, "reason": "Van een ander"}),
        ("POST", "/closures", {"reason": "Van een ander"}),
    ]
    for method, path, body in questions:
        theirs = other.request(method, f"/api/v1/signals/{mine}{path}", json=body)
        nobodys = other.request(method, f"/api/v1/signals/{NOWHERE}{path}", json=body)
        assert (theirs.status_code, theirs.json()) == (404, nobodys.json())
    assert mine not in str(other.get("/api/v1/signals", params={"limit": 200}).json())
    assert placer.get(f"/api/v1/signals/{mine}").json()["status"] == "open"


def test_the_register_alone_suggests(tool: SignalsApp, searcher: httpx.Client) -> None:
    before = tool.rows("select count(*) from audit.event")
    found = ask(searcher, "address-resolutions", 200, query="lange kerkw")
    assert found["candidates"]
    assert all(one["street"] == "Lange Kerkweg" for one in found["candidates"])
    assert len(found["candidates"]) <= 8
    assert set(found) == {"status", "candidates"}
    assert ask(searcher, "address-resolutions", 200, query="Kerkweg 7")["status"] == "found"
    assert tool.rows("select count(*) from audit.event") == before


def test_errors_are_problems_also_of_what_does_not_exist(searcher: httpx.Client, tool: SignalsApp) -> None:
    for method, path, status in (
        ("GET", "bestaat-niet", 404),
        ("GET", "address-searches", 405),
        ("GET", "audit-events", 403),
        ("GET", "signals/geen-kenmerk", 404),
    ):
        answer = searcher.request(method, f"/api/v1/{path}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), path
        assert answer.headers["API-Version"] == "1.0.0"
        assert answer.json()["status"] == status
    answer = httpx.post(f"{tool.url}/api/v1/address-searches", json={})
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"query=x", "application/x-www-form-urlencoded", 415),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"x" * 70_000, "application/json", 413),
    ):
        answer = searcher.post("/api/v1/address-searches", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), content[:9]


def test_no_sensitive_value_is_a_part_of_any_path_or_question(searcher: httpx.Client) -> None:
    described = searcher.get("/api/v1/openapi.json").json()
    for path, operations in described["paths"].items():
        assert re.fullmatch(r"/api/v1(/[a-z-]+|/\{[a-z_]+\})+", path), path
        for operation in operations.values():
            names = {one["name"] for one in operation.get("parameters", []) if one["in"] in ("query", "path")}
            allowed = {"status", "limit", "offset", "first", "last", "department", "minimum", "action", "before"}
            assert names <= allowed | {"signal_id", "overlap_id"}, path


def test_the_length_of_an_answer_does_not_tell_a_hit(
    searcher: httpx.Client, placer: httpx.Client, address: str
) -> None:
    page = {"query": address, "address_id": "", "purpose": WHY["purpose"], "case_number": WHY["caseNumber"]}

    def lengths() -> list[int]:
        answers = (
            searcher.post("/api/v1/address-searches", json={"query": address} | WHY),
            searcher.post("/zoeken", data=page),
        )
        return [len(answer.content) for answer in answers]

    before = lengths()
    for _ in range(3):
        place(placer, address)
    assert ask(searcher, "address-searches", query=address, **WHY)["hitCount"] == 3
    assert lengths() == before
