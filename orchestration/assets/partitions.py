"""The days of daily sources as partitions: a day with a delivery is there, a day without one is missing.

Dagster itself would mark every day of a run over a range as there. So the outputs of a daily source are optional and
never given; what there is, is reported from the ledger (docs/adr/0012).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.ingest.calendar import Delivered, days_with, delivered_by_day, missing_days
from orchestration.ingest.days import Days
from orchestration.ingest.ledger import Status
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality
from orchestration.notices.outbox import raise_notice
from orchestration.notices.texts import about_skipped_days
from orchestration.resources import Warehouse

COMPLETE = "dagen_compleet"
_DAYS_TAGS = ("vis/dagen_van", "vis/dagen_tot")


def daily_partitions(municipality: Municipality) -> dg.DailyPartitionsDefinition | None:
    """One row of days for all daily sources, up to and with today: a job cannot mix several. None without such."""
    starts = [spec.daily.since for spec in municipality.sources if spec.daily]
    if not starts:
        return None
    return dg.DailyPartitionsDefinition(
        start_date=min(starts).isoformat(), timezone=municipality.time_zone, end_offset=1
    )


def asked_days(context: dg.AssetExecutionContext) -> Days | None:
    """The delivery days that this run was asked for; None is all that waits, whatever day it is about."""
    if context.has_partition_key or context.has_partition_key_range:
        asked = context.partition_key_range
        return Days(date.fromisoformat(asked.start), date.fromisoformat(asked.end))
    tags = context.run.tags
    return Days(*(date.fromisoformat(tags[name]) for name in _DAYS_TAGS)) if _DAYS_TAGS[0] in tags else None


def days_tags(days: Days) -> dict[str, str]:
    """For a run over these days that Dagster does not plan day by day.

    Its own tags for a range announce every day of it, one by one: slow for years, and a failed run would then show
    every day without a delivery as failed, not as missing.
    """
    return dict(zip(_DAYS_TAGS, (days.first.isoformat(), days.last.isoformat()), strict=True))


def report_days(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    spec: SourceSpec,
    key: dg.AssetKey,
    touched: set[date],
    *statuses: Status,
    tell: Callable[[Delivered], dict[str, Any]],
) -> None:
    """Tell Dagster of the days that this run touched, and of those in the ledger that it does not know yet.

    A run that was killed after a decision left such days behind. Only days with a delivery in one of `statuses`.
    `tell` makes the words for a day of what the ledger holds about it, whichever run brought it.
    """
    if spec.daily is None:
        return
    municipality = warehouse.municipality
    with warehouse.loader() as connection:
        delivered = delivered_by_day(connection, municipality.code, spec.source, *statuses)
    today = datetime.now(UTC).astimezone(ZoneInfo(municipality.time_zone)).date()
    known = {date.fromisoformat(day) for day in context.instance.get_materialized_partitions(key)}
    for day in sorted(delivered.keys() & (touched | (delivered.keys() - known))):
        if spec.daily.since <= day <= today:
            context.log_event(dg.AssetMaterialization(key, partition=day.isoformat(), metadata=tell(delivered[day])))


def complete_days(municipality: Municipality, spec: SourceSpec, key: dg.AssetKey) -> dg.AssetChecksDefinition:
    """A check that lists the days without a delivery; a warning, for nothing that is there is wrong.

    About days that were passed over there is a notice.
    """
    look_back = spec.daily.look_back_days if spec.daily else 0

    @dg.asset_check(
        asset=key,
        name=COMPLETE,
        blocking=False,
        description=f"Over elk van de laatste {look_back} dagen is er een levering",
    )
    def complete(warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.loader() as connection:
            missing = missing_days(connection, municipality, spec)
            # Days at the end are late: that is told by `levering_op_tijd`.
            last = max(days_with(connection, municipality.code, spec.source), default=date.min)
            if skipped := [day for day in missing if day < last]:
                notice = about_skipped_days(municipality, spec.source, skipped, warehouse.settings)
                raise_notice(connection, municipality.code, notice)
        return dg.AssetCheckResult(
            passed=not missing,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"dagen_zonder_levering": [day.isoformat() for day in missing]} if missing else {},
        )

    return complete
