"""dbt as Dagster assets: each model a node, each dbt test a check."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from orchestration.assets.ingest import accepted_key
from orchestration.assets.measured import dbt_asset_events
from orchestration.assets.retries import technical_only, technical_retries
from orchestration.assets.rows_read import RowsRead
from orchestration.dbt import run_folder
from orchestration.resources import BuildTurn, Warehouse, dbt_project
from orchestration.settings import Settings

_PATIENCE = 30.0  # seconds for dbt to end its questions


class Translator(DagsterDbtTranslator):  # type: ignore[misc]  # the library has no types
    """Keys are schema/model; dbt's sources are the assets that fill them."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        name, schema = dbt_resource_props["name"], dbt_resource_props.get("schema")
        if dbt_resource_props["resource_type"] != "source":
            return dg.AssetKey([str(dbt_resource_props["config"].get("schema") or schema), str(name)])
        if name.startswith("accepted_"):
            return accepted_key(name.removeprefix("accepted_"))
        return dg.AssetKey([str(schema), str(name)])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        group = dbt_resource_props["config"].get("schema") or dbt_resource_props.get("schema")
        return str(group) if group else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """A step that fails takes its dbt along: the next attempt would build beside it."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)  # dbt then cancels what it asked of the database
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def warehouse_definitions(settings: Settings) -> dg.Definitions:
    """The whole dbt project as one step; needs the manifest that `orchestration.dbt.parse` writes."""
    project = dbt_project(settings)

    @dbt_assets(  # type: ignore[untyped-decorator]
        manifest=project.manifest_path,
        project=project,
        name="dbt_warehouse",
        retry_policy=technical_retries(),
        dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_asset_checks=True)),
    )
    def dbt_warehouse(
        context: dg.AssetExecutionContext, warehouse: Warehouse, dbt: DbtCliResource, turn: BuildTurn
    ) -> Iterator[Any]:
        with technical_only():
            turn.take(warehouse.municipality.code)
            # Unit tests prove the code, not the data: they run in `make test`.
            # One folder for all runs: dbt then parses only what changed, and nothing piles up.
            invocation = dbt.cli(
                ["build", "--exclude-resource-type", "unit_test"], context=context, target_path=run_folder(settings)
            )
            try:
                with RowsRead(invocation.manifest, warehouse.settings.dsn("loader")) as rows_read:
                    yield from dbt_asset_events(invocation, rows_read)
            finally:
                _end(invocation.process)

    return dg.Definitions(assets=[dbt_warehouse])
