"""The gate out: what leaves for dashboards and reports is looked at once more, as the BI role sees it."""

from collections.abc import Iterator

import dagster as dg

from expectations.runner import ExpectationSpec, marts_with_suite, suite_for_mart, validate_marts
from orchestration.assets.gate_docs import documents_marts, page_link
from orchestration.ingest.progress import BUILD, passed_since, record_progress
from orchestration.resources import BuildTurn, Warehouse


def _key(mart: str) -> dg.AssetKey:
    return dg.AssetKey(["marts", mart])


def gate_out_definitions() -> dg.Definitions:
    """One step over all marts that have a suite; each expectation is a check on its mart."""
    suites: dict[str, list[ExpectationSpec]] = {mart: list(suite_for_mart(mart)) for mart in marts_with_suite()}
    specs = [
        dg.AssetCheckSpec(
            item.name, asset=_key(mart), blocking=item.severity == "blocking", description=item.description
        )
        for mart, suite in suites.items()
        for item in suite
    ]

    @dg.multi_asset_check(name="gate_out", specs=specs)
    def gate_out(warehouse: Warehouse, turn: BuildTurn) -> Iterator[dg.AssetCheckResult]:
        # While it looks, nobody may rewrite what it looks at.
        code = warehouse.municipality.code
        # As it was before enrichment: what a gate decided since then has no place yet, and needs another build.
        decided = turn.take(code)
        with warehouse.loader() as connection:
            since = passed_since(connection)
        outcomes = validate_marts(
            warehouse.reader_url("out"), suites, documents_marts(warehouse.settings, warehouse.municipality), since
        )
        failed = [o for results in outcomes.values() for o in results if not o.passed and o.severity == "blocking"]
        if not failed:
            # Only now is the build done: after a failure here the next run builds and looks again.
            with warehouse.loader() as connection:
                record_progress(connection, code, BUILD, decided)
        for mart, results in outcomes.items():
            for outcome in results:
                blocking = outcome.severity == "blocking"
                yield dg.AssetCheckResult(
                    check_name=outcome.name,
                    asset_key=_key(mart),
                    passed=outcome.passed,
                    severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
                    metadata={"bevinding": outcome.message} | page_link(warehouse.settings, "out", mart),
                )

    return dg.Definitions(asset_checks=[gate_out])
