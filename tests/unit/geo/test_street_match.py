"""The street of a row: by its spelling, by its point where several fit, and none when it would be a guess."""

import numpy as np
import pytest

from orchestration.geo.address_register import NONE
from orchestration.geo.street_match import StreetMatcher
from tests.unit.geo.small_town import address, small_register

NAN = float("nan")
REGISTER = small_register()
LIMIT = 500.0


def match(text: str | None, x: float = NAN, y: float = NAN, place: str | None = None) -> tuple[str | None, str | None]:
    found = StreetMatcher(REGISTER).match(
        np.array([text], dtype=object), np.array([place], dtype=object), np.array([x]), np.array([y]), LIMIT
    )
    [street], [note] = found.street, found.note
    return (None if street == NONE else str(REGISTER.street_keys[street])), note


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("Kerkstraat", 200, ("Kerkstraat, Dorp", "name")),
        ("KERKSTR.", 6200, ("Kerkstraat, Elders", "abbreviation")),
        ("Kerkstraat", 3500, (None, "too_far")),
        # One candidate, yet the point contradicts it.
        ("Anjerstraat", 5000, (None, "too_far")),
        ("Anjerstraat", 700, ("Anjerstraat, Dorp", "name")),
        ("Anejrstraat", 300, ("Anjerstraat, Dorp", "typo")),
        ("Anejrstraat", 5000, (None, "too_far")),
        # Another kind of street is another street, also when that one is nearer.
        ("Anjerlaan", 300, ("Anjerlaan, Dorp", "name")),
        ("Anjerplein", 300, (None, "unknown")),
        ("Elders", 300, (None, "unknown")),
        (None, 300, (None, None)),
        ("?", 300, (None, None)),
    ],
)
def test_with_a_point(text: str | None, x: float, expected: tuple[str | None, str | None]) -> None:
    assert match(text, x, 500) == expected


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("Langeweg", None, ("Langeweg, Dorp", "name")),
        ("Langewg", None, ("Langeweg, Dorp", "abbreviation")),
        ("Anejrstraat", None, ("Anjerstraat, Dorp", "typo")),
        # Two places have one: never a guess.
        ("Kerkstraat", None, (None, "ambiguous")),
        ("Kerkstraat", "ELDERS", ("Kerkstraat, Elders", "name")),
        ("Kerkstraat", "Onbekend", (None, "ambiguous")),
        # The place is a quarter that the register does not know.
        ("Langeweg", "Dorp-Noord", ("Langeweg, Dorp", "name")),
    ],
)
def test_without_a_point(text: str, place: str | None, expected: tuple[str | None, str | None]) -> None:
    assert match(text, place=place) == expected


def test_the_limit_is_to_the_nearest_address_not_to_the_middle() -> None:
    # Langeweg runs from x = 820 to 1200.
    assert match("Langeweg", 1200 + 499, 200)[1] == "name"
    assert match("Langeweg", 1200 + 501, 200)[1] == "too_far"
    # Inside the bounds of a street whose houses stand at two ends.
    ends = [address("Ringweg", 1, 0, 0), address("Ringweg", 2, 2000, 2000)]
    matcher = StreetMatcher(small_register(ends))
    text, none = np.array(["Ringweg"] * 3, dtype=object), np.array([None] * 3, dtype=object)
    found = matcher.match(text, none, np.array([1000.0, 300, 1900]), np.array([1000.0, 300, 1800]), LIMIT)
    assert found.note.tolist() == ["too_far", "name", "name"]


def test_a_name_typed_exactly_wins_from_a_look_alike_unless_the_point_says_otherwise() -> None:
    look_alikes = [
        address("Burg. v.d. Meulenlaan", 1, 100),
        address("Burg. van der Meulenlaan", 1, 400),
        address("Jan Steenhof", 1, 100),
        address("Jan Steinhof", 1, 400),
    ]
    matcher = StreetMatcher(small_register(look_alikes))
    texts = ["Burg. van der Meulenlaan", "Burg. van der Meulenlaan", "Jan Steenhof", "Jan Steenhof"]
    x = np.array([100.0, NAN, 400, 3000])
    found = matcher.match(np.array(texts, dtype=object), np.full(4, None, dtype=object), x, x * 0 + 500, LIMIT)
    assert [matcher._register.names[at] if at != NONE else None for at in found.street] == [
        "Burg. van der Meulenlaan", "Burg. van der Meulenlaan", "Jan Steenhof", None,
    ]  # fmt: skip


def test_of_namesakes_the_nearest_as_brute_force_finds_it() -> None:
    """Four hundred streets that share forty names, each with a dozen scattered houses; random points."""
    rng = np.random.default_rng(11)
    rows = []
    for number in range(400):
        middle = rng.uniform(0, 6000, 2)
        for house, (x, y) in enumerate(middle + rng.uniform(-400, 400, (12, 2)), 1):
            rows.append(address(f"Straat {number % 40}", house, x, y, place=f"Plaats {number // 40}"))
    register = small_register(rows)
    x, y = rng.uniform(-500, 6500, (2, 3000))
    texts = np.array([f"straat {n}" for n in rng.integers(0, 40, 3000)], dtype=object)
    found = StreetMatcher(register).match(texts, np.full(3000, None, dtype=object), x, y, LIMIT)
    names = np.array([name.casefold() for name in register.names], dtype=object)[register.street]
    for row in range(3000):
        metres = np.where(names == texts[row], np.hypot(register.x - x[row], register.y - y[row]), np.inf)
        nearest = metres.argmin()
        assert found.street[row] == (register.street[nearest] if metres[nearest] <= LIMIT else NONE)
    assert 0.2 < (found.street == NONE).mean() < 0.9  # both outcomes are really there


def test_without_a_register_there_is_neither_street_nor_note() -> None:
    found = StreetMatcher(small_register([])).match(
        np.array(["Kerkstraat"], dtype=object), np.array([None], dtype=object), np.array([1.0]), np.array([1.0]), LIMIT
    )
    assert (found.street.tolist(), found.note.tolist()) == ([NONE], [None])
