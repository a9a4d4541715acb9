"""When it happens and when it is reported: minutes of local time (Europe/Amsterdam), without a zone.

The windows follow a real extract: median 5.5 hours, 90% under 43 hours, 54% of the minutes zero, reported 1.6 days
after the begin (median). Times that the clock skips in March are moved on by an hour; those it repeats in October
stay as they are, ambiguous as in the real feed.
"""

from datetime import date, timedelta

import numpy as np

from orchestration.demo.arrays import Booleans, Integers, Moments, plus_minutes, weighted
from orchestration.demo.offences import CATEGORIES, HOURS, WEEKDAYS

_MINUTE = np.timedelta64(1, "m")
_DAY = 24 * 60
_LEAD_DAYS = 45  # what begins before the first day can be reported inside the period
_SPREAD_WINDOW = np.log(43 / 5.5) / 1.2816  # sigma of a lognormal with that median and 90th percentile
# A police clerk writes whole hours, then half hours, quarters and fives.
_BEGIN_MINUTES = (
    np.array([0, 30, 15, 45, 10, 20, 40, 50]),
    np.array([0.542, 0.16, 0.06, 0.06, 0.03, 0.03, 0.03, 0.02]),
)
_OFFICE_HOURS = np.array([0.2] * 7 + [1, 4, 8, 10, 10, 8, 8, 9, 9, 8, 6, 5, 5, 4, 3, 2, 1.0])
_LONGEST_HOURS = 26_000.0


def clock_changes(first: date, last: date) -> tuple[date, ...]:
    """The last Sundays of March and October in a period, when the clock changes at night."""
    days = [date(year, month, 31) for year in range(first.year, last.year + 1) for month in (3, 10)]
    sundays = [day - timedelta(days=(day.weekday() + 1) % 7) for day in days]
    return tuple(day for day in sundays if first <= day <= last)


def existing(moments: Moments) -> Moments:
    """Move local times that do not exist (02:00-03:00 on the last Sunday of March) on by an hour."""
    day = moments.astype("datetime64[D]")
    month_end = (moments.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    march = moments.astype("datetime64[M]").astype(np.int64) % 12 == 2
    last_sunday = march & (weekday(moments) == 6) & ((month_end - day).astype(np.int64) < 7)
    skipped = last_sunday & (hour(moments) == 2)
    return np.where(skipped, plus_minutes(moments, 60), moments)


def weekday(moments: Moments) -> Integers:
    """0 is Monday."""
    return (moments.astype("datetime64[D]").astype(np.int64) + 3) % 7


def hour(moments: Moments) -> Integers:
    hours: Integers = (moments - moments.astype("datetime64[D]")).astype("timedelta64[h]").astype(np.int64)
    return hours


def begin_moments(rng: np.random.Generator, category: Integers, first: date, last: date) -> Moments:
    """A begin per incident between `first` less `_LEAD_DAYS` and the end of `last`, by season, weekday and hour."""
    start = np.datetime64(first, "D") - _LEAD_DAYS
    days = np.arange(start, np.datetime64(last, "D") + 1)
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    day_of_week = weekday(days.astype("datetime64[m]"))
    begin = np.empty(category.size, dtype="datetime64[m]")
    for index, item in enumerate(CATEGORIES):
        mine = np.flatnonzero(category == index)
        weights = np.array(item.months)[month] * np.array(WEEKDAYS[item.moment])[day_of_week]
        hours = weighted(rng, np.array(HOURS[item.moment], dtype=float), mine.size)
        minutes = hours * 60 + _clerk_minutes(rng, mine.size)
        begin[mine] = plus_minutes(days[weighted(rng, weights, mine.size)].astype("datetime64[m]"), minutes)
    return existing(begin)


def lead_share(first: date, last: date) -> float:
    """How much longer the period of begins is than the period of reports, in years of reports per begin."""
    return ((last - first).days + 1 + _LEAD_DAYS) / 365.25


def _clerk_minutes(rng: np.random.Generator, size: int) -> Integers:
    values, shares = _BEGIN_MINUTES
    exact = 1 - shares.sum()
    picked = weighted(rng, np.append(shares, exact), size)
    return np.where(picked < values.size, values[np.minimum(picked, values.size - 1)], rng.integers(0, 60, size))


def end_moments(rng: np.random.Generator, category: Integers, begin: Moments) -> Moments:
    """The end of the window; for violence and calls mostly the begin itself."""
    window = np.array([item.window for item in CATEGORIES])[category]
    size = category.size
    # Short windows are shorter than a lognormal has them: many thefts are noticed within the day part.
    spread = rng.normal(0, 1, size)
    hours = np.exp(np.log(6.6) + spread * np.where(spread < 0, 1.35, 1.0) * _SPREAD_WINDOW)
    hours[rng.random(size) < 0.055] = 0.0
    point = np.where(rng.random(size) < 0.65, 0.0, np.exp(rng.normal(np.log(0.3), 0.9, size)))
    long = np.exp(rng.normal(np.log(72.0), 1.5, size))
    hours = np.minimum(np.select([window == "window", window == "long"], [hours, long], point), _LONGEST_HOURS)
    minutes = np.rint(hours * 60).astype(np.int64)
    end = plus_minutes(begin, minutes)
    # The longer the window, the rounder its end.
    of_day = (end - end.astype("datetime64[D]")).astype(np.int64)
    step = np.select([minutes == 0, (minutes > 180) & (rng.random(size) < 0.6), minutes > 45], [1, 60, 15], 5)
    end = existing(plus_minutes(end, np.rint(of_day / step) * step - of_day))
    return np.maximum(end, begin)


def report_moments(rng: np.random.Generator, category: Integers, begin: Moments, end: Moments) -> Moments:
    """When the police came to know: minutes for a call, days for a bicycle. Never before the begin."""
    kind = np.array([item.report for item in CATEGORIES])[category]
    size = category.size
    hours = {
        "direct": np.exp(rng.normal(np.log(0.15), 0.9, size)),
        "soon": np.exp(rng.normal(np.log(2.0), 1.9, size)),
        "late": np.exp(rng.normal(np.log(96.0), 1.4, size)),
    }
    after_end = np.select([kind == name for name in hours], list(hours.values()), 0.0)
    reported = plus_minutes(end, np.rint(after_end * 60))
    window = kind == "window"
    since_begin = np.exp(rng.normal(np.log(1.02 * 24), 1.75, size))
    soon_after = plus_minutes(end, np.rint(np.exp(rng.normal(np.log(2.0), 1.2, size)) * 60))
    from_begin = plus_minutes(begin, np.rint(since_begin * 60))
    reported = np.where(window, np.maximum(from_begin, soon_after), reported)
    reported = _at_office_hours(rng, reported, waited=reported - end > 10 * 60 * _MINUTE, end=end)
    # One in a hundred windows ends after the report: the file says so, whatever it means.
    odd = window & (rng.random(size) < 0.01) & (end > begin)
    early = plus_minutes(begin, (end - begin).astype(np.int64) * rng.uniform(0.3, 0.95, size))
    return existing(np.where(odd, early, reported))


def _at_office_hours(rng: np.random.Generator, reported: Moments, waited: Booleans, end: Moments) -> Moments:
    """Who waited until the next day comes by day."""
    minutes = weighted(rng, _OFFICE_HOURS, reported.size) * 60 + rng.integers(0, 60, reported.size)
    by_day = plus_minutes(reported.astype("datetime64[D]").astype("datetime64[m]"), minutes)
    by_day = np.where(by_day < end, plus_minutes(by_day, _DAY), by_day)
    return np.where(waited, by_day, reported)
