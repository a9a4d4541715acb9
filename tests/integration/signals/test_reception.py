"""What the loader hands over of a department's file: placed, changed, withdrawn, each with its event."""

import json
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from signals_service.store import ConflictError
from tests.integration.signals.conftest import (
    ADDRESS,
    AUDITOR,
    BELASTINGEN,
    BURGERZAKEN,
    CODE,
    COORDINATOR,
    OTHER_ADDRESS,
    Office,
)

TODAY = date.today()
COUNTS = ("placed", "changed", "closed", "withdrawn", "unchanged", "refused")


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "department": "belastingen",
        "signal_id": f"B-{number}",
        "official_name": "Bea Register",
        "official_phone": "036-0100000",
        "placed_on": str(TODAY - timedelta(days=30)),
        "kind": "belasting",
        "address_id": ADDRESS,
        "nummeraanduiding_id": None,
        "address_text": None,
        "person_keys": [],
        "review_on": str(TODAY + timedelta(days=30)),
        "status": "open",
    } | changes


def receive(office: Office, *rows: dict[str, Any], max_drop: float | None = 0.3, delivery: int = 1) -> dict[str, int]:
    with psycopg.connect(office.settings.dsn("loader")) as connection:
        found = connection.execute(
            "select * from signals.receive(%s, 'belastingsignalen', %s, %s, %s)",
            [CODE, delivery, json.dumps(rows), max_drop],
        ).fetchone()
    assert found is not None
    return {name: count for name, count in zip(COUNTS, found, strict=True) if count}


def test_the_same_delivery_twice_changes_nothing(office: Office) -> None:
    assert receive(office, row(1), row(2)) == {"placed": 2}
    before = office.events()
    assert receive(office, row(1), row(2)) == {"unchanged": 2}
    assert office.events() == before
    assert [(hit.official, hit.phone) for hit in office.search().hits] == [("Bea Register", "036-0100000")] * 2
    mine = office.store.own_signals(BELASTINGEN).items[0]
    assert (mine.origin, mine.reason, mine.placed_on) == ("file", "", TODAY - timedelta(days=30))
    with pytest.raises(ConflictError):  # it is changed where it comes from
        office.store.close_signal(BELASTINGEN, mine.signal_id, reason="klaar")


def test_what_changes_is_changed_and_what_vanishes_is_withdrawn(office: Office) -> None:
    receive(office, *(row(n) for n in range(1, 6)))
    changed = [row(1, official_phone="036-0100009"), row(2, status="closed"), row(3, address_id=OTHER_ADDRESS), row(4)]
    assert receive(office, *changed) == {"changed": 2, "closed": 1, "withdrawn": 1, "unchanged": 1}
    states = office.ask("select source_signal_id, status, closing_reason from signals.signal order by 1")
    assert states == [
        ("B-1", "open", None),
        ("B-2", "closed", "gesloten in het register van de afdeling"),
        ("B-3", "open", None),
        ("B-4", "open", None),
        ("B-5", "closed", "vervallen uit de levering van de afdeling"),
    ]
    # Back in the file: open again.
    assert receive(office, row(5), *changed) == {"changed": 1, "unchanged": 4}
    back = office.ask("select status, closing_reason from signals.signal where source_signal_id = 'B-5'")
    assert back == [("open", None)]
    events = office.ask("select distinct user_id, origin from audit.event where action not in ('sign-in', 'sign-out')")
    assert events == [("levering belastingsignalen", "levering belastingsignalen")]
    # As many events as changes, and as many rows in the outbox.
    assert office.ask("select count(*) from audit.event where action not in ('sign-in', 'sign-out')") == [(5 + 4 + 1,)]
    assert office.ask("select count(*) from signals.outbox") == [(10,)]
    assert office.store.verify_audit(AUDITOR).ok


def test_a_file_that_was_cut_off_withdraws_nothing(office: Office) -> None:
    receive(office, *(row(n) for n in range(1, 11)))
    before = office.events()
    with pytest.raises(psycopg.Error, match="4 van 10") as error:
        receive(office, *(row(n) for n in range(1, 7)))
    assert error.value.sqlstate == "VS425"
    assert office.events() == before
    assert receive(office, *(row(n) for n in range(1, 8))) == {"withdrawn": 3, "unchanged": 7}
    assert receive(office, max_drop=None) == {"withdrawn": 7}


def test_a_file_meets_what_was_placed_here_and_both_are_told(office: Office) -> None:
    office.place(BURGERZAKEN)
    receive(office, row(1), row(2, address_id=OTHER_ADDRESS))
    (meeting,) = office.store.overlaps(COORDINATOR).items
    assert {side.department for side in meeting.departments} == {"belastingen", "burgerzaken"}
    with psycopg.connect(office.settings.dsn("relay")) as connection:
        rows = connection.execute("select kind, to_department from signals.take_notices(%s, 9)", [CODE]).fetchall()
    assert sorted(rows) == [("signal", "belastingen"), ("signal", "burgerzaken")]


@pytest.mark.parametrize(
    ("there", "given", "met"),
    [
        ("Jansen-de Vries", "de Vries", True),
        ("de Vries", "Jansen-de Vries", True),
        ("Jansen-Bakker", "Jansen-de Vries", False),
    ],
)
def test_a_person_of_a_file_meets_a_person_placed_here(office: Office, there: str, given: str, *, met: bool) -> None:
    born = date(1980, 1, 1)
    office.place(BURGERZAKEN, None, person_keys=office.keys.of_name(there, born))
    keys = [key.hex() for key in office.keys.of_name(given, born)]
    receive(office, row(1, address_id=None, person_keys=keys))
    others = office.ask("select others || others_by_person from signals.outbox order by outbox_id desc limit 1")
    assert others == [(["burgerzaken"] if met else [],)]
    answer = office.store.search_person(
        BURGERZAKEN, keys=office.keys.of_name(given, born), purpose="samenwerking", case_number="Z-1"
    )
    assert "belastingen" in {hit.department for hit in answer.hits}
    # Another person in the next delivery.
    receive(office, row(1, address_id=None, person_keys=[office.keys.of_bsn("111222333")[0].hex()]))
    assert office.ask("select count(*) from signals.person_key where department = 'belastingen'") == [(1,)]


def test_what_the_tool_does_not_know_is_kept_or_counted(office: Office) -> None:
    unresolved = row(1, address_id=None, address_text="Kerkstraat 1-3 achter")
    assert receive(office, unresolved, row(2, department="verzonnen")) == {"placed": 1, "refused": 1}
    mine = office.store.own_signals(BELASTINGEN).items[0]
    assert (mine.address_id, mine.address_text) == (None, "Kerkstraat 1-3 achter")
    assert receive(office, row(1), row(2, department="verzonnen")) == {"changed": 1, "refused": 1}
    assert office.search().status == "hit"


def test_a_signal_that_was_removed_after_its_term_does_not_come_back_as_closed(office: Office) -> None:
    receive(office, row(1))
    receive(office, row(1, status="closed"))
    office.change("update signals.signal set closed_on = current_date - 92")
    with psycopg.connect(office.settings.dsn("relay")) as connection:
        assert connection.execute(
            "select closed, removed from signals.remove_expired(%s, current_date)", [CODE]
        ).fetchone() == (0, 1)
    assert receive(office, row(1, status="closed")) == {"unchanged": 1}
    assert receive(office, row(1)) == {"placed": 1}


def test_the_answer_says_since_when_the_register_of_addresses_is_known(office: Office) -> None:
    assert office.search().data_date is None
    with psycopg.connect(office.settings.dsn("loader")) as connection:
        connection.execute("select signals.note_register(%s, '2026-03-01 12:00+00')", [CODE])
    found = office.search().data_date
    assert found is not None
    assert found.isoformat().startswith("2026-03-01T12:00")
