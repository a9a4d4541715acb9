"""The whole way from file to mart on real open data, through the real command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import pytest

from orchestration.municipality import FOLDERS, load_municipality
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
    quarantined = rows(groningen, "select count(*) from raw.quarantine", role="loader")[0][0]
    duplicate = rows(groningen, "select sum(rows_duplicate)::int from raw.delivery where shape = 'incident'")[0][0]
    assert counted + quarantined + duplicate == GRONINGEN_ROWS


@pytest.fixture(scope="module")
def joined(shared_dir: Path) -> pd.DataFrame:
    """Groningen's rows whose coordinate lies in a buurt, found by geopandas alone."""
    folder = shared_dir / "data" / "incidents_groningen"
    frame = pd.read_csv(folder / "fietsdiefstallen_groningen_tot_2017.csv.gz")
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame.x_rd, frame.y_rd), crs=28992)
    buurten = gpd.read_file(folder / "groningen_buurten_2017_wgs84.geojson").to_crs(28992)
    return pd.DataFrame(points.sjoin(buurten, predicate="within"))


def test_groningen_lies_in_its_buurten(groningen: Settings, joined: pd.DataFrame) -> None:
    """Two questions, two figures: where the coordinate lies, and whether that says where it happened."""
    query = """
        select incidenten, punt_in_buurt, standaardpunt from marts.datakwaliteit
        where bron like 'Politie-incidenten%'
    """
    [(total, in_buurt, on_default_point)] = rows(groningen, query, "bi")
    assert total == GRONINGEN_ROWS
    assert in_buurt == len(joined)
    assert in_buurt / total >= 0.998
    [(usable,)] = rows(groningen, "select count(buurt_code) from core.fct_incident")
    # All default points of Groningen lie inside it: what is no longer usable is these and nothing else.
    assert usable == in_buurt - on_default_point
    assert on_default_point == 35


def test_groningen_has_no_default_point_without_a_listed_reason(groningen: Settings) -> None:
    found = rows(groningen, "select x, y, oordeel from marts.standaardpunt", "bi")
    listed = load_municipality("groningen").listed_default_points
    assert sorted(found) == sorted((point.x, point.y, point.reason) for point in listed)


def test_the_listed_reason_is_true(groningen: Settings, shared_dir: Path) -> None:
    """None of the twenty places named at the point is named at another: they are what could not be looked up."""
    frame = pd.read_csv(shared_dir / "data/incidents_groningen/fietsdiefstallen_groningen_tot_2017.csv.gz")
    [point] = load_municipality("groningen").listed_default_points
    here = (frame.x_rd == point.x) & (frame.y_rd == point.y)
    named = set(frame.pleegstraat[here])
    assert (int(here.sum()), len(named)) == (35, 20)
    assert not frame.pleegstraat[~here].isin(named).any()
    assert {"A7", "Hoornse Plas", "Transferium Hoogkerk", "Prof H C van Hallstraat"} <= named


def test_groningen_counts_by_buurt_equal_an_independent_count(groningen: Settings, joined: pd.DataFrame) -> None:
    listed = [(point.x, point.y) for point in load_municipality("groningen").listed_default_points]
    usable = joined[~pd.MultiIndex.from_frame(joined[["x_rd", "y_rd"]]).isin(listed)]
    expected = usable.groupby("BU_CODE").size().to_dict()
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
