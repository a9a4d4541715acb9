"""Areas tile the municipality, streets and addresses lie in them, names and identifiers are as registers have them."""

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from orchestration.demo.incidents import World
from orchestration.demo.truth import DemoTruth
from tests.unit.demo.conftest import read


@pytest.fixture(scope="module")
def areas(inbox: Path, truth: DemoTruth) -> gpd.GeoDataFrame:
    return gpd.read_file(inbox / "gebieden/buurten_demostad.geojson")


@pytest.fixture(scope="module")
def addresses(inbox: Path, truth: DemoTruth) -> pd.DataFrame:
    return read(inbox / "adressen/adressen_demostad.csv")


def test_areas_tile_the_municipality(areas: gpd.GeoDataFrame) -> None:
    union = areas.union_all()
    assert areas.crs.to_epsg() == 28992
    assert areas.geometry.is_valid.all()
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    assert areas.area.sum() == pytest.approx(union.area, abs=0.01)  # no overlap
    assert union.geom_type == "Polygon"
    assert not union.interiors  # no hole
    assert 20e6 < union.area < 35e6


def test_areas_are_40_buurten_in_8_wijken(areas: gpd.GeoDataFrame) -> None:
    assert len(areas) == areas["buurtcode"].nunique() == 40
    assert areas["wijkcode"].nunique() == areas["wijknaam"].nunique() == 8
    assert areas["buurtcode"].str.fullmatch(r"BU9999\d{4}").all()
    assert (areas["wijkcode"] == "WK" + areas["buurtcode"].str[2:8]).all()
    assert 59_000 < areas["inwoners"].sum() < 61_000
    assert (areas["huishoudens"] <= areas["inwoners"]).all()


def test_one_buurt_is_in_two_parts_and_none_is_a_plain_shape(areas: gpd.GeoDataFrame) -> None:
    several = areas[areas.geom_type == "MultiPolygon"]
    assert several["buurtnaam"].tolist() == ["Veerkwartier"]
    assert (areas.geometry.count_coordinates() > 12).all()


def test_coordinates_are_rd(areas: gpd.GeoDataFrame) -> None:
    west, south, east, north = areas.total_bounds
    assert west > 7_000
    assert east < 300_000
    assert south > 289_000
    assert north < 629_000
    longitude, latitude = areas.to_crs(4326).union_all().centroid.coords[0]
    assert 5.1 < longitude < 5.3
    assert 52.5 < latitude < 52.7


def test_every_address_lies_in_its_buurt(areas: gpd.GeoDataFrame, addresses: pd.DataFrame, world: World) -> None:
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(addresses["x"].astype(float), addresses["y"].astype(float)), crs=28992
    )
    joined = points.sjoin(areas, predicate="within")
    assert len(joined) == len(addresses)
    expected = world.town.buurten["buurtcode"].to_numpy()[world.addresses["buurt"]]
    assert (joined.sort_index()["buurtcode"].to_numpy() == expected).all()


def test_addresses_count_and_keys(addresses: pd.DataFrame) -> None:
    assert len(addresses) == pytest.approx(25_000, rel=0.01)
    assert addresses["nummeraanduiding_id"].is_unique
    assert addresses["nummeraanduiding_id"].str.fullmatch(r"999920\d{10}").all()
    assert addresses["adresseerbaarobject_id"].str.fullmatch(r"99990[12]\d{10}").all()
    assert addresses["postcode"].str.fullmatch(r"895[0-9][A-Z]{2}").all()
    name = ["openbare_ruimte_naam", "woonplaats", "huisnummer", "huisletter", "huisnummertoevoeging"]
    assert not addresses.duplicated(name).any()
    streets = addresses.drop_duplicates(["openbare_ruimte_naam", "woonplaats"])
    assert 590 <= len(streets) <= 605


def test_an_object_has_two_addresses_only_as_nevenadres(addresses: pd.DataFrame) -> None:
    shared = addresses[addresses.duplicated("adresseerbaarobject_id", keep=False)]
    per_object = shared.groupby("adresseerbaarobject_id")
    assert 80 <= per_object.ngroups <= 100
    assert (per_object.size() == 2).all()
    assert (per_object[["x", "y", "huisnummer", "openbare_ruimte_naam"]].nunique() == 1).all().all()


def test_a_postcode_belongs_to_one_street_and_place(addresses: pd.DataFrame) -> None:
    per_postcode = addresses.groupby("postcode")[["openbare_ruimte_naam", "woonplaats"]].nunique()
    assert (per_postcode == 1).all().all()
    assert 5 < len(addresses) / len(per_postcode) < 30


def test_odd_and_even_are_opposite(world: World) -> None:
    side = world.addresses["kant"] * np.where(world.addresses["huisnummer"] % 2 == 1, 1, -1)
    assert (side == 1).all()


@pytest.mark.parametrize(
    "pattern",
    [r"^'s-", r"^'t ", r"v\.d\.", r"[áçéëöñûü]", r"^\dd?e ", r"^Tweede ", r"^J\.P\. ", r" I+-", r"\b19\d\d$"],
)
def test_street_names_hold_every_difficulty(addresses: pd.DataFrame, pattern: str) -> None:
    assert addresses["openbare_ruimte_naam"].str.contains(pattern).any()


def test_a_street_name_occurs_in_both_places(addresses: pd.DataFrame) -> None:
    places = addresses.groupby("openbare_ruimte_naam")["woonplaats"].nunique()
    assert {"Kerkstraat", "Dorpsstraat", "Molenweg"} <= set(places.index[places == 2])
    assert set(addresses["woonplaats"]) == {"Demostad", "Fictiefveen"}


def test_additions_are_of_every_style(addresses: pd.DataFrame) -> None:
    suffixes, letters = set(addresses["huisnummertoevoeging"]), set(addresses["huisletter"])
    assert {"bis", "hs", "II", "hoog", "3"} <= suffixes
    assert {"A", "B", "C"} <= letters
    assert (addresses["huisletter"].ne("") & addresses["huisnummertoevoeging"].ne("")).any()


def test_everything_says_that_it_is_fictional(inbox: Path, truth: DemoTruth) -> None:
    content = json.loads((inbox / "gebieden/buurten_demostad.geojson").read_text(encoding="utf-8"))
    assert {f["properties"]["toelichting"] for f in content["features"]} == {"Fictief"}
    assert re.search("bestaat niet", truth.note)
