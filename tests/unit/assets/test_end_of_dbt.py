"""A step that fails takes its dbt along."""

import subprocess
import sys

import pytest

from orchestration.assets import warehouse

_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
_POLITE = "print('ready', flush=True); import time; time.sleep(600)"


@pytest.mark.parametrize("program", [_POLITE, _DEAF], ids=["ends when asked", "does not listen"])
def test_dbt_does_not_outlive_its_step(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "_PATIENCE", 1.0)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        process.stdout.readline()
        warehouse._end(process)
        assert process.returncode
        warehouse._end(process)  # of one that has ended there is nothing to do
