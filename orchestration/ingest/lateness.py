"""Whether a source delivers on time, judged by its newest delivery."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality


@dataclass(frozen=True)
class Lateness:
    """`last` and `deadline` know the municipality's zone; both are None when nothing was ever received."""

    last: datetime | None
    deadline: datetime | None
    late: bool


def lateness(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, now: datetime | None = None
) -> Lateness:
    """Is the next delivery overdue at `now` (default: the present)? A source without `freshness_hours` never is.

    Whatever arrived counts, also what was refused or held: that has its own notice. Hours are counted on the
    municipality's clock, so that a daily delivery at six is not late on the day of 25 hours.
    """
    row = connection.execute(
        "select max(received_at) from raw.delivery where municipality_code = %s and source = %s",
        [municipality.code, spec.source],
    ).fetchone()
    received = row[0] if row else None
    hours = spec.tolerances.freshness_hours
    if received is None:
        return Lateness(None, None, late=hours is not None)
    last: datetime = received.astimezone(ZoneInfo(municipality.time_zone))
    if hours is None:
        return Lateness(last, None, late=False)
    # Within one zone Python adds wall-clock time; compared with another zone it is an instant again.
    deadline = last + timedelta(hours=hours)
    return Lateness(last, deadline, late=(now or datetime.now(UTC)).astimezone(UTC) > deadline.astimezone(UTC))
