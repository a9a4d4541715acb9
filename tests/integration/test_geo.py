"""Areas, places and day parts on a real PostgreSQL, with real Groningen and Almere where they are at hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely

from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import MANY, PlaceError, enrich_incidents
from orchestration.geo.levels import AreaError
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Role, Settings
from tests.integration.raw_rows import insert_delivery

X, Y = 233_000, 582_000  # in the city of Groningen


def read(settings: Settings, query: str, role: Role = "transformer") -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.dsn(role)) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


def snapshot(settings: Settings) -> list[tuple[Any, ...]]:
    """Which row versions the enriched tables hold: any write would change it, also one of equal content."""
    tables = ("area", "area_ring", "incident_place", "incident_dagdeel", "default_point")
    return [row for table in tables for row in read(settings, f"select '{table}', xmin, ctid from enriched.{table}")]


@pytest.fixture
def groningen() -> Municipality:
    return load_municipality("groningen")


def square(code: str, left: float, **changes: Any) -> dict[str, Any]:
    """A buurt of 1 km² in RD metres, brought to WGS84 as its source says it is."""
    box = gpd.GeoSeries([shapely.box(X + left, Y, X + left + 1_000, Y + 1_000)], crs=28992).to_crs(4326)
    return {
        "area_code": code, "area_name": code, "level": "buurt", "parent_code": "WK001400", "vintage": "2017",
        "geometry": shapely.to_geojson(box.iloc[0]),
    } | changes  # fmt: skip


def incident(identifier: str, x: float | None, y: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "incident_id": identifier, "offence_code": "A72", "x": x, "y": y, "begin_at": "2016-05-01 10:00",
        "end_at": "2016-05-01 14:00", "reported_at": "2016-05-01 15:00",
    } | changes  # fmt: skip


def deliver_areas(settings: Settings, *areas: dict[str, Any], status: str = "accepted") -> int:
    return insert_delivery(settings, "GM0014", "area", areas, source="cbs_buurten", status=status)


def deliver_incidents(settings: Settings, *incidents: dict[str, Any], status: str = "accepted") -> int:
    return insert_delivery(settings, "GM0014", "incident", incidents, source="police_incidents", status=status)


# -- the real things ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_groningen(shared_dir: Path, new_warehouse: Callable[..., Settings]) -> tuple[Settings, pd.DataFrame]:
    """Groningen's buurten and its 14,162 incidents, enriched once."""
    settings, folder = new_warehouse(), shared_dir / "data/incidents_groningen"
    features = json.loads((folder / "groningen_buurten_2017_wgs84.geojson").read_text())["features"]
    deliver_areas(
        settings,
        *(
            {
                "area_code": f["properties"]["BU_CODE"],
                "area_name": f["properties"]["BU_NAAM"],
                "level": "buurt",
                "parent_code": f["properties"]["WK_CODE"],
                "vintage": "2017",
                "inhabitants": f["properties"]["AANT_INW"],
                "geometry": json.dumps(f["geometry"]),
            }
            for f in features
        ),
    )
    file = pd.read_csv(folder / "fietsdiefstallen_groningen_tot_2017.csv.gz", dtype=str)
    deliver_incidents(
        settings,
        *(
            incident(
                row.incident_nr,
                row.x_rd,
                row.y_rd,
                begin_at=row.begin_pleeg,
                end_at=row.eind_pleeg,
                street=row.pleegstraat,
            )
            for row in file.itertuples()
        ),
    )
    municipality = load_municipality("groningen")
    areas, incidents = enrich_areas(settings, municipality), enrich_incidents(settings, municipality)
    wijken = len({f["properties"]["WK_CODE"] for f in features})
    assert (areas.levels, areas.repaired) == ({"buurt": 108, "wijk": wijken, "gemeente": 1}, ())
    assert incidents.rows == 14_162
    # The coordinates lie in a buurt; those of the one default point there are of no use on a map.
    assert incidents.point_in_buurt >= 0.998 * 14_162
    assert incidents.placed == incidents.point_in_buurt - incidents.on_default_point
    assert incidents.placed + incidents.outside + incidents.no_place + incidents.on_default_point == 14_162
    return settings, file


def test_counts_by_buurt_equal_an_independent_join(
    real_groningen: tuple[Settings, pd.DataFrame], shared_dir: Path
) -> None:
    settings, file = real_groningen
    buurten = gpd.read_file(shared_dir / "data/incidents_groningen/groningen_buurten_2017_wgs84.geojson").to_crs(28992)
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(file["x_rd"].astype(float), file["y_rd"].astype(float)), crs=28992
    )
    joined = gpd.sjoin(points, buurten, predicate="within")
    default = read(settings, "select x, y from enriched.default_point")
    usable = joined[~pd.MultiIndex.from_arrays([joined.geometry.x, joined.geometry.y]).isin(default)]
    found = dict(read(settings, "select buurt_code, count(*) from enriched.incident_place group by 1"))
    assert found.pop(None) == len(file) - len(usable)
    assert found == usable.groupby("BU_CODE").size().to_dict()
    assert read(
        settings,
        "select count(*) filter (where point_in_buurt), count(*) filter (where place_quality = 'exact'"
        " and wijk_code = 'WK' || substring(buurt_code, 3, 6)) from enriched.incident_place",
    ) == [(len(joined), len(usable))]


def test_weights_of_real_incidents_sum_to_their_number_exactly(real_groningen: tuple[Settings, pd.DataFrame]) -> None:
    settings, file = real_groningen
    assert read(settings, "select sum(weight) = 14162, count(distinct row_id) from enriched.incident_dagdeel") == [
        (True, 14_162)
    ]
    assert read(
        settings, "select count(*) from (select from enriched.incident_dagdeel group by row_id having sum(weight) <> 1)"
    ) == [(0,)]
    begin, end = (
        pd.to_datetime(file[column]).dt.tz_localize("Europe/Amsterdam", ambiguous=True, nonexistent="shift_forward")
        for column in ("begin_pleeg", "eind_pleeg")
    )
    too_long = int(((end - begin) > pd.Timedelta(days=7)).sum())
    assert read(settings, "select count(*) from enriched.incident_dagdeel where dagdeel = 'onbekend'") == [(too_long,)]


def test_a_second_run_writes_nothing(real_groningen: tuple[Settings, pd.DataFrame], groningen: Municipality) -> None:
    settings, _ = real_groningen
    before = snapshot(settings)
    assert not enrich_areas(settings, groningen).changed
    assert enrich_incidents(settings, groningen).rows == 0
    assert snapshot(settings) == before


def test_almere_has_238_buurten_71_wijken_and_a_gemeente(shared_dir: Path, fresh: Settings) -> None:
    file = shared_dir / "data/cbs_gebieden_almere/almere_buurten_2024_dekkend_rd.geojson"
    features = json.loads(file.read_text())["features"]
    rows = [
        {
            "area_code": f["properties"]["buurtcode"],
            "area_name": f["properties"]["buurtnaam"],
            "level": "buurt",
            "parent_code": f["properties"]["wijkcode"],
            "parent_name": f["properties"]["wijknaam"],
            "vintage": "2024",
            "geometry": json.dumps(f["geometry"]),
        }
        for f in features
    ]
    insert_delivery(fresh, "GM0034", "area", rows, source="cbs_buurten")
    result = enrich_areas(fresh, load_municipality("almere"))
    assert result.levels == {"buurt": 238, "wijk": 71, "gemeente": 1}
    assert result.derived == 72
    # 139.34 km² is the CBS figure of the generalised municipality.
    assert read(fresh, "select area_ha, area_name from enriched.area where level = 'gemeente'") == [
        (pytest.approx(13_934, abs=50), "Almere")
    ]
    wijken, buurten = (
        float(read(fresh, f"select sum(area_ha) from enriched.area where level = '{level}'")[0][0])
        for level in ("wijk", "buurt")
    )
    assert wijken == pytest.approx(buurten, rel=1e-6)
    names = dict(read(fresh, "select area_code, area_name from enriched.area where level = 'wijk'"))
    assert names == {row["parent_code"]: row["parent_name"] for row in rows}


# -- the rules, on a few squares ---------------------------------------------------------------------------------------


def test_the_planner_knows_of_what_was_just_written(real_groningen: tuple[Settings, pd.DataFrame]) -> None:
    """Without it a first build pairs every incident with every other, until autovacuum comes by."""
    settings, _ = real_groningen
    analysed = read(
        settings,
        "select relname from pg_stat_user_tables where last_analyze is not null "
        "and relname in ('incident', 'incident_place', 'incident_dagdeel') order by relname",
    )
    assert [name for (name,) in analysed] == ["incident", "incident_dagdeel", "incident_place"]
    # Of the incidents before their places are looked for, of the places before dbt reads them.
    assert read(
        settings,
        "select last_analyze < (select min(computed_at) from enriched.incident_place) from pg_stat_user_tables"
        " where schemaname = 'raw' and relname = 'incident'",
    ) == [(True,)]


def test_the_planner_knows_of_weights_that_were_made_again(
    real_groningen: tuple[Settings, pd.DataFrame], groningen: Municipality
) -> None:
    """A process that was killed between placing and weighing leaves the weights to the next, which places nothing."""
    settings, _ = real_groningen
    analysed = (
        "select last_analyze from pg_stat_user_tables where relname = 'incident_dagdeel' and schemaname = 'enriched'"
    )
    before = read(settings, analysed)
    with psycopg.connect(settings.dsn("loader")) as connection:
        connection.execute("delete from enriched.incident_dagdeel")
    result = enrich_incidents(settings, groningen)
    assert (result.rows > MANY, result.recomputed) == (True, 0)
    assert read(settings, analysed) > before


def test_each_kind_of_place_and_day_part(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0), square("BU00140002", 1_000))
    deliver_incidents(
        fresh,
        incident("a", X + 500, Y + 500),
        incident("b", X + 9_000, Y),
        incident("c", None, Y),
        incident("d", X + 1_500, Y + 500, end_at=None),
    )
    enrich_areas(fresh, groningen)
    result = enrich_incidents(fresh, groningen)
    assert (result.rows, result.placed, result.outside, result.no_place) == (4, 2, 1, 1)
    assert (result.unknown_dagdeel, result.recomputed) == (1, 0)
    assert read(
        fresh,
        "select incident_id, buurt_code, wijk_code, place_quality, p.vintage"
        " from enriched.incident_place as p join raw.incident using (row_id) order by 1",
    ) == [
        ("a", "BU00140001", "WK001400", "exact", "2017"),
        ("b", None, None, "outside", "2017"),
        ("c", None, None, "none", "2017"),
        ("d", "BU00140002", "WK001400", "exact", "2017"),
    ]
    assert read(
        fresh,
        "select incident_id, local_date::text, dagdeel, weight::text"
        " from enriched.incident_dagdeel join raw.incident using (row_id)"
        " where incident_id in ('a', 'd') order by 1, 3",
    ) == [
        ("a", "2016-05-01", "middag", "0.500000000"),
        ("a", "2016-05-01", "ochtend", "0.500000000"),
        ("d", "2016-05-01", "onbekend", "1.000000000"),
    ]


def test_only_accepted_deliveries_count(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    deliver_areas(fresh, square("BU00140002", 1_000), status="held")
    deliver_incidents(fresh, incident("a", X + 1_500, Y + 500))
    deliver_incidents(fresh, incident("b", X + 500, Y + 500), status="loaded")
    assert enrich_areas(fresh, groningen).levels["buurt"] == 1
    assert enrich_incidents(fresh, groningen).metadata() == {
        "rijen": 1, "punt_in_buurt": 0, "geplaatst": 0, "geplaatst_op_naam": 0, "buiten_gemeente": 1,
        "zonder_plaats": 0, "op_standaardpunt": 0, "opnieuw_geplaatst": 0, "standaardpunten": [],
    }  # fmt: skip


def test_new_incidents_are_added_without_touching_the_old(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    deliver_incidents(fresh, incident("a", X + 500, Y + 500))
    enrich_areas(fresh, groningen)
    enrich_incidents(fresh, groningen)
    before = set(snapshot(fresh))
    deliver_incidents(fresh, incident("a", X + 600, Y + 500), incident("b", X + 500, Y + 500))
    assert enrich_incidents(fresh, groningen).rows == 2
    assert before < set(snapshot(fresh))
    assert read(fresh, "select count(*) from enriched.incident_place") == [(3,)]


def test_changed_areas_place_every_incident_anew(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    deliver_incidents(fresh, incident("a", X + 500, Y + 500), incident("b", X + 1_500, Y + 500))
    enrich_areas(fresh, groningen)
    enrich_incidents(fresh, groningen)
    weights = [row for row in snapshot(fresh) if row[0] == "incident_dagdeel"]
    deliver_areas(fresh, square("BU00140001", 1_000))  # a later version of the same buurt
    assert enrich_areas(fresh, groningen).changed
    result = enrich_incidents(fresh, groningen)
    assert (result.rows, result.recomputed, result.placed, result.outside) == (0, 2, 1, 1)
    assert read(
        fresh, "select incident_id from enriched.incident_place join raw.incident using (row_id) where buurt_code > ''"
    ) == [("b",)]
    assert [row for row in snapshot(fresh) if row[0] == "incident_dagdeel"] == weights


def test_another_vintage_replaces_areas_and_places(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0), square("BU00140001", 5_000, vintage="2018"))
    deliver_incidents(fresh, incident("a", X + 500, Y + 500))
    enrich_areas(fresh, groningen)
    enrich_incidents(fresh, groningen)
    newer = groningen.model_copy(update={"area_vintage": "2018"})
    newer._folder = groningen.folder
    assert enrich_areas(fresh, newer).changed
    assert enrich_incidents(fresh, newer).recomputed == 1
    assert read(fresh, "select distinct vintage from enriched.area") == [("2018",)]
    assert read(fresh, "select vintage, place_quality from enriched.incident_place") == [("2018", "outside")]


def test_two_municipalities_share_the_tables(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    enrich_areas(fresh, groningen)
    almere = load_municipality("almere")
    box = shapely.to_geojson(shapely.box(143_000, 487_000, 144_000, 488_000))
    rows = [square("BU00340001", 0, parent_code="WK003400", vintage="2024", geometry=box)]
    insert_delivery(fresh, "GM0034", "area", rows, source="cbs_buurten")
    enrich_areas(fresh, almere)
    assert not enrich_areas(fresh, groningen).changed
    assert read(fresh, "select municipality_code, count(*) from enriched.area group by 1 order by 1") == [
        ("GM0014", 3),
        ("GM0034", 3),
    ]


def test_without_areas_an_empty_result_and_with_incidents_an_error(fresh: Settings, groningen: Municipality) -> None:
    assert enrich_areas(fresh, groningen).rows == 0
    assert enrich_incidents(fresh, groningen).rows == 0
    deliver_incidents(fresh, incident("a", X, Y))
    with pytest.raises(PlaceError, match=r"Groningen \(GM0014\).*geen geaccepteerde buurten van jaargang 2017"):
        enrich_incidents(fresh, groningen)
    assert read(fresh, "select count(*) from enriched.incident_dagdeel") == [(0,)]


def test_an_unusable_area_changes_nothing(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    enrich_areas(fresh, groningen)
    before = snapshot(fresh)
    metres = shapely.to_geojson(shapely.box(X, Y, X + 10, Y + 10))
    deliver_areas(fresh, square("BU00140002", 0, geometry=metres))
    with pytest.raises(AreaError, match=r"BU00140002 \(bron cbs_buurten\).*gelezen als EPSG:4326"):
        enrich_areas(fresh, groningen)
    assert snapshot(fresh) == before


def test_other_day_parts_are_weighed_anew(fresh: Settings, groningen: Municipality) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    deliver_incidents(fresh, incident("1", X + 1, Y + 1))
    enrich_areas(fresh, groningen)
    enrich_incidents(fresh, groningen)
    weights = "select dagdeel, weight::text from enriched.incident_dagdeel order by dagdeel"
    # 10:00-14:00 UTC is 12:00-16:00 in summer.
    assert read(fresh, weights) == [("middag", "0.500000000"), ("ochtend", "0.500000000")]
    other = groningen.model_copy(update={"dagdelen": {"vroeg": 0, "laat": 13}})
    result = enrich_incidents(fresh, other)
    assert result.rows == 1
    assert read(fresh, weights) == [("laat", "0.250000000"), ("vroeg", "0.750000000")]
