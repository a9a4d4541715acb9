"""`make check`: format, style, types, layers, definitions and files, side by side, in seconds, without services.

Each check is a command; all run, also after a failure, and the failures are shown at the end.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from orchestration import dbt
from orchestration.operations.secrets import NAMES
from orchestration.settings import load_settings

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SUPERSET_PYTHON = REPOSITORY / "superset" / ".venv" / "bin" / "python"

CHECKS: dict[str, list[str]] = {
    "ruff format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "ruff check": [str(BIN / "ruff"), "check", "--quiet", "."],
    "mypy": [str(BIN / "mypy")],
    "lagen (import-linter)": [str(BIN / "lint-imports")],
    "sqlfluff": [
        str(BIN / "sqlfluff"),
        "lint",
        "--disable-progress-bar",
        "dbt_project/models",
        "dbt_project/tests",
    ],
    "compose": [
        str(BIN / "check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ],
    "bronnen en verwachtingen": [str(BIN / "vis"), "check"],
    "dashboards": [str(SUPERSET_PYTHON), "-m", "deploy", "check", "--marts", "../dbt_project/models/marts"],
    "dg check": [str(BIN / "dg"), "check", "defs"],
}


def _run(name: str, environment: dict[str, str]) -> tuple[str, float, subprocess.CompletedProcess[str]]:
    began = time.monotonic()
    folder = REPOSITORY / "superset" if name == "dashboards" else REPOSITORY
    result = subprocess.run(CHECKS[name], capture_output=True, text=True, cwd=folder, env=environment)
    return name, time.monotonic() - began, result


def main() -> int:
    """Run every check; returns the number that failed."""
    with tempfile.TemporaryDirectory() as home:
        # Definitions and dbt want passwords to exist; nothing connects, so any text will do.
        environment = os.environ | {"VIS_HOME": home} | {f"VIS_{name.upper()}": "unused" for name in NAMES}
        os.environ.update(environment)
        dbt.parse(load_settings())
        print("  ✓ dbt parse")
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            results = list(pool.map(lambda name: _run(name, environment), CHECKS))
    failed = 0
    for name, seconds, result in results:
        print(f"  {'✗' if result.returncode else '✓'} {name} ({seconds:.1f} s)")
        if result.returncode:
            failed += 1
            print(result.stdout[-6000:] + result.stderr[-3000:])
    return failed


if __name__ == "__main__":
    sys.exit(main())
