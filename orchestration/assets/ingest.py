"""Per declared source: landing → raw → gate in. A factory, so that a new source is one YAML file.

The three are one step: of a daily source no output is given for a day without a delivery, and Dagster skips every
step behind an output that is not given.
"""

from collections.abc import Generator, Iterable, Iterator
from itertools import groupby
from typing import Any, TypeAlias

import dagster as dg

from orchestration.assets.gate_in import GateIn
from orchestration.assets.measured import Measured, measured
from orchestration.assets.partitions import asked_days, daily_partitions, report_days
from orchestration.assets.retries import technical_only, technical_retries
from orchestration.ingest.calendar import Delivered
from orchestration.ingest.errors import AccountingError
from orchestration.ingest.fetch import find_files, state_without_removed
from orchestration.ingest.landing import land
from orchestration.ingest.ledger import ledger_balance, waiting_deliveries
from orchestration.ingest.load import load_delivery
from orchestration.ingest.progress import record_progress
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality
from orchestration.operations.console import console
from orchestration.resources import Warehouse

BALANCED = "rijen_verantwoord"
_SAY_EVERY = 100  # deliveries

Event: TypeAlias = dg.MaterializeResult | dg.AssetCheckResult  # type: ignore[type-arg]


def landing_key(spec: SourceSpec) -> dg.AssetKey:
    return dg.AssetKey(["landing", spec.source])


def raw_key(spec: SourceSpec) -> dg.AssetKey:
    return dg.AssetKey(["raw", spec.source])


def accepted_key(shape: str) -> dg.AssetKey:
    return dg.AssetKey(["accepted", shape])


def source_keys(specs: Iterable[SourceSpec]) -> list[dg.AssetKey]:
    """What `ingest` has to do for these sources."""
    return [key for spec in specs for key in (landing_key(spec), raw_key(spec))]


def ingest_definitions(municipality: Municipality) -> dg.Definitions:
    """Landing and raw assets and the gate of every source, and per shape what the gates let through."""
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [_ingest(municipality, spec) for spec in municipality.sources]
    by_shape = sorted(municipality.sources, key=lambda spec: spec.shape)
    for shape, specs in groupby(by_shape, key=lambda spec: spec.shape):
        assets.append(
            dg.AssetSpec(
                accepted_key(shape),
                deps=[raw_key(spec) for spec in specs],
                group_name="raw",
                kinds={"postgres"},
                description=f"View `raw.accepted_{shape}`: rows of accepted deliveries only",
            )
        )
    return dg.Definitions(assets=assets)


def _asset_specs(municipality: Municipality, spec: SourceSpec) -> list[dg.AssetSpec]:
    described = {
        "gemeente": f"{municipality.name} ({municipality.code})",
        "afdeling": spec.owner.department,
        "contact": spec.owner.contact,
        "grondslag": spec.legal_basis,
        "vorm": spec.shape,
    }
    return [
        dg.AssetSpec(
            landing_key(spec),
            group_name="landing",
            description=f"{spec.title}: de bytes zoals ontvangen, met hun SHA-256",
            kinds={spec.fetch.format},
            metadata=described,
        ),
        dg.AssetSpec(
            raw_key(spec),
            deps=[landing_key(spec)],
            group_name="raw",
            description=f"{spec.title}: getypeerde rijen in `raw.{spec.shape}`; onleesbare rijen in `raw.quarantine`",
            kinds={"postgres"},
            metadata=described,
        ),
    ]


def _ingest(municipality: Municipality, spec: SourceSpec) -> dg.AssetsDefinition:
    gate = GateIn(spec, raw_key(spec))
    balanced = dg.AssetCheckSpec(
        BALANCED,
        asset=raw_key(spec),
        blocking=True,
        description="Per levering: gelezen = geladen + quarantaine + dubbel, ook geteld in de tabellen",
    )

    @dg.multi_asset(
        name=f"ingest__{spec.source}",
        specs=_asset_specs(municipality, spec),
        check_specs=[balanced, *gate.check_specs()],
        # Makes every output optional: a check without deliveries to look at has no outcome.
        can_subset=True,
        partitions_def=daily_partitions(municipality) if spec.daily else None,
        backfill_policy=dg.BackfillPolicy.single_run() if spec.daily else None,
        op_tags={"vis/source": spec.source},
        retry_policy=technical_retries(),
    )
    def ingest(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Event]:
        with technical_only():
            yield from _land(context, warehouse, spec)
            loading = yield from _load(context, warehouse, spec)
            yield from _decide(context, warehouse, spec, gate, loading)

    return ingest


def _land(context: dg.AssetExecutionContext, warehouse: Warehouse, spec: SourceSpec) -> Iterator[Event]:
    days, key = asked_days(context), landing_key(spec)
    municipality = warehouse.municipality
    with measured() as step, warehouse.loader() as connection:
        _, before = find_files(spec, warehouse.settings)
        landed = land(connection, municipality, spec, warehouse.settings, days)
        state = state_without_removed(spec, warehouse.settings, before)
        if days is None:  # else files of other days may still wait
            record_progress(connection, municipality.code, f"landing/{spec.source}", state)

    # Nothing is read yet: what comes in and goes out here are whole files.
    def tell(day: Delivered) -> dict[str, Any]:
        return step.metadata(day.files, day.files, bytes=day.size_bytes)

    report_days(context, warehouse, spec, key, {delivery.delivery_day for delivery in landed}, tell=tell)
    if spec.daily is None:
        yield dg.MaterializeResult(
            key,
            metadata=step.metadata(
                len(landed),
                len(landed),
                bytes=sum(delivery.size_bytes for delivery in landed),
                nieuwe_leveringen=len(landed),
                bestanden=[delivery.file_name for delivery in landed],
            ),
        )


def _load(
    context: dg.AssetExecutionContext, warehouse: Warehouse, spec: SourceSpec
) -> Generator[Event, None, Measured]:
    """Returns how long it took, for when the gate has decided which days there are to tell of."""
    totals = {"gelezen": 0, "geladen": 0, "quarantaine": 0, "dubbel": 0}
    municipality, key = warehouse.municipality, raw_key(spec)
    with measured() as step, warehouse.loader() as connection:
        waiting = waiting_deliveries(connection, municipality.code, spec.source, "landed")
        for number, delivery in enumerate(waiting, 1):
            result = load_delivery(connection, municipality, spec, delivery)
            connection.commit()
            context.log.info("%d/%d %s", number, len(waiting), result.message)
            if number % _SAY_EVERY == 0:
                console.print(f"    {spec.source}: {number} van {len(waiting)} leveringen geladen")
            totals["gelezen"] += result.rows_read
            totals["geladen"] += result.rows_loaded
            totals["quarantaine"] += result.rows_quarantined
            totals["dubbel"] += result.rows_duplicate
        balance = ledger_balance(connection, municipality.code, spec.source)
    if spec.daily is None:
        told = step.metadata(totals["gelezen"], totals["geladen"], leveringen=len(waiting), **totals)
        yield dg.MaterializeResult(key, metadata=told)
    yield dg.AssetCheckResult(
        check_name=BALANCED, asset_key=key, passed=not balance, metadata={"niet_kloppend": balance} if balance else {}
    )
    if balance:
        raise AccountingError(f"bron {spec.source}: de boekhouding klopt niet: {'; '.join(balance)}")
    return step


def _decide(
    context: dg.AssetExecutionContext, warehouse: Warehouse, spec: SourceSpec, gate: GateIn, loading: Measured
) -> Iterator[Event]:
    def tell(day: Delivered) -> dict[str, Any]:
        return loading.metadata(
            day.rows_read,
            day.rows_loaded,
            leveringen=day.files,
            gelezen=day.rows_read,
            geladen=day.rows_loaded,
            quarantaine=day.rows_quarantined,
            dubbel=day.rows_duplicate,
        )

    with warehouse.loader() as connection:
        loaded = waiting_deliveries(connection, warehouse.municipality.code, spec.source, "loaded")
    yield from gate.decide(warehouse)
    days = {delivery.delivery_day for delivery in loaded}
    report_days(context, warehouse, spec, raw_key(spec), days, "accepted", tell=tell)
