"""When things run: what lands in an inbox is taken in, what a gate accepted is built on.

Two jobs, so that a held or refused delivery of one source never stops the others: `ingest` ends at the gate,
`build` starts from accepted rows only.
"""

import dagster as dg

from orchestration.assets.ingest import source_keys
from orchestration.assets.notices import notice_definitions
from orchestration.assets.orphans import orphan_sensor
from orchestration.ingest.ledger import ledger_state
from orchestration.ingest.progress import BUILD as BUILD_STAGE
from orchestration.ingest.progress import progress, sources_with_news
from orchestration.ingest.source import ON_DELIVERY, SourceSpec
from orchestration.municipality import Municipality
from orchestration.resources import Warehouse

INGEST, BUILD = "ingest", "build"
# Both stages run in one process: dbt uses threads of its own, and Great Expectations takes seconds to import.
_EXECUTOR = dg.in_process_executor


def automation_definitions(municipality: Municipality) -> dg.Definitions:
    """The jobs and the sensors that start them."""
    ingest = dg.define_asset_job(
        INGEST,
        selection=dg.AssetSelection.groups("landing") | dg.AssetSelection.key_prefixes(["raw"]),
        description="Leveringen opnemen: landing, raw en de poort naar binnen, per bron",
        executor_def=_EXECUTOR,
    )
    build = dg.define_asset_job(
        BUILD,
        selection=dg.AssetSelection.groups("enriched", "core", "staging", "marts", "signals"),
        description="Van geaccepteerde rijen naar marts: verrijken, dbt, de poort naar buiten, en de signaleringstool",
        executor_def=_EXECUTOR,
    )

    @dg.sensor(
        job=ingest,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Start `ingest` voor de bronnen waarvan in de inbox iets nieuws ligt",
    )
    def inbox(warehouse: Warehouse) -> dg.RunRequest | dg.SkipReason:
        with warehouse.loader() as connection:
            news = {
                state: spec
                for state, spec in sources_with_news(connection, municipality, warehouse.settings).items()
                if spec.schedule == ON_DELIVERY
            }
        if not news:
            return dg.SkipReason("Niets nieuws in de inbox")
        # The key is the state itself: the same news is asked for once, however often the sensor looks.
        return dg.RunRequest(run_key="\n".join(news), asset_selection=source_keys(news.values()))

    @dg.sensor(
        job=build,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Start `build` zodra een poort over een levering heeft beslist",
    )
    def decided(warehouse: Warehouse) -> dg.RunRequest | dg.SkipReason:
        with warehouse.loader() as connection:
            newest = ledger_state(connection, municipality.code)
            built = progress(connection, municipality.code, BUILD_STAGE)
        if newest == (built or ""):
            return dg.SkipReason("Geen levering waarover nieuw is beslist")
        return dg.RunRequest(run_key=newest)

    timed = [_timed(spec, municipality) for spec in municipality.sources if spec.schedule != ON_DELIVERY]
    return dg.Definitions.merge(
        dg.Definitions(
            jobs=[ingest, build],
            sensors=[inbox, decided, orphan_sensor(ingest, build)],
            schedules=[*timed, *_daily(municipality)],
        ),
        notice_definitions(municipality),
    )


def _daily(municipality: Municipality) -> list[dg.ScheduleDefinition]:
    """Once a day everything, whatever the sensors saw: what failed yesterday gets another chance.

    The runs queue, one at a time. Should `build` go first, then `decided` asks for another when there is news.
    """
    on_delivery = [spec for spec in municipality.sources if spec.schedule == ON_DELIVERY]

    def daily(name: str, job: str, request: dg.RunRequest, description: str) -> dg.ScheduleDefinition:
        return dg.ScheduleDefinition(
            name=name,
            job_name=job,
            cron_schedule="0 6 * * *",
            execution_timezone=municipality.time_zone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=description,
            execution_fn=lambda context: request,
        )

    build = daily("dagelijks_build", BUILD, dg.RunRequest(), "Elke dag om zes uur: de marts bijwerken")
    if not on_delivery:
        return [build]
    take_in = dg.RunRequest(asset_selection=source_keys(on_delivery))
    return [daily("dagelijks_ingest", INGEST, take_in, "Elke dag om zes uur: elke inbox nazien"), build]


def _timed(spec: SourceSpec, municipality: Municipality) -> dg.ScheduleDefinition:
    """A source with a cron expression is looked at then, in the municipality's own time, and not in between."""

    @dg.schedule(
        name=f"take_in__{spec.source}",
        job_name=INGEST,
        cron_schedule=spec.schedule,
        execution_timezone=municipality.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{spec.title}: opnemen op vaste tijden",
    )
    def take_in() -> dg.RunRequest:
        return dg.RunRequest(asset_selection=source_keys([spec]))

    return take_in
