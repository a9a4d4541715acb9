"""Default points: coordinates that are filled in when the place is not known. Pure.

Two signs, each a test whose rate of false alarms is known, and each with a condition on how varied the incidents are:

* **count**: far more incidents than the busiest other points lead one to expect, and a mix of offences much like that
  of the whole municipality. A station with its bike theft is busy as well, but with a mix of its own.
* **streets**: the incidents name many different streets, where other points name one or two.

A feed of one kind of offence can give no sign of the first kind: that its offences are unrelated cannot be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.municipality import DefaultPointRule

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DECIMALS = 1  # of a metre: two points closer than this are one
_EXCEPTIONAL = 10  # so many points may be exceptional; what is sought are fewer
_TAIL = 20  # least points that the tail is estimated from; else the square root of their number, as is usual


@dataclass(frozen=True)
class DefaultPoint:
    """One default point; x and y in metres of the municipality's CRS, `share` of all incidents with a coordinate."""

    x: float
    y: float
    incidents: int
    share: float
    categories: int
    streets: int
    reason: str
    listed: str | None = None  # what the municipality's folder says of it


def same_point(x: Floats, y: Floats) -> NDArray[np.complex128]:
    """One key per point, equal for equal points; NaN and infinity keep a key that equals no point."""
    return np.round(x, DECIMALS) + 1j * np.round(y, DECIMALS)


def on_points(x: Floats, y: Floats, points: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which coordinates lie on one of the points."""
    if not points:
        return np.zeros(len(x), dtype=bool)
    known_x, known_y = np.array(points, dtype=np.float64).T
    return np.isin(same_point(x, y), same_point(known_x, known_y))


def count_chance(incidents: Ints) -> Floats:
    """Per point an upper bound on the chance that any point gets so many incidents, in view of the others.

    Counts per place have a heavy tail; a Pareto tail is the heaviest that is usual, and so the careful choice. Above
    a threshold its logarithms are exponential. Their mean is estimated from the points in the tail *below* the ten
    busiest, which count as "at least as many as the next" (type II censoring): so the points that are judged have no
    part in the estimate, and default points do not hide one another as long as they are fewer than ten. With S the
    censored sum over k points, `10 * (1 + log(count / reference) / S) ** -k` bounds the chance that any of the ten
    busiest exceeds the eleventh so far, uncertainty of the estimate included. 1 for all others, and for all when
    there are too few points.
    """
    chance = np.ones(len(incidents))
    order = np.argsort(-incidents, kind="stable")
    size = max(int(np.sqrt(len(incidents))), _TAIL)
    if len(incidents) <= _EXCEPTIONAL + size:
        return chance
    ranked = incidents[order].astype(np.float64)
    # Half below the smallest: counts are whole numbers that stand for an interval.
    threshold = ranked[_EXCEPTIONAL + size] - 0.5
    reference = ranked[_EXCEPTIONAL]
    tail = np.log(ranked[_EXCEPTIONAL : _EXCEPTIONAL + size] / threshold)
    censored_sum = tail.sum() + _EXCEPTIONAL * np.log(reference / threshold)
    beyond = np.log(ranked[:_EXCEPTIONAL] / reference)
    chance[order[:_EXCEPTIONAL]] = np.minimum(_EXCEPTIONAL * (1 + beyond / censored_sum) ** -float(size), 1.0)
    return chance


def street_chance(incidents: Ints, streets: Ints) -> Floats:
    """Per point an upper bound on the chance that any point names so many streets, in view of the others.

    Each incident after a point's first names a new street at a rate that the other points show (again without the
    ten with the most streets). Bound on the binomial tail, times the number of points with two incidents or more.
    """
    chance = np.ones(len(incidents))
    more, new = np.maximum(incidents - 1, 0), np.maximum(streets - 1, 0)
    ordinary = np.argsort(-new, kind="stable")[_EXCEPTIONAL:]
    # One is added, so that a rate that was never seen is not taken for impossible.
    rate = min((new[ordinary].sum() + 1) / (more[ordinary].sum() + 1), 1.0)
    judged = np.flatnonzero(more > 0)
    chance[judged] = np.minimum(_binomial_tail(new[judged], more[judged], rate) * len(judged), 1.0)
    return chance


def _binomial_tail(hits: Ints, tries: Ints, rate: float) -> Floats:
    """Chernoff's upper bound on the chance of at least `hits` in `tries` (> 0) at a rate above 0."""
    share = np.clip(hits / tries, rate, 1.0)  # no more than expected: a bound of 1
    miss = 1.0 - share
    # 0 * log(0) is 0; `rate` is 1 only where `share` is, and then both terms are 0.
    surprise = share * np.log(share / rate) + miss * np.log(np.where(miss > 0, miss, 1.0) / max(1.0 - rate, 1e-300))
    bound: Floats = np.exp(-tries * np.maximum(surprise, 0.0))
    return bound


def suspects(places: pd.DataFrame, rule: DefaultPointRule) -> pd.DataFrame:
    """The points that one of the two tests singles out.

    Args:
        places: one row per point: `incidents` and `streets` (different names given there).
        rule: of the municipality.

    Returns:
        The rows of `places` that stand out, with `by_count` and `by_streets`.
    """
    incidents, streets = places["incidents"].to_numpy(np.int64), places["streets"].to_numpy(np.int64)
    enough = incidents >= rule.min_incidents
    # Half of the allowed chance for each of the two tests.
    by_count = enough & (count_chance(incidents) < rule.false_alarm / 2)
    by_streets = enough & (streets >= rule.min_streets) & (street_chance(incidents, streets) < rule.false_alarm / 2)
    return places.assign(by_count=by_count, by_streets=by_streets)[by_count | by_streets]


def judge(suspect: pd.Series, categories: pd.Series, streets: pd.Series, everywhere: pd.Series,
          rule: DefaultPointRule) -> DefaultPoint | None:  # fmt: skip
    """Decide on one suspect.

    Args:
        suspect: a row of `suspects`, with x and y.
        categories: number of incidents there per offence category.
        streets: number of incidents there per street name.
        everywhere: number of incidents per offence category over all points, this one included.
        rule: of the municipality.
    """
    n, total = int(suspect["incidents"]), int(everywhere.sum())
    share = n / total
    said = f"{n} incidenten ({_dutch(100 * share)}% van alle met een coördinaat) op één punt"
    reasons = []
    alike = overlap(categories, everywhere.sub(categories, fill_value=0))
    if (
        suspect["by_count"]
        and effective_number(categories) >= rule.min_categories
        and alike >= rule.min_overlap
    ):  # fmt: skip
        reasons.append(
            f"veel meer dan op enig ander druk punt, van {len(categories)} delictsoorten die voor "
            f"{_dutch(100 * alike, 0)}% verdeeld zijn als in de hele gemeente"
        )
    if suspect["by_streets"] and effective_number(streets) >= rule.min_streets:
        reasons.append(f"met {len(streets)} verschillende straten")
    if not reasons:
        return None
    reason = f"{said}, {' en '.join(reasons)}"
    return DefaultPoint(
        float(suspect["x"]), float(suspect["y"]), n, round(share, 6), len(categories), len(streets), reason
    )


def effective_number(counts: pd.Series) -> float:
    """How many equally frequent kinds would be as varied (inverse Simpson); 0 for none."""
    values = counts.to_numpy(np.float64)
    return float(values.sum() ** 2 / (values**2).sum()) if values.any() else 0.0


def overlap(here: pd.Series, elsewhere: pd.Series) -> float:
    """The part that two mixes have in common: 1 for equal shares, 0 when nothing occurs in both."""
    if not here.sum() or not elsewhere.sum():
        return 0.0
    shares = pd.concat([here / here.sum(), elsewhere / elsewhere.sum()], axis=1).fillna(0.0)
    return float(shares.min(axis=1).sum())


def _dutch(number: float, decimals: int = 1) -> str:
    return f"{number:.{decimals}f}".replace(".", ",")
