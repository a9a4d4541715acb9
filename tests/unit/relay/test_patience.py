"""When the relay tries again, and which day it believes."""

import json
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from signals_service.relay.patience import LONGEST_SECONDS, Patience
from signals_service.relay.terms import WATCHED_SECONDS, ClockError, Terms
from signals_service.relay.worker import Duty, attend, run


def test_a_server_that_is_away_is_asked_ever_less_often_but_never_given_up() -> None:
    patience, now, waits = Patience(), 0.0, []
    for _ in range(40):
        assert patience.allows(now)
        waits.append(patience.failed(now))
        assert not patience.allows(now + waits[-1] - 0.1)
        now += waits[-1]
    assert waits[:4] == [5, 10, 20, 40]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_SECONDS
    patience.succeeded()
    assert patience.allows(now)
    assert patience.failed(now) == 5


def test_a_duty_that_fails_does_not_hold_up_the_others_and_is_told(tmp_path: Path) -> None:
    done: list[str] = []
    stop = Event()

    def fails() -> int:
        done.append("fails")
        raise ConnectionRefusedError(111, "bezorger van Jan Jansen weg")

    def works() -> int:
        done.append("works")
        if done.count("works") == 3:
            stop.set()
        return 1

    broken = Duty("meldingen", 0, fails)
    heartbeat = tmp_path / "run" / "beat.json"
    run([broken, Duty("logboek", 0, works)], heartbeat, stop)
    assert done == ["fails", "works", "works", "works"], "the broken duty waits, the other goes on"
    (told,) = json.loads(heartbeat.read_text())["problems"]
    assert told["duty"] == "meldingen"
    assert told["problem"] == "ConnectionRefusedError 111"
    assert "Jansen" not in heartbeat.read_text()
    broken.work = lambda: 0
    attend(broken, lambda: 1e9)
    assert not broken.problem


def test_a_fault_of_our_own_ends_the_relay_in_sight(tmp_path: Path) -> None:
    def wrong() -> int:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        run([Duty("logboek", 0, wrong)], tmp_path / "beat.json", Event())


def test_terms_are_acted_on_once_a_day(tmp_path: Path) -> None:
    terms = Terms(tmp_path / "relay" / "terms.json")
    first = date(2026, 3, 1)
    assert terms.are_due(first, 0)
    terms.done(first)
    assert not Terms(terms.file).are_due(first, 0), "also after a restart"
    assert terms.are_due(date(2026, 3, 2), 0)
    assert terms.are_due(date(2026, 3, 5), 0), "a long weekend without the relay"


def test_a_clock_that_jumps_removes_nothing(tmp_path: Path) -> None:
    terms = Terms(tmp_path / "terms.json")
    terms.done(date(2026, 3, 1))
    with pytest.raises(ClockError, match="01-03-2027"):
        terms.are_due(date(2027, 3, 1), 1000)
    with pytest.raises(ClockError):
        terms.are_due(date(2027, 3, 1), 1000 + WATCHED_SECONDS - 1)
    assert not terms.are_due(date(2020, 1, 1), 2000), "back: nothing is due"
    assert terms.are_due(date(2026, 3, 2), 3000), "and set right again it goes on at once"
    terms.done(date(2026, 3, 2))
    with pytest.raises(ClockError):
        terms.are_due(date(2026, 6, 1), 4000)
    assert terms.are_due(date(2026, 6, 1), 4000 + WATCHED_SECONDS), "a relay that was really away for long"
