"""The address index of a process: the old one serves until the new one is there; nobody waits for a rebuild."""

import threading
import time

import psycopg
import pytest

from signals_service.acts.register import AddressRegister, RegisterNotReadyError

PATIENCE = 10.0


def _until(condition: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_first_question_waits_for_the_first_index() -> None:
    register = AddressRegister(lambda: ("1",), lambda: "index of 1", patience=PATIENCE)
    assert register.current() == "index of 1"
    assert register.ready()


def test_without_addresses_there_is_no_index() -> None:
    register: AddressRegister[str] = AddressRegister(lambda: (), lambda: "never", patience=0.01)
    with pytest.raises(RegisterNotReadyError):
        register.current()
    assert not register.ready()


def test_the_old_index_serves_while_the_new_one_is_built() -> None:
    version, release, building = ["1"], threading.Event(), threading.Event()

    def build() -> str:
        if version[0] == "2":
            building.set()
            assert release.wait(PATIENCE)
        return f"index of {version[0]}"

    register = AddressRegister(lambda: (version[0],), build, seconds=0, patience=PATIENCE)
    assert register.current() == "index of 1"
    version[0] = "2"
    register.current()
    _until(lambda: register.current() == "index of 1" and building.is_set())
    assert register.current() == "index of 1"
    release.set()
    _until(lambda: register.current() == "index of 2")
    assert register.version == ("2",)


def test_a_database_that_is_away_leaves_the_old_index_and_is_asked_again() -> None:
    away, asked = threading.Event(), []

    def version() -> tuple[object, ...]:
        asked.append(None)
        if away.is_set():
            raise psycopg.OperationalError
        return ("1",)

    register = AddressRegister(version, lambda: "index", seconds=0, patience=PATIENCE)
    assert register.current() == "index"
    away.set()
    before = len(asked)
    _until(lambda: register.current() == "index" and len(asked) > before + 2)


def test_the_version_is_not_asked_for_every_question() -> None:
    asked: list[None] = []
    register = AddressRegister(lambda: asked.append(None) or ("1",), lambda: "index", seconds=3600, patience=PATIENCE)
    for _ in range(50):
        assert register.current() == "index"
    assert len(asked) == 1
