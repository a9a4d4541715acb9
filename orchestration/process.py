"""`vis process`: handle all that waits, now, in this process, without the daemon."""

import os
from datetime import datetime
from importlib import import_module
from zoneinfo import ZoneInfo

import dagster as dg
import psycopg

from orchestration import dbt
from orchestration.municipality import load_municipality
from orchestration.operations.console import console, step
from orchestration.operations.dagster_home import write_dagster_home
from orchestration.settings import Settings


def process(settings: Settings, *, instance: dg.DagsterInstance | None = None) -> bool:
    """Take in every waiting delivery, then build the marts. True when no run failed.

    The runs are kept in Dagster's history (`instance`: default the installation's own), so the web page shows them.
    A failed gate of one source makes its run fail loudly; what the other gates let through is built all the same.
    """
    municipality = load_municipality(settings.municipality)
    with psycopg.connect(settings.dsn("loader")) as connection:
        municipality.register(connection, on=datetime.now(ZoneInfo(municipality.time_zone)).date())
    dbt.parse(settings)
    os.environ["DAGSTER_HOME"] = str(write_dagster_home(settings))
    os.environ["VIS_DAGSTER_DATABASE_URL"] = settings.dsn("dagster", "dagster")
    # Reads the manifest that was just written, hence no import at the top.
    definitions: dg.Definitions = import_module("orchestration.definitions").defs()
    instance = instance or dg.DagsterInstance.get()
    succeeded = True
    for name in ("ingest", "build"):
        job = definitions.resolve_job_def(name)
        with step(f"{name}: {job.description}"):
            result = job.execute_in_process(instance=instance, raise_on_error=False)
        for event in result.all_events:
            if event.event_type_value == "ASSET_CHECK_EVALUATION" and not event.asset_check_evaluation_data.passed:
                evaluation = event.asset_check_evaluation_data
                console.print(f"    [yellow]{evaluation.asset_key.to_user_string()}: {evaluation.check_name}[/yellow]")
                for label, value in evaluation.metadata.items():
                    console.print(f"      {label}: {value.value}")
        succeeded &= result.success
    return succeeded
