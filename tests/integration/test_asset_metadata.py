"""What an engineer reads in Dagster after a real run: rows in, rows out and seconds of every asset, and the pages of
the gates behind a link that answers."""

import re
from typing import Any

import httpx
import psycopg
import pytest

from orchestration.assets.gate_docs import PAGE
from orchestration.assets.measured import ROWS_IN, ROWS_OUT, SECONDS
from tests.conftest import Platform

_NODES = """{ assetNodes { assetKey { path } isExecutable
  assetMaterializations(limit: 1) { metadataEntries { label
    ... on IntMetadataEntry { intValue } ... on FloatMetadataEntry { floatValue } ... on TextMetadataEntry { text } } }
  assetChecksOrError { ... on AssetChecks { checks { name
    executionForLatestMaterialization { evaluation { metadataEntries { label
      ... on UrlMetadataEntry { url } } } } } } } } }"""
# What a row of the feed holds that no expectation has any business to name.
_VALUES = """
select distinct value from raw.incident cross join lateral
  (values (incident_id), (registration_id), (street), (postcode), (house_number_text)) as cell (value)
where length(value) > 4
"""


@pytest.fixture(scope="module")
def nodes(platform: Platform) -> dict[str, dict[str, Any]]:
    """Every asset by its key, with what Dagster's own page shows of it."""
    address = f"http://127.0.0.1:{platform.settings.dagster_port}/graphql"
    answer = httpx.post(address, json={"query": _NODES}, timeout=120).json()
    return {"/".join(node["assetKey"]["path"]): node for node in answer["data"]["assetNodes"]}


def told(node: dict[str, Any]) -> dict[str, Any]:
    """Label → value of the last materialisation; empty when there was none."""
    return {
        entry["label"]: next((entry[kind] for kind in ("intValue", "floatValue", "text") if kind in entry), None)
        for materialization in node["assetMaterializations"]
        for entry in materialization["metadataEntries"]
    }


def links(nodes: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Asset → addresses of the pages that its checks point at."""
    found: dict[str, set[str]] = {}
    for key, node in nodes.items():
        for check in node["assetChecksOrError"].get("checks", []):
            evaluation = (check["executionForLatestMaterialization"] or {}).get("evaluation")
            for entry in (evaluation or {}).get("metadataEntries", []):
                if entry["label"] == PAGE:
                    found.setdefault(key, set()).add(entry["url"])
    return found


def test_every_asset_tells_its_rows_and_its_seconds(nodes: dict[str, dict[str, Any]]) -> None:
    # An asset that nothing makes (a view that the schema brings along) has no run to tell of.
    made = {key: told(node) for key, node in nodes.items() if node["isExecutable"]}
    assert {key.partition("/")[0] for key in made} >= {
        "landing",
        "raw",
        "enriched",
        "staging",
        "core",
        "marts",
        "signals",
    }
    for key, metadata in made.items():
        assert isinstance(metadata.get(ROWS_IN), int), f"{key} tells no rows in: {metadata}"
        assert metadata[ROWS_IN] >= 0, key
        assert isinstance(metadata.get(ROWS_OUT), int) or metadata.get(ROWS_OUT, "").startswith("view"), (
            f"{key}: {metadata}"
        )
        assert isinstance(metadata.get(SECONDS), int | float), f"{key} tells no seconds: {metadata}"


def test_the_rows_are_those_of_the_warehouse(nodes: dict[str, dict[str, Any]], platform: Platform) -> None:
    with psycopg.connect(platform.settings.dsn("transformer")) as connection:
        counts = connection.execute(
            "select (select count(*) from marts.datakwaliteit), (select count(*) from core.dim_offence), "
            "(select count(*) from core.fct_incident_version), (select count(*) from enriched.default_point)"
        ).fetchone()
    assert counts
    deliveries, offences, versions, points = counts
    assert told(nodes["marts/datakwaliteit"])[ROWS_OUT] == deliveries
    assert told(nodes["core/dim_offence"])[ROWS_OUT] == offences
    point = told(nodes["marts/standaardpunt"])
    assert (point[ROWS_IN], point[ROWS_OUT]) == (points, points)
    # Through its views down to the tables, by the statistics of the server.
    assert told(nodes["core/fct_incident"])[ROWS_IN] >= versions


def test_the_pages_of_the_gates_open_from_dagster(nodes: dict[str, dict[str, Any]]) -> None:
    found = links(nodes)
    assert {"raw/police_incidents", "marts/datakwaliteit", "marts/datakwaliteit_dag", "marts/aansluiting"} <= set(found)
    for key, addresses in found.items():
        for address in addresses:
            index = httpx.get(address, timeout=30)
            assert index.status_code == 200, f"{key}: {address}"
            newest = re.search(r'<li class="\w+"><a href="([^"]+)"', index.text)
            assert newest, f"{key}: no page behind {address}"
            page = httpx.get(address + newest[1], timeout=30)
            assert page.status_code == 200
            assert re.search(r"\d+ verwachtingen, nagekeken op", page.text)


def test_the_pages_hold_no_value_of_a_row(platform: Platform) -> None:
    with psycopg.connect(platform.settings.dsn("loader")) as connection:
        values = {str(row[0]) for row in connection.execute(_VALUES)}
    pages = list(platform.settings.docs_path.rglob("*.html"))
    assert len(pages) > 20
    assert len(values) > 1000
    for page in pages:
        words = set(re.findall(r"[\w/-]+", re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))))
        assert not words & values, f"{page.name} holds {sorted(words & values)[:5]}"
