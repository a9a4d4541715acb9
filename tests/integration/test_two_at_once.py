"""Two runs at once on one warehouse: the same end state as one run, and never two builds together."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from orchestration import resources
from orchestration.demo import write_demo
from orchestration.municipality import FOLDERS
from orchestration.operations.secrets import NAMES
from orchestration.operations.services import public_environment
from orchestration.settings import Settings
from tests.installation import clean_environment, run_vis

END_STATE = {
    "deliveries": "select source, file_name, status, rows_read, rows_loaded, rows_quarantined, rows_duplicate"
    " from raw.delivery order by 1, 2, 3",
    "raw": "select incident_id, changed_at, offence_code, x, y from raw.incident order by 1, 2, 3",
    "core": "select incident_id, offence_code, buurt_code, place_quality from core.fct_incident order by 1",
    "weights": "select incident_id, local_date, dagdeel, weight from core.fct_incident_dagdeel order by 1, 2, 3",
    "progress": "select stage, state from raw.progress where stage = 'dagdeel' order by 1",
}
WAITERS = """
    select count(*) from pg_locks
    where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())
"""  # noqa: E501


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A municipality folder with areas and police only, and an inbox with two small days."""
    folder = tmp_path_factory.mktemp("klein")
    (folder / "klein" / "sources").mkdir(parents=True)
    shutil.copy(FOLDERS / "demo" / "municipality.yaml", folder / "klein")
    for name in ("gebieden", "police_incidents"):
        shutil.copy(FOLDERS / "demo" / "sources" / f"{name}.yaml", folder / "klein" / "sources")
    write_demo(folder / "all", folder / "truth", until=date(2026, 6, 30))
    shutil.copytree(folder / "all" / "gebieden", folder / "inbox" / "gebieden")
    (folder / "inbox" / "police_incidents").mkdir()
    for file in sorted((folder / "all" / "police_incidents").glob("*.csv"))[:2]:
        lines = file.read_bytes().splitlines(keepends=True)[:300]
        (folder / "inbox" / "police_incidents" / file.name).write_bytes(b"".join(lines))
    return folder


def end_state(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(settings.dsn("admin")) as connection:
        return {name: connection.execute(query).fetchall() for name, query in END_STATE.items()}  # type: ignore[call-overload]


def start(settings: Settings, output: Path) -> subprocess.Popen[bytes]:
    environment = clean_environment() | public_environment(settings)
    environment |= {f"VIS_{name.upper()}": settings.secret(name) for name in NAMES}
    assert settings.database_url
    environment["VIS_DATABASE_URL"] = settings.database_url.get_secret_value()
    command = [sys.executable, "-m", "orchestration.cli", "process"]
    with output.open("wb") as stream:
        return subprocess.Popen(command, env=environment, stdout=stream, stderr=subprocess.STDOUT, cwd=settings.home)


def test_two_at_once_end_as_one(small: Path, new_warehouse: Callable[..., Settings], tmp_path: Path) -> None:
    changes = {"municipality": str(small / "klein"), "inbox": small / "inbox"}
    one, two = new_warehouse(**changes), new_warehouse(**changes)
    run_vis(one, "process")
    expected = end_state(one)
    assert len(expected["core"]) > 100
    outputs = [tmp_path / "a.txt", tmp_path / "b.txt"]
    with psycopg.connect(two.dsn("loader"), autocommit=True) as connection:
        # As if a third is building: both must queue behind it.
        connection.execute("select pg_advisory_lock(hashtextextended('vis.build', 0))")
        runs = [start(two, output) for output in outputs]
        deadline = time.monotonic() + 240
        while (row := connection.execute(WAITERS).fetchone()) and row[0] < 2:
            said = "\n".join(output.read_text() for output in outputs)
            assert all(run.poll() is None for run in runs), said
            assert time.monotonic() < deadline, said
            time.sleep(0.2)
    for run, output in zip(runs, outputs, strict=True):
        assert run.wait(240) == 0, output.read_text()
        assert "Een andere run bouwt nu; wachten tot die klaar is" in output.read_text()
    assert end_state(two) == expected
    assert "Niets nieuws" in run_vis(two, "process").stdout


def test_a_turn_that_was_lost_with_its_connection_is_taken_again(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "get_settings", lambda: fresh)
    held = """
        select pid from pg_locks where locktype = 'advisory' and granted
          and database = (select oid from pg_database where datname = current_database())
    """
    turn = resources.BuildTurn()
    with psycopg.connect(fresh.dsn("admin"), autocommit=True) as admin:
        stands_on = turn.take("GM9999")
        ((first,),) = admin.execute(held).fetchall()
        assert turn.take("GM9999") == stands_on
        assert admin.execute(held).fetchall() == [(first,)]
        admin.execute("select pg_terminate_backend(%s, 5000)", [first])
        # A decision in between belongs to the next build.
        admin.execute(
            "insert into raw.delivery (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path,"
            " source_hash, delivery_day, status)"
            " values ('GM9999', 'a', 'incident', 'a', 'a', 1, 'a', 'a', current_date, 'accepted')"
        )
        assert turn.take("GM9999") == stands_on
        ((second,),) = admin.execute(held).fetchall()
        assert second != first
        turn.teardown_after_execution(dg.build_init_resource_context())
        deadline = time.monotonic() + 10
        while admin.execute(held).fetchall():
            assert time.monotonic() < deadline
    assert resources.BuildTurn().take("GM9999") != stands_on
