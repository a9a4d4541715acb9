"""Placing, reading, renewing and closing: of the own department alone, each with its event."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from signals_service.store import ConflictError, ForbiddenError, InvalidValueError, NotFoundError
from tests.integration.signals.conftest import (
    ADDRESS,
    AUDITOR,
    BEHEERDER,
    BELASTINGEN,
    BURGERZAKEN,
    COORDINATOR,
    VERGUNNINGEN,
    Office,
    with_roles,
)

TODAY = date.today()


def test_placing_is_also_a_search_and_takes_official_and_phone_from_the_directory(office: Office) -> None:
    office.place(VERGUNNINGEN)
    placed = office.place(BELASTINGEN, reason="  Huurders wisselen vaak  ")
    assert placed.answer.status == "hit"
    assert [hit.department for hit in placed.answer.hits] == ["vergunningen"]
    mine = office.store.own_signal(BELASTINGEN, placed.signal_id)
    assert (mine.official, mine.phone, mine.address_id) == ("Bas Vonk", "036-0000002", ADDRESS)
    assert (mine.kind, mine.reason, mine.status, mine.origin) == ("overlast", "Huurders wisselen vaak", "open", "tool")
    assert mine.review_on == mine.placed_on + timedelta(days=180)
    assert (mine.has_person, mine.renewals, mine.closed_on) == (False, (), None)
    assert "Huurders" not in repr(mine)
    actions = [action for action, _ in office.events() if action == "place-signal"]
    assert len(actions) == office.ask("select count(*) from signals.outbox")[0][0] == 2


def test_an_address_and_a_person_are_looked_for_together_and_each_signal_is_told_once(office: Office) -> None:
    keys = office.keys.of_bsn("111222333")
    office.place(VERGUNNINGEN, ADDRESS, person_keys=keys)
    office.place(BURGERZAKEN, None, person_keys=keys)
    placed = office.place(BELASTINGEN, ADDRESS, person_keys=keys)
    assert {hit.department for hit in placed.answer.hits} == {"vergunningen", "burgerzaken"}
    assert (placed.answer.hit_count, placed.answer.department_count) == (2, 2)
    assert office.store.own_signal(BELASTINGEN, placed.signal_id).has_person


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "verzonnen"}),
        ("reason", {"reason": "  "}),
        ("reason", {"reason": "x" * 2001}),
        ("review_on", {"review_on": TODAY - timedelta(days=2)}),
        ("review_on", {"review_on": TODAY + timedelta(days=400)}),
        ("address_id", {"address": None}),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_placed(office: Office, field: str, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError) as error:
        office.place(**changes)  # type: ignore[arg-type]
    assert error.value.field == field
    assert office.ask("select count(*) from signals.signal") == [(0,)]


def test_only_a_plaatser_places_and_only_who_signed_in(office: Office) -> None:
    for actor in (COORDINATOR, AUDITOR, BEHEERDER, with_roles(BELASTINGEN, "raadpleger")):
        with pytest.raises(ForbiddenError):
            office.place(actor)
        with pytest.raises(ForbiddenError):
            office.store.own_signals(actor)
    office.change("delete from signals.official where user_id = 'sub-bas'")
    with pytest.raises(InvalidValueError) as error:
        office.place(BELASTINGEN)
    assert error.value.field == "official"


def test_another_departments_signal_is_not_there(office: Office) -> None:
    signal_id = office.place(BELASTINGEN).signal_id
    for attempt in (
        lambda: office.store.own_signal(BURGERZAKEN, signal_id),
        lambda: office.store.renew_signal(
            BURGERZAKEN, signal_id, review_on=TODAY + timedelta(days=30), reason="nog gaande"
        ),
        lambda: office.store.close_signal(BURGERZAKEN, signal_id, reason="klaar"),
        lambda: office.store.own_signal(BELASTINGEN, uuid4()),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert office.store.own_signals(BURGERZAKEN).items == ()
    assert office.store.own_signal(BELASTINGEN, signal_id).status == "open"


def test_renewing_needs_a_reason_and_keeps_each_one(office: Office) -> None:
    signal_id = office.place(BELASTINGEN, review_on=TODAY + timedelta(days=10)).signal_id
    for days in (30, 60):
        office.store.renew_signal(
            BELASTINGEN, signal_id, review_on=TODAY + timedelta(days=days), reason=f"nog {days} dagen"
        )
    mine = office.store.own_signal(BELASTINGEN, signal_id)
    assert mine.review_on == TODAY + timedelta(days=60)
    assert [(r.reason, r.official) for r in mine.renewals] == [
        ("nog 30 dagen", "Bas Vonk"),
        ("nog 60 dagen", "Bas Vonk"),
    ]
    for field, changes in (
        ("reason", {"reason": " ", "review_on": TODAY + timedelta(days=5)}),
        ("review_on", {"reason": "x", "review_on": TODAY - timedelta(days=2)}),
        ("review_on", {"reason": "x", "review_on": TODAY + timedelta(days=4000)}),
    ):
        with pytest.raises(InvalidValueError) as error:
            office.store.renew_signal(BELASTINGEN, signal_id, **changes)  # type: ignore[arg-type]
        assert error.value.field == field


def test_a_closed_signal_still_hits_as_closed_and_cannot_be_changed(office: Office) -> None:
    signal_id = office.place(BELASTINGEN).signal_id
    office.store.close_signal(BELASTINGEN, signal_id, reason="Onderzoek afgerond")
    assert [hit.status for hit in office.search().hits] == ["closed"]
    mine = office.store.own_signal(BELASTINGEN, signal_id)
    assert (mine.status, mine.closing_reason) == ("closed", "Onderzoek afgerond")
    with pytest.raises(ConflictError):
        office.store.close_signal(BELASTINGEN, signal_id, reason="nog eens")
    with pytest.raises(ConflictError):
        office.store.renew_signal(BELASTINGEN, signal_id, review_on=TODAY + timedelta(days=5), reason="x")
    assert [a for a, _ in office.events()].count("close-signal") == 1


def test_the_list_is_paged_filtered_and_in_order_of_review(office: Office) -> None:
    for days in (40, 20, 30):
        office.place(BELASTINGEN, review_on=TODAY + timedelta(days=days))
    office.store.close_signal(BELASTINGEN, office.place(BELASTINGEN).signal_id, reason="klaar")
    page = office.store.own_signals(BELASTINGEN, limit=2)
    assert page.total == 4
    assert [(item.review_on - TODAY).days for item in page.items] == [20, 30]
    assert office.store.own_signals(BELASTINGEN, status="closed").total == 1
    due = office.store.own_signals(BELASTINGEN, due_before=TODAY + timedelta(days=31))
    assert [(item.review_on - TODAY).days for item in due.items] == [20, 30]


def test_who_gets_another_phone_is_reached_on_it_at_the_next_sign_in(office: Office) -> None:
    office.place(BELASTINGEN)
    office.store.signed_in(type(BELASTINGEN)("sub-bas", "Bas Vonk", "belastingen", "036-0999999", BELASTINGEN.roles))
    assert office.search().hits[0].phone == "036-0999999"


def test_lists_come_from_the_municipality(office: Office) -> None:
    assert [kind.code for kind in office.store.kinds()][:2] == ["adresfraude", "overbewoning"]
    assert [item.title for item in office.store.departments()][-1] == "Openbare Orde en Veiligheid"
    purpose = next(item for item in office.store.purposes() if item.code == "heffing")
    assert (purpose.departments, "Gemeentewet" in purpose.legal_basis) == (("belastingen",), True)
    assert (office.store.review_days(), office.store.max_review_days()) == (180, 365)
