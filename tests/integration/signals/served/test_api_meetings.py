"""Samenloop, notices, the uitdraai and the log, by the API."""

from datetime import date, timedelta
from typing import Any

import httpx

from signals_service.store.relaying import relay_store
from tests.integration.signals.served.test_api import NOWHERE, WHY, ask, place
from tests.signals_app import SignalsApp


def meeting_on(client: httpx.Client, address: str, **query: str) -> dict[str, Any] | None:
    """The meeting on an address as somebody sees it, if any."""
    listed = client.get("/api/v1/overlaps", params={"limit": 200} | query)
    assert listed.status_code == 200, listed.text
    found: list[dict[str, Any]] = listed.json()["items"]
    return next((one for one in found if one["address"].startswith(f"{address},")), None)


def test_a_meeting_is_seen_by_both_sides_and_the_coordinator_and_settled(
    placer: httpx.Client, other: httpx.Client, searcher: httpx.Client, coordinator: httpx.Client, address: str
) -> None:
    place(placer, address)
    assert meeting_on(coordinator, address) is None, "one department is no meeting"
    place(other, address, kind="belasting")
    for client in (placer, other, coordinator):
        meeting = meeting_on(client, address)
        assert meeting
        assert {side["departmentCode"] for side in meeting["departments"]} == {"toezicht-handhaving", "belastingen"}
        assert all(side["phone"].startswith("036-0") and side["hitCount"] == 1 for side in meeting["departments"])
        assert (meeting["status"], meeting["outcome"]) == ("open", None)
    assert meeting_on(searcher, address) is None, "a department that takes no part sees nothing"
    where = f"/api/v1/overlaps/{meeting['id']}"
    assert searcher.post(f"{where}/acknowledgements").status_code == 404
    assert placer.post(f"{where}/acknowledgements").status_code == 204
    assert meeting_on(coordinator, address, status="open")
    for _ in range(2):
        assert other.post(f"{where}/acknowledgements").status_code == 204
    assert meeting_on(coordinator, address, status="acknowledged")
    assert placer.post(f"{where}/outcomes", json={"outcome": "gebeld"}).status_code == 422
    assert placer.post(f"{where}/outcomes", json={"outcome": "called", "note": "BSN 123456782"}).status_code == 422
    assert placer.post(f"{where}/outcomes", json={"outcome": "called", "note": "Samen gebeld"}).status_code == 204
    settled = meeting_on(other, address, status="settled")
    assert settled
    assert (settled["outcome"], settled["outcomeNote"]) == ("called", "Samen gebeld")
    assert placer.post(f"/api/v1/overlaps/{NOWHERE}/outcomes", json={"outcome": "called"}).status_code == 404


def test_a_department_is_told_who_searched_its_address(
    tool: SignalsApp, placer: httpx.Client, searcher: httpx.Client, address: str
) -> None:
    place(placer, address)
    ask(searcher, "address-searches", query=address, **WHY)
    # The relay makes notices of what happened.
    with relay_store(tool.settings.dsn("relay"), "GM9999") as relay, relay.turn():
        relay.take_notices(10_000)
    told = placer.get("/api/v1/notices").json()["items"][0]
    assert (told["kind"], told["departmentCode"], told["aboutPerson"]) == ("search", "burgerzaken", False)
    assert told["addresses"][0].startswith(address)


def test_the_uitdraai_counts_and_is_logged(
    tool: SignalsApp, placer: httpx.Client, other: httpx.Client, coordinator: httpx.Client, address: str
) -> None:
    for client in (placer, placer, other):
        place(client, address, kind="belasting")
    why = {"Vis-Purpose": WHY["purpose"], "Vis-Case-Number": "Z-uitdraai"}
    today = f"{date.today()}"
    answer = coordinator.get("/api/v1/hit-counts", params={"first": today, "last": today, "minimum": 3}, headers=why)
    assert answer.status_code == 200, answer.text
    row = next(one for one in answer.json()["items"] if one["address"].startswith(f"{address},"))
    assert (row["hitCount"], row["departmentCount"]) == (3, 2)
    assert row["byDepartment"]["Toezicht en Handhaving"] == 2
    assert row["byDepartment"]["Belastingen"] == 1
    assert all(one["hitCount"] >= 3 for one in answer.json()["items"])
    assert tool.rows("select count(*) from audit.event where case_number = 'Z-uitdraai'") == [(1,)]
    assert coordinator.get("/api/v1/hit-counts").status_code == 422
    later = {"first": today, "last": f"{date.today() - timedelta(days=1)}"}
    assert coordinator.get("/api/v1/hit-counts", params=later, headers=why).status_code == 422


def test_the_auditor_reads_who_did_what_and_is_recorded(
    tool: SignalsApp, auditor: httpx.Client, searcher: httpx.Client, address: str
) -> None:
    found = ask(searcher, "address-searches", query=address, **WHY | {"caseNumber": "Z-audit"})
    page = auditor.get("/api/v1/audit-events", params={"limit": 2}).json()
    # The looking itself stands there too.
    searched = next(event for event in page["items"] if event["processingId"] == found["id"])
    assert searched["userId"] == "demo-burgerzaken"
    assert (searched["purpose"], searched["caseNumber"], searched["result"]) == ("samenwerking", "Z-audit", "no-hit")
    older = auditor.get("/api/v1/audit-events", params={"limit": 2, "before": page["before"]}).json()
    assert all(event["number"] < page["before"] for event in older["items"])
    looked = tool.rows("select count(*) from audit.event where user_id = 'demo-auditor' and action like '%%audit%%'")
    assert looked[0][0] >= 2
