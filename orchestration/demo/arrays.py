"""Types and small random helpers that the modules of the demo share."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
# Minutes of local time, without a zone: that is how the police extract writes them.
Moments = npt.NDArray[np.datetime64]
Texts = npt.NDArray[Any]
Geometries = npt.NDArray[Any]

# A new stage comes last: the place of a stage is part of what it draws.
STAGES = (
    "gebieden", "straten", "adressen", "incidenten", "momenten", "gepland", "kenmerken", "mutaties", "tabellen",
    "verdachten", "signalen",
)  # fmt: skip


def stream(seed: int, stage: str) -> np.random.Generator:
    """A generator per stage, so that one more draw in one stage leaves the others as they were."""
    return np.random.default_rng([seed, STAGES.index(stage)])


def weighted(rng: np.random.Generator, weights: Floats, size: int) -> Integers:
    """`size` indices into `weights`, drawn with replacement in proportion to them."""
    cumulative = np.cumsum(weights)
    if cumulative.size == 0 or cumulative[-1] <= 0:
        raise ValueError("weights must hold at least one positive number")
    drawn: Integers = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right").astype(np.int64)
    return drawn


def spread(total: int, weights: Floats, minimum: int = 0) -> Integers:
    """Whole numbers that sum to `total`, in proportion to `weights` (largest remainder), none below `minimum`."""
    free = total - minimum * weights.size
    if free < 0:
        raise ValueError(f"{total} is too few for {weights.size} parts of at least {minimum}")
    exact = weights / weights.sum() * free
    parts: Integers = np.floor(exact).astype(np.int64)
    parts[np.argsort(parts - exact, kind="stable")[: free - int(parts.sum())]] += 1
    parts += minimum
    return parts


def plus_minutes(moments: Moments, minutes: Any) -> Moments:
    """Moments some whole minutes later; `minutes` broadcasts and may be negative."""
    later: Moments = moments + np.asarray(minutes).astype(np.int64).astype("timedelta64[m]")
    return later


def column(frame: pd.DataFrame, name: str) -> Any:
    """A column as a numpy array. pandas cannot say of which type; the modules' docstrings do."""
    return frame[name].to_numpy()
