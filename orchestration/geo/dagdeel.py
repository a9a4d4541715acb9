"""Aoristic weights: how a from-to window is shared out over bins of local time.

One core (`overlaps`) works on instants and bin edges on one time line; what a bin means (a day part of a date, an
hour of the week) is the caller's. Instants are int64 microseconds since 1970. Because local bin edges are turned
into UTC instants first, days of 23 and 25 hours come out by elapsed time without further care.

Source of the method: Ratcliffe (2002), Aoristic signatures and the spatio-temporal analysis of high volume crime
patterns, Journal of Quantitative Criminology 18(1). `week_table` follows the rules of the R package `aoristic`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Instants = NDArray[np.datetime64]

UNKNOWN = "onbekend"
ONE = 1_000_000_000
_DAY = 86_400_000_000
_WEEK = 7 * _DAY


def local_edges(first: date, last: date, hours: Sequence[int], time_zone: str) -> Ints:
    """Instants at which the bins of the local days `first`..`last` begin, and the end of `last`.

    Bin `i` lies between edge `i` and edge `i + 1`: bin `i % len(hours)` of day `first + i // len(hours)`. An hour
    that the clock skips gives a bin of no length; an hour that comes twice is one bin of two hours.
    """
    days = pd.date_range(first, last + timedelta(days=1), freq="D", unit="us").to_numpy()
    local = (days[:, None] + np.array(hours, dtype="timedelta64[h]")[None, :]).ravel()
    local = local[: len(local) - len(hours) + 1]
    zoned = pd.DatetimeIndex(local).tz_localize(
        time_zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
    )
    return np.asarray(zoned.as_unit("us").asi8, dtype=np.int64)


def overlaps(begin: Ints, end: Ints, edges: Ints) -> tuple[Ints, Ints, Ints]:
    """Share windows [begin, end) out over the bins between consecutive edges.

    Returns three arrays of one length, ordered by window, then bin: window position, bin position, overlap in
    microseconds (> 0). A window of no length is a point: overlap 1 in the bin that holds it.
    Raises ValueError for a reversed window or one beyond the outer edges.
    """
    if len(begin) == 0:
        return (np.empty(0, np.int64),) * 3
    if (end < begin).any() or begin.min() < edges[0] or max(begin.max() + 1, end.max()) > edges[-1]:
        raise ValueError("every window must run forward and lie within the outer edges")
    point = end == begin
    first = np.searchsorted(edges, begin, side="right") - 1
    last = np.where(point, first, np.searchsorted(edges, end, side="left") - 1)
    count = last - first + 1
    window = np.repeat(np.arange(len(begin)), count)
    step = np.arange(len(window)) - np.repeat(np.cumsum(count) - count, count)
    bin_ = np.repeat(first, count) + step
    overlap = np.minimum(end[window], edges[bin_ + 1]) - np.maximum(begin[window], edges[bin_])
    overlap[point[window]] = 1
    touched = overlap > 0  # a bin of no length has no share
    return window[touched], bin_[touched], overlap[touched]


def to_billionths(window: Ints, overlap: Ints) -> Ints:
    """Overlaps → weights in billionths; the weights of one window sum to exactly 1,000,000,000.

    `window` is sorted. Largest remainder: each share is rounded down, then the missing billionths go to the largest
    remainders, the earliest bin first among equals. A share below one billionth can become 0.
    """
    if len(window) == 0:
        return np.empty(0, np.int64)
    starts = np.flatnonzero(np.r_[True, window[1:] != window[:-1]])
    size = np.diff(np.r_[starts, len(window)])
    total = np.repeat(np.add.reduceat(overlap, starts), size)
    weight, rest = np.zeros_like(overlap), overlap.copy()
    for _ in range(3):  # long division, three digits a turn: overlap * 1e9 itself would not fit in 64 bits
        digit, rest = np.divmod(rest * 1000, total)
        weight = weight * 1000 + digit
    missing = ONE - np.add.reduceat(weight, starts)
    # Ranking by exact integer remainders; lexsort is stable, so equal remainders keep the order of the bins.
    order = np.lexsort((-rest, window))
    rank = np.arange(len(window)) - np.repeat(starts, size)
    weight[order] += rank < np.repeat(missing, size)
    return weight


def local_dates(instants: Instants, time_zone: str) -> Instants:
    """The local calendar date (datetime64[D]) of each UTC instant."""
    zoned = pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(time_zone)
    return zoned.tz_localize(None).to_numpy().astype("datetime64[D]")


def dagdeel_weights(
    begin: Instants, end: Instants, *, dagdelen: Mapping[str, int], time_zone: str, max_window_days: float
) -> pd.DataFrame:
    """Weights over local date × dagdeel, one or more rows per incident.

    Args:
        begin: UTC instants, datetime64; none missing.
        end: the same; NaT where the source gives no end.
        dagdelen: name → local hour at which it begins, from 0 on, rising.
        time_zone: IANA name of the local time.
        max_window_days: a longer window (elapsed time, days of 24 hours) says too little.

    Returns:
        Columns `position` (index in `begin`), `local_date` (its midnight, no zone), `dagdeel` (categorical) and
        `billionths` (int64, > 0, summing to 1,000,000,000 per position), ordered by position, date and day part.
        A window without end, reversed or too long is one row `onbekend` on the local date of its begin; a window
        of no length lies wholly in its dagdeel.

    Raises:
        ValueError: a begin is missing.
    """
    begin, end = begin.astype("datetime64[us]"), end.astype("datetime64[us]")
    if np.isnat(begin).any():
        raise ValueError("every incident needs a begin")
    begin_us, end_us = begin.astype(np.int64), end.astype(np.int64)
    known = ~np.isnat(end) & (end_us >= begin_us) & (end_us - begin_us <= int(max_window_days * _DAY))
    dates = local_dates(begin, time_zone)
    positions, unknown = np.flatnonzero(known), np.flatnonzero(~known)
    if len(positions):
        first = dates[positions].min()
        last = local_dates(end[positions], time_zone).max()
        edges = local_edges(first.item(), last.item(), list(dagdelen.values()), time_zone)
        window, bin_, overlap = overlaps(begin_us[positions], end_us[positions], edges)
        billionths = to_billionths(window, overlap)
        day, part = np.divmod(bin_, len(dagdelen))
        rows = (positions[window], first + day.astype("timedelta64[D]"), part, billionths)
    else:
        rows = (np.empty(0, np.int64), dates[:0], np.empty(0, np.int64), np.empty(0, np.int64))
    certain = rows[3] > 0
    frame = pd.DataFrame(
        {
            "position": np.r_[rows[0][certain], unknown],
            "local_date": np.r_[rows[1][certain], dates[unknown]],
            "dagdeel": pd.Categorical.from_codes(
                np.r_[rows[2][certain], np.full(len(unknown), len(dagdelen))], categories=pd.Index([*dagdelen, UNKNOWN])
            ),
            "billionths": np.r_[rows[3][certain], np.full(len(unknown), ONE)],
        }
    )
    return frame.sort_values("position", kind="stable", ignore_index=True)


def week_table(begin: Instants, end: Instants, *, time_zone: str) -> NDArray[np.float64]:
    """Summed weights per local hour and weekday: shape (24, 7), Monday first; the total is `len(begin)`.

    The rules of the R package: a missing or reversed end counts wholly in the hour of the begin, a window of a
    week or longer counts 1/168 in each hour. (The package works on wall-clock time: to compare with it, give local
    times and `time_zone="UTC"`.)
    """
    begin_us = begin.astype("datetime64[us]").astype(np.int64)
    end_us = end.astype("datetime64[us]").astype(np.int64)  # NaT is the smallest int64, hence reversed
    end_us = np.where(end_us < begin_us, begin_us, np.minimum(end_us, begin_us + _WEEK))
    table = np.zeros((24, 7))
    if len(begin_us) == 0:
        return table
    span = np.array([begin_us.min(), end_us.max()]).astype("datetime64[us]")
    first, last = (day.item() for day in local_dates(span, time_zone))
    edges = local_edges(first, last, range(24), time_zone)
    window, bin_, overlap = overlaps(begin_us, end_us, edges)
    share = overlap / np.bincount(window, weights=overlap)[window]
    day, hour = np.divmod(bin_, 24)
    np.add.at(table, (hour, (day + first.weekday()) % 7), share)
    return table
