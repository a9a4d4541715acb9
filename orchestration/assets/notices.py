"""Who hears of what: failed runs, stopped deliveries and late sources, by e-mail and as checks."""

from collections.abc import Sequence

import dagster as dg

from orchestration.assets.ingest import raw_key
from orchestration.assets.partitions import complete_days
from orchestration.ingest.lateness import lateness
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality
from orchestration.notices.outbox import raise_about_deliveries, raise_notice, send_waiting
from orchestration.notices.texts import about_failed_run, about_lateness
from orchestration.resources import Warehouse

ON_TIME, FRESHNESS = "levering_op_tijd", "freshness"


def notice_definitions(municipality: Municipality) -> dg.Definitions:
    """Checks, sensors and the hourly look."""
    checks = [_on_time(municipality, spec) for spec in municipality.sources if spec.tolerances.freshness_hours]
    checks += [complete_days(municipality, spec, raw_key(spec)) for spec in municipality.sources if spec.daily]
    return dg.Definitions.merge(
        dg.Definitions(sensors=[_failed_runs(municipality), _send(municipality)]),
        _freshness(municipality, checks) if checks else dg.Definitions(),
    )


def _freshness(municipality: Municipality, checks: list[dg.AssetChecksDefinition]) -> dg.Definitions:
    job = dg.define_asset_job(
        FRESHNESS,
        selection=dg.AssetSelection.checks(*checks),
        description="Nagaan of elke bron op tijd heeft geleverd",
        executor_def=dg.in_process_executor,
    )
    hourly = dg.ScheduleDefinition(
        name="elk_uur_op_tijd",
        job=job,
        cron_schedule="15 * * * *",
        execution_timezone=municipality.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Elk uur: is er een levering te laat?",
    )
    return dg.Definitions(asset_checks=checks, jobs=[job], schedules=[hourly])


def _on_time(municipality: Municipality, spec: SourceSpec) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=raw_key(spec),
        name=ON_TIME,
        blocking=False,
        description=f"De laatste levering is niet ouder dan {spec.tolerances.freshness_hours:g} uur",
    )
    def on_time(warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.loader() as connection:
            found = lateness(connection, municipality, spec)
            if found.late:
                notice = about_lateness(municipality, spec.source, found.last, found.deadline, warehouse.settings)
                raise_notice(connection, municipality.code, notice)
        return dg.AssetCheckResult(
            passed=not found.late,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "laatste_levering": found.last.isoformat(" ", "minutes") if found.last else "nog nooit",
                "volgende_voor": found.deadline.isoformat(" ", "minutes") if found.deadline else "onbekend",
                "freshness_hours": spec.tolerances.freshness_hours,
            },
        )

    return on_time


def _failed_runs(municipality: Municipality) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="mislukte_runs",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Schrijft een bericht over elke mislukte run; `berichten` verstuurt het",
    )
    def failed_runs(context: dg.RunFailureSensorContext, warehouse: Warehouse) -> dg.SkipReason | None:
        failed = failed_steps(context.get_step_failure_events())
        if failed and all(is_told_by_its_delivery(step, error) for step, error in failed):
            return dg.SkipReason("De poort hield leveringen tegen: daarover gaat een eigen bericht")
        run = context.dagster_run
        notice = about_failed_run(municipality, run.run_id, run.job_name, failed, warehouse.settings)
        with warehouse.loader() as connection:
            raise_notice(connection, municipality.code, notice)
        return None

    return failed_runs


def failed_steps(events: Sequence[dg.DagsterEvent]) -> list[tuple[str, str]]:
    """(step, class of the first cause) of each failed step. Never the message: that may quote a row."""
    found = []
    for event in events:
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        found.append((event.step_key or "?", (error.cls_name if error else None) or "onbekend"))
    return found


def is_told_by_its_delivery(step: str, error: str) -> bool:
    """A gate that held or refused a delivery fails its run on purpose."""
    return step.startswith("ingest__") and error == "DagsterAssetCheckFailedError"


def _send(municipality: Municipality) -> dg.SensorDefinition:
    @dg.sensor(
        name="berichten",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Verstuurt de berichten die wachten; een mailserver die niet antwoordt wordt opnieuw geprobeerd",
    )
    def send(warehouse: Warehouse) -> dg.SkipReason:
        """A failure to send makes this tick fail, in sight, and no run."""
        with warehouse.loader() as connection:
            raise_about_deliveries(connection, municipality, warehouse.settings)
            connection.commit()
            sent = send_waiting(connection, municipality.code, warehouse.settings)
        return dg.SkipReason(f"{sent} berichten verstuurd" if sent else "Geen bericht te versturen")

    return send
