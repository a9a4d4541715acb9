"""Departments' signals after the gate in: taken over into the signaleringstool."""

from collections.abc import Iterator
from typing import TypeAlias

import dagster as dg

from orchestration.assets.ingest import accepted_key
from orchestration.assets.measured import measured
from orchestration.assets.retries import technical_only, technical_retries
from orchestration.ingest.receive_signals import receive_signals
from orchestration.municipality import Municipality
from orchestration.resources import BuildTurn, Warehouse

SIGNALS = dg.AssetKey(["signals", "signal"])
GROUP = "signals"
COMPLETE = "signalen_overgenomen"

Event: TypeAlias = dg.MaterializeResult | dg.AssetCheckResult  # type: ignore[type-arg]


def signals_definitions(municipality: Municipality) -> dg.Definitions:
    """One step, for a municipality whose departments deliver signals; else none."""
    shapes = {spec.shape for spec in municipality.sources}
    if "signal" not in shapes:
        return dg.Definitions()

    @dg.multi_asset(
        name="signals_received",
        specs=[
            dg.AssetSpec(
                SIGNALS,
                deps=[accepted_key(shape) for shape in ("signal", "address") if shape in shapes],
                group_name=GROUP,
                kinds={"postgres"},
                description="Signalen uit de registers van afdelingen, in de signaleringstool; elke wijziging gelogd",
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                COMPLETE, asset=SIGNALS, description="Elk signaal heeft een adres en een afdeling die de tool kent"
            )
        ],
        # Makes every output optional: where nothing is new the check has no outcome, and the last one stands.
        can_subset=True,
        retry_policy=technical_retries(),
    )
    def signals_received(warehouse: Warehouse, turn: BuildTurn) -> Iterator[Event]:
        with technical_only():
            turn.take(warehouse.municipality.code)
            with measured() as step, warehouse.loader() as connection:
                received = receive_signals(connection, warehouse.municipality)
        changed = sum(r.placed + r.changed + r.closed + r.withdrawn for r in received)
        told = {name: count for reception in received for name, count in reception.metadata().items()}
        yield dg.MaterializeResult(
            SIGNALS, metadata=step.metadata(changed + sum(r.unchanged + r.refused for r in received), changed, **told)
        )
        problems = {r.source: "; ".join(r.problems()) for r in received if r.problems()}
        if received:
            yield dg.AssetCheckResult(
                check_name=COMPLETE,
                asset_key=SIGNALS,
                passed=not problems,
                severity=dg.AssetCheckSeverity.WARN,
                metadata=problems,
            )

    return dg.Definitions(assets=[signals_received])
