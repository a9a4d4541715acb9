"""Dagster's history of runs keeps its connections, and outlives a server that was started again."""

from typing import LiteralString

import psycopg
import pytest
from dagster import DagsterInstance

from orchestration.operations.dagster_home import write_dagster_home
from orchestration.run_history import KEPT
from orchestration.settings import Settings

_SESSIONS = "select sessions from pg_stat_database where datname = current_database() || '_dagster'"
_OPEN = """
    select count(*) from pg_stat_activity
    where datname = current_database() || '_dagster' and backend_type = 'client backend'
"""
_END = """
    select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
    where datname = current_database() || '_dagster' and backend_type = 'client backend'
"""


def scalar(settings: Settings, query: LiteralString) -> int:
    with psycopg.connect(settings.dsn("admin")) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return int(row[0])


def test_connections_are_kept_and_taken_anew_after_a_restart(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(write_dagster_home(fresh)))
    monkeypatch.setenv("VIS_DAGSTER_DATABASE_URL", fresh.dsn("dagster", "dagster"))
    with DagsterInstance.get() as history:
        history.get_runs()
        opened = scalar(fresh, _SESSIONS)
        for _ in range(50):
            history.get_runs()
            history.get_asset_keys()
            history.all_instigator_state()
        assert scalar(fresh, _SESSIONS) - opened <= KEPT
        # As when the server is started again between two events of a run.
        assert scalar(fresh, _END) >= 1
        assert history.get_runs() == []


def test_an_instance_that_is_done_leaves_no_connection(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look of a sensor makes one; Python collects what they leave behind when it likes."""
    monkeypatch.setenv("DAGSTER_HOME", str(write_dagster_home(fresh)))
    monkeypatch.setenv("VIS_DAGSTER_DATABASE_URL", fresh.dsn("dagster", "dagster"))
    kept = []
    for _ in range(10):
        with DagsterInstance.get() as history:
            history.get_runs()
        kept.append(history)
    assert scalar(fresh, _OPEN) == 0
