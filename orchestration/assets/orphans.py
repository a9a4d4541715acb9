"""Runs whose process was killed: marked as failed, so that the next may begin.

Dagster lets one run at a time begin, and of a run whose process died with its server, or that `vis process` did in a
terminal that is gone, it never hears again: it would count as busy for ever and nothing would run any more.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg

from orchestration.resources import Warehouse, alive_lock

_YOUNG = timedelta(minutes=2)  # a run takes its lock soon after it began
_ENDING_SECONDS = 5.0  # and lets go of it just before it says how it ended
AGAIN = "vis/opnieuw_na"  # on a run: the one that was broken off
_UNFINISHED = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]  # Dagster itself watches what should start


def fail_orphans(
    instance: dg.DagsterInstance,
    connection: psycopg.Connection,
    *,
    young: timedelta,
    ending_seconds: float,
) -> list[dg.DagsterRun]:
    """Mark every run that is under way without a living process as failed; returns them."""
    before = datetime.now(UTC) - young
    records = instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED, updated_before=before))
    silent = [record.dagster_run.run_id for record in records if not _lives(connection, record.dagster_run.run_id)]
    if not silent:
        return []
    time.sleep(ending_seconds)
    runs = [run for run_id in silent if (run := instance.get_run_by_id(run_id)) and run.status in _UNFINISHED]
    for run in runs:
        instance.report_run_failed(run, "Het proces van deze run is er niet meer; de volgende run gaat verder.")
    return runs


def _lives(connection: psycopg.Connection, run_id: str) -> bool:
    """Whether a process holds the lock of a run."""
    with connection.transaction():
        row = connection.execute(
            "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [alive_lock(run_id)]
        ).fetchone()
    return not (row and row[0])


def orphan_sensor(*jobs: Any) -> dg.SensorDefinition:
    """Looks every minute, in the daemon, and has one of these jobs done again when it was broken off.

    The other sensors ask for the same thing once. The type of a job that is not yet resolved has no public name.
    """

    @dg.sensor(
        name="verweesde_runs",
        jobs=jobs,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Zet een run waarvan het proces is gestopt op mislukt en vraagt hem één keer opnieuw aan",
    )
    def orphans(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SensorResult | dg.SkipReason:
        with warehouse.loader() as connection:
            failed = fail_orphans(context.instance, connection, young=_YOUNG, ending_seconds=_ENDING_SECONDS)
        if not failed:
            return dg.SkipReason("Geen run zonder proces")
        names = {job.name for job in jobs}
        # What dies a second time waits for somebody to look at it.
        again = [_again(run) for run in failed if run.job_name in names and AGAIN not in run.tags]
        return dg.SensorResult(run_requests=again)

    return orphans


def _again(run: dg.DagsterRun) -> dg.RunRequest:
    kept = {name: value for name, value in run.tags.items() if name.startswith("vis/")}
    selection = sorted(run.asset_selection) if run.asset_selection else None
    return dg.RunRequest(
        run_key=f"na {run.run_id}", job_name=run.job_name, asset_selection=selection, tags=kept | {AGAIN: run.run_id}
    )
