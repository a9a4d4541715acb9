"""Which days of a daily source had a delivery, and which should have had one by now."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from orchestration.ingest.days import Days
from orchestration.ingest.ledger import Status
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality

_A_DAY_HOURS = 24.0


@dataclass(frozen=True)
class Delivered:
    """What was delivered about one day: files, their bytes, and their rows as the ledger accounts for them."""

    files: int
    size_bytes: int
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_duplicate: int


def delivered_by_day(
    connection: psycopg.Connection, municipality_code: str, source: str, *statuses: Status
) -> dict[date, Delivered]:
    """Per delivery day of a source what came about it; with `statuses` only of deliveries in one of those.

    A history that names no day is not about the day on which it came.
    """
    rows = connection.execute(
        """
        select delivery_day, count(*), sum(size_bytes)::bigint, sum(rows_read)::bigint, sum(rows_loaded)::bigint,
          sum(rows_quarantined)::bigint, sum(rows_duplicate)::bigint
        from raw.delivery
        where municipality_code = %(municipality)s and source = %(source)s and is_of_day
          and (status = any(%(statuses)s::text[]) or cardinality(%(statuses)s::text[]) = 0)
        group by delivery_day
        """,
        {"municipality": municipality_code, "source": source, "statuses": list(statuses)},
    )
    return {day: Delivered(*counts) for day, *counts in rows}


def days_with(connection: psycopg.Connection, municipality_code: str, source: str, *statuses: Status) -> set[date]:
    """The delivery days of a source; with `statuses` only of deliveries in one of those."""
    return set(delivered_by_day(connection, municipality_code, source, *statuses))


def missing_days(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, now: datetime | None = None
) -> list[date]:
    """The days of the last `look_back_days` about which a delivery is overdue at `now` (default: the present).

    A day is overdue `freshness_hours` after its local midnight, or a whole day after it for a source without. No day
    before `since` or before the first delivery is missing, and none of a source that is not daily. Whatever arrived
    counts, also what was refused or held: that has its own notice.
    """
    if spec.daily is None:
        return []
    delivered = days_with(connection, municipality.code, spec.source)
    if not delivered:
        return []
    local = (now or datetime.now(UTC)).astimezone(ZoneInfo(municipality.time_zone))
    # Within one zone Python subtracts wall-clock time, as a delivery at the same hour each day asks.
    due = (local - timedelta(hours=spec.tolerances.freshness_hours or _A_DAY_HOURS)).date() - timedelta(days=1)
    first = max(min(delivered), spec.daily.since, due - timedelta(days=spec.daily.look_back_days - 1))
    return [day for day in each_day(Days(first, due)) if day not in delivered]


def each_day(days: Days) -> list[date]:
    """All days of a span, in order; none when it ends before it begins."""
    return [days.first + timedelta(days=number) for number in range((days.last - days.first).days + 1)]
