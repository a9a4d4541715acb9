"""The audit log: append-only, chained, and telling which event was tampered with."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from signals_service.store import ForbiddenError
from tests.integration.signals.conftest import ADDRESS, AUDITOR, BELASTINGEN, BURGERZAKEN, CODE, COORDINATOR, Office

TODAY = date.today()


def test_many_at_once_make_chains_that_hold(office: Office) -> None:
    users = [replace(BURGERZAKEN, user_id=f"sub-{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: office.search(users[number % 8]), range(200)))
    verdict = office.store.verify_audit(AUDITOR)
    assert (verdict.ok, verdict.first_broken) == (True, None)
    assert verdict.events == 200 + 6  # the sign-ins
    assert sum(head.position for head in verdict.heads) == verdict.events + 1  # and the event of this walk
    assert len({head.lane for head in verdict.heads}) > 1
    answers = office.ask("select count(*) from audit.event where action = 'search-address'")
    assert answers == office.ask("select count(*) from signals.outbox") == [(200,)]


@pytest.mark.parametrize("role", [None, "vis_signals_owner", "vis_signals_across"])
@pytest.mark.parametrize(
    "statement", ["update audit.event set result = 'no-hit'", "delete from audit.event", "truncate audit.event"]
)
def test_nobody_changes_it(office: Office, role: str | None, statement: str) -> None:
    office.search()
    with psycopg.connect(office.settings.dsn("admin")) as connection:
        if role:
            connection.execute(f"grant all on audit.event to {role}")  # type: ignore[call-overload]
            connection.execute(f"set role {role}")  # type: ignore[call-overload]
        connection.execute("select set_config('vis.municipality', %s, false)", [CODE])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("update audit.event set result = 'no-hit' where number = %s", 0),
        ("update audit.event set at = at - interval '1 second' where number = %s", 0),
        ("update audit.event set user_id = 'sub-ander' where number = %s", 0),
        ("update audit.event set hash = sha256('x') where number = %s", 0),
        ("delete from audit.event where number = %s", 1),
    ],
)
def test_the_first_broken_event_is_named(office: Office, tampering: str, expected: int) -> None:
    # A lane per connection, of which there can be several: in the fullest one it is known what comes after.
    office.place(BELASTINGEN)
    numbers: list[int] = []
    while len(numbers) < 5:
        office.search()
        fullest = (
            "select array_agg(number order by position) from audit.event group by lane order by count(*) desc limit 1"
        )
        [(numbers,)] = office.ask(fullest)
    assert office.store.verify_audit(AUDITOR).ok
    office.change("alter table audit.event disable trigger append_only")
    office.change(tampering, numbers[2])
    verdict = office.store.verify_audit(AUDITOR)
    assert (verdict.ok, verdict.first_broken) == (False, numbers[2 + expected])


def test_a_tail_that_was_cut_off_is_missed_by_the_file_of_heads(office: Office) -> None:
    office.search()
    heads = office.store.verify_audit(AUDITOR).heads
    query = "select * from audit.missing_heads(%s, %s::integer[], %s::bigint[], %s::text[])"
    given = [CODE, [h.lane for h in heads], [h.position for h in heads], [h.hash for h in heads]]
    office.search()
    assert office.ask(query, *given) == []
    office.change("alter table audit.event disable trigger append_only")
    office.change("delete from audit.event where (lane, position) = (%s, %s)", heads[0].lane, heads[0].position)
    office.change("delete from audit.event where lane = %s and position > %s", heads[0].lane, heads[0].position)
    assert office.ask(query, *given) == [(heads[0].lane,)]


def test_the_auditor_reads_and_reading_is_itself_noted(office: Office) -> None:
    office.search()
    office.search(BELASTINGEN)
    events = office.store.audit_events(AUDITOR, first=TODAY, last=TODAY, user="sub-anna", action="search-address")
    (event,) = events
    assert (event.user_id, event.subject, event.result) == ("sub-anna", f"address:{ADDRESS}", "no-hit")
    everything = office.store.audit_events(AUDITOR, first=TODAY - timedelta(days=1), last=TODAY, limit=3)
    assert [e.action for e in everything] == ["view-audit", "view-audit", "search-address"]
    older = office.store.audit_events(AUDITOR, first=TODAY, last=TODAY, before=everything[-1].number, limit=1)
    assert older[0].number < everything[-1].number
    assert office.store.audit_events(AUDITOR, first=TODAY + timedelta(days=2), last=TODAY + timedelta(days=2)) == []


def test_who_walks_the_chain_stands_in_it(office: Office) -> None:
    office.search()
    first = office.store.verify_audit(AUDITOR)
    assert office.store.verify_audit(AUDITOR).events == first.events + 1
    noted = "select user_id, result from audit.event where action = 'verify-audit' order by number"
    assert office.ask(noted) == [(AUDITOR.user_id, f"{first.events + more} holds") for more in (0, 1)]
    office.change("alter table audit.event disable trigger append_only")
    office.change("update audit.event set case_number = 'Z' where action = 'search-address'")
    broken = office.store.verify_audit(AUDITOR).first_broken
    assert office.ask(noted)[-1] == (AUDITOR.user_id, f"broken at {broken}")


def test_nobody_else_reads_it(office: Office) -> None:
    for actor in (BURGERZAKEN, COORDINATOR):
        with pytest.raises(ForbiddenError):
            office.store.audit_events(actor, first=TODAY, last=TODAY)
        with pytest.raises(ForbiddenError):
            office.store.verify_audit(actor)
