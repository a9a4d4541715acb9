"""What the assets reach outside through: the warehouse, its municipality and dbt."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import metadata
from pathlib import Path

import dagster as dg
import psycopg
from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version
from pydantic import PrivateAttr

from orchestration import dbt
from orchestration.ingest.ledger import ledger_state
from orchestration.municipality import Municipality, load_municipality
from orchestration.operations.console import console
from orchestration.settings import Settings, get_settings

_BUILD_LOCK = "vis.build"


def alive_lock(run_id: str) -> str:
    """The name of the advisory lock that a run holds as long as its process lives."""
    return f"vis.run:{run_id}"


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse as the loader sees it. Opens a connection per use; nothing is opened at import."""

    @property
    def settings(self) -> Settings:
        return get_settings()

    @cached_property
    def municipality(self) -> Municipality:
        return load_municipality(self.settings.municipality)

    @contextmanager
    def loader(self) -> Iterator[psycopg.Connection]:
        """A connection with the loader's rights; commits at the end, rolls back on an error."""
        with psycopg.connect(self.settings.dsn("loader")) as connection:
            yield connection

    def reader_url(self, border: str) -> str:
        """SQLAlchemy URL for a gate: the way in reads raw as the loader, the way out reads marts as the BI role."""
        return self.settings.dsn("loader" if border == "in" else "bi", driver="postgresql+psycopg2")


class LivingWarehouse(Warehouse):
    """The warehouse with a sign of life: within a run it holds a lock, as a killed process cannot say that it died."""

    _run_id: str | None = PrivateAttr(default=None)
    _alive: psycopg.Connection | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        self._run_id = context.run.run_id if context.run else None
        try:
            self._show_alive()
        except psycopg.OperationalError as error:
            # Here it would end the run. The steps meet the same, and those are tried again.
            if context.log:
                context.log.warning("Geen verbinding bij het begin van de run: %s", error)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        if self._alive is not None:
            self._alive.close()
        self._alive = None

    @contextmanager
    def loader(self) -> Iterator[psycopg.Connection]:
        self._show_alive()
        with super().loader() as connection:
            yield connection

    def _show_alive(self) -> None:
        """Take the lock, and take it again when it was lost with its connection."""
        if self._run_id is None or _answers(self._alive):
            return
        if self._alive is not None:
            self._alive.close()
        self._alive = psycopg.connect(self.settings.dsn("loader"), autocommit=True)
        self._alive.execute("select pg_advisory_lock_shared(hashtextextended(%s, 0))", [alive_lock(self._run_id)])


def _answers(connection: psycopg.Connection | None) -> bool:
    """Whether a connection still stands, and with it the locks that it holds."""
    try:
        return connection is not None and connection.execute("select 1").fetchone() is not None
    except psycopg.OperationalError:
        return False


class BuildTurn(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The right to build, of one run at a time: `vis process` and the daemon would rewrite each other's marts.

    A session-level advisory lock on the warehouse: whoever dies lets go of it. Every step of the stage takes it; the
    first waits for it, the others find it held. It is released when the run ends.
    """

    _connection: psycopg.Connection | None = PrivateAttr(default=None)
    _decided: str | None = PrivateAttr(default=None)

    def take(self, municipality_code: str) -> str:
        """Wait for the turn; returns the ledger's state at the beginning of the stage: what this build stands on.

        A lock that was lost with its connection is taken again.
        """
        if not self._is_held():
            self._close()
            self._connection = psycopg.connect(get_settings().dsn("loader"), autocommit=True)
            self._wait(self._connection)
        if self._decided is None:
            assert self._connection is not None  # noqa: S101 - opened just now
            self._decided = ledger_state(self._connection, municipality_code)
        return self._decided

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        self._close()
        self._decided = None

    def _is_held(self) -> bool:
        return _answers(self._connection)

    @staticmethod
    def _wait(connection: psycopg.Connection) -> None:
        row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [_BUILD_LOCK]).fetchone()
        if row and row[0]:
            return
        console.print("  … Een andere run bouwt nu; wachten tot die klaar is")
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [_BUILD_LOCK])
        console.print("  … Aan de beurt")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class Dbt(DbtCliResource):  # type: ignore[misc]  # the library has no types
    """dbt of this environment."""

    @cached_property
    def _cli_version(self) -> Version:
        """Known without asking: the library would start dbt for it, seconds before every build."""
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        """None: the library counts the rows of a table with it, which `assets.measured` does not ask of it, and to make
        one takes seconds before every build.
        """


def dbt_project(settings: Settings) -> DbtProject:
    """The dbt project with its compiled state below `$VIS_HOME`."""
    return DbtProject(
        project_dir=dbt.PROJECT_FOLDER,
        profiles_dir=dbt.PROJECT_FOLDER,
        target_path=Path(os.path.relpath(settings.home / "dbt" / "target", dbt.PROJECT_FOLDER)),
    )


def resources(settings: Settings) -> dict[str, object]:
    """The resources by the names under which assets ask for them."""
    # dbt is a subprocess and reads its profile from the environment of this process.
    os.environ.update(dbt.dbt_environment(settings))
    return {
        "warehouse": LivingWarehouse(),
        "turn": BuildTurn(),
        "dbt": Dbt(project_dir=dbt_project(settings), dbt_executable=dbt.EXECUTABLE),
    }
