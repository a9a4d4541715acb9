"""Per declared source: landing → raw → gate in. A factory, so that a new source is one YAML file."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import dagster as dg

from expectations.runner import ExpectationSpec, Outcome, suite_for_shape, validate_deliveries
from orchestration.assets.retries import technical_only, technical_retries
from orchestration.ingest.fetch import find_files, state_without_removed
from orchestration.ingest.landing import land
from orchestration.ingest.ledger import (
    Delivery,
    accept_or_hold,
    ledger_balance,
    standing_refusals,
    waiting_deliveries,
)
from orchestration.ingest.load import load_delivery
from orchestration.ingest.progress import progress, record_progress
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.tolerance import tolerance_problems, usual_rows
from orchestration.municipality import Municipality
from orchestration.resources import Warehouse

READABLE, TOLERATED, BALANCED = "levering_leesbaar", "binnen_tolerantie", "rijen_verantwoord"


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
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = []
    checks: list[dg.AssetChecksDefinition] = []
    for spec in municipality.sources:
        assets += [_landing(municipality, spec), _raw(municipality, spec)]
        checks.append(_gate_in(spec))
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
    return dg.Definitions(assets=assets, asset_checks=checks)


def _described(spec: SourceSpec, municipality: Municipality) -> dict[str, str]:
    return {
        "gemeente": f"{municipality.name} ({municipality.code})",
        "afdeling": spec.owner.department,
        "contact": spec.owner.contact,
        "grondslag": spec.legal_basis,
        "vorm": spec.shape,
    }


def _landing(municipality: Municipality, spec: SourceSpec) -> dg.AssetsDefinition:
    @dg.asset(
        key=landing_key(spec),
        group_name="landing",
        description=f"{spec.title}: de bytes zoals ontvangen, met hun SHA-256",
        kinds={spec.fetch.format},
        metadata=_described(spec, municipality),
        op_tags={"vis/source": spec.source},
        retry_policy=technical_retries(),
    )
    def landing(warehouse: Warehouse) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with technical_only(), warehouse.loader() as connection:
            _, before = find_files(spec, warehouse.settings)
            landed = land(connection, municipality, spec, warehouse.settings)
            state = state_without_removed(spec, warehouse.settings, before)
            record_progress(connection, municipality.code, f"landing/{spec.source}", state)
        return dg.MaterializeResult(
            metadata={
                "nieuwe_leveringen": len(landed),
                "bytes": sum(delivery.size_bytes for delivery in landed),
                "bestanden": [delivery.file_name for delivery in landed],
            }
        )

    return landing


def _raw(municipality: Municipality, spec: SourceSpec) -> dg.AssetsDefinition:
    @dg.asset(
        key=raw_key(spec),
        deps=[landing_key(spec)],
        group_name="raw",
        description=f"{spec.title}: getypeerde rijen in `raw.{spec.shape}`; onleesbare rijen in `raw.quarantine`",
        kinds={"postgres"},
        metadata=_described(spec, municipality),
        op_tags={"vis/source": spec.source},
        retry_policy=technical_retries(),
        check_specs=[
            dg.AssetCheckSpec(
                BALANCED,
                asset=raw_key(spec),
                blocking=True,
                description="Per levering: gelezen = geladen + quarantaine + dubbel, ook geteld in de tabellen",
            )
        ],
    )
    def raw(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:  # type: ignore[type-arg]
        totals = {"gelezen": 0, "geladen": 0, "quarantaine": 0, "dubbel": 0}
        with technical_only(), warehouse.loader() as connection:
            waiting = waiting_deliveries(connection, municipality.code, spec.source, "landed")
            for number, delivery in enumerate(waiting, 1):
                result = load_delivery(connection, municipality, spec, delivery)
                connection.commit()
                context.log.info("%d/%d %s", number, len(waiting), result.message)
                totals["gelezen"] += result.rows_read
                totals["geladen"] += result.rows_loaded
                totals["quarantaine"] += result.rows_quarantined
                totals["dubbel"] += result.rows_duplicate
            balance = ledger_balance(connection, municipality.code, spec.source)
        return dg.MaterializeResult(
            metadata={"leveringen": len(waiting), **totals},
            check_results=[
                dg.AssetCheckResult(
                    check_name=BALANCED,
                    passed=not balance,
                    metadata={"niet_kloppend": balance} if balance else {},
                )
            ],
        )

    return raw


def _gate_in(spec: SourceSpec) -> dg.AssetChecksDefinition:
    suite = suite_for_shape(spec.shape, spec.expectations)
    asset = raw_key(spec)
    own = [
        dg.AssetCheckSpec(READABLE, asset=asset, blocking=True, description="Elke nieuwe levering kon worden gelezen"),
        dg.AssetCheckSpec(
            TOLERATED, asset=asset, blocking=True, description="Het aandeel onleesbare rijen is klein genoeg"
        ),
    ]
    declared = [
        dg.AssetCheckSpec(item.name, asset=asset, blocking=item.severity == "blocking", description=item.description)
        for item in suite
    ]

    @dg.multi_asset_check(name=f"gate_in__{spec.source}", specs=[*own, *declared], can_subset=True)
    def gate_in(warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        """Let the loaded deliveries of one source through, or hold them with the reason."""
        municipality = warehouse.municipality
        with warehouse.loader() as connection:
            loaded = waiting_deliveries(connection, municipality.code, spec.source, "loaded")
            outcomes = validate_deliveries(
                warehouse.reader_url("in"), spec.shape, [delivery.delivery_id for delivery in loaded], suite
            )
            beyond = {d.delivery_id: tolerance_problems(d, spec.tolerances, usual_rows(connection, d)) for d in loaded}
            for delivery in loaded:
                problems = beyond[delivery.delivery_id] + _blocking_failures(outcomes[delivery.delivery_id])
                accept_or_hold(connection, delivery, problems)
            told = int(progress(connection, municipality.code, f"gate/{spec.source}") or 0)
            refused = standing_refusals(connection, municipality.code, spec.source, seen=told)
            newest = max([told, *(delivery.delivery_id for delivery in refused)])
            record_progress(connection, municipality.code, f"gate/{spec.source}", str(newest))
        yield _result(READABLE, asset, {d.file_name: d.reason or "" for d in refused})
        if loaded:
            names = {d.delivery_id: d.file_name for d in loaded}
            yield _result(TOLERATED, asset, {names[i]: "; ".join(found) for i, found in beyond.items() if found})
            for item in suite:
                yield _expectation_result(item, asset, names, outcomes)

    return gate_in


def _blocking_failures(outcomes: list[Outcome]) -> list[str]:
    return [o.message for o in outcomes if not o.passed and o.severity == "blocking"]


def _result(name: str, asset: dg.AssetKey, wrong: dict[str, str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=asset,
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"leveringen": wrong} if wrong else {},
    )


def _expectation_result(
    item: ExpectationSpec, asset: dg.AssetKey, names: dict[int, str], outcomes: dict[int, list[Outcome]]
) -> dg.AssetCheckResult:
    """One expectation over all deliveries of this run; each failing delivery is named."""
    failed = {
        names[delivery_id]: outcome.message
        for delivery_id, results in outcomes.items()
        for outcome in results
        if outcome.name == item.name and not outcome.passed
    }
    blocking = item.severity == "blocking"
    return dg.AssetCheckResult(
        check_name=item.name,
        asset_key=asset,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        metadata={"leveringen_nagekeken": len(names)} | ({"leveringen": failed} if failed else {}),
    )


__all__ = ["Delivery", "accepted_key", "ingest_definitions", "landing_key", "raw_key"]
