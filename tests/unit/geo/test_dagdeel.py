"""Aoristic weights: the published reference, clock changes, edges, and a minute-by-minute count of its own."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.geo.dagdeel import ONE, UNKNOWN, dagdeel_weights, local_edges, overlaps, to_billionths, week_table

DAGDELEN = {"nacht": 0, "ochtend": 6, "middag": 12, "avond": 18}
ZONE = ZoneInfo("Europe/Amsterdam")
UTC = ZoneInfo("UTC")
Weights = dict[tuple[date, str], int]


def instants(moments: list[datetime | None]) -> np.ndarray:
    """Aware datetimes → UTC datetime64."""
    naive = [None if m is None else m.astimezone(UTC).replace(tzinfo=None) for m in moments]
    return np.array(naive, dtype="datetime64[us]")


def weigh(*windows: tuple[datetime, datetime | None], days: float = 7) -> list[Weights]:
    frame = dagdeel_weights(
        instants([begin for begin, _ in windows]),
        instants([end for _, end in windows]),
        dagdelen=DAGDELEN,
        time_zone=ZONE.key,
        max_window_days=days,
    )
    result: list[Weights] = [{} for _ in windows]
    for position, day, dagdeel, billionths in frame.itertuples(index=False):
        assert (day.date(), dagdeel) not in result[position]
        result[position][day.date(), dagdeel] = billionths
    return result


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE, fold=fold)


def minute_by_minute(begin: datetime, end: datetime) -> Counter[tuple[date, str]]:
    """Walk the window a minute at a time on the real clock and look where each minute falls."""
    count: Counter[tuple[date, str]] = Counter()
    moment, stop = begin.astimezone(UTC), end.astimezone(UTC)
    while moment < stop:
        here = moment.astimezone(ZONE)
        name = [name for name, hour in DAGDELEN.items() if hour <= here.hour][-1]
        count[here.date(), name] += 1
        moment += timedelta(minutes=1)
    return count


@pytest.fixture(scope="module")
def burglaries(shared_dir: Path) -> pd.DataFrame:
    return pd.read_csv(shared_dir / "reference/aoristic/dcburglaries.csv", parse_dates=["start_local", "end_local"])


def test_reproduces_the_published_hour_by_weekday_table(burglaries: pd.DataFrame, shared_dir: Path) -> None:
    expected = pd.read_csv(shared_dir / "reference/aoristic/expected_dcburgsum_24x7.csv").iloc[:, 1:].to_numpy()
    # The R package adds and subtracts wall-clock time; hence local times on a line without clock changes.
    table = week_table(burglaries["start_local"].to_numpy(), burglaries["end_local"].to_numpy(), time_zone="UTC")
    assert np.abs(table - expected).max() <= 0.0006
    assert table.sum() == pytest.approx(1025)
    by_dagdeel = table.reshape(4, 6, 7).sum(axis=(1, 2))
    # The published totals are sums of 42 cells that were each rounded to 0.001.
    assert by_dagdeel == pytest.approx([257.676, 224.944, 285.205, 257.183], abs=42 * 0.0005)


def test_week_table_counts_elapsed_time_in_a_zone_with_clock_changes() -> None:
    begin, end = instants([local("2024-03-31 01:00")]), instants([local("2024-03-31 04:00")])
    table = week_table(begin, end, time_zone=ZONE.key)
    assert table[[1, 2, 3], 6].tolist() == [0.5, 0, 0.5]


def test_a_window_within_one_dagdeel() -> None:
    assert weigh((local("2024-05-01 13:00"), local("2024-05-01 15:00"))) == [{(date(2024, 5, 1), "middag"): ONE}]


def test_a_window_over_two_dagdelen_is_shared_by_time() -> None:
    assert weigh((local("2024-05-01 17:00"), local("2024-05-01 21:00"))) == [
        {(date(2024, 5, 1), "middag"): ONE // 4, (date(2024, 5, 1), "avond"): ONE * 3 // 4}
    ]


def test_a_window_that_ends_at_midnight_leaves_nothing_in_the_next_day() -> None:
    assert weigh((local("2024-05-01 23:00"), local("2024-05-02 00:00"))) == [{(date(2024, 5, 1), "avond"): ONE}]


@pytest.mark.parametrize(
    ("moment", "dagdeel"),
    [("00:00", "nacht"), ("05:59", "nacht"), ("06:00", "ochtend"), ("12:00", "middag"), ("18:00", "avond")],
)
def test_a_moment_falls_in_the_dagdeel_that_begins_there(moment: str, dagdeel: str) -> None:
    at = local(f"2024-05-01 {moment}")
    assert weigh((at, at)) == [{(date(2024, 5, 1), dagdeel): ONE}]


def test_the_day_of_23_hours_has_a_night_of_five() -> None:
    found = weigh((local("2024-03-31 00:00"), local("2024-04-01 00:00")))[0]
    day = date(2024, 3, 31)
    # 5/23 has the largest remainder below the billionth, so it gets the one that rounding down leaves over.
    assert found == {
        (day, "nacht"): ONE * 5 // 23 + 1,
        (day, "ochtend"): ONE * 6 // 23,
        (day, "middag"): ONE * 6 // 23,
        (day, "avond"): ONE * 6 // 23,
    }


def test_the_day_of_25_hours_has_a_night_of_seven() -> None:
    found = weigh((local("2024-10-27 00:00"), local("2024-10-28 00:00")))[0]
    assert found[date(2024, 10, 27), "nacht"] == ONE * 7 // 25
    assert sum(found.values()) == ONE


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    """02:30 summer time until 02:30 winter time is an hour, not a moment; until 06:30 it is five hours."""
    hour = (local("2024-10-27 02:30"), local("2024-10-27 02:30", fold=1))
    early = (local("2024-10-27 02:30"), local("2024-10-27 06:30"))
    late = (local("2024-10-27 02:30", fold=1), local("2024-10-27 06:30"))
    day = date(2024, 10, 27)
    assert weigh(hour, early, late) == [
        {(day, "nacht"): ONE},
        {(day, "nacht"): ONE * 9 // 10, (day, "ochtend"): ONE // 10},
        {(day, "nacht"): ONE * 7 // 8, (day, "ochtend"): ONE // 8},
    ]


def test_a_window_of_six_days_touches_24_dagdelen() -> None:
    found = weigh((local("2024-05-01 00:00"), local("2024-05-07 00:00")))[0]
    assert len(found) == 24
    assert set(found.values()) == {ONE // 24, ONE // 24 + 1}
    # 1e9 is no multiple of 24: the earliest bins carry the billionths that are left over.
    assert [found[date(2024, 5, 1), name] for name in DAGDELEN] == [ONE // 24 + 1] * 4


def test_what_says_nothing_about_the_time_is_unknown_on_the_local_date_of_its_begin() -> None:
    begin = local("2024-05-01 00:30")  # 30 April in UTC
    unknown = {(date(2024, 5, 1), UNKNOWN): ONE}
    seven = timedelta(days=7)
    assert (
        weigh((begin, None), (begin, begin - timedelta(minutes=1)), (begin, begin + seven + timedelta(seconds=1)))
        == [unknown] * 3
    )
    assert UNKNOWN not in {name for _, name in weigh((begin, begin + seven))[0]}


def test_nothing_but_unknown_and_nothing_at_all() -> None:
    assert weigh((local("2024-05-01 10:00"), None))[0][date(2024, 5, 1), UNKNOWN] == ONE
    assert weigh() == []


def test_a_missing_begin_is_an_error() -> None:
    with pytest.raises(ValueError, match="begin"):
        weigh((None, local("2024-05-01 10:00")))  # type: ignore[arg-type]


def test_seconds_count_and_a_share_too_small_to_write_is_left_out() -> None:
    begin = local("2024-05-01 05:59:59.999999")
    found = weigh((begin, begin + timedelta(days=6)))[0]
    assert (date(2024, 5, 1), "nacht") not in found  # 1 µs of 6 days
    assert sum(found.values()) == ONE


def test_the_core_refuses_what_it_cannot_share_out() -> None:
    edges = np.array([0, 10, 20])
    for begin, end in ((5, 4), (-1, 3), (15, 21), (20, 20)):
        with pytest.raises(ValueError, match="within the outer edges"):
            overlaps(np.array([begin]), np.array([end]), edges)


def test_billionths_stay_exact_for_windows_of_decades() -> None:
    window, overlap = np.array([0, 0, 0]), np.array([1, 1, 1]) * 10**15
    assert to_billionths(window, overlap).tolist() == [333_333_334, 333_333_333, 333_333_333]


def test_edges_of_any_hours_follow_the_clock() -> None:
    edges = local_edges(date(2024, 3, 31), date(2024, 3, 31), range(24), ZONE.key)
    lengths = np.diff(edges) // 60_000_000
    assert lengths.tolist() == [60, 60, 0] + [60] * 21
    edges = local_edges(date(2024, 10, 27), date(2024, 10, 27), range(24), ZONE.key)
    assert (np.diff(edges) // 60_000_000).tolist() == [60, 60, 120] + [60] * 21


# Around both clock changes, so that about half of the windows meet one.
moments = st.one_of(
    st.datetimes(datetime(2024, 3, 27), datetime(2024, 4, 3)),
    st.datetimes(datetime(2024, 10, 23), datetime(2024, 10, 30)),
    st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)),
).map(lambda moment: moment.replace(tzinfo=UTC))
windows = st.lists(st.tuples(moments, st.none() | st.timedeltas(timedelta(days=-1), timedelta(days=9))), max_size=30)


@given(windows)
@settings(max_examples=150, deadline=None)
def test_weights_of_each_window_sum_to_one_and_stay_within_its_dates(
    drawn: list[tuple[datetime, timedelta | None]],
) -> None:
    given_windows = [(begin, None if length is None else begin + length) for begin, length in drawn]
    for (begin, end), found in zip(given_windows, weigh(*given_windows), strict=True):
        assert sum(found.values()) == ONE
        assert all(weight > 0 for weight in found.values())
        first = begin.astimezone(ZONE).date()
        if (end is None) or not timedelta(0) <= end - begin <= timedelta(days=7):
            assert found == {(first, UNKNOWN): ONE}
        else:
            assert all(first <= day <= end.astimezone(ZONE).date() for day, _ in found)
            assert UNKNOWN not in {name for _, name in found}


@given(moments, st.integers(1, 7 * 1440))
@settings(max_examples=60, deadline=None)
def test_equals_a_count_minute_by_minute(moment: datetime, minutes: int) -> None:
    begin = moment.replace(second=0, microsecond=0)
    end = begin + timedelta(minutes=minutes)
    counted = minute_by_minute(begin, end)
    found = weigh((begin, end))[0]
    assert found.keys() == counted.keys()
    for key, count in counted.items():
        assert found[key] == pytest.approx(ONE * count / minutes, abs=1)


def test_a_million_windows_take_seconds() -> None:
    """Guards against a loop per incident creeping in; the machine may be busy, hence the wide limit."""
    random = np.random.default_rng(7)
    begin = np.datetime64("2021-01-01", "us") + random.integers(0, 10**8, 1_000_000).astype("timedelta64[s]")
    end = begin + random.exponential(12 * 3600, 1_000_000).astype("timedelta64[s]")
    started = datetime.now()
    frame = dagdeel_weights(begin, end, dagdelen=DAGDELEN, time_zone=ZONE.key, max_window_days=7)
    assert datetime.now() - started < timedelta(seconds=20)
    assert int(frame["billionths"].sum()) == 1_000_000 * ONE
