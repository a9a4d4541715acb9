"""What every test may lean on: a real PostgreSQL with the warehouse's roles and schemas."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from orchestration.operations import postgres, superset, warehouse
from orchestration.operations.secrets import NAMES, write_missing_secrets
from orchestration.operations.services import public_environment
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


def run_vis(settings: Settings, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the real command line against the given settings, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIS_", "DAGSTER_"))}
    environment |= public_environment(settings)
    environment |= {f"VIS_{name.upper()}": settings.secret(name) for name in NAMES}
    if settings.database_url:
        environment["VIS_DATABASE_URL"] = settings.database_url.get_secret_value()
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=settings.home)
    if check and result.returncode:
        raise AssertionError(f"vis {' '.join(arguments)} failed:\n{result.stdout[-8000:]}\n{result.stderr[-4000:]}")
    return result


@dataclass(frozen=True)
class Platform:
    """A whole installation with the demo municipality, as `make up` leaves it."""

    settings: Settings
    artifacts: Path
    output: str

    @property
    def superset_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.superset_port}"

    @property
    def superset_admin(self) -> str:
        return superset.ADMIN

    @property
    def superset_password(self) -> str:
        return self.settings.secret("superset_admin_password")

    def expected(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse as the BI role: what the dashboards must show."""
        with psycopg.connect(self.settings.dsn("bi")) as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload]


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that belongs to an installation: by its environment or its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if process.pid != os.getpid() and any(str(home) in word for word in words):
            found.append(process)
    return found


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[Platform]:
    """`vis up` with the demo on free ports in an empty home; `vis down` at the end must leave nothing behind."""
    home = tmp_path_factory.mktemp("platform")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIS_", "DAGSTER_"))}
    environment |= {"VIS_HOME": str(home)} | {
        f"VIS_{service}_PORT": str(free_port()) for service in ("PG", "DAGSTER", "SUPERSET", "SIGNALS")
    }
    command = [sys.executable, "-m", "orchestration.cli"]
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("VIS_") and name != "VIS_TEST_SHARED"]:
            patch.delenv(name)
        for name in set(environment) - set(os.environ):
            patch.setenv(name, environment[name])
        started = subprocess.run([*command, "up"], env=environment, capture_output=True, text=True)
        (artifacts / "up.txt").write_text(started.stdout + started.stderr, encoding="utf-8")
        assert started.returncode == 0, f"vis up failed:\n{started.stdout[-6000:]}\n{started.stderr[-6000:]}"
        settings = load_settings(home)
    try:
        yield Platform(settings, artifacts, started.stdout)
    finally:
        stopped = subprocess.run([*command, "down"], env=environment, capture_output=True, text=True)
        left = [" ".join(process.cmdline()) for process in processes_of(home)]
        shutil.rmtree(home, ignore_errors=True)
        assert stopped.returncode == 0, stopped.stderr
        assert not left, f"vis down left processes behind: {left}"
