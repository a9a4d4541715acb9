"""Quality, buurt, street, address and block of a row; and that words never move an incident that has a point."""

from typing import Any

import numpy as np
import pytest

from orchestration.geo.blocks import cell_codes, face_codes, metres_per_unit
from orchestration.geo.house_numbers import fold_addition, read_number
from orchestration.geo.locate import Located, Locator, Words
from orchestration.geo.place import at_default_points, place_points
from tests.unit.geo.small_town import BUURTEN, NAMES, small_register

NAN = float("nan")
FIELDS = ("street", "house_number", "place", "police_wijk", "police_buurt")


def locate(*rows: dict[str, Any], addresses: list[dict[str, object]] | None = None) -> Located:
    """Each row: x, y, default (on a default point) and any of FIELDS."""
    x, y = (np.array([row.get(name, NAN) for row in rows]) for name in "xy")
    words = Words(*(np.array([row.get(name) for row in rows], dtype=object) for name in FIELDS))
    places = at_default_points(place_points(x, y, BUURTEN), np.array([row.get("default", False) for row in rows]))
    locator = Locator(small_register(addresses), BUURTEN, NAMES, crs="EPSG:28992", street_limit_m=500)
    return locator.locate(words, x, y, places)


def one(row: dict[str, Any]) -> dict[str, Any]:
    return {name: values[0] for name, values in vars(locate(row)).items()}


@pytest.mark.parametrize(
    ("row", "quality", "buurt", "block"),
    [
        ({"x": 110, "y": 500, "street": "Kerkstraat", "house_number": "1"}, "exact", "BU1", "Kerkstraat, Dorp:1-39"),
        ({"x": 110, "y": 500, "street": "Kerkstraat", "house_number": "42"}, "exact", "BU1", "Kerkstraat, Dorp:42-80"),
        ({"x": 110, "y": 500, "street": "Kerkstraat"}, "exact", "BU1", "E1N5"),
        ({"x": 110, "y": 500, "street": "Kerkstraat", "house_number": "999"}, "exact", "BU1", "E1N5"),
        ({"x": 110, "y": 500}, "exact", "BU1", "E1N5"),
        # Words do not move it: the street named is far away, so is the address.
        ({"x": 110, "y": 500, "street": "Ver", "police_buurt": "Ver"}, "exact", "BU1", "E1N5"),
        ({"x": 1500, "y": 500, "street": "Kerkstraat", "house_number": "1"}, "exact", "BU2", "E15N5"),
        # No point.
        ({"street": "Anjerstraat"}, "street", "BU1", None),
        ({"street": "Anjerstraat", "house_number": "12a"}, "street", "BU1", "Anjerstraat, Dorp:2-40"),
        ({"street": "Langeweg"}, "street", None, None),
        ({"street": "Langeweg", "house_number": "20"}, "street", "BU2", "Langeweg, Dorp:2-40"),
        ({"street": "Langeweg", "police_buurt": "Oost"}, "street", "BU2", None),
        ({"street": "Langeweg", "police_buurt": "Ver"}, "street", None, None),
        ({"street": "Kerkstraat"}, "none", None, None),
        ({"street": "Kerkstraat", "police_buurt": "Ver"}, "buurt", "BU3", None),
        ({"police_buurt": "West"}, "buurt", "BU1", None),
        ({"police_buurt": "Westelijk"}, "none", None, None),
        ({}, "none", None, None),
        # Filled in by default, or outside: neither buurt nor block, whatever the words say.
        ({"x": 110, "y": 500, "default": True, "street": "Anjerlaan"}, "default_point", None, None),
        ({"x": 110, "y": -10, "street": "Anjerstraat", "house_number": "12"}, "outside", None, None),
    ],
)  # fmt: skip
def test_quality_buurt_and_block(row: dict[str, Any], quality: str, buurt: str | None, block: str | None) -> None:
    found = one(row)
    assert (found["quality"], found["buurt_codes"], found["block_codes"]) == (quality, buurt, block)


def test_a_wijk_alone_is_a_place_without_a_buurt() -> None:
    found = one({"police_wijk": "Wijk Elders", "police_buurt": "Onbekend"})
    assert (found["quality"], found["buurt_codes"], found["wijk_codes"]) == ("buurt", None, "WK2")


def test_a_name_that_two_areas_have_says_nothing() -> None:
    names = NAMES.assign(area_name=NAMES["area_name"].replace({"Ver": "West"}))
    locator = Locator(small_register(), BUURTEN, names, crs="EPSG:28992", street_limit_m=500)
    none, x = np.array([None], dtype=object), np.array([NAN])
    words = Words(none, none, none, none, np.array(["West"], dtype=object))
    assert locator.locate(words, x, x, place_points(x, x, BUURTEN)).quality.tolist() == ["none"]


@pytest.mark.parametrize(
    ("street", "number", "address"),
    [
        ("Anjerstraat", "12", "Dorp Anjerstraat 12"),
        ("Anjerstraat", "12 A", "Dorp Anjerstraat 12A"),
        ("Anjerstraat", "12-a", "Dorp Anjerstraat 12A"),
        ("Anjerstraat", "nr. 12A", "Dorp Anjerstraat 12A"),
        ("Anjerstraat", "12B", None),
        ("Anjerstraat", "14", None),  # only 14 bis: the number is known, which door is not
        ("Anjerstraat", "14 Bis", "Dorp Anjerstraat 14bis"),
        ("Anjerstraat", "16 huis", "Dorp Anjerstraat 16hs"),
        ("Anjerstraat", "16 1-hg", "Dorp Anjerstraat 161hoog"),
        ("Anjerstraat", "18A-3", "Dorp Anjerstraat 18A3"),
        ("Anjerstraat", "20 A1", None),  # two addresses are written like this
        ("Anjerstraat", "t.o. 12", None),
        ("Anjerlaan", "12", "Dorp Anjerlaan 12"),
        ("Anjerstraat", "", None),
        ("Anjerstraat", "12345678901234567890", None),
    ],
)
def test_address(street: str, number: str, address: str | None) -> None:
    found = one({"x": 400, "y": 800, "street": street, "house_number": number})
    assert found["address_ids"] == address
    assert found["street_keys"] == f"{street}, Dorp"


def test_a_number_that_exists_with_additions_only_has_a_face() -> None:
    assert one({"x": 400, "y": 800, "street": "Anjerstraat", "house_number": "14"})["block_codes"] == (
        "Anjerstraat, Dorp:2-40"
    )


def test_a_number_far_from_the_point_is_no_address() -> None:
    """Kerkstraat 89 lies 435 m from number 2, and the point 100 m before that."""
    found = one({"x": 10, "y": 500, "street": "Kerkstraat", "house_number": "89"})
    assert (found["street_keys"], found["address_ids"], found["block_codes"]) == ("Kerkstraat, Dorp", None, "E0N5")


def test_without_a_register_the_point_alone_counts() -> None:
    found = locate(
        {"x": 110, "y": 500, "street": "Kerkstraat", "house_number": "1"}, {"police_buurt": "West"}, addresses=[]
    )
    assert found.quality.tolist() == ["exact", "buurt"]
    assert found.block_codes.tolist() == ["E1N5", None]
    for values in (found.street_keys, found.address_ids, found.notes):
        assert values.tolist() == [None, None]


def test_faces_keep_the_sides_of_a_street_apart() -> None:
    number = np.array([1, 2, 39, 40, 41, 42, 80, 81])
    codes = face_codes(np.array(["s"], dtype=object), np.zeros(8, dtype=np.int64), number)
    assert codes.tolist() == ["s:1-39", "s:2-40", "s:1-39", "s:2-40", "s:41-79", "s:42-80", "s:42-80", "s:81-119"]


def test_cells_are_a_hundred_metres_whatever_the_unit() -> None:
    x, y = np.array([233_799.9, 233_800.1, -1]), np.array([581_800.1, 581_899.9, 0.1])
    assert cell_codes(x, y, "EPSG:28992").tolist() == ["E2337N5818", "E2338N5818", "E-1N0"]
    feet = x / metres_per_unit("EPSG:2272"), y / metres_per_unit("EPSG:2272")
    assert cell_codes(*feet, "EPSG:2272").tolist() == ["E2337N5818", "E2338N5818", "E-1N0"]


@pytest.mark.parametrize("text", ["A12", "hoek", "-", "\n", "½", "1" * 7])
def test_what_does_not_begin_with_a_number_is_none(text: str) -> None:
    assert read_number(text) is None


def test_additions_are_folded_alike() -> None:
    assert {fold_addition(text) for text in ("1 hoog", "1-Hoog", "1hg")} == {"1hg"}
