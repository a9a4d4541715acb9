"""Dates and moments against Python's own calendar and zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ingest.cells import NULL, Bad
from orchestration.ingest.moments import MomentFormat, Moments

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FORMATS = ["%d-%m-%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %H:%M:%S", "%Y%m%d%H%M", "%d %m %Y"]


def moments(format_: str = "%d-%m-%Y %H:%M", zone: ZoneInfo = AMSTERDAM, **keywords: bool) -> Moments:
    return Moments(format_, zone, is_date=keywords.get("is_date", False), required=keywords.get("required", False))


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@given(st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 31)), st.sampled_from(FORMATS))
def test_local_to_utc_is_what_zoneinfo_says(moment: datetime, format_: str) -> None:
    text = moment.strftime(format_)
    expected = datetime.strptime(text, format_).replace(tzinfo=AMSTERDAM)
    assert moments(format_).cells([text]) == [iso(expected)]


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Australia/Lord_Howe", "America/Caracas", "UTC"])
@pytest.mark.parametrize(
    "day", [datetime(2024, 3, 31), datetime(2024, 10, 27), datetime(2024, 4, 7), datetime(2016, 5, 1)]
)
def test_every_minute_of_a_clock_change_day(zone: str, day: datetime) -> None:
    minutes = [day + timedelta(minutes=minute) for minute in range(1440)]
    expected = [iso(minute.replace(tzinfo=ZoneInfo(zone))) for minute in minutes]
    assert moments(zone=ZoneInfo(zone)).cells([minute.strftime("%d-%m-%Y %H:%M") for minute in minutes]) == expected


@given(st.text("0123456789-: T", max_size=18))
def test_what_strptime_refuses_is_refused_and_else_agrees(text: str) -> None:
    format_ = "%d-%m-%Y %H:%M"
    try:
        expected = datetime.strptime(text, format_)
    except ValueError:
        assert MomentFormat(format_).parse([text])[0] == np.iinfo(np.int64).min
    else:
        assert MomentFormat(format_).parse([text])[0] == (expected - datetime(1970, 1, 1)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "today",
        "NaT",
        "nan",
        "31-02-2024 10:00",
        "01-05-2024 10:60",
        "٠١-05-2024 10:00",
        "01-05-2024 10:00Z",
        "-",
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    [cell] = cells = moments().cells([text])
    assert isinstance(cell, Bad)
    assert cells.wrong == (0,)
    assert "dd-mm-jjjj uu:mm" in cell


def test_figures_without_leading_zero_are_read() -> None:
    assert moments().cells(["1-5-2024 9:05", " 01-05-2024 09:05 "]) == ["2024-05-01T07:05:00Z"] * 2


def test_empty_is_null_unless_required() -> None:
    assert moments().cells(["", "  "]) == [NULL, NULL]
    cells = moments(required=True).cells(["", "01-05-2024 10:00"])
    assert cells.wrong == (0,)


def test_years_out_of_range() -> None:
    cells = moments().cells(["01-05-1899 10:00", "01-05-1900 10:00", "31-12-2100 10:00", "01-01-2101 10:00"])
    assert cells.wrong == (0, 3)
    assert "1900 tot en met 2100" in cells[0]


def test_offsets_in_the_text_win_from_the_municipality() -> None:
    assert moments("%Y-%m-%dT%H:%M:%S%z").cells(["2024-05-01T10:00:00+0300"]) == ["2024-05-01T07:00:00Z"]


def test_fractions_of_a_second_are_kept() -> None:
    cells = moments("%Y-%m-%dT%H:%M:%S.%f").cells(["2024-05-01T10:00:00.25", "2024-05-01T10:00:00.0"])
    assert cells == ["2024-05-01T08:00:00.250000Z", "2024-05-01T08:00:00Z"]


def test_dates_have_no_zone() -> None:
    assert moments("%d-%m-%Y", is_date=True).cells(["01-05-2024"]) == ["2024-05-01"]


def test_a_hint_needs_many_failures_that_the_swap_explains() -> None:
    column = moments()
    column.cells(["01-05-2024 10:00"] * 500)
    column.count_failures(["05-13-2024 10:00"] * 4)
    assert column.hint("Begin") is None
    column.count_failures(["05-13-2024 10:00"] * 4)
    assert "maand-eerst" in (column.hint("Begin") or "")
    column.count_failures(["niets"] * 20)
    assert column.hint("Begin") is None
