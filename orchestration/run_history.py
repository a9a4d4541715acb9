"""Dagster's storage of runs and events in PostgreSQL, with connections that are kept.

Dagster opens a connection for each event that it writes and each question that it asks (`NullPool`): more than a
thousand for a day's delivery, each with its own sign-in, which took longer than the day's work itself.
"""

from typing import Any, Self

import sqlalchemy
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresRunStorage
from dagster_postgres.utils import pg_url_from_config

KEPT = 2  # connections that a process keeps; the daemon and the web page ask with more at once when they have to


class _Runs(PostgresRunStorage):
    """Of the three parts the one that hears when an instance is done.

    Dagster makes an instance for each look of a sensor. Its connections would otherwise stay open until Python happens
    to collect them.
    """

    def dispose(self) -> None:
        self._engine.dispose()


class RunHistory(DagsterPostgresStorage):
    """Named in `dagster.yaml`; takes the settings of Dagster's own PostgreSQL storage."""

    def __init__(self, postgres_url: str, **settings: Any) -> None:
        super().__init__(postgres_url, **settings)
        self._run_storage = _Runs(postgres_url, self.should_autocreate_tables)
        # One pool for the three parts. A server that was started again since is noticed before a connection is used.
        engine = sqlalchemy.create_engine(
            postgres_url, isolation_level="AUTOCOMMIT", pool_size=KEPT, max_overflow=20, pool_pre_ping=True
        )
        for part in (self._run_storage, self._event_log_storage, self._schedule_storage):
            part._engine = engine

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        return cls(
            pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )
