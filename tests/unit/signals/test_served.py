"""The service as it really runs: gunicorn, two workers, its configuration file and its log."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from orchestration.operations.services import signals_environment
from orchestration.settings import Settings
from tests.installation import free_port
from tests.signals_app import running_signals, signals_settings

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "signals.log"


@pytest.fixture
def address(fresh: Settings, log: Path) -> Iterator[str]:
    """Started with the very command and environment of `make up`."""
    with running_signals(signals_settings(fresh), log) as app:
        yield app.url


def _requests(metrics: str) -> dict[str, int]:
    lines = [line for line in metrics.splitlines() if line.startswith("vis_signals_requests_total")]
    return {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in lines}


def test_the_log_and_the_metrics_of_the_real_server(address: str, log: Path, fresh: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        # A connection each, so that both workers get their share.
        statuses = Counter(pool.map(lambda _: httpx.get(f"{address}/").status_code, range(60)))
    assert statuses == {200: 60}
    httpx.get(f"{address}/?bsn=123456782", headers={"Referer": "http://x/?naam=Jansen"})
    httpx.get(f"{address}/zoek/Dorpsstraat%0A12?q=geheim")
    httpx.request("BSN123456782", f"{address}/")

    answer = httpx.get(f"{address}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    counts = _requests(answer.text)
    # Both workers count in one place, whichever of them answers.
    assert counts['vis_signals_requests_total{route="/",status="200"}'] == 61
    assert counts['vis_signals_requests_total{route="-",status="404"}'] == 1
    uptime = next(line for line in answer.text.splitlines() if line.startswith("vis_signals_uptime_seconds "))
    assert 0 < float(uptime.split()[1]) < 120

    written = log.read_text()
    assert "GET / 200" in written
    assert "GET - 404" in written
    for secret in ("123456782", "Jansen", "geheim", "Dorpsstraat", fresh.secret("signals_password")):
        assert secret not in written
    assert written.count("Booting worker") == 2, "preload and two workers"


def test_the_health_check_of_the_container_asks_the_running_service(address: str, fresh: Settings) -> None:
    def ask(port: int) -> int:
        environment = signals_environment(fresh.model_copy(update={"signals_port": port}))
        command = [sys.executable, str(REPOSITORY / "docker" / "healthcheck.py"), "signals"]
        return subprocess.run(command, env=environment, cwd=fresh.home).returncode

    assert ask(int(address.rpartition(":")[2])) == 0
    assert ask(free_port()) == 1


def test_without_its_secret_the_service_does_not_start(fresh: Settings) -> None:
    environment = signals_environment(fresh)
    del environment["VIS_SIGNALS_SECRET_KEY"]
    environment["VIS_HOME"] = str(fresh.home)
    result = subprocess.run(
        [sys.executable, "-c", "import signals_service.wsgi"],
        env=environment,
        cwd=fresh.home,
        capture_output=True,
        text=True,
    )
    assert result.returncode != 0
    assert "VIS_SIGNALS_SECRET_KEY ontbreekt" in result.stderr
