"""What every test may lean on: a real PostgreSQL with the warehouse's roles and schemas."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from orchestration.operations import postgres, warehouse
from orchestration.operations.secrets import write_missing_secrets
from orchestration.settings import Settings, load_settings

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Open data and published results beside the repository; absent on an ordinary clone."""
    folder = Path(os.environ.get("VIS_TEST_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the open data folder {folder}, which is not here")
    return folder


@pytest.fixture(scope="session")
def artifacts() -> Path:
    folder = REPOSITORY / "test-artifacts"
    folder.mkdir(exist_ok=True)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A PostgreSQL of the tests' own, made with the very code that `make up` uses."""
    home = tmp_path_factory.mktemp("vis-home")
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith("VIS_") and name != "VIS_TEST_SHARED"]:
        patch.delenv(name)
    patch.setenv("VIS_HOME", str(home))
    patch.setenv("VIS_PG_PORT", str(free_port()))
    write_missing_secrets(home)
    settings = load_settings()
    postgres.initialise(settings)
    log = (home / "postgres.log").open("w")
    # Durability is of no use to a cluster that lives as long as one test run.
    command = [*postgres.server_command(settings), "-c", "fsync=off"]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd="/")
    try:
        postgres.wait_until_ready(settings)
        yield settings
    finally:
        process.send_signal(2)  # SIGINT: fast shutdown
        process.wait(30)
        log.close()
        patch.undo()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def new_warehouse(server: Settings) -> Callable[..., Settings]:
    """Makes settings for a fresh warehouse of its own: `new_warehouse(municipality=…, data=…)`."""
    counter = iter(range(10_000))

    def make(**changes: object) -> Settings:
        name = f"vis_test_{next(counter)}_{int(time.time() * 1000) % 100_000}"
        with psycopg.connect(server.dsn("admin"), autocommit=True) as connection:
            connection.execute(f'create database "{name}"')  # type: ignore[call-overload]
        home = server.home / name
        home.mkdir()
        url = server.dsn("admin").rpartition("/")[0] + f"/{name}"
        values = server.model_dump(exclude_none=True) | {"database_url": url, "home": home} | changes
        settings = Settings(**values)  # type: ignore[arg-type]
        warehouse.bootstrap(settings)
        return settings

    return make


@pytest.fixture
def fresh(new_warehouse: Callable[..., Settings]) -> Settings:
    """A fresh, empty warehouse for one test."""
    return new_warehouse()
