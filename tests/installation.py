"""A PostgreSQL and warehouses of the tests' own, and the real command line run against them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from orchestration.operations import postgres, warehouse
from orchestration.operations.secrets import NAMES, write_missing_secrets
from orchestration.operations.services import public_environment
from orchestration.settings import Settings, load_settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """The environment without any setting of an installation that happens to be around."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("VIS_", "DAGSTER_", "DBT_"))}


@contextmanager
def running_server(home: Path, *, durable: bool = False) -> Iterator[Settings]:
    """A cluster in `home`, made and started with the very code that `make up` uses.

    Durability is of no use to a cluster that lives as long as one test run; only who measures asks for it.
    """
    write_missing_secrets(home)
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(clean_environment() | {"VIS_PG_PORT": str(free_port())})
    try:
        settings = load_settings(home)
    finally:
        os.environ.clear()
        os.environ.update(kept)
    postgres.initialise(settings)
    command = [*postgres.server_command(settings), *([] if durable else ["-c", "fsync=off"])]
    with (home / "postgres.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd="/")
        try:
            postgres.wait_until_ready(settings)
            yield settings
        finally:
            process.send_signal(2)  # SIGINT: fast shutdown
            process.wait(30)


def make_warehouse(server: Settings, name: str, **changes: object) -> Settings:
    """Settings of a fresh, bootstrapped warehouse `name` on a running server."""
    with psycopg.connect(server.dsn("admin"), autocommit=True) as connection:
        connection.execute(f'create database "{name}"')  # type: ignore[call-overload]
    home = server.home / name
    home.mkdir()
    url = server.dsn("admin").rpartition("/")[0] + f"/{name}"
    values = server.model_dump(exclude_none=True) | {"database_url": url, "home": home} | changes
    settings = Settings(**values)  # type: ignore[arg-type]
    warehouse.bootstrap(settings)
    return settings


def run_vis(settings: Settings, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the real command line against the given settings, in a process of its own."""
    environment = clean_environment() | public_environment(settings)
    environment |= {f"VIS_{name.upper()}": settings.secret(name) for name in NAMES}
    if settings.database_url:
        environment["VIS_DATABASE_URL"] = settings.database_url.get_secret_value()
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=settings.home)
    if check and result.returncode:
        raise AssertionError(f"vis {' '.join(arguments)} failed:\n{result.stdout[-8000:]}\n{result.stderr[-4000:]}")
    return result
