"""Searching across departments: what is told, what is demanded, what is noted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from signals_service.store import (
    ForbiddenError,
    InvalidPurposeError,
    InvalidValueError,
    QuotaExceededError,
    SearchAnswer,
)
from tests.integration.signals.conftest import (
    ADDRESS,
    AUDITOR,
    BEHEERDER,
    BELASTINGEN,
    BURGERZAKEN,
    COORDINATOR,
    OTHER_ADDRESS,
    VERGUNNINGEN,
    Office,
    with_roles,
)


def test_a_hit_tells_whom_to_phone_and_never_what_it_is_about(office: Office) -> None:
    office.place(BELASTINGEN, reason="geheim-van-de-belastingen")
    answer = office.search(BURGERZAKEN)
    assert (answer.status, answer.hit_count, answer.department_count) == ("hit", 1, 1)
    (hit,) = answer.hits
    assert (hit.department, hit.department_title) == ("belastingen", "Belastingen")
    assert (hit.official, hit.phone, hit.status) == ("Bas Vonk", "036-0000002", "open")
    assert hit.placed_month == date.today().isoformat()[:7]
    assert "geheim" not in repr(answer)
    assert "overlast" not in repr(answer)


def test_no_hit_and_addresses_beside(office: Office) -> None:
    office.place(BELASTINGEN, OTHER_ADDRESS)
    office.place(VERGUNNINGEN, OTHER_ADDRESS)
    answer = office.search(BURGERZAKEN, ADDRESS, beside_ids=[OTHER_ADDRESS, "9999010000000003"])
    assert (answer.status, answer.hits, answer.hit_count) == ("no-hit", (), 0)
    assert [(b.address_id, b.hit_count, b.department_count) for b in answer.beside] == [(OTHER_ADDRESS, 2, 2)]
    subjects = office.ask("select subject from audit.event where action = 'search-address'")
    assert subjects == [(f"address:{ADDRESS} beside:{OTHER_ADDRESS},9999010000000003",)]


def test_placing_tells_of_the_addresses_beside_as_searching_does(office: Office) -> None:
    office.place(BELASTINGEN, OTHER_ADDRESS)
    placed = office.place(BURGERZAKEN, ADDRESS, beside_ids=[OTHER_ADDRESS])
    assert placed.answer.status == "no-hit"
    assert [(b.address_id, b.hit_count, b.department_count) for b in placed.answer.beside] == [(OTHER_ADDRESS, 1, 1)]
    subjects = office.ask("select subject from audit.event where action = 'place-signal' order by number desc limit 1")
    assert subjects == [(f"signal:{placed.signal_id} address:{ADDRESS} beside:{OTHER_ADDRESS}",)]
    # Numbers alone are told: the department beside has not been met.
    assert office.ask("select others from signals.outbox order by at desc limit 1") == [([],)]


@pytest.mark.parametrize("outcome", ["ambiguous", "not-found"])
def test_a_search_without_an_address_is_audited_and_counted_too(office: Office, outcome: str) -> None:
    answer = office.search(address_ids=[], outcome=outcome)
    assert answer.status == outcome
    assert office.events()[-1] == ("search-address", outcome)
    assert office.ask("select max(search_no) from audit.event") == [(1,)]


def test_each_answer_has_one_event_and_one_row_in_the_outbox_with_its_own_number(office: Office) -> None:
    office.place(BELASTINGEN)
    hit, none = office.search(), office.search(address=OTHER_ADDRESS)
    for answer in (hit, none):
        event = office.ask(
            "select user_id, department, action, subject, result, purpose, case_number, origin "
            "from audit.event where processing_id = %s",
            answer.processing_id,
        )
        assert event == [
            ("sub-anna", "burgerzaken", "search-address", f"address:{ADDRESS if answer is hit else OTHER_ADDRESS}",
             answer.status, "samenwerking", "Z-2026-0001", "tool")
        ]  # fmt: skip
        others = office.ask("select others from signals.outbox where processing_id = %s", answer.processing_id)
        assert others == [(["belastingen"] if answer is hit else [],)]


@pytest.mark.parametrize(
    "asked",
    [
        {"purpose": ""},
        {"purpose": "verzonnen"},
        {"purpose": "heffing"},  # not of Burgerzaken
        {"purpose": "samenwerking\0"},
        {"case_number": ""},
        {"case_number": " "},
        {"case_number": "Z" * 65},
        {"case_number": "Z-1\n"},
        {"case_number": "Z-1\0"},
        {"case_number": "'; drop table signals.signal; --"},
        {"case_number": "\u202e1-Z"},
        {"case_number": "\ud800"},
    ],
)
def test_without_a_purpose_and_a_case_number_nothing_is_answered_and_the_attempt_is_noted(
    office: Office, asked: dict[str, str]
) -> None:
    office.place(BELASTINGEN)
    with pytest.raises(InvalidPurposeError):
        office.search(**asked)
    event = office.ask("select result, purpose, case_number from audit.event order by number desc limit 1")
    assert event == [("refused-purpose", None, None)]
    assert office.ask("select count(*) from signals.outbox") == [(1,)]


@pytest.mark.parametrize("actor", [COORDINATOR, AUDITOR, BEHEERDER])
def test_other_roles_do_not_search(office: Office, actor: object) -> None:
    with pytest.raises(ForbiddenError):
        office.search(actor)  # type: ignore[arg-type]


def test_an_unknown_department_and_an_empty_context_are_refused(office: Office) -> None:
    for nobody in (
        replace(BURGERZAKEN, department="verzonnen"),
        replace(BURGERZAKEN, department=""),
        replace(BURGERZAKEN, user_id=""),
        with_roles(BURGERZAKEN),
    ):
        with pytest.raises(ForbiddenError):
            office.search(nobody)


def test_a_person_is_found_by_key_and_the_key_alone_is_kept(office: Office) -> None:
    office.place(BELASTINGEN, None, person_keys=office.keys.of_bsn("111222333"))
    answer = office.store.search_person(
        BURGERZAKEN, keys=office.keys.of_bsn("1112.22.333"), purpose="samenwerking", case_number="Z-1"
    )
    assert answer.status == "hit"
    other = office.store.search_person(
        BURGERZAKEN, keys=office.keys.of_bsn("123456782"), purpose="samenwerking", case_number="Z-1"
    )
    assert other.status == "no-hit"
    everything = "\n".join(
        str(office.ask(f"select t::text from {table} as t"))
        for table in ("signals.signal", "signals.person_key", "signals.outbox", "audit.event")
    )
    assert "111222333" not in everything
    assert "person:" in everything


@pytest.mark.parametrize(
    ("placed", "asked", "met"),
    [
        ("Maassen", "van Maassen", True),
        ("Maas", "Maassen", False),
        ("Jansen-de Vries", "De Vries", True),
        ("de Vries", "jansen - DE VRIES", True),
        ("Jansen-de Vries", "de Vries-Jansen", True),
        ("Jansen-de Vries", "Jansen-Bakker", False),
        ("Çelik", "celik", True),
    ],
)
def test_names_meet_as_people_write_them(office: Office, placed: str, asked: str, *, met: bool) -> None:
    born = date(1980, 2, 29)
    office.place(BELASTINGEN, None, person_keys=office.keys.of_name(placed, born))
    for name, day, expected in ((asked, born, met), (asked, date(1980, 2, 28), False)):
        keys = office.keys.of_name(name, day)
        answer = office.store.search_person(BURGERZAKEN, keys=keys, purpose="samenwerking", case_number="Z-1")
        assert (answer.status == "hit") is expected


def test_the_quota_is_counted_from_the_audit_log_per_user(open_office: Callable[..., Office]) -> None:
    office = open_office(quota_hour=3)
    for _ in range(3):
        office.search()
    with pytest.raises(QuotaExceededError) as refused:
        office.search()
    assert 3500 < refused.value.retry_after <= 3600
    assert office.events()[-1] == ("search-address", "refused-quota")
    assert office.search(BELASTINGEN).status == "no-hit"
    with pytest.raises(QuotaExceededError):  # placing is a search as well
        office.place(BURGERZAKEN)
    assert office.ask("select count(*) from signals.signal") == [(0,)]


def test_searches_at_once_do_not_pass_the_quota(open_office: Callable[..., Office]) -> None:
    office = open_office(quota_hour=5)

    def search(_: int) -> bool:
        try:
            return isinstance(office.search(), SearchAnswer)
        except QuotaExceededError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(search, range(30))) == 5


def test_the_day_has_a_quota_of_its_own_and_a_clock_set_back_locks_nobody_out(
    open_office: Callable[..., Office],
) -> None:
    office = open_office(quota_hour=2, quota_day=3)
    move = "update audit.event set at = at + %s::interval"
    office.search()
    office.search()
    _rewrite(office, move, "-2 hours")
    office.search()
    with pytest.raises(QuotaExceededError) as refused:
        office.search()
    assert 21 * 3600 < refused.value.retry_after <= 22 * 3600
    _rewrite(office, move, "3 days")
    assert office.search().status == "no-hit"


def test_input_that_means_harm_is_only_text(office: Office) -> None:
    for text in ("' or 1=1 --", "x" * 10_000, "\u202e", "🏠", "{}", "\\", "9999010000000001,9999010000000002"):
        assert office.search(address_ids=[text]).status == "no-hit"
        assert office.place(reason=f"{text[:1900]}!").answer.status in ("hit", "no-hit")
    for text in ("a\0b", "\ud800"):
        with pytest.raises(InvalidValueError):
            office.search(address_ids=[text])
        with pytest.raises(InvalidValueError):
            office.place(reason=text)
    assert office.store.verify_audit(AUDITOR).ok


def _rewrite(office: Office, query: str, *values: object) -> None:
    """Change what cannot be changed, as an administrator who takes the triggers away."""
    office.change("alter table audit.event disable trigger all")
    office.change(query, *values)
    office.change("alter table audit.event enable always trigger append_only")
