"""The gate in: every loaded delivery of a source is let through, or held with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg

from expectations.runner import ExpectationSpec, Outcome, suite_for_shape, validate_deliveries
from orchestration.assets.gate_docs import documents_deliveries, page_link
from orchestration.geo.outside import points_outside
from orchestration.ingest.ledger import Delivery, accept_or_hold, standing_refusals, waiting_deliveries
from orchestration.ingest.progress import progress, record_progress
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.tolerance import day_to_come, tolerance_problems, too_far_outside, truncated, usual_rows
from orchestration.municipality import Municipality
from orchestration.resources import Warehouse

READABLE, TOLERATED = "levering_leesbaar", "binnen_tolerantie"


@dataclass(frozen=True)
class GateIn:
    """The gate of one source; its checks stand on `asset`."""

    spec: SourceSpec
    asset: dg.AssetKey

    @property
    def suite(self) -> tuple[ExpectationSpec, ...]:
        return tuple(suite_for_shape(self.spec.shape, self.spec.expectations))

    def check_specs(self) -> list[dg.AssetCheckSpec]:
        """Readable, within tolerance, and one check per expectation."""
        fixed = {
            READABLE: "Elke nieuwe levering kon worden gelezen",
            TOLERATED: "Het bestand is zo groot als gebruikelijk, de meeste rijen zijn leesbaar en van hier en nu",
        }
        return [
            *(
                dg.AssetCheckSpec(name, asset=self.asset, blocking=True, description=text)
                for name, text in fixed.items()
            ),
            *(
                dg.AssetCheckSpec(
                    item.name, asset=self.asset, blocking=item.severity == "blocking", description=item.description
                )
                for item in self.suite
            ),
        ]

    def decide(self, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        """Accept, hold or refuse each loaded delivery, in the order of loading; what was found comes after that."""
        spec, code = self.spec, warehouse.municipality.code
        with warehouse.loader() as connection:
            loaded = waiting_deliveries(connection, code, spec.source, "loaded")
            names = {delivery.delivery_id: delivery.file_name for delivery in loaded}
            document = documents_deliveries(warehouse.settings, warehouse.municipality, spec.source, names)
            outcomes = validate_deliveries(warehouse.reader_url("in"), spec.shape, names, self.suite, document)
            beyond: dict[str, str] = {}
            points = points_outside(connection, warehouse.municipality, spec, loaded)
            for delivery in loaded:
                # What is usual follows from the deliveries before it, those of this very run included.
                usual = usual_rows(connection, delivery)
                problems = self._problems(
                    warehouse.municipality, delivery, usual, *points.get(delivery.delivery_id, (0, 0))
                )
                if problems:
                    beyond[delivery.file_name] = "; ".join(problems)
                accept_or_hold(
                    connection,
                    delivery,
                    problems + _blocking_failures(outcomes[delivery.delivery_id]),
                    refuse=bool(truncated(delivery, spec.tolerances, usual)),
                )
            told = int(progress(connection, code, f"gate/{spec.source}") or 0)
            refused = standing_refusals(connection, code, spec.source, seen=told)
            newest = max([told, *(delivery.delivery_id for delivery in refused)])
            record_progress(connection, code, f"gate/{spec.source}", str(newest))
        yield self._result(READABLE, {d.file_name: d.reason or "" for d in refused if not d.was_read})
        beyond |= {d.file_name: d.reason or "" for d in refused if d.was_read}
        if loaded or beyond:
            yield self._result(TOLERATED, beyond)
        if loaded:
            page = page_link(warehouse.settings, "in", spec.source)
            for item in self.suite:
                yield self._expectation_result(item, names, outcomes, page)

    def _problems(
        self, municipality: Municipality, delivery: Delivery, usual: float | None, points: int, outside: int
    ) -> list[str]:
        tolerances = self.spec.tolerances
        return [
            *tolerance_problems(delivery, tolerances, usual),
            *day_to_come(delivery, municipality.time_zone),
            *too_far_outside(delivery, tolerances.max_outside_fraction, points, outside, municipality.name),
        ]

    def _result(self, name: str, wrong: dict[str, str]) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            check_name=name,
            asset_key=self.asset,
            passed=not wrong,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"leveringen": wrong} if wrong else {},
        )

    def _expectation_result(
        self,
        item: ExpectationSpec,
        names: dict[int, str],
        outcomes: dict[int, list[Outcome]],
        page: dict[str, Any],
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
            asset_key=self.asset,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
            metadata={"leveringen_nagekeken": len(names)} | ({"leveringen": failed} if failed else {}) | page,
        )


def _name(delivery: Delivery) -> str:
    return delivery.file_name


def _blocking_failures(outcomes: list[Outcome]) -> list[str]:
    return [o.message for o in outcomes if not o.passed and o.severity == "blocking"]
