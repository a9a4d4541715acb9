"""Every step of a run has a stage of the measurements: a new step may not stop them."""

import dagster as dg

from orchestration.assets.enriched import enriched_definitions
from orchestration.assets.gate_out import gate_out_definitions
from orchestration.assets.ingest import ingest_definitions
from orchestration.assets.signals import signals_definitions
from orchestration.municipality import load_municipality
from tests.bench.measure import GATE_IN, SIGNALS, stage_of


def test_every_step_has_a_stage() -> None:
    demo = load_municipality("demo")
    parts = (ingest_definitions(demo), enriched_definitions(demo), gate_out_definitions(), signals_definitions(demo))
    steps = [
        step.op.name
        for step in dg.Definitions.merge(*parts).assets or ()
        if isinstance(step, dg.AssetsDefinition) and step.is_executable
    ]
    assert {stage_of(step, None) for step in [*steps, "dbt_warehouse"]} > {GATE_IN, SIGNALS}
