"""How often the tests for default points cry wolf, what they find, and what they leave alone."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from orchestration.geo.default_points import (
    count_chance,
    effective_number,
    judge,
    on_points,
    overlap,
    street_chance,
    suspects,
)
from orchestration.municipality import DefaultPointRule

RULE = DefaultPointRule()
ROUNDS = 400

Draw = Callable[[np.random.Generator, int], np.ndarray]
TAILS: dict[str, Draw] = {
    "pareto, heaviest": lambda rng, n: np.floor((1 - rng.random(n)) ** -1.0),
    "pareto": lambda rng, n: np.floor((1 - rng.random(n)) ** -0.5),
    "lognormal": lambda rng, n: rng.poisson(np.exp(rng.normal(0, 1.5, n))),
    "gamma": lambda rng, n: rng.poisson(rng.gamma(0.5, 4, n)),
    "even": lambda rng, n: rng.poisson(3, n),
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("places", [300, 5_000])
def test_busy_places_alone_raise_no_more_false_alarms_than_allowed(tail: str, places: int) -> None:
    """Municipalities without a default point: the count test may point at one in at most 5% of them."""
    rng = np.random.default_rng(20_261_123)
    draws = (TAILS[tail](rng, places) for _ in range(ROUNDS))
    lowest = np.array([count_chance(counts[counts > 0].astype(np.int64)).min() for counts in draws])
    # Three standard errors above 5% of 400 rounds; with a test at 10% most of these would fail on the heavy tails.
    assert (lowest < 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / ROUNDS)


@pytest.mark.parametrize("rate", [0.0005, 0.02, 0.2])
def test_stray_street_names_raise_no_more_false_alarms_than_allowed(rate: float) -> None:
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(ROUNDS):
        incidents = np.floor((1 - rng.random(2_000)) ** -0.7).astype(np.int64)
        streets = 1 + rng.binomial(incidents - 1, rate)
        alarms += bool((street_chance(incidents, streets) < 0.05).any())
    assert alarms / ROUNDS <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / ROUNDS)


def ordinary(seed: int = 1, places: int = 3_000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    incidents = rng.poisson(np.exp(rng.normal(0, 1, places))) + 1
    return pd.DataFrame({"x": np.arange(places, dtype=float), "y": 0.0, "incidents": incidents, "streets": 1})


@pytest.mark.parametrize("number", [1, 4, 8])
def test_several_default_points_do_not_hide_one_another(number: int) -> None:
    places = ordinary()
    places.loc[: number - 1, "incidents"] = 2_000 - np.arange(number)
    found = suspects(places, RULE)
    assert found["x"].tolist() == list(range(number))
    assert found["by_count"].all()
    assert not found["by_streets"].any()


def test_many_streets_at_one_point_stand_out_at_an_ordinary_number_of_incidents() -> None:
    places = ordinary()
    places.loc[7, ["incidents", "streets"]] = [35, 20]
    places.loc[8, ["incidents", "streets"]] = [35, 4]  # a crossing
    places.loc[9, ["incidents", "streets"]] = [12, 12]  # too few to say
    found = suspects(places, RULE)
    assert found["x"].tolist() == [7]
    assert found["by_streets"].all()
    assert not found["by_count"].any()


def test_a_square_with_stray_names_is_left_alone_where_stray_names_are_usual() -> None:
    places = ordinary()
    places["streets"] = np.maximum(places["incidents"] // 2, 1)
    places.loc[7, ["incidents", "streets"]] = [40, 20]
    assert suspects(places, RULE).empty


EVERYWHERE = pd.Series({f"1.{n}": 400 // n for n in range(1, 21)})


def verdict(categories: dict[str, int], streets: dict[str, int] | None = None, **changes: bool) -> str | None:
    counts = pd.Series(categories)
    suspect = pd.Series({"x": 1.0, "y": 2.0, "incidents": int(counts.sum()), "by_count": True, "by_streets": False})
    suspect.update(pd.Series(changes, dtype=object))
    point = judge(suspect, counts, pd.Series(streets or {"plein": 300}), EVERYWHERE, RULE)
    return point and point.reason


def test_a_mix_like_everywhere_is_a_default_point() -> None:
    reason = verdict({code: int(n) // 4 for code, n in EVERYWHERE.items()})
    assert reason is not None
    assert "20 delictsoorten" in reason


def test_a_station_full_of_bike_theft_is_no_default_point() -> None:
    assert verdict({"1.1": 20, "1.9": 340, "1.2": 10, "1.3": 5, "1.4": 5, "1.5": 2}) is None


def test_one_kind_of_offence_can_never_be_unrelated() -> None:
    only = pd.Series({"1.2.3": 5_000})
    suspect = pd.Series({"x": 1.0, "y": 2.0, "incidents": 900, "by_count": True, "by_streets": False})
    assert judge(suspect, only * 0 + 900, pd.Series({"stationsplein": 900}), only, RULE) is None


def test_streets_count_when_none_of_them_prevails() -> None:
    one_kind = {"1.1": 40}
    assert verdict(one_kind, {f"straat {n}": 4 for n in range(10)}, by_streets=True)
    # Thirty incidents of the square itself and ten slips of the pen.
    assert verdict(one_kind, {"plein": 30} | {f"straat {n}": 1 for n in range(10)}, by_streets=True) is None


def test_effective_number_and_overlap() -> None:
    assert effective_number(pd.Series([5, 5, 5, 5])) == pytest.approx(4)
    assert effective_number(pd.Series([97, 1, 1, 1])) == pytest.approx(1.06, abs=0.01)
    assert effective_number(pd.Series(dtype=np.int64)) == 0
    assert overlap(pd.Series({"a": 1, "b": 3}), pd.Series({"a": 10, "b": 30})) == pytest.approx(1)
    assert overlap(pd.Series({"a": 1, "b": 3}), pd.Series({"b": 1, "c": 1})) == pytest.approx(0.5)
    assert overlap(pd.Series({"a": 1}), pd.Series(dtype=np.int64)) == 0


def test_few_or_no_places_give_no_alarm() -> None:
    assert count_chance(np.array([900, *[1] * 20])).min() == 1
    assert suspects(pd.DataFrame({"incidents": [], "streets": []}), RULE).empty


def test_points_are_the_same_within_a_decimetre() -> None:
    x, y = np.array([1.0, 1.02, 1.2, np.nan, np.inf]), np.array([2.0, 2.0, 2.0, 2.0, 2.0])
    assert on_points(x, y, [(1.0, 2.0)]).tolist() == [True, True, False, False, False]
    assert not on_points(x, y, []).any()
