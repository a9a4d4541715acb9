"""What breaks while somebody asks: the answer is none or whole, and signals, events and outbox stay one."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from orchestration.municipality import load_municipality
from orchestration.operations import postgres
from orchestration.settings import Settings
from signals_service.actor import Actor
from signals_service.database import Database
from signals_service.persons import PersonKeys
from signals_service.store import SearchAnswer, Store, StoreUnavailableError
from tests.installation import make_warehouse, running_server
from tests.integration.signals.conftest import (
    ADDRESS,
    AUDITOR,
    BELASTINGEN,
    BURGERZAKEN,
    CODE,
    EVERYBODY,
    VERGUNNINGEN,
    Office,
)

_SEARCH = """
    select status from signals.search(
      %s, 'sub-anna', 'burgerzaken', '{raadpleger}', %s, '{}', null, 'samenwerking', 'Z', 'found'
    )
"""


def books(office: Office) -> dict[str, int]:
    """Answered searches and placements by the log, what they left in the outbox, and the signals that were placed."""
    [(answered, placed)] = office.ask(
        "select count(*), count(*) filter (where action = 'place-signal') from audit.event "
        "where action in ('search-address', 'search-person', 'place-signal') and result not like 'refused%'"
    )
    [(rows,)] = office.ask("select count(*) from signals.outbox")
    [(signals,)] = office.ask("select count(*) from signals.signal")
    [(together,)] = office.ask("select count(*) from audit.event join signals.outbox using (processing_id)")
    assert (rows, together, signals) == (answered, answered, placed)
    assert office.store.verify_audit(AUDITOR).ok
    return {"answered": answered, "placed": placed}


class Server:
    """A cluster of its own, which may be killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def postmaster(self) -> psutil.Process:
        file = postgres.cluster(self.settings) / "postmaster.pid"
        return psutil.Process(int(file.read_text().splitlines()[0]))

    def stop(self, how: int) -> None:
        process = self.postmaster()
        # Those that outlive a killed postmaster for a moment keep the next from its shared memory.
        processes = [process, *process.children(recursive=True)]
        process.send_signal(how)
        _, alive = psutil.wait_procs(processes, timeout=30)
        assert not alive

    def start(self) -> subprocess.Popen[bytes]:
        command = postgres.server_command(self.settings)
        with (self.settings.home / "postgres-again.log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd="/")
        postgres.wait_until_ready(self.settings)
        return process


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Office]]:
    """A server of this test alone, durable as in production, and an office on it."""
    home = tmp_path_factory.mktemp("own-server")
    with ExitStack() as stack:
        settings = stack.enter_context(running_server(home, durable=True))
        warehouse = make_warehouse(settings, "vis_eigen")
        load_municipality("demo").register(warehouse)
        database = Database(warehouse.dsn("signals"), seconds=2)
        stack.callback(database.close)
        office = Office(warehouse, database, Store(database, CODE), PersonKeys(warehouse.secret("person_key"), CODE))
        for actor in EVERYBODY:
            office.store.signed_in(actor)
        server = Server(settings)
        stack.callback(lambda: _end(server))
        yield server, office


def _end(server: Server) -> None:
    """The server that the test started in place of the first one."""
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        server.stop(signal.SIGINT)


def test_the_service_is_killed_between_insert_and_commit(office: Office, tmp_path: Path) -> None:
    office.place(BELASTINGEN)
    before = books(office)
    script = (
        "import psycopg, sys, time\n"
        "with psycopg.connect(sys.argv[1]) as connection:\n"
        "    print(connection.execute(sys.argv[2], [sys.argv[3], [sys.argv[4]]]).fetchone()[0], flush=True)\n"
        "    time.sleep(600)\n"
    )
    arguments = [office.settings.dsn("signals"), _SEARCH, CODE, ADDRESS]
    process = subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "hit"  # everything is written, nothing is committed
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while office.ask("select 1 from pg_stat_activity where state = 'idle in transaction' and usename = 'vis_signals'"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert books(office) == before
    office.search()
    assert books(office)["answered"] == before["answered"] + 1


def test_the_database_process_is_killed_between_insert_and_commit(own: tuple[Server, Office]) -> None:
    server, office = own
    office.place(BELASTINGEN)
    before = books(office)
    with psycopg.connect(office.settings.dsn("signals")) as connection:
        assert connection.execute(_SEARCH, [CODE, [ADDRESS]]).fetchone() == ("hit",)
        # As the machine's own hand: the server sees a process gone, throws everybody out and recovers from its log.
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    postgres.wait_until_ready(server.settings)
    assert books(office) == before
    assert patiently(office.search).status == "hit"
    assert books(office)["answered"] == before["answered"] + 1


def test_the_whole_server_is_killed_and_what_was_answered_is_there(own: tuple[Server, Office]) -> None:
    server, office = own
    answers = [office.search() for _ in range(20)]
    server.stop(signal.SIGKILL)
    server.start()
    kept = {row[0] for row in office.ask("select processing_id from audit.event")}
    assert {answer.processing_id for answer in answers} <= kept
    assert patiently(office.search).status == "no-hit"
    assert books(office)["answered"] == 21


def test_the_database_is_restarted_under_load_and_the_service_goes_on(own: tuple[Server, Office]) -> None:
    server, office = own
    office.place(BELASTINGEN)
    answers: list[SearchAnswer] = []
    refused: list[StoreUnavailableError] = []
    stop = threading.Event()

    def ask(number: int) -> None:
        actor = replace(BURGERZAKEN, user_id=f"sub-{number}")
        while not stop.is_set():
            try:
                answers.append(office.search(actor))
            except StoreUnavailableError as error:  # and no other error
                refused.append(error)
                time.sleep(0.05)

    office.change("update signals.settings set quota_hour = 1000000, quota_day = 1000000")
    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask, number) for number in range(8)]
        try:
            reach(lambda: len(answers) > 100)
            server.stop(signal.SIGINT)
            reach(lambda: len(refused) > 5)
            server.start()
            count = len(answers)
            reach(lambda: len(answers) > count + 100)
        finally:
            stop.set()
        for one in asking:
            one.result()
    assert {answer.status for answer in answers} == {"hit"}
    known = books(office)
    # Whoever got an answer is in the log; an answer that was written and did not arrive may be there too.
    assert len(answers) <= known["answered"] - 1 <= len(answers) + len(refused)
    kept = {row[0] for row in office.ask("select processing_id from audit.event")}
    assert {answer.processing_id for answer in answers} <= kept


def test_no_connection_is_free_and_nobody_waits_for_ever(open_office: Callable[..., Office]) -> None:
    office = open_office()
    small = Database(office.settings.dsn("signals"), seconds=0.5, size=2)
    store = Store(small, CODE)
    ask = {
        "address_ids": [ADDRESS],
        "beside_ids": [],
        "purpose": "samenwerking",
        "case_number": "Z",
        "outcome": "found",
    }
    try:
        with small.connection(), small.connection():
            with pytest.raises(StoreUnavailableError) as error:
                store.search_address(BURGERZAKEN, **ask)  # type: ignore[arg-type]
            assert str(error.value) == ""
        assert store.search_address(BURGERZAKEN, **ask).status == "no-hit"  # type: ignore[arg-type]
    finally:
        small.close()


def test_nobody_gets_the_context_of_who_had_the_connection_before(office: Office) -> None:
    small = Database(office.settings.dsn("signals"), seconds=10, size=2)
    store = Store(small, CODE)
    actors: tuple[Actor, ...] = (BURGERZAKEN, BELASTINGEN, VERGUNNINGEN)
    for actor in actors:
        for _ in range(2):
            office.place(actor)

    def look(number: int) -> set[str]:
        actor = actors[number % 3]
        if number % 7 == 0:  # an error in between leaves nothing behind either
            with pytest.raises(Exception):  # noqa: B017, PT011
                store.close_signal(actor, office.search(BURGERZAKEN).processing_id, reason="x")
        page = store.own_signals(actor)
        assert page.total == 2
        return {item.official for item in page.items} - {actor.display_name}

    try:
        with ThreadPoolExecutor(6) as pool:
            assert set().union(*pool.map(look, range(90))) == set()
    finally:
        small.close()


@pytest.mark.parametrize(
    ("deny", "allow"),
    [
        ("revoke insert on audit.event from vis_signals_across", "grant insert on audit.event to vis_signals_across"),
        (
            "alter table audit.event add constraint full_disk check (false) not valid",
            "alter table audit.event drop constraint full_disk",
        ),
        (
            "revoke usage on sequence audit.event_number from vis_signals_across",
            "grant usage on sequence audit.event_number to vis_signals_across",
        ),
        (
            "revoke insert on signals.outbox from vis_signals_across",
            "grant insert on signals.outbox to vis_signals_across",
        ),
    ],
)
def test_no_audit_no_answer(office: Office, deny: str, allow: str, caplog: pytest.LogCaptureFixture) -> None:
    office.place(BELASTINGEN, person_keys=office.keys.of_bsn("111222333"))
    before = books(office)
    office.change(deny)
    for attempt in (
        office.search,
        lambda: office.store.search_person(
            BURGERZAKEN, keys=office.keys.of_bsn("111222333"), purpose="samenwerking", case_number="Z"
        ),
        lambda: office.place(BURGERZAKEN, reason="geheime reden"),
    ):
        with pytest.raises(StoreUnavailableError) as error:
            attempt()
        # No hit leaks: not in the error, nor in what it came from, nor in the log.
        told = f"{error.value!r} {error.value.__cause__!r} {caplog.text}"
        for secret in ("Bas Vonk", "036-0000002", "belastingen", "hit", ADDRESS, "geheim", "111222333"):
            assert secret not in told.replace("StoreUnavailableError", ""), secret
    office.change(allow)
    assert books(office) == before
    assert office.search().status == "hit"


def test_the_clock_jumps_and_order_stays(office: Office) -> None:
    """The real function that writes, with another clock: forward three days, back five, and right again."""
    [(source,)] = office.ask("select pg_get_functiondef('audit.write'::regproc)")
    assert source.count("clock_timestamp()") == 1
    answers = []
    for jump in ("0", "3 days", "-5 days", "0"):
        moved = source.replace("clock_timestamp()", f"clock_timestamp() + interval '{jump}'")
        with psycopg.connect(office.settings.dsn("admin")) as connection:
            connection.execute("set local role vis_signals_owner")
            connection.execute(moved)
        answers += [office.search() for _ in range(3)]
    order = office.ask("select processing_id from audit.event where action = 'search-address' order by number")
    assert [row[0] for row in order] == [answer.processing_id for answer in answers]
    moments = [row[0] for row in office.ask("select at from audit.event where action = 'search-address' order by number")]  # fmt: skip # noqa: E501
    assert moments != sorted(moments)
    assert books(office)["answered"] == 12
    assert office.ask("select max(search_no) from audit.event") == [(12,)]


def reach(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def patiently(ask: Callable[[], SearchAnswer]) -> SearchAnswer:
    """The first answer after the database came back; the service itself is not started again."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return ask()
        except StoreUnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
