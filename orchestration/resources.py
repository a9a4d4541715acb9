"""What the assets reach outside through: the warehouse, its municipality and dbt."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import dagster as dg
import psycopg
from dagster_dbt import DbtCliResource, DbtProject

from orchestration import dbt
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings, get_settings


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
        "warehouse": Warehouse(),
        "dbt": DbtCliResource(project_dir=dbt_project(settings), dbt_executable=dbt.EXECUTABLE),
    }
