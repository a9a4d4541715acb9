"""The whole way from file to mart on real open data, through the real command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import pytest

from orchestration.municipality import FOLDERS
from orchestration.settings import Settings
from tests.installation import run_vis

GRONINGEN_ROWS = 14_162
ALMERE_TOTALS = {"2021": 8_589, "2022": 8_898, "2023": 9_162, "2024": 9_532, "2025": 9_147}


def rows(settings: Settings, query: str, role: str = "transformer") -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.dsn(role)) as connection:  # type: ignore[arg-type]
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def groningen(new_warehouse: Callable[..., Settings], shared_dir: Path) -> Settings:
    settings = new_warehouse(municipality="groningen", data=shared_dir / "data")
    run_vis(settings, "process")
    return settings


@pytest.fixture(scope="module")
def almere(new_warehouse: Callable[..., Settings], shared_dir: Path) -> Settings:
    settings = new_warehouse(municipality="almere", data=shared_dir / "data")
    run_vis(settings, "process")
    return settings


def test_groningen_every_row_is_accounted_for(groningen: Settings) -> None:
    query = """
        select rows_read, rows_loaded + rows_quarantined + rows_duplicate, status from raw.delivery
        where source = 'police_incidents'
    """
    assert rows(groningen, query) == [(GRONINGEN_ROWS, GRONINGEN_ROWS, "accepted")]
    counted = rows(groningen, "select count(*) from raw.incident")[0][0]
    quarantined = rows(groningen, "select count(*) from raw.quarantine")[0][0]
    duplicate = rows(groningen, "select sum(rows_duplicate)::int from raw.delivery where shape = 'incident'")[0][0]
    assert counted + quarantined + duplicate == GRONINGEN_ROWS


def test_groningen_is_placed_in_buurten(groningen: Settings) -> None:
    total, placed = rows(groningen, "select count(*), count(buurt_code) from core.fct_incident")[0]
    assert placed / total >= 0.998


def test_groningen_counts_by_buurt_equal_an_independent_count(groningen: Settings, shared_dir: Path) -> None:
    folder = shared_dir / "data" / "incidents_groningen"
    frame = pd.read_csv(folder / "fietsdiefstallen_groningen_tot_2017.csv.gz")
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame.x_rd, frame.y_rd), crs=28992)
    buurten = gpd.read_file(folder / "groningen_buurten_2017_wgs84.geojson").to_crs(28992)
    expected = points.sjoin(buurten, predicate="within").groupby("BU_CODE").size().to_dict()
    found = dict(
        rows(groningen, "select buurt_code, count(*) from core.fct_incident where buurt_code is not null group by 1")
    )
    assert found == expected


def test_groningen_weights_add_up_to_the_incidents_exactly(groningen: Settings) -> None:
    incidents = rows(groningen, "select count(*) from core.fct_incident")[0][0]
    assert rows(groningen, "select sum(weight) from core.fct_incident_dagdeel")[0][0] == incidents
    assert rows(groningen, "select sum(aantal) from marts.incident_kaart", "bi")[0][0] == incidents
    uneven = "select incident_id from core.fct_incident_dagdeel group by 1 having sum(weight) <> 1"
    assert rows(groningen, uneven) == []


def test_groningen_again_changes_nothing(groningen: Settings) -> None:
    state = """
        select
          (select count(*) from raw.delivery),
          (select count(*) from raw.incident),
          (select sum(aantal) from marts.incident_kaart)
    """
    before = rows(groningen, state, "admin")
    run_vis(groningen, "process")
    assert rows(groningen, state, "admin") == before


def test_almere_areas(almere: Settings) -> None:
    query = "select level, count(*) from core.dim_area group by 1 order by 1"
    assert rows(almere, query) == [("buurt", 238), ("gemeente", 1), ("wijk", 71)]


def test_almere_police_totals_per_year(almere: Settings) -> None:
    query = """
        select period, sum(value)::int from core.fct_measure
        where indicator_code = 'politie.misdrijven.totaal' group by 1 order by 1
    """
    assert dict(rows(almere, query)) == ALMERE_TOTALS


def test_almere_what_was_not_published_is_not_zero(almere: Settings) -> None:
    query = """
        select count(*), count(value) from core.fct_measure
        where indicator_code = 'kwb.inkomen_per_inwoner' and status = 'not_published'
    """
    unpublished, with_value = rows(almere, query)[0]
    assert unpublished > 0
    assert with_value == 0


def test_almere_key_figures_reach_the_map(almere: Settings) -> None:
    query = "select inwoners, huishoudens from marts.gebied where gebiedscode = 'GM0034'"
    assert rows(almere, query, "bi") == [(226_500, 96_667)]


def test_a_new_municipality_starts_before_its_first_delivery(
    new_warehouse: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "municipality.yaml").write_text(
        "code: GM0001\nname: Proefstad\nattribution: Proef\narea_vintage: '2026'\n", encoding="utf-8"
    )
    (tmp_path / "sources").mkdir()
    source = (FOLDERS / "demo" / "sources" / "police_incidents.yaml").read_text(encoding="utf-8")
    (tmp_path / "sources" / "police_incidents.yaml").write_text(source, encoding="utf-8")
    settings = new_warehouse(municipality=str(tmp_path))
    run_vis(settings, "process")
    assert rows(settings, "select gemeente, incidenten from marts.stand", "bi") == [("Proefstad", 0)]
