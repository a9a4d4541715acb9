"""Killed at any stage, then run again: the same end state as a run that nobody disturbed.

No hooks in the product: a stage is made to wait by a lock that another session of the database holds on what that stage
is about to write. Then the whole process group dies (`kill -9`: the command line, Dagster in it, dbt beside it).
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import psycopg
import pytest

from orchestration.assets.orphans import fail_orphans
from orchestration.operations import postgres
from orchestration.operations.secrets import NAMES
from orchestration.operations.services import public_environment
from orchestration.settings import Settings
from tests.installation import clean_environment, make_warehouse, run_vis, running_server
from tests.integration.replay import Police, csv_file
from tests.integration.test_pseudonyms import SUSPECTS
from tests.integration.test_pseudonyms import row as suspect
from tests.integration.test_pseudonyms import text as suspects_file
from tests.integration.town import DAILY, Town, incident
from tests.unit.ingest.support import changed, write_source

# A seventh of a small day in quarantine is what this test wants; the size of a day is drawn.
POLICE = changed(DAILY, tolerances={"max_drop_fraction": None, "max_quarantine_fraction": 0.5})
FIRST, BEFORE, NIGHT = date(2024, 11, 1), 6, 2

_PROGRESS = """
    insert into raw.progress (municipality_code, stage, state) values ('GM0014', '{0}', '')
    on conflict (municipality_code, stage) do update set state = raw.progress.state
"""
# Stage → what to hold, and what the run then waits to do.
STAGES = {
    "landing: the bytes are copied, the ledger does not know": (
        "lock table raw.delivery in exclusive mode", "update raw.delivery"
    ),
    "loading: typed, judged": ("lock table raw.incident in exclusive mode", "insert into raw.incident"),
    "gate in: decided and not committed": (_PROGRESS.format("gate/politie"), "insert into raw.progress"),
    "placing": ("lock table enriched.incident_place in exclusive mode", "enriched.incident_place"),
    "weighing": ("lock table enriched.incident_dagdeel in exclusive mode", "enriched.incident_dagdeel"),
    "dbt: versions are there, incidents are not": ("lock table core.fct_incident in exclusive mode", "fct_incident"),
    "dbt: the last mart": ("lock table marts.trend_maand in exclusive mode", "trend_maand"),
    "gate out: all is built, nothing says so": (_PROGRESS.format("build"), "insert into raw.progress"),
}  # fmt: skip
POWER_CUT = "dbt: the last mart"  # here PostgreSQL dies as well

# What a delivery tells. Every other moment is that of writing something down: not what is known.
_TOLD = {"begin_at", "end_at", "reported_at", "changed_at", "reported_until", "gegevens_tot"}
_BOOKKEEPING = {"core.handled", "core.removed", "raw.progress"}


def everything(settings: Settings) -> dict[str, list[str]]:
    """Every row of every table, numbered by order: numbers given out and rolled back leave gaps."""
    with psycopg.connect(settings.dsn("admin")) as connection:
        tables = connection.execute(
            """
            select t.schemaname || '.' || t.tablename,
              coalesce(array_agg(c.column_name::text) filter (where c.data_type like 'timestamp%'), '{}')
            from pg_tables as t
            join information_schema.columns as c on c.table_schema = t.schemaname and c.table_name = t.tablename
            where t.schemaname in ('raw', 'enriched', 'core', 'analysis', 'marts', 'publiek')
            group by 1 order by 1
            """
        ).fetchall()
        moments = {name: {*columns} - _TOLD for name, columns in tables}
        found: dict[str, list[dict[str, Any]]] = {
            name: [row for (row,) in connection.execute(f"select to_jsonb(t) from {name} as t").fetchall()]  # type: ignore[call-overload]
            for name in moments
            if name not in _BOOKKEEPING
        }
    numbers = {
        "delivery_id": sorted(row["delivery_id"] for row in found["raw.delivery"]),
        "row_id": sorted(row["row_id"] for row in found["raw.incident"]),
    }
    of = {"leveringsnummer": "delivery_id", "vrijgave_van": "delivery_id", "released_from": "delivery_id"}
    # A day that nothing is left of is remembered only by who saw it go.
    found["core.incident_day"] = [row | {"changed_at": None} for row in found["core.incident_day"] if row["parts"]]

    def plain(name: str, row: dict[str, Any]) -> str:
        kept = {key: value for key, value in row.items() if key not in moments[name]}
        for key, value in kept.items():
            kind = of.get(key, key)
            if kind in numbers and value is not None and not (kind == "row_id" and name in _OTHER_ROWS):
                kept[key] = numbers[kind].index(value)
        return str(sorted(kept.items()))

    return {name: sorted(plain(name, row) for row in rows) for name, rows in found.items()}


_OTHER_ROWS = {"raw.area", "raw.address", "raw.measure", "raw.suspect"}  # these count their own rows


@contextmanager
def waiting(settings: Settings, hold: str, for_what: str, run: "Run") -> Iterator[None]:
    """Hold a stage up; within, the run stands at it."""
    with (
        psycopg.connect(settings.dsn("admin")) as holder,
        psycopg.connect(settings.dsn("admin"), autocommit=True) as eye,
    ):
        holder.execute(hold)  # type: ignore[call-overload]
        run.start()
        deadline = time.monotonic() + 300
        query = (
            "select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
            "and strpos(query, %s) > 0"
        )
        while not eye.execute(query, [for_what]).fetchone():
            assert run.process.poll() is None, f"ended before it came to {for_what}:\n{run.said()}"
            assert time.monotonic() < deadline, run.said()
            time.sleep(0.1)
        yield
        holder.rollback()


class Run:
    """The command line, `vis process` by default, in a process group of its own."""

    def __init__(self, settings: Settings, output: Path, *command: str) -> None:
        self._settings, self._output, self._command = settings, output, command or ("process",)
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        settings = self._settings
        environment = clean_environment() | public_environment(settings)
        environment |= {f"VIS_{name.upper()}": settings.secret(name) for name in NAMES}
        assert settings.database_url
        environment["VIS_DATABASE_URL"] = settings.database_url.get_secret_value()
        with self._output.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "orchestration.cli", *self._command], env=environment, cwd=settings.home,
                stdout=stream, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")[-6_000:]

    def kill(self) -> None:
        """All of it; nothing when it has ended."""
        if self.process.poll() is not None:
            return
        everyone = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        os.killpg(self.process.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(everyone[1:], timeout=10)
        for process in alive:  # one that made a group of its own
            process.kill()
        self.process.wait(10)


def wait_until_alone(settings: Settings) -> None:
    """Until the server has noticed that its clients are dead."""
    with psycopg.connect(settings.dsn("admin"), autocommit=True) as connection:
        deadline = time.monotonic() + 30
        query = (
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
            "and backend_type = 'client backend'"
        )
        while connection.execute(query).fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.1)


class Server:
    """A PostgreSQL that can be killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._again: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        postmaster = psutil.Process(int((postgres.cluster(self.settings) / "postmaster.pid").read_text().split()[0]))
        backends = postmaster.children(recursive=True)
        postmaster.kill()
        # They notice by themselves that their postmaster is gone; a new one waits for that.
        psutil.wait_procs([postmaster, *backends], timeout=30)

    def start(self) -> None:
        with (self.settings.home / "postgres-again.log").open("w") as log:
            command = [*postgres.server_command(self.settings), "-c", "fsync=off"]
            self._again = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd="/")
        postgres.wait_until_ready(self.settings)

    def stop(self) -> None:
        if self._again:
            self._again.send_signal(signal.SIGINT)
            self._again.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("killed")
    with running_server(home) as settings:
        made = Server(settings)
        yield made
        made.stop()
    shutil.rmtree(home, ignore_errors=True)


def copy_of_database(settings: Settings, name: str, to: str) -> None:
    with psycopg.connect(settings.dsn("admin").rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(f'drop database if exists "{to}" with (force)')  # type: ignore[call-overload]
        connection.execute(f'create database "{to}" template "{name}"')  # type: ignore[call-overload]


def difference(expected: dict[str, list[str]], found: dict[str, list[str]]) -> dict[str, tuple[list[str], list[str]]]:
    """Per table that differs the first rows that are in one of the two alone."""
    return {
        name: (sorted(set(rows) - set(found[name]))[:3], sorted(set(found[name]) - set(rows))[:3])
        for name, rows in expected.items()
        if rows != found[name]
    }


def orphans(settings: Settings) -> int:
    """How many runs count as under way without a process; they are marked as failed."""
    with dg.DagsterInstance.from_config(str(settings.home / "dagster")) as instance:
        with psycopg.connect(settings.dsn("loader")) as connection:
            found = fail_orphans(instance, connection, young=timedelta(0), ending_seconds=0)
        now = [instance.get_run_by_id(run.run_id) for run in found]
        assert all(run and run.status == dg.DagsterRunStatus.FAILURE for run in now)
    return len(found)


@pytest.mark.timeout(1_200)
def test_killed_at_every_stage_it_ends_as_if_nothing_happened(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(lambda **changes: make_warehouse(server.settings, "town", **changes), tmp_path, POLICE)
    settings, police = town.settings, Police(seed=11)
    monkeypatch.setenv("VIS_DAGSTER_DATABASE_URL", settings.dsn("dagster", "dagster"))
    days = [police.day() for _ in range(BEFORE + NIGHT)]
    for number, versions in enumerate(days[:BEFORE]):
        town.day(FIRST + timedelta(days=number), versions)
    run_vis(settings, "process")
    wait_until_alone(settings)
    copy_of_database(settings, "town", "before")
    landing = settings.home / "landing"
    shutil.copytree(landing, tmp_path / "landing")

    # The night: corrections of every kind, and two rows that contradict each other.
    for number, versions in enumerate(days[BEFORE:], BEFORE):
        quarrel = [replace(versions[0], number=f"PL-TWIST-{number}", street=street) for street in ("Hier", "Daar")]
        town.day(FIRST + timedelta(days=number), [*versions, *quarrel])
    run_vis(settings, "process")
    wait_until_alone(settings)
    undisturbed, kept = everything(settings), sorted(path.name for path in landing.rglob("*") if path.is_file())
    assert len(undisturbed["raw.quarantine"]) == 2 * NIGHT
    copy_of_database(settings, "before", "town")
    assert everything(settings) != undisturbed
    shutil.rmtree(landing)
    shutil.copytree(tmp_path / "landing", landing)

    for number, (stage, (hold, for_what)) in enumerate(STAGES.items()):
        run = Run(settings, tmp_path / f"{number}.txt")
        try:
            if stage == POWER_CUT:
                with suppress(psycopg.OperationalError), waiting(settings, hold, for_what, run):
                    server.kill()
                    run.kill()
                server.start()
            else:
                with waiting(settings, hold, for_what, run):
                    assert orphans(settings) == 0, "it waits, and lives"
                    run.kill()
        finally:
            run.kill()
        assert run.process.returncode == -signal.SIGKILL
        wait_until_alone(settings)
        # As the daemon does each minute: what counts as busy would keep its queue shut for ever.
        assert orphans(settings) == 1

    run_vis(settings, "process")
    assert sorted(path.name for path in landing.rglob("*") if path.is_file()) == kept
    found = everything(settings)
    assert found.keys() == undisturbed.keys()
    assert difference(undisturbed, found) == {}
    assert "Niets nieuws" in run_vis(settings, "process").stdout


@pytest.mark.timeout(900)
def test_what_an_administrator_asks_for_may_be_killed_as_well(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`accept`, `backfill`, `quarantine release`, and files that are removed once they have landed."""
    guarded = changed(DAILY, tolerances={"max_drop_fraction": 0.3, "max_quarantine_fraction": 0.5})
    town = Town(lambda **changes: make_warehouse(server.settings, "acts", **changes), tmp_path, guarded)
    settings = town.settings
    monkeypatch.setenv("VIS_DAGSTER_DATABASE_URL", settings.dsn("dagster", "dagster"))
    write_source(town.folder, SUSPECTS)
    days = [FIRST + timedelta(days=number) for number in range(5)]
    usual, few = 20, 8
    for number, day in enumerate(days[:2]):
        town.day(day, [incident(100 * number + index, day) for index in range(usual)])
    unreadable = csv_file([incident(200 + index, days[2]) for index in range(usual)]).replace(b"actief", b"geldig", 3)
    town.put("politie", f"incidenten_{days[2]}.csv", unreadable)
    town.day(days[3], [incident(300 + index, days[3]) for index in range(few)])  # far fewer than usual: refused
    assert run_vis(settings, "process", check=False).returncode == 1
    numbers = dict(town.rows("select file_name, delivery_id::text from raw.delivery"))

    def killed(hold: str, for_what: str, *command: str) -> None:
        run = Run(settings, tmp_path / "killed.txt", *command)
        try:
            with waiting(settings, hold, for_what, run):
                run.kill()
        finally:
            run.kill()
        assert run.process.returncode == -signal.SIGKILL
        wait_until_alone(settings)
        orphans(settings)

    accept = ("accept", numbers[f"incidenten_{days[3]}.csv"], "--because", "de leverancier bevestigt dit aantal")
    killed("lock table raw.delivery in exclusive mode", "raw.delivery", *accept)
    refused = "select status from raw.delivery where file_name = %s"
    assert town.rows(refused, f"incidenten_{days[3]}.csv") == [("refused",)]

    # One upon another: each dies half-way, and what was asked is asked again afterwards.
    early = FIRST - timedelta(days=3)
    for number in range(3):
        day = early + timedelta(days=number)
        town.day(day, [incident(1_000 + 100 * number + index, day) for index in range(usual)])
    span = ("--from", early.isoformat(), "--to", (FIRST - timedelta(days=1)).isoformat())
    killed("lock table core.fct_incident in exclusive mode", "fct_incident", "backfill", *span)
    mended = changed(guarded, values={"status": {"actief": "active", "vervallen": "withdrawn", "geldig": "active"}})
    write_source(town.folder, mended)
    release = ("quarantine", "release", numbers[f"incidenten_{days[2]}.csv"])
    killed("lock table raw.incident in exclusive mode", "insert into raw.incident", *release)
    names = ["verdachten_1.csv", "verdachten_2.csv"]
    for number, name in enumerate(names):
        keys = [f"PERSOON-{number}-{index}" for index in range(6)]
        town.put("verdachten", name, suspects_file(*(suspect(index, key) for index, key in enumerate(keys))))
    killed("lock table raw.delivery in exclusive mode", "raw.delivery", "process")
    assert sorted(file.name for file in (settings.inbox_path / "verdachten").iterdir()) == names, "it is not safe yet"

    run_vis(settings, *accept)  # which takes in all that waits
    assert town.rows("select sum(aantal) from marts.incident_kaart") == [(6 * usual - 3 + few,)]
    # A release is one step: killed half-way it has not happened.
    assert town.rows("select count(*) from raw.quarantine where released_at is not null") == [(0,)]
    run_vis(settings, *release)
    assert town.rows("select sum(aantal) from marts.incident_kaart") == [(6 * usual + few,)]
    assert town.rows("select count(*), count(distinct person_key) from raw.suspect") == [(12, 12)]
    assert list((settings.inbox_path / "verdachten").iterdir()) == []
    waits = "select file_name, status from raw.delivery where status not in ('accepted', 'superseded')"
    assert town.rows(waits) == []
    assert town.rows("select count(*) from raw.quarantine where released_at is null") == [(0,)]
    unbalanced = "select file_name from raw.delivery where rows_read <> rows_loaded + rows_quarantined + rows_duplicate"
    assert town.rows(unbalanced) == []
