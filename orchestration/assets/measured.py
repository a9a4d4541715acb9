"""What every asset tells of itself: rows in, rows out and seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg

from orchestration.assets.rows_read import RowsRead

ROWS_IN, ROWS_OUT, SECONDS = "rijen_in", "rijen_uit", "seconden"
_NOTHING_WRITTEN = "view: schrijft geen rijen"


@dataclass
class Measured:
    """How long a step took, in seconds; final once its `with` block has ended."""

    seconds: float = 0.0

    def metadata(self, rows_in: int, rows_out: int, **more: Any) -> dict[str, Any]:
        """For the run's page. What counts as a row is the stage's own: a file at landing, a row from raw on."""
        return {ROWS_IN: rows_in, ROWS_OUT: rows_out, SECONDS: round(self.seconds, 2)} | more


@contextmanager
def measured() -> Iterator[Measured]:
    """Time a block by a clock that nobody sets."""
    result, began = Measured(), time.monotonic()
    try:
        yield result
    finally:
        result.seconds = time.monotonic() - began


def dbt_asset_events(invocation: Any, rows_read: RowsRead) -> Iterator[Any]:
    """What `invocation.stream()` yields, with the rows that each model read and wrote and its seconds.

    The rows out are those of dbt's own result: what the last statement of the model wrote, in this run; of a table made
    anew, those in it. What a model read is not known to dbt; `rows_read` tells how much there was. No table is counted.
    """
    for message in invocation.stream_raw_events():
        made = message.to_default_asset_events(
            manifest=invocation.manifest,
            dagster_dbt_translator=invocation.dagster_dbt_translator,
            context=invocation.context,
            target_path=invocation.target_path,
            project=invocation.project,
        )
        for event in made:
            if isinstance(event, dg.Output):
                yield event.with_metadata({**event.metadata, **_of_model(message.raw_event["data"], rows_read)})
            else:
                yield event


def _of_model(result: dict[str, Any], rows_read: RowsRead) -> dict[str, Any]:
    run, node = result.get("run_result", {}), result["node_info"]
    rows: int | str = int(float(run.get("adapter_response", {}).get("rows_affected", -1)))
    if node["materialized"] == "view":
        rows = _NOTHING_WRITTEN
    elif rows == -1:
        # The last statement was about the table, not about its rows: it was made anew, with all that it holds.
        rows = rows_read.in_table(node["unique_id"])
    # A seed comes out of a file of the project: each of its rows is written.
    rows_in = rows if node["resource_type"] == "seed" else rows_read.of(node["unique_id"])
    return {ROWS_IN: rows_in, ROWS_OUT: rows, SECONDS: round(float(run.get("execution_time", 0)), 2)}
