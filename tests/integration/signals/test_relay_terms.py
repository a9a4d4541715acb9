"""Terms as the relay acts on them: what nobody renewed is closed, what was closed long enough is gone, both noted."""

from collections.abc import Callable

import psycopg
import pytest

from orchestration.municipality import load_municipality
from orchestration.settings import Settings
from signals_service.relay.duties import duties
from signals_service.relay.worker import Duty
from tests.integration.signals.conftest import ADDRESS, AUDITOR, BELASTINGEN, BURGERZAKEN, Office

REASON = "Vermoeden van Geheimschrijverij"


@pytest.fixture
def office(open_office: Callable[..., Office], new_warehouse: Callable[..., Settings]) -> Office:
    return open_office(new_warehouse(municipality="demo"))


@pytest.fixture
def duty(office: Office) -> Callable[[str], Duty]:
    every = {one.name: one for one in duties(office.settings, load_municipality("demo"))}
    return every.__getitem__


def next_day(office: Office) -> None:
    """Of a relay that acted on terms today already it is tomorrow when the file that says so is gone."""
    (office.settings.home / "relay" / "terms.json").unlink()


def test_a_signal_that_nobody_renews_is_closed_then_removed_and_only_that_it_was_there_is_kept(
    office: Office, duty: Callable[[str], Duty]
) -> None:
    terms = duty("termijnen")
    placed = office.place(BELASTINGEN, reason=REASON, person_keys=office.keys.of_bsn("123456782"))
    office.place(BURGERZAKEN, reason=REASON)
    assert terms.work() == 0
    next_day(office)
    office.change("update signals.signal set review_on = placed_on - 1 where signal_id = %s", placed.signal_id)
    assert terms.work() == 1
    assert office.ask("select status, closing_reason from signals.signal where signal_id = %s", placed.signal_id) == [
        ("closed", "termijn verlopen")
    ]
    assert terms.work() == 0, "once a day"
    next_day(office)
    office.change("update signals.signal set closed_on = closed_on - 100 where signal_id = %s", placed.signal_id)
    assert terms.work() == 1
    assert office.ask("select count(*) from signals.signal where address_id = %s", ADDRESS) == [(1,)]
    assert office.ask("select count(*) from signals.person_key") == [(0,)]
    kept = office.ask("select action, result, origin from audit.event where origin = 'termijn' order by number")
    assert [row[0] for row in kept] == ["close-signal", "remove-signal"]
    assert "kind overlast" in kept[1][1]
    assert REASON not in str(office.ask("select * from audit.event"))
    # Each change has its line for the logbook as well, and tells of whom, also when the signal itself is gone.
    with psycopg.connect(office.settings.dsn("relay")) as connection:
        lines = connection.execute(
            "select activity, data_subject_id from signals.take_processing('GM9999', 100)"
        ).fetchall()
    about = {activity: person for activity, person in lines if person}
    assert about["remove-signal"] == about["close-signal"] is not None
    acts = "select count(*) from audit.event where action not in ('sign-in', 'sign-out')"
    assert office.ask(acts) == office.ask("select count(*) from signals.outbox")
    assert office.store.verify_audit(AUDITOR).ok


def test_a_database_that_is_away_leaves_the_terms_for_the_next_try(office: Office, duty: Callable[[str], Duty]) -> None:
    office.change("alter role vis_relay nologin")
    try:
        with pytest.raises(psycopg.OperationalError):
            duty("termijnen").work()
    finally:
        office.change("alter role vis_relay login")
    assert not (office.settings.home / "relay" / "terms.json").exists()
    assert duty("termijnen").work() == 0
    assert (office.settings.home / "relay" / "terms.json").exists()


def test_the_heads_of_a_day_are_kept_once(office: Office, duty: Callable[[str], Duty]) -> None:
    office.search()
    assert duty("hashes").work() == 1
    assert duty("hashes").work() == 0
    assert len(list(office.settings.audit_heads_path.glob("*.json"))) == 1
