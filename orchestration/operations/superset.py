"""Superset from the outside: first boot of its metadata database and the deploy of the dashboards."""

import subprocess
import sys
from pathlib import Path

from orchestration.operations.accounts import demo_accounts
from orchestration.operations.fingerprint import Fingerprint
from orchestration.operations.services import (
    SUPERSET_FOLDER,
    program,
    secret_environment,
    superset_environment,
)
from orchestration.settings import Settings

ADMIN = "beheerder"


class SupersetError(RuntimeError):
    """Superset's own commands or the deploy of the dashboards failed; the message holds the end of their output."""


def prepare(settings: Settings) -> bool:
    """Upgrade the metadata database and make the administrator; skipped when this version did so already."""
    mark = Fingerprint(
        settings.home / "run" / "superset-prepared",
        [SUPERSET_FOLDER / name for name in ("uv.lock", "superset_config.py", "bootstrap.py")],
        extra=settings.dsn("superset", "superset") + settings.secret("superset_admin_password"),
    )
    if mark.is_current():
        return False
    environment = superset_environment(settings) | _administrator(settings)
    _run([program("python", SUPERSET_FOLDER), "-m", "bootstrap"], environment)
    mark.write()
    return True


def deploy(settings: Settings) -> str:
    """Import the bundle in `superset/assets` through the API and check that each chart answers; returns its output."""
    environment = superset_environment(settings) | _administrator(settings)
    environment |= {
        "VIS_SUPERSET_URL": f"http://127.0.0.1:{settings.superset_port}",
        "VIS_BI_DATABASE_URL": settings.dsn("bi", driver="postgresql+psycopg2"),
    }
    if demo_accounts(settings):
        # Without a password the deploy makes no such user: a real installation has people with names.
        environment |= secret_environment(settings, "superset_analyst_password", "superset_viewer_password")
    return _run([program("python", SUPERSET_FOLDER), "-m", "deploy"], environment)


def _administrator(settings: Settings) -> dict[str, str]:
    """By environment, never as an argument: arguments can be read by every user of the machine."""
    return {
        "VIS_SUPERSET_ADMIN": ADMIN,
        "VIS_SUPERSET_ADMIN_PASSWORD": settings.secret("superset_admin_password"),
    }


def _run(command: list[str], environment: dict[str, str]) -> str:
    result = subprocess.run(
        command, env=environment, cwd=SUPERSET_FOLDER, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if result.returncode:
        shown = " ".join(Path(part).name if part == command[0] else part for part in command[:3])
        end = "\n".join((result.stdout + result.stderr).splitlines()[-25:])
        raise SupersetError(f"`{shown}` is mislukt (code {result.returncode}):\n{end}")
    if result.stderr and "Traceback" in result.stderr:
        sys.stderr.write(result.stderr)
    return result.stdout
