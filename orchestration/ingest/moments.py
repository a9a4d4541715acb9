"""Dates and moments: texts in one declared format to cells, many at a time.

Local time of the municipality becomes UTC by the rule of PEP 495 with fold=0: a time that occurs twice is the first
of the two, a time that was skipped is read with the offset from before the gap.
"""

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from orchestration.ingest.cells import NULL, Bad, Cells, bad

FIRST_YEAR, LAST_YEAR = 1900, 2100
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_WORDS = {"%Y": "jjjj", "%y": "jj", "%m": "mm", "%d": "dd", "%H": "uu", "%M": "mm", "%S": "ss"}
_DEFAULTS = {"Y": 1970, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0}
_SECOND = 1_000_000  # microseconds
_DAY = 86_400 * _SECOND
_QUARTER = 900 * _SECOND  # offsets change on whole quarters of an hour
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local time, its zone is added later
_FAILED = np.iinfo(np.int64).min


class MomentFormat:
    """A `strptime` format; `parse` is strict and vectorised for formats of figures of fixed width."""

    def __init__(self, format_: str) -> None:
        self.format = format_
        self.has_offset = "%z" in format_
        self._fields: dict[str, int] | None = {}
        self._literals: dict[int, str] = {}
        position = 0
        for directive, literal in re.findall(r"%(.)|(.)", format_, re.DOTALL):
            if literal:
                self._literals[position] = literal
                position += 1
            elif directive in _WIDTHS and self._fields is not None and directive not in self._fields:
                self._fields[directive] = position
                position += _WIDTHS[directive]
            else:
                self._fields = None
        self._width = position

    @property
    def described(self) -> str:
        """The format as an official writes it, such as `dd-mm-jjjj uu:mm`."""
        return re.sub(r"%.", lambda match: _WORDS.get(match[0], match[0]), self.format)

    def swapped(self) -> "MomentFormat | None":
        """Day and month changed places; None when the format does not have both."""
        if "%d" not in self.format or "%m" not in self.format:
            return None
        return MomentFormat(self.format.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m"))

    def parse(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Microseconds since 1970 (local, or UTC with `%z`) per text; the lowest integer where it does not fit."""
        if not texts:
            return np.empty(0, np.int64)
        if self._fields is None:
            return np.array([self._parse_one(text) for text in texts], np.int64)
        result = self._parse_fixed(texts, self._fields)
        for index in np.flatnonzero(result == _FAILED).tolist():
            result[index] = self._parse_one(texts[index])  # figures without a leading zero
        return result

    def _parse_fixed(self, texts: Sequence[str], fields: dict[str, int]) -> NDArray[np.int64]:
        # One character more than fits, so that a longer text is seen to be longer.
        characters = np.array(texts, dtype=f"U{self._width + 1}").view(np.uint32).reshape(len(texts), -1)
        good = characters[:, self._width] == 0
        for position, literal in self._literals.items():
            good &= characters[:, position] == ord(literal)
        values: dict[str, NDArray[np.int64]] = {}
        for directive, default in _DEFAULTS.items():
            if directive not in fields:
                values[directive] = np.full(len(texts), default, np.int64)
                continue
            start = fields[directive]
            value = np.zeros(len(texts), np.int64)
            for column in range(start, start + _WIDTHS[directive]):
                figure = characters[:, column] - np.uint32(48)  # what lies before "0" becomes very large
                good &= figure <= 9
                value = value * 10 + figure
            values[directive] = value
        good &= (values["m"] >= 1) & (values["m"] <= 12) & (values["d"] >= 1)
        good &= (values["H"] < 24) & (values["M"] < 60) & (values["S"] < 60)
        good &= values["Y"] <= 9999
        months = np.where(good, (values["Y"] - 1970) * 12 + values["m"] - 1, 0)
        first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        good &= values["d"] <= following - first
        days = first + values["d"] - 1
        seconds = ((days * 24 + values["H"]) * 60 + values["M"]) * 60 + values["S"]
        return np.where(good, seconds * _SECOND, _FAILED)

    def _parse_one(self, text: str) -> int:
        if not text.isascii():
            return int(_FAILED)
        try:
            moment = dt.datetime.strptime(text, self.format)  # noqa: DTZ007 - local time
        except ValueError:
            return int(_FAILED)
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
        return (moment - _EPOCH) // dt.timedelta(microseconds=1)


class Moments:
    """Converts one date or timestamp column and keeps the count of what did not fit, for the hint on its format."""

    def __init__(self, format_: str, zone: ZoneInfo, *, is_date: bool, required: bool) -> None:
        self._format = MomentFormat(format_)
        self._swapped = self._format.swapped()
        self._is_date = is_date
        self._empty = bad("", "deze kolom is verplicht") if required else NULL
        self._offsets = _day_offsets(zone)
        self._days, self._times = _DayTexts(), _TimeTexts()
        self.filled = self.failed = self.swappable = 0

    def cells(self, texts: Sequence[str]) -> Cells:
        cells = self._convert([text.strip() for text in texts])
        self.filled += len(cells) - cells.count(self._empty)
        return cells

    def hint(self, name: str) -> str | None:
        """Says that day and month look swapped when that explains most of many failures; else None."""
        many = max(3, 0.01 * self.filled)
        if self._swapped is None or self.failed < many or self.swappable < 0.5 * self.failed:
            return None
        first = "maand-eerst" if self._swapped.format.find("%m") < self._swapped.format.find("%d") else "dag-eerst"
        return (
            f'kolom "{name}": {self.swappable} van de {self.failed} onleesbare datums passen wel op '
            f"{self._swapped.described}; de datums lijken {first}, terwijl de bron {self._format.described} noemt"
        )

    def count_failures(self, texts: Sequence[str]) -> None:
        """Take the texts of the rows that failed into the tally of `hint`."""
        self.failed += len(texts)
        if self._swapped is not None:
            parsed = self._swapped.parse([text.strip() for text in texts])
            self.swappable += int((parsed != _FAILED).sum())

    def _convert(self, texts: list[str]) -> Cells:
        moments = self._format.parse(texts)
        good = moments != _FAILED
        years = np.where(good, moments, 0).astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970
        in_range = (years >= FIRST_YEAR) & (years <= LAST_YEAR)
        usable = good & in_range
        moments = np.where(usable, moments, 0)
        if self._is_date:
            cells = [self._days[day] for day in (moments // _DAY).tolist()]
        else:
            cells = self._write(moments if self._format.has_offset else self._to_utc(moments))
        wrong = []
        for index in np.flatnonzero(~usable).tolist():
            text = texts[index]
            cells[index] = self._problem(text, is_date=bool(good[index])) if text else self._empty
            if type(cells[index]) is Bad:
                wrong.append(index)
        return Cells(cells, wrong)

    def _problem(self, text: str, *, is_date: bool) -> str:
        if is_date:
            return bad(text, f"een jaar van {FIRST_YEAR} tot en met {LAST_YEAR}")
        return bad(text, f"een bestaande datum als {self._format.described}")

    def _to_utc(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        days, inverse = np.unique(local // _DAY, return_inverse=True)
        starts = [self._offsets[day] for day in days.tolist()]
        offsets = np.array([offset or 0 for offset in starts], np.int64)[inverse]
        changing = np.array([offset is None for offset in starts], bool)[inverse]
        for index in np.flatnonzero(changing).tolist():
            offsets[index] = self._offsets.at(int(local[index]) // _QUARTER * _QUARTER)
        return local - offsets

    def _write(self, moments: NDArray[np.int64]) -> list[str]:
        """UTC as `2024-01-31T23:59:00Z`; with microseconds only where there are any."""
        days, seconds = moments // _DAY, moments % _DAY // _SECOND
        day_texts, times = self._days, self._times
        cells = [day_texts[d] + times[s] for d, s in zip(days.tolist(), seconds.tolist(), strict=True)]
        for index in np.flatnonzero(moments % _SECOND).tolist():
            cells[index] = f"{cells[index][:-1]}.{int(moments[index]) % _SECOND:06d}Z"
        return cells


class _DayOffsets(dict[int, int | None]):
    """Days since 1970 → the offset from UTC that holds the whole local day; None where the clock changes on it."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, day: int) -> int | None:
        offsets = {self.at(day * _DAY + quarter * _QUARTER) for quarter in range(0, 97, 4)}
        self[day] = offset = offsets.pop() if len(offsets) == 1 else None
        return offset

    def at(self, local: int) -> int:
        """The offset in microseconds at a local moment."""
        # A datetime without fold=1 has fold=0.
        moment = (_EPOCH + dt.timedelta(microseconds=local)).replace(tzinfo=self._zone)
        return (moment.utcoffset() or dt.timedelta()) // dt.timedelta(microseconds=1)


@cache
def _day_offsets(zone: ZoneInfo) -> _DayOffsets:
    """One for all columns and deliveries: a history of 18 years has 6,700 days, each asked 25 times."""
    return _DayOffsets(zone)


class _DayTexts(dict[int, str]):
    """Days since 1970 as `2024-01-31`."""

    def __missing__(self, day: int) -> str:
        self[day] = text = (_EPOCH + dt.timedelta(days=day)).date().isoformat()
        return text


class _TimeTexts(dict[int, str]):
    """Seconds since midnight as `T23:59:00Z`."""

    def __missing__(self, second: int) -> str:
        self[second] = text = f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
        return text
