"""Levels that were not delivered, sums, repairs and refusals."""

import json
from typing import Any

import pandas as pd
import pytest
import shapely

from orchestration.geo.levels import AreaError, AreaSet, build_areas

X, Y = 155_000, 463_000  # Amersfoort, the origin of the Dutch grid


def area(code: str, left: float, bottom: float = 0, size: float = 1_000, **changes: Any) -> dict[str, Any]:
    """A square buurt, by default in wijk WK999901 and known to have 100 inhabitants in 40 households."""
    square = shapely.box(X + left, Y + bottom, X + left + size, Y + bottom + size)
    return {
        "area_code": code, "area_name": f"Buurt {code}", "level": "buurt", "parent_code": "WK999901",
        "parent_name": None, "inhabitants": 100, "households": 40, "geometry": shapely.to_geojson(square),
        "source": "kaart", "source_crs": "EPSG:28992",
    } | changes  # fmt: skip


def build(*areas: dict[str, Any]) -> AreaSet:
    return build_areas(pd.DataFrame(list(areas), dtype=object), code="GM9999", name="Demostad", crs="EPSG:28992")


def by_code(found: AreaSet) -> dict[str, Any]:
    return {row.area_code: row for row in found.areas.itertuples()}


def test_missing_levels_are_dissolved_and_named() -> None:
    found = build(area("BU1", 0, parent_name="Centrum"), area("BU2", 1_000), area("BU3", 5_000, parent_code="WK999902"))
    rows = by_code(found)
    assert pd.isna(rows["GM9999"].parent_code)
    found.areas.loc[found.areas["area_code"] == "GM9999", "parent_code"] = ""
    assert {code: (row.level, row.parent_code, row.area_name, row.derived) for code, row in by_code(found).items()} == {
        "BU1": ("buurt", "WK999901", "Buurt BU1", False),
        "BU2": ("buurt", "WK999901", "Buurt BU2", False),
        "BU3": ("buurt", "WK999902", "Buurt BU3", False),
        "GM9999": ("gemeente", "", "Demostad", True),
        "WK999901": ("wijk", "GM9999", "Centrum", True),
        "WK999902": ("wijk", "GM9999", "Wijk 02", True),
    }
    assert rows["WK999901"].area_ha == pytest.approx(200, abs=1e-3)
    assert rows["GM9999"].area_ha == pytest.approx(300, abs=1e-3)
    assert len(shapely.get_coordinates(shapely.from_geojson(rows["WK999901"].geometry_geojson))) in (5, 7)


def test_counts_are_summed_only_when_every_part_is_known() -> None:
    rows = by_code(build(area("BU1", 0), area("BU2", 1_000, inhabitants=None)))
    assert rows["WK999901"].households == rows["GM9999"].households == 80
    assert pd.isna(rows["WK999901"].inhabitants)
    assert pd.isna(rows["GM9999"].inhabitants)


def test_delivered_upper_levels_are_kept() -> None:
    wijk = area("WK999901", 0, size=3_000, level="wijk", parent_code=None, area_name="Eigen wijk", inhabitants=7)
    gemeente = area("GM9999", 0, size=9_000, level="gemeente", parent_code=None, area_name="Eigen naam")
    rows = by_code(build(area("BU1", 0), wijk, gemeente))
    assert len(rows) == 3
    assert not any(row.derived for row in rows.values())
    assert (rows["WK999901"].parent_code, rows["WK999901"].inhabitants) == ("GM9999", 7)
    assert rows["GM9999"].area_ha == pytest.approx(8_100)


def test_a_buurt_without_wijk_counts_for_the_gemeente() -> None:
    rows = by_code(build(area("BU1", 0, parent_code=None)))
    assert set(rows) == {"BU1", "GM9999"}


def test_sources_may_differ_in_crs() -> None:
    box = shapely.to_geojson(shapely.box(5.40, 52.15, 5.41, 52.16))
    rows = by_code(build(area("BU1", 0), area("BU2", 0, geometry=box, source="web", source_crs="EPSG:4326")))
    assert rows["BU2"].area_ha == pytest.approx(76.1, rel=0.01)
    longitude, latitude = shapely.from_geojson(rows["BU1"].geometry_geojson).bounds[:2]
    assert (longitude, latitude) == (pytest.approx(5.387206, abs=1e-5), pytest.approx(52.155174, abs=1e-5))


def test_geojson_has_six_decimals_and_rings_run_from_large_to_small() -> None:
    two = shapely.union_all([shapely.box(X, Y, X + 10, Y + 10), shapely.box(X + 50, Y, X + 90, Y + 40)])
    found = build(area("BU1", 0, geometry=shapely.to_geojson(two)))
    shape = shapely.from_geojson(by_code(found)["BU1"].geometry_geojson)
    assert (shapely.get_coordinates(shape) == shapely.get_coordinates(shape).round(6)).all()
    rings = found.rings[found.rings["area_code"] == "BU1"]
    assert rings["ring_number"].tolist() == [1, 2]
    sizes = [shapely.Polygon(json.loads(ring)).area for ring in rings["ring_json"]]
    assert sizes[0] > sizes[1] > 0
    assert json.loads(rings["ring_json"].iloc[0])[0] == json.loads(rings["ring_json"].iloc[0])[-1]


def test_an_enclave_stays_a_hole_in_the_geometry() -> None:
    hole = shapely.box(X, Y, X + 300, Y + 300) - shapely.box(X + 100, Y + 100, X + 200, Y + 200)
    found = build(area("BU1", 0, geometry=shapely.to_geojson(hole)))
    assert len(shapely.from_geojson(by_code(found)["BU1"].geometry_geojson).interiors) == 1
    assert len(found.rings[found.rings["area_code"] == "BU1"]) == 1


def test_a_bow_tie_is_repaired_and_reported() -> None:
    bow = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    found = build(area("BU1", 0, geometry=shapely.to_geojson(bow)), area("BU2", 1_000))
    assert len(found.repaired) == 1
    assert found.repaired[0].startswith("BU1 (bron kaart): Self-intersection")
    assert shapely.from_geojson(by_code(found)["BU1"].geometry_geojson).is_valid


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"geometry": "POINT (1 2)"}, r"BU7 \(bron kaart\): de geometrie is geen leesbare GeoJSON"),
        ({"geometry": '{"type":"Point","coordinates":[155000,463000]}'}, "BU7.*geen vlak"),
        ({"geometry": '{"type":"Polygon","coordinates":[]}'}, "BU7.*geen vlak"),
        ({"level": "Buurt"}, "BU7.*onbekend niveau, verwacht een van gemeente, wijk, buurt, other"),
        ({"source_crs": "EPSG:4326"}, "BU7.*buiten het gebied waar EPSG:28992 geldt.*gelezen als EPSG:4326"),
        (
            {"geometry": shapely.to_geojson(shapely.box(463_000, 155_000, 464_000, 156_000))},
            "BU7.*x en y niet zijn verwisseld",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(AreaError, match=message):
        build(area("BU1", 0), area("BU7", 2_000, **changes))


def test_many_wrong_areas_are_counted_not_listed() -> None:
    wrong = [area(f"BU{number}", 0, level="?") for number in range(9)]
    with pytest.raises(AreaError, match=r"BU4.* en 4 andere: onbekend niveau"):
        build(*wrong)
