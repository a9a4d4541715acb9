"""Samenloop, the notices that the relay sends, and the numbers."""

from datetime import date, timedelta

import psycopg
import pytest

from signals_service.actor import Actor
from signals_service.store import ForbiddenError, InvalidPurposeError, InvalidValueError, NotFoundError
from tests.integration.signals.conftest import (
    ADDRESS,
    BEHEERDER,
    BELASTINGEN,
    BURGERZAKEN,
    CODE,
    COORDINATOR,
    OTHER_ADDRESS,
    VERGUNNINGEN,
    Office,
)

TODAY = date.today()


def relay(office: Office, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(office.settings.dsn("relay")) as connection:
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


def take_and_send(office: Office) -> list[tuple[object, ...]]:
    with psycopg.connect(office.settings.dsn("relay")) as connection:
        rows = connection.execute("select * from signals.take_notices(%s, 100)", [CODE]).fetchall()
        connection.execute("select signals.mark_sent(%s, %s)", [CODE, [row[0] for row in rows]])
    return [(row[1], row[2], row[5]) for row in rows]


def subject(office: Office) -> tuple[str, str]:
    """Of the last event: what was done, and of what it told."""
    [(action, about)] = office.ask("select action, subject from audit.event order by number desc limit 1")
    return action, about


def test_two_departments_on_one_address_are_a_meeting_and_one_is_not(office: Office) -> None:
    office.place(BELASTINGEN)
    office.place(BELASTINGEN)
    assert office.store.overlaps(COORDINATOR).total == 0
    office.place(BURGERZAKEN)
    (meeting,) = office.store.overlaps(COORDINATOR).items
    assert (meeting.address_id, meeting.status, meeting.outcome) == (ADDRESS, "open", None)
    sides = {side.department: (side.title, side.official, side.phone, side.hit_count) for side in meeting.departments}
    assert sides == {
        "belastingen": ("Belastingen", "Bas Vonk", "036-0000002", 2),
        "burgerzaken": ("Burgerzaken", "Anna de Wit", "036-0000001", 1),
    }
    assert office.store.own_overlaps(BELASTINGEN).items == (meeting,)
    assert office.store.own_overlaps(VERGUNNINGEN).items == ()


def test_each_side_acknowledges_and_what_came_of_it_is_kept(office: Office) -> None:
    for actor in (BELASTINGEN, BURGERZAKEN):
        office.place(actor)
    overlap_id = office.store.overlaps(COORDINATOR).items[0].overlap_id
    office.store.acknowledge_overlap(BELASTINGEN, overlap_id)
    office.store.acknowledge_overlap(BELASTINGEN, overlap_id)
    assert office.store.overlaps(COORDINATOR, status="open").total == 1
    office.store.acknowledge_overlap(BURGERZAKEN, overlap_id)
    (meeting,) = office.store.overlaps(COORDINATOR, status="acknowledged").items
    assert {side.acknowledged_by for side in meeting.departments} == {"Bas Vonk", "Anna de Wit"}
    office.store.record_outcome(BURGERZAKEN, overlap_id, outcome="called", note="Gebeld met Bas")
    office.store.record_outcome(COORDINATOR, overlap_id, outcome="joint-visit", note="")
    (settled,) = office.store.overlaps(COORDINATOR, status="settled").items
    assert (settled.outcome, settled.outcome_by, settled.outcome_on) == ("joint-visit", "Coen Prins", TODAY)
    assert office.ask("select outcome from signals.overlap_outcome order by outcome_id") == [
        ("called",),
        ("joint-visit",),
    ]
    assert [action for action, _ in office.events()].count("acknowledge-overlap") == 2
    # A department that joins later opens it again; what came of it before stays known.
    office.place(VERGUNNINGEN)
    (again,) = office.store.overlaps(COORDINATOR, status="open").items
    assert (again.overlap_id, again.outcome, len(again.departments)) == (overlap_id, None, 3)


def test_who_has_no_part_in_a_meeting_may_not_touch_it(office: Office) -> None:
    for actor in (BELASTINGEN, BURGERZAKEN):
        office.place(actor)
    overlap_id = office.store.overlaps(COORDINATOR).items[0].overlap_id
    with pytest.raises(NotFoundError):
        office.store.acknowledge_overlap(VERGUNNINGEN, overlap_id)
    with pytest.raises(NotFoundError):
        office.store.record_outcome(VERGUNNINGEN, overlap_id, outcome="called", note="")
    with pytest.raises(ForbiddenError):
        office.store.overlaps(BELASTINGEN)
    with pytest.raises(ForbiddenError):
        office.store.own_overlaps(BEHEERDER)
    with pytest.raises(InvalidValueError):
        office.store.record_outcome(COORDINATOR, overlap_id, outcome="verzonnen", note="")  # type: ignore[arg-type]


def test_both_sides_are_told_once_per_pair_and_address(office: Office) -> None:
    office.place(BELASTINGEN)
    for _ in range(3):
        office.search(BURGERZAKEN)
    office.search(BURGERZAKEN, OTHER_ADDRESS)
    office.search(BELASTINGEN)  # its own signal alone: nobody is met
    assert take_and_send(office) == [("search", "belastingen", "Burgerzaken")]
    office.place(VERGUNNINGEN)
    assert sorted(take_and_send(office)) == [
        ("signal", "belastingen", "Vergunningen"),
        ("signal", "vergunningen", "Belastingen"),
    ]
    assert take_and_send(office) == []
    assert office.ask("select count(*) from signals.outbox where told_at is null") == [(0,)]
    notices = office.store.own_notices(BELASTINGEN)
    shown = ",".join(str(notice.notice_id) for notice in notices.items)
    assert subject(office) == ("view-own-notices", f"notice:{shown}")
    assert [(n.kind, n.department, n.address_ids, n.about_person) for n in notices.items] == [
        ("signal", "vergunningen", (ADDRESS,), False),
        ("search", "burgerzaken", (ADDRESS,), False),
    ]
    assert office.store.own_notices(BURGERZAKEN).total == 0


def test_each_is_told_of_what_it_has_itself(office: Office) -> None:
    """Who has the address does not learn that the new signal is about a person, nor who has the person where."""
    keys = office.keys.of_bsn("111222333")
    office.place(BURGERZAKEN, ADDRESS)
    office.place(BELASTINGEN, None, person_keys=keys)
    office.place(VERGUNNINGEN, ADDRESS, person_keys=keys)

    def told(actor: Actor) -> list[tuple[object, ...]]:
        return sorted((n.department, n.address_ids, n.about_person) for n in office.store.own_notices(actor).items)

    take_and_send(office)
    assert told(BURGERZAKEN) == [("vergunningen", (ADDRESS,), False)]
    assert told(BELASTINGEN) == [("vergunningen", (), True)]
    assert told(VERGUNNINGEN) == [("belastingen", (), True), ("burgerzaken", (ADDRESS,), False)]


def test_a_signal_after_a_search_is_told_once_more_and_a_search_after_a_signal_is_not(office: Office) -> None:
    office.place(BELASTINGEN)
    office.search(BURGERZAKEN)
    assert take_and_send(office) == [("search", "belastingen", "Burgerzaken")]
    office.place(BURGERZAKEN)
    assert sorted(take_and_send(office)) == [
        ("signal", "belastingen", "Burgerzaken"),
        ("signal", "burgerzaken", "Belastingen"),
    ]
    office.search(BURGERZAKEN)
    office.place(BURGERZAKEN)
    assert take_and_send(office) == []
    (notice,) = office.store.own_notices(BELASTINGEN).items
    assert notice.kind == "signal"


def test_who_comes_back_after_its_signals_were_closed_opens_the_meeting_again(office: Office) -> None:
    office.place(BELASTINGEN)
    closed = office.place(BURGERZAKEN).signal_id
    assert closed
    overlap_id = office.store.overlaps(COORDINATOR).items[0].overlap_id
    office.store.acknowledge_overlap(BURGERZAKEN, overlap_id)
    office.store.record_outcome(COORDINATOR, overlap_id, outcome="called", note="")
    office.store.close_signal(BURGERZAKEN, closed, reason="opgelost")
    office.place(BURGERZAKEN)
    (again,) = office.store.overlaps(COORDINATOR).items
    assert (again.overlap_id, again.status, again.outcome) == (overlap_id, "open", None)
    assert [side.acknowledged_by for side in again.departments] == [None, None]


def test_the_audit_names_what_a_list_showed(office: Office) -> None:
    signals = {office.place(BELASTINGEN).signal_id, office.place(BELASTINGEN, OTHER_ADDRESS).signal_id}
    office.place(BURGERZAKEN)
    (meeting,) = office.store.overlaps(COORDINATOR).items
    office.store.own_signals(BELASTINGEN)
    query = "select subject from audit.event where action = %s order by number desc limit 1"
    assert office.ask(query, "view-overlaps") == [(f"overlap:{meeting.overlap_id}",)]
    ((listed,),) = office.ask(query, "view-signals")
    assert set(listed.removeprefix("signal:").split(",")) == {str(one) for one in signals}


def test_a_meeting_on_a_person_is_told_as_well(office: Office) -> None:
    office.place(BELASTINGEN, None, person_keys=office.keys.of_name("Jansen-de Vries", date(1980, 1, 1)))
    keys = office.keys.of_name("de Vries", date(1980, 1, 1))
    office.store.search_person(BURGERZAKEN, keys=keys, purpose="samenwerking", case_number="Z-1")
    assert take_and_send(office) == [("search", "belastingen", "Burgerzaken")]
    (notice,) = office.store.own_notices(BELASTINGEN).items
    assert (notice.address_ids, notice.about_person) == ((), True)


def test_two_relays_do_not_get_the_same_notice_and_a_rollback_gives_it_back(office: Office) -> None:
    office.place(BELASTINGEN)
    office.search(BURGERZAKEN)
    query = "select notice_id from signals.take_notices(%s, 100)"
    with psycopg.connect(office.settings.dsn("relay")) as one, psycopg.connect(office.settings.dsn("relay")) as two:
        assert len(one.execute(query, [CODE]).fetchall()) == 1
        assert two.execute(query, [CODE]).fetchall() == []
        one.rollback()
        two.rollback()
        assert len(two.execute(query, [CODE]).fetchall()) == 1


def test_the_logbook_gets_a_line_per_person_and_nobody_who_acted(office: Office) -> None:
    office.place(BELASTINGEN, ADDRESS, person_keys=office.keys.of_bsn("111222333"))
    office.place(BELASTINGEN, ADDRESS, person_keys=office.keys.of_name("Jansen-de Vries", date(1980, 1, 1)))
    answer = office.search(BURGERZAKEN)
    empty = office.search(BURGERZAKEN, OTHER_ADDRESS)
    with psycopg.connect(office.settings.dsn("relay")) as connection:
        cursor = connection.execute("select * from signals.take_processing(%s, 100)", [CODE])
        names = [column.name for column in cursor.description or ()]
        lines = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        connection.execute("select signals.mark_exported(%s, %s)", [CODE, [line["outbox_id"] for line in lines]])
    found = [line for line in lines if line["processing_id"] == answer.processing_id]
    assert len({line["data_subject_id"] for line in found}) == 2
    assert {(line["activity"], line["purpose"]) for line in found} == {("search-address", "samenwerking")}
    assert [line["data_subject_id"] for line in lines if line["processing_id"] == empty.processing_id] == [None]
    placed = [line["data_subject_id"] for line in lines if line["activity"] == "place-signal"]
    assert set(placed) == {line["data_subject_id"] for line in found}
    assert "sub-" not in str(lines)
    assert relay(office, "select * from signals.take_processing(%s, 100)", CODE) == []


def test_whose_signals_were_looked_at_stands_in_the_logbook_too(office: Office) -> None:
    office.place(BELASTINGEN, ADDRESS, person_keys=office.keys.of_bsn("111222333"))
    office.place(BELASTINGEN, ADDRESS, person_keys=office.keys.of_name("Jansen-de Vries", date(1980, 1, 1)))
    alone = office.place(BELASTINGEN, OTHER_ADDRESS)
    waiting = "select outbox_id, activity, data_subject_id, processing_id from signals.take_processing(%s, 100)"
    placed = relay(office, waiting, CODE)
    relay(office, "select signals.mark_exported(%s, %s)", CODE, [row[0] for row in placed])

    office.store.own_signal(BELASTINGEN, alone.signal_id)
    assert relay(office, waiting, CODE) == []  # of an address alone nobody is known
    office.store.own_signals(BELASTINGEN)
    looked = relay(office, waiting, CODE)
    assert {row[1] for row in looked} == {"view-signals"}
    assert sorted(row[2] for row in looked) == sorted({row[2] for row in placed if row[2]})
    events = office.ask("select processing_id from audit.event where action = 'view-signals' order by at desc limit 1")
    assert {row[3] for row in looked} == {events[0][0]}
    assert office.ask("select count(*) from signals.outbox where action = 'view-signals' and told_at is null") == [(0,)]


def test_reviews_that_are_due_make_one_digest_per_department(office: Office) -> None:
    for days in (5, 10, 100):
        office.place(BELASTINGEN, review_on=TODAY + timedelta(days=days))
    made = [relay(office, "select signals.reviews_due(%s, 14, 7)", CODE) for _ in range(2)]
    assert made == [[(1,)], [(0,)]]
    with psycopg.connect(office.settings.dsn("relay")) as connection:
        rows = connection.execute("select * from signals.take_notices(%s, 100)", [CODE]).fetchall()
    assert [row[1:7] for row in rows] == [
        ("reviews", "belastingen", "Belastingen", "belastingen@demostad.example", "Belastingen", 2)
    ]


def test_what_is_not_renewed_is_closed_and_removed_after_its_term_with_its_metadata_noted(office: Office) -> None:
    expired = office.place(BELASTINGEN, reason="geheim").signal_id
    office.place(BURGERZAKEN)
    kept = office.place(BELASTINGEN, OTHER_ADDRESS).signal_id
    office.change("update signals.signal set review_on = current_date - 2 where signal_id = %s", expired)
    expire = ("select closed, removed from signals.remove_expired(%s, %s)", CODE, TODAY)
    assert relay(office, *expire) == [(1, 0)]
    assert office.store.own_signal(BELASTINGEN, expired).closing_reason == "termijn verlopen"
    office.change("update signals.signal set closed_on = current_date - 92 where signal_id = %s", expired)
    assert relay(office, *expire) == [(0, 1)]
    with pytest.raises(NotFoundError):
        office.store.own_signal(BELASTINGEN, expired)
    assert office.store.own_signal(BELASTINGEN, kept).status == "open"
    row = office.ask("select user_id, subject, result, origin from audit.event where action = 'remove-signal'")[0]
    assert row[:2] == ("vis", f"signal:{expired}")
    assert row[2].startswith(f"kind overlast, placed {TODAY}")
    assert row[3] == "termijn"
    assert office.ask("select count(*) from signals.signal where reason = 'geheim'") == [(0,)]
    # The other department's signal is still there, and alone: nobody sees any more that there was another.
    assert office.store.overlaps(COORDINATOR).total == office.store.own_overlaps(BURGERZAKEN).total == 0


def test_two_clocks_that_do_not_agree_remove_nothing(office: Office) -> None:
    expired = office.place(BELASTINGEN).signal_id
    office.change("update signals.signal set review_on = current_date - 2 where signal_id = %s", expired)
    for away in (-400, -2, 2, 400):
        with pytest.raises(psycopg.Error, match=r"it is .* for the database and .* for the relay"):
            relay(office, "select signals.remove_expired(%s, %s)", CODE, TODAY + timedelta(days=away))
    assert office.store.own_signal(BELASTINGEN, expired).status == "open"


def test_the_uitdraai_counts_and_is_noted(office: Office) -> None:
    for actor, address in ((BELASTINGEN, ADDRESS), (BELASTINGEN, ADDRESS), (BURGERZAKEN, ADDRESS), (VERGUNNINGEN, OTHER_ADDRESS)):  # fmt: skip # noqa: E501
        office.place(actor, address)

    def counts(**changes: object) -> list[tuple[object, ...]]:
        given = {
            "first": TODAY - timedelta(days=1),
            "last": TODAY + timedelta(days=1),
            "department": None,
            "purpose": "samenwerking",
            "case_number": "Z-1",
        }
        found = office.store.hit_counts(COORDINATOR, **(given | changes))  # type: ignore[arg-type]
        return [(c.address_id, c.hit_count, c.department_count, c.by_department) for c in found]

    first = (ADDRESS, 3, 2, {"belastingen": 2, "burgerzaken": 1})
    assert counts() == [first, (OTHER_ADDRESS, 1, 1, {"vergunningen": 1})]
    # The log names every address that was on the sheet.
    assert subject(office) == ("hit-counts", f"address:{ADDRESS},{OTHER_ADDRESS}")
    assert counts(minimum=2) == [first]
    assert counts(department="burgerzaken") == [(ADDRESS, 1, 1, {"burgerzaken": 1})]
    assert counts(first=TODAY - timedelta(days=9), last=TODAY - timedelta(days=2)) == []
    for wrong in ({"purpose": "heffing"}, {"case_number": ""}, {"case_number": "a\0"}):
        with pytest.raises(InvalidPurposeError):
            counts(**wrong)
        assert office.events()[-1] == ("hit-counts", "refused-purpose")
    with pytest.raises(InvalidValueError):
        counts(last=TODAY - timedelta(days=5))
    with pytest.raises(ForbiddenError):
        office.store.hit_counts(BURGERZAKEN, first=TODAY, last=TODAY, department=None, purpose="samenwerking", case_number="Z")  # fmt: skip # noqa: E501


def test_the_administrator_sees_numbers_and_no_content(office: Office) -> None:
    office.place(BELASTINGEN)
    office.place(BURGERZAKEN)
    office.search(BURGERZAKEN)
    with pytest.raises(InvalidPurposeError):
        office.search(BURGERZAKEN, purpose="")
    overlap_id = office.store.overlaps(COORDINATOR).items[0].overlap_id
    office.store.record_outcome(COORDINATOR, overlap_id, outcome="nothing", note="")
    usage = office.store.usage(BEHEERDER, first=TODAY - timedelta(days=1), last=TODAY + timedelta(days=1))
    assert (usage.searches, usage.hits, usage.refused, usage.signals_placed, usage.signals_open) == (1, 1, 1, 2, 2)
    assert (usage.overlaps, usage.outcomes, usage.searches_by_department) == (1, {"nothing": 1}, {"burgerzaken": 1})
    assert usage.officials == 6
    # What came of it once the last one stands; and both stay when the signals and with them the meeting are gone.
    office.store.record_outcome(COORDINATOR, overlap_id, outcome="called", note="")
    office.change("delete from signals.overlap")
    usage = office.store.usage(BEHEERDER, first=TODAY - timedelta(days=1), last=TODAY + timedelta(days=1))
    assert (usage.overlaps, usage.outcomes) == (1, {"called": 1})
    for actor in (BURGERZAKEN, COORDINATOR):
        with pytest.raises(ForbiddenError):
            office.store.usage(actor, first=TODAY, last=TODAY)
