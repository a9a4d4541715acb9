"""Runs dbt as its own process: the pure rooms do not import it, and a crash of dbt is not one of ours."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from orchestration.operations.fingerprint import Fingerprint
from orchestration.settings import REPOSITORY, Settings

PROJECT_FOLDER = REPOSITORY / "dbt_project"
THREADS = 4
# The one of this environment, whatever the PATH says.
EXECUTABLE = str(Path(sys.executable).parent / "dbt")


class DbtError(RuntimeError):
    """dbt ended with an error; the message holds what it said."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The variables that `profiles.yml` reads, for the transformer's role.

    Raises `SettingsError` when the password of the transformer is missing.
    """
    address = urlsplit(settings.dsn("transformer"))
    query = parse_qs(address.query)
    environment = {
        "DBT_HOST": address.hostname or "127.0.0.1",
        "DBT_PORT": str(address.port or 5432),
        "DBT_USER": unquote(address.username or ""),
        "DBT_PASSWORD": unquote(address.password or ""),
        "DBT_DBNAME": address.path.lstrip("/"),
        "DBT_THREADS": str(THREADS),
    }
    if "sslmode" in query:
        environment["DBT_SSLMODE"] = query["sslmode"][0]
    return environment


def parse(settings: Settings) -> None:
    """Write the manifest to `{home}/dbt/target`; no database and no password is needed.

    Of a project, a profile and a dbt that were parsed before nothing is done: only starting dbt takes seconds.
    Raises `DbtError` with dbt's own words when the project is wrong.
    """
    # With another profile dbt parses everything anew: where a build follows, this is the profile of that build.
    environment = dbt_environment(settings) if settings.transformer_password else {}
    target = settings.home / "dbt" / "target"
    versions = [metadata.version(name) for name in ("dbt-core", "dbt-postgres")]
    parsed = Fingerprint(target / "parsed", [PROJECT_FOLDER], extra=repr((versions, sorted(environment.items()))))
    if (target / "manifest.json").exists() and parsed.is_current():
        return
    # A manifest that was half written, or written and not marked, must not pass for one that was marked before.
    parsed.file.unlink(missing_ok=True)
    _run(settings, ["parse"], environment)
    parsed.write()


def run_folder(settings: Settings) -> Path:
    """Where the runs of Dagster keep what dbt compiled; the first one begins with what `parse` found."""
    folder = settings.home / "dbt" / "run"
    parsed, kept = (place / "partial_parse.msgpack" for place in (settings.home / "dbt" / "target", folder))
    if parsed.exists() and not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(parsed, kept)
    return folder


def build(
    settings: Settings, select: str | None = None, *, full_refresh: bool = False, unit_tests: bool = False
) -> str:
    """Seeds, models and tests, in the order of the graph; returns what dbt printed.

    `select` is a dbt selector. Unit tests prove the code and not the data: off unless asked for.
    Raises `DbtError` when a model fails or a test of severity error does.
    """
    arguments = ["build"]
    if select:
        # Of the tests only those that ask nothing of a model that is not built.
        arguments += ["--select", select, "--indirect-selection", "buildable"]
    if full_refresh:
        arguments.append("--full-refresh")
    if not unit_tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    return _run(settings, arguments, dbt_environment(settings))


def _run(settings: Settings, arguments: Sequence[str], environment: dict[str, str]) -> str:
    command = [
        EXECUTABLE,
        "--no-use-colors",
        *arguments,
        *("--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)),
        *("--target-path", str(settings.home / "dbt" / "target"), "--log-path", str(settings.home / "dbt" / "logs")),
    ]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, cwd=PROJECT_FOLDER)
    if result.returncode:
        raise DbtError(f"dbt {' '.join(arguments)} is mislukt:\n{result.stdout[-8000:]}{result.stderr[-4000:]}")
    return result.stdout
