"""The day that a delivery is about: as its file's name says, else the local day on which it arrived."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from orchestration.ingest.source import SourceSpec


@dataclass(frozen=True)
class Days:
    """Delivery days from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


_DIGITS = {"%Y": "(?P<Y>[0-9]{4})", "%m": "(?P<m>[0-9]{2})", "%d": "(?P<d>[0-9]{2})"}
_WILD = {"*": ".*", "?": "."}
_PART = re.compile(r"%[Ymd]|[*?]|[^%*?]+|%")


def delivery_day(spec: SourceSpec, file_name: str, time_zone: str, now: datetime | None = None) -> date:
    """The day in a name that fits `fetch.day`; else, or when no such day exists, today in `time_zone`.

    `now` is the present by default.
    """
    return named_day(spec, file_name) or (now or datetime.now(UTC)).astimezone(ZoneInfo(time_zone)).date()


def named_day(spec: SourceSpec, file_name: str) -> date | None:
    """The day in a name that fits `fetch.day`, if it exists: there is no 2026-02-30."""
    found = _pattern(spec.fetch.day).fullmatch(file_name) if spec.fetch.day else None
    try:
        return date(*(int(found[part]) for part in "Ymd")) if found else None
    except ValueError:
        return None


def is_of_day(spec: SourceSpec, file_name: str) -> bool:
    """Whether a file is the delivery of its day: not a history, whose name has no day where that of others has."""
    return spec.fetch.day is None or named_day(spec, file_name) is not None


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    """`incidenten_%Y-%m-%d*.csv` as an expression: the wild cards of `fetch.pattern`, and the parts of a date."""
    return re.compile("".join(_DIGITS.get(p) or _WILD.get(p) or re.escape(p) for p in _PART.findall(text)), re.DOTALL)
