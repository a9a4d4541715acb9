"""Real open data through landing and loading; every row accounted for."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from orchestration.ingest.load import LoadResult, process
from orchestration.municipality import load_municipality
from orchestration.settings import Settings


def take_in(settings: Settings, name: str, source: str) -> LoadResult:
    """Load one source of a municipality that comes with the product; a second time must change nothing."""
    municipality = load_municipality(name)
    spec = municipality.source(source)
    with psycopg.connect(settings.dsn("loader")) as connection:
        [result] = process(connection, municipality, spec, settings)
        assert process(connection, municipality, spec, settings) == []
    assert result.rows_read == result.rows_loaded + result.rows_quarantined + result.rows_duplicate
    return result


def ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(settings.dsn("loader")) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def warehouse(new_warehouse: Callable[..., Settings], shared_dir: Path) -> Settings:
    return new_warehouse(data=shared_dir / "data")


def test_groningen_incidents(warehouse: Settings, shared_dir: Path) -> None:
    result = take_in(warehouse, "groningen", "police_incidents")
    assert (result.status, result.rows_read) == ("loaded", 14_162)
    assert (result.rows_loaded, result.rows_quarantined, result.rows_duplicate) == (14_162, 0, 0)
    [file] = (shared_dir / "data" / "incidents_groningen").glob("fietsdiefstallen_*.csv.gz")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
        expected = {record["incident_nr"]: record for record in csv.DictReader(stream)}

    def utc(text: str) -> datetime:
        # Python calls a moment in the repeated hour unequal to the same instant in another zone.
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Amsterdam")).astimezone(UTC)

    loaded = ask(
        warehouse,
        "select incident_id, begin_at, reported_at, x, y, solved, street, row_number from raw.incident",
    )
    assert len(loaded) == len(expected)
    for identity, begin_at, reported_at, x, y, solved, street, row_number in loaded:
        record = expected[str(identity)]
        assert begin_at == utc(record["begin_pleeg"])
        assert reported_at == utc(record["kennisname"])
        assert (x, y) == (float(record["x_rd"]), float(record["y_rd"]))
        assert solved is (record["opgehelderd"] == "J")
        assert street == record["pleegstraat"]
        assert list(expected)[int(str(row_number)) - 1] == identity if row_number in (1, 7_000, 14_162) else True


def test_groningen_areas(warehouse: Settings) -> None:
    result = take_in(warehouse, "groningen", "cbs_buurten")
    assert (result.rows_read, result.rows_loaded) == (108, 108)
    [(vintages, low, geometry)] = ask(
        warehouse,
        "select array_agg(distinct vintage), min(inhabitants), min(geometry) from raw.area "
        "where municipality_code = 'GM0014'",
    )
    assert vintages == ["2017"]
    assert isinstance(low, int)
    assert low >= 0
    assert json.loads(str(geometry))["type"] in ("Polygon", "MultiPolygon")


def test_almere_areas(warehouse: Settings) -> None:
    result = take_in(warehouse, "almere", "cbs_buurten")
    assert (result.rows_read, result.rows_loaded) == (238, 238)
    assert ask(
        warehouse,
        "select count(distinct parent_code), array_agg(distinct vintage) from raw.area "
        "where municipality_code = 'GM0034'",
    ) == [(71, ["2024"])]


def test_almere_police_totals(warehouse: Settings) -> None:
    result = take_in(warehouse, "almere", "politie_misdrijven")
    assert (result.rows_read, result.rows_loaded) == (1_190, 1_190)
    totals = ask(
        warehouse,
        "select sum(value)::int from raw.measure where indicator_code = 'politie.misdrijven.totaal' "
        "group by period order by period",
    )
    assert [total for (total,) in totals] == [8_589, 8_898, 9_162, 9_532, 9_147]


def test_almere_key_figures_are_unpivoted_and_a_missing_one_is_never_zero(
    warehouse: Settings, shared_dir: Path
) -> None:
    result = take_in(warehouse, "almere", "cbs_kerncijfers")
    with (shared_dir / "data" / "cbs_kwb" / "almere_kwb_2024.csv").open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    unpivot = load_municipality("almere").source("cbs_kerncijfers").unpivot
    expected = {
        (record["code"], constants["indicator_code"]): float(record[heading]) if record[heading] else None
        for record in records
        for heading, constants in unpivot.items()
    }
    assert result.rows_read == result.rows_loaded == len(expected)
    loaded = ask(
        warehouse,
        "select area_code, indicator_code, value, status from raw.measure where indicator_code like 'kwb.%'",
    )
    assert {(area, indicator): value for area, indicator, value, _ in loaded} == expected
    assert None in expected.values()
    for _, _, value, status in loaded:
        assert status == ("not_published" if value is None else "definitive")
