"""What every test may lean on: a real PostgreSQL with the warehouse's roles and schemas."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from orchestration.operations import superset
from orchestration.settings import Settings, load_settings
from tests.installation import clean_environment, free_port, make_warehouse, running_server
from tests.signals_app import SignalsApp, prepare, running_signals, signals_settings

REPOSITORY = Path(__file__).resolve().parents[1]


# What is started once for a whole run of tests, and takes minutes.
_STARTED_ONCE = ("platform", "signals_app")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests that share something expensive go to one worker, the others file by file (`--dist loadgroup`)."""
    shared = [name for name in _STARTED_ONCE if name in getattr(item, "fixturenames", ())]
    item.add_marker(pytest.mark.xdist_group(shared[0] if shared else item.nodeid.partition("::")[0]))


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


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One PostgreSQL for the whole test run."""
    home = tmp_path_factory.mktemp("vis-home")
    with running_server(home) as settings:
        yield settings
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def new_warehouse(server: Settings) -> Callable[..., Settings]:
    """Makes settings for a fresh warehouse of its own: `new_warehouse(municipality=…, data=…)`."""
    counter = itertools.count()

    def make(**changes: object) -> Settings:
        return make_warehouse(server, f"vis_test_{next(counter)}", **changes)

    return make


@pytest.fixture
def fresh(new_warehouse: Callable[..., Settings]) -> Settings:
    """A fresh, empty warehouse for one test."""
    return new_warehouse()


@pytest.fixture(scope="session")
def signals_app(
    new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignalsApp]:
    """The signaleringstool, served by gunicorn for the whole run: signals of one test are there in the next."""
    settings = prepare(signals_settings(new_warehouse(municipality="demo")))
    with running_signals(settings, tmp_path_factory.mktemp("signals") / "signals.log") as app:
        yield app


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
    ports = {name: free_port() for name in ("pg_port", "dagster_port", "superset_port", "signals_port", "docs_port")}
    environment = clean_environment() | {"VIS_HOME": str(home)}
    environment |= {f"VIS_{name.upper()}": str(port) for name, port in ports.items()}
    command = [sys.executable, "-m", "orchestration.cli"]
    started = subprocess.run([*command, "up"], env=environment, capture_output=True, text=True)
    (artifacts / "up.txt").write_text(started.stdout + started.stderr, encoding="utf-8")
    assert started.returncode == 0, f"vis up failed:\n{started.stdout[-6000:]}\n{started.stderr[-6000:]}"
    settings = load_settings(home).model_copy(update=ports)
    try:
        yield Platform(settings, artifacts, started.stdout)
    finally:
        stopped = subprocess.run([*command, "down"], env=environment, capture_output=True, text=True)
        left = [" ".join(process.cmdline()) for process in processes_of(home)]
        shutil.rmtree(home, ignore_errors=True)
        assert stopped.returncode == 0, stopped.stderr
        assert not left, f"vis down left processes behind: {left}"
