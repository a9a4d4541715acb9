"""Point in polygon on a board of four squares and a wijk between them."""

import numpy as np
import pytest
import shapely

from orchestration.geo.place import Buurten, buurt_index, place_points, reproject


@pytest.fixture
def board() -> Buurten:
    """Squares of 100 m: BU2 left below, BU1 right below, BU3 above both; given out of order of their codes."""
    squares = {
        "BU3": shapely.box(0, 100, 200, 200),
        "BU2": shapely.box(0, 0, 100, 100),
        "BU1": shapely.box(100, 0, 200, 100),
    }
    codes = sorted(squares)
    return Buurten(
        np.array(codes, dtype=object),
        np.array(["WK1", "WK1", None], dtype=object),
        np.array([squares[code] for code in codes], dtype=object),
    )


def test_inside_outside_and_nowhere(board: Buurten) -> None:
    nan = float("nan")
    x, y = np.array([50.0, 150, 50, 500, nan, 50, np.inf]), np.array([50.0, 50, 150, 50, 50, nan, 50])
    places = place_points(x, y, board)
    assert places.buurt_codes.tolist() == ["BU2", "BU1", "BU3", None, None, None, None]
    assert places.wijk_codes.tolist() == ["WK1", "WK1", None, None, None, None, None]
    assert places.quality.tolist() == ["exact", "exact", "exact", "outside", "none", "none", "outside"]


def test_a_point_on_a_border_belongs_to_the_lowest_code(board: Buurten) -> None:
    x, y = np.array([100.0, 100, 50, 0]), np.array([50.0, 100, 100, 0])
    assert place_points(x, y, board).buurt_codes.tolist() == ["BU1", "BU1", "BU2", "BU2"]


def test_each_point_gets_what_a_point_by_point_search_gives(board: Buurten) -> None:
    random = np.random.default_rng(3)
    x, y = random.integers(-20, 220, 2_000).astype(float), random.integers(-20, 220, 2_000).astype(float)
    expected = [
        next((i for i, polygon in enumerate(board.polygons) if polygon.covers(shapely.Point(a, b))), -1)
        for a, b in zip(x, y, strict=True)
    ]
    assert buurt_index(x, y, board).tolist() == expected


def test_no_points_at_all(board: Buurten) -> None:
    assert place_points(np.array([]), np.array([]), board).quality.tolist() == []


def test_polygons_come_from_wgs84_into_the_municipality_crs_in_order_of_code() -> None:
    martini = shapely.box(6.56, 53.21, 6.57, 53.22)
    here = shapely.to_geojson(martini)
    buurten = Buurten.from_geojson(["BU2", "BU1"], [None, "WK1"], [here, here], "EPSG:28992")
    assert buurten.codes.tolist() == ["BU1", "BU2"]
    assert buurten.wijk_codes.tolist() == ["WK1", None]
    assert place_points(np.array([233_900.0]), np.array([582_000.0]), buurten).buurt_codes.tolist() == ["BU1"]


def test_reproject_takes_east_first_and_leaves_equal_crs_alone() -> None:
    x, y = reproject(np.array([5.38720621]), np.array([52.1551744]), "EPSG:4326", "EPSG:28992")
    assert (x[0], y[0]) == (pytest.approx(155_000, abs=1), pytest.approx(463_000, abs=1))  # Amersfoort
    same = np.array([1.0])
    assert reproject(same, same, "EPSG:28992", "EPSG:28992") == (same, same)
