"""What Dagster loads: the assets of one municipality, bound to their resources. No I/O beyond reading YAML."""

import dagster as dg

from orchestration.assets.automation import automation_definitions
from orchestration.assets.enriched import enriched_definitions
from orchestration.assets.gate_out import gate_out_definitions
from orchestration.assets.ingest import ingest_definitions
from orchestration.assets.signals import signals_definitions
from orchestration.assets.warehouse import warehouse_definitions
from orchestration.municipality import load_municipality
from orchestration.resources import resources
from orchestration.settings import get_settings


@dg.definitions
def defs() -> dg.Definitions:
    settings = get_settings()
    municipality = load_municipality(settings.municipality)
    return dg.Definitions.merge(
        ingest_definitions(municipality),
        enriched_definitions(municipality),
        warehouse_definitions(settings),
        gate_out_definitions(),
        signals_definitions(municipality),
        automation_definitions(municipality),
        dg.Definitions(resources=resources(settings)),
    )
