"""`make up` as the three users meet it."""

import subprocess
import sys

import httpx

from orchestration.operations.services import services
from tests.conftest import Platform, processes_of
from tests.installation import run_vis


def test_every_service_is_healthy(platform: Platform) -> None:
    result = run_vis(platform.settings, "status")
    for one in services(platform.settings):
        assert one.title in result.stdout
    assert "nee" not in result.stdout


def test_addresses_and_demo_accounts_are_printed(platform: Platform) -> None:
    assert f":{platform.settings.superset_port}" in platform.output
    assert platform.superset_password in platform.output
    assert "FICTIEVE GEGEVENS" in platform.output


def test_the_engineer_sees_both_runs_and_every_check(platform: Platform) -> None:
    address = f"http://127.0.0.1:{platform.settings.dagster_port}/graphql"
    query = "{ runsOrError { ... on Runs { results { jobName status } } } }"
    runs = httpx.post(address, json={"query": query}, timeout=30).json()["data"]["runsOrError"]["results"]
    assert {"ingest", "build"} <= {run["jobName"] for run in runs if run["status"] == "SUCCESS"}
    query = """{ assetNodes { assetKey { path } groupName
        assetChecksOrError { ... on AssetChecks { checks { name blocking } } } } }"""
    nodes = httpx.post(address, json={"query": query}, timeout=60).json()["data"]["assetNodes"]
    by_key = {"/".join(node["assetKey"]["path"]): node for node in nodes}
    assert {"landing/police_incidents", "raw/police_incidents", "core/fct_incident", "marts/incident_kaart"} <= set(
        by_key
    )
    checks = {check["name"]: check for check in by_key["raw/police_incidents"]["assetChecksOrError"]["checks"]}
    assert checks["rijen_verantwoord"]["blocking"] is True
    assert len(checks) > 5
    assert {"landing", "raw", "enriched", "staging", "core", "marts"} <= {node["groupName"] for node in nodes}


def test_the_official_reaches_the_front_page(platform: Platform) -> None:
    answer = httpx.get(f"http://127.0.0.1:{platform.settings.signals_port}/")
    assert answer.status_code == 200
    assert "fictief" in answer.text.lower()


def test_services_listen_on_loopback_only(platform: Platform) -> None:
    listening = {
        connection.laddr.ip
        for process in processes_of(platform.settings.home)
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN"
    }
    assert listening == {"127.0.0.1"}


def test_no_service_holds_the_administrators_password(platform: Platform) -> None:
    secret = platform.settings.secret("admin_password")
    holders = [
        process.name()
        for process in processes_of(platform.settings.home)
        if any(secret in value for value in process.environ().values())
        or any(secret in word for word in process.cmdline())
    ]
    assert holders == []


def test_up_again_is_welcome(platform: Platform) -> None:
    environment = {"VIS_HOME": str(platform.settings.home), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"} | {
        f"VIS_{name}_PORT": str(getattr(platform.settings, f"{name.lower()}_port"))
        for name in ("PG", "DAGSTER", "SUPERSET", "SIGNALS")
    }
    before = platform.expected("select count(*), sum(aantal) from marts.incident_kaart")
    again = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "up"], env=environment, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert platform.expected("select count(*), sum(aantal) from marts.incident_kaart") == before
