"""The static check of the bundle: everything that can be known to be wrong without a running Superset.

Superset's own import stops at the first missing reference and knows nothing of the marts; a chart that names a column
which a mart no longer has would only fail in front of its reader.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from deploy import queries
from deploy.bundle import Bundle, Config
from deploy.sql import SqlError, TemplateFilters, expression_columns, output_columns

Contracts = dict[str, list[str]]


def read_contracts(folder: Path) -> Contracts:
    """Mart → names of its columns, from dbt's `models: - name: … columns: - name: …` in every .yml below `folder`."""
    contracts: Contracts = {}
    for path in sorted(folder.rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            if model.get("columns"):
                contracts[model["name"]] = [column["name"] for column in model["columns"]]
    return contracts


def problems(bundle: Bundle, contracts: Contracts | None = None) -> list[str]:
    """Everything that is wrong, each as one Dutch line that starts with the file. Empty when all is well."""
    found = list(_references(bundle))
    if found:
        return found  # what follows leans on references that resolve
    datasets = {config["uuid"]: config for config in bundle.of("datasets").values()}
    asked: dict[str, TemplateFilters] = {}
    for path, dataset in bundle.of("datasets").items():
        asked[dataset["uuid"]] = TemplateFilters(dataset.get("sql"))
        found += [f"{path}: {line}" for line in _dataset(dataset, contracts)]
    for path, chart in bundle.of("charts").items():
        dataset = datasets[chart["dataset_uuid"]]
        found += [f"{path}: {line}" for line in _chart(chart, dataset, asked[dataset["uuid"]])]
    for path, dashboard in bundle.of("dashboards").items():
        found += [f"{path}: {line}" for line in _layout(dashboard)]
        found += [f"{path}: {line}" for line in _native_filters(bundle, dashboard, datasets, asked)]
    return found


def _references(bundle: Bundle) -> Iterator[str]:
    counted = Counter(config["uuid"] for path, config in bundle.files.items() if path != "metadata.yaml")
    known = {
        kind: {config["uuid"] for config in bundle.of(kind).values()} for kind in ("databases", "datasets", "charts")
    }
    for path, config in bundle.files.items():
        if path != "metadata.yaml":
            yield from (f"{path}: {line}" for line in _identity(config, counted, known))
    for path, config in bundle.of("dashboards").items():
        yield from (f"{path}: {line}" for line in _placed(bundle, config, known))


def _identity(config: Config, counted: Counter[str], known: dict[str, set[str]]) -> Iterator[str]:
    try:
        UUID(config["uuid"])
    except ValueError:
        yield f"{config['uuid']!r} is geen UUID"
    if counted[config["uuid"]] > 1:
        yield f"UUID {config['uuid']} komt in {counted[config['uuid']]} bestanden voor"
    for key, kind in (("database_uuid", "databases"), ("dataset_uuid", "datasets")):
        if key in config and config[key] not in known[kind]:
            yield f"{key} {config[key]} bestaat niet in {kind}/"


def _placed(bundle: Bundle, dashboard: Config, known: dict[str, set[str]]) -> Iterator[str]:
    placed = Counter(bundle.charts_of(dashboard).values())
    yield from (f"grafiek {uuid} bestaat niet in charts/" for uuid in placed if uuid not in known["charts"])
    yield from (f"grafiek {uuid} staat er {times} keer op" for uuid, times in placed.items() if times > 1)
    for item in dashboard["metadata"].get("native_filter_configuration", []):
        for target in filter(None, item["targets"]):
            if target.get("datasetUuid") not in known["datasets"]:
                yield f"filter {item['name']} verwijst naar een dataset die er niet is"


def _dataset(dataset: Config, contracts: Contracts | None) -> Iterator[str]:
    columns = {column["column_name"]: column for column in dataset["columns"]}
    if len(columns) < len(dataset["columns"]):
        yield "een kolom staat er dubbel in"
    physical = {name for name, column in columns.items() if not column.get("expression")}
    for name, item in [*columns.items(), *((metric["metric_name"], metric) for metric in dataset["metrics"])]:
        yield from (f"{name}: {line}" for line in _named_and_computable(item, physical))
    try:
        given = _columns_of_source(dataset, contracts)
    except SqlError as error:
        yield str(error)
        return
    if given is not None and physical - set(given):
        yield f"kolommen die de bron niet heeft: {', '.join(sorted(physical - set(given)))}"


def _named_and_computable(item: Config, physical: set[str]) -> Iterator[str]:
    if not item.get("verbose_name"):
        yield "heeft geen Nederlandse naam (verbose_name)"
    if not item.get("expression"):
        return
    try:
        unknown = expression_columns(item["expression"]) - physical
    except SqlError as error:
        yield str(error)
        return
    if unknown:
        yield f"rekent met kolommen die de dataset niet heeft: {', '.join(sorted(unknown))}"


def _columns_of_source(dataset: Config, contracts: Contracts | None) -> list[str] | None:
    """The columns that the mart or the query has; None when that cannot be known without the contracts."""
    if dataset.get("sql"):
        return output_columns(dataset["sql"], {"marts": contracts} if contracts else None)
    if contracts is None:
        return None
    if dataset["table_name"] not in contracts:
        raise SqlError(f"mart {dataset['table_name']} heeft geen contract in dbt")
    return contracts[dataset["table_name"]]


def _chart(chart: Config, dataset: Config, asked: TemplateFilters) -> Iterator[str]:
    params = chart["params"]
    if params.get("viz_type") != chart["viz_type"]:
        yield f"viz_type {chart['viz_type']} en params.viz_type {params.get('viz_type')} zijn verschillend"
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    named = [*queries.columns(params), *(name for name, _ in queries.ordered_columns(params))]
    yield from (
        f"kolom {name} bestaat niet in dataset {dataset['table_name']}" for name in named if name not in columns
    )
    for metric in queries.metrics(params):
        if not isinstance(metric, str):
            yield f"maatstaf {metric.get('label')} staat in de grafiek; zet hem in dataset {dataset['table_name']}"
        elif metric not in metrics:
            yield f"maatstaf {metric} bestaat niet in dataset {dataset['table_name']}"
    for item in queries.filters(params):
        if item["col"] not in columns | asked.names:
            yield f"filter op {item['col']}, dat dataset {dataset['table_name']} niet kent"


def _layout(dashboard: Config) -> Iterator[str]:
    position = {name: item for name, item in dashboard["position"].items() if isinstance(item, dict)}
    placed = Counter(child for item in position.values() for child in item.get("children", []))
    for name, times in placed.items():
        if name not in position:
            yield f"{name} wordt genoemd maar bestaat niet"
        if times > 1:
            yield f"{name} staat op {times} plaatsen"
    yield from (f"{name} staat nergens" for name in position if name not in {*placed, "ROOT_ID", "HEADER_ID"})
    for name, item in position.items():
        if item["type"] == "ROW":
            width = sum(position[child]["meta"]["width"] for child in item["children"] if child in position)
            if width > 12:
                yield f"{name} is {width} kolommen breed; er zijn er 12"


def _native_filters(
    bundle: Bundle, dashboard: Config, datasets: dict[str, Config], asked: dict[str, TemplateFilters]
) -> Iterator[str]:
    """A filter that a chart in its scope does not know is dropped by Superset in silence; here it is an error."""
    charts = {chart["uuid"]: chart for chart in bundle.of("charts").values()}
    for item in dashboard["metadata"].get("native_filter_configuration", []):
        for target in filter(None, item["targets"]):
            known = {column["column_name"] for column in datasets[target["datasetUuid"]]["columns"]}
            if target["column"]["name"] not in known:
                yield f"filter {item['name']}: kolom {target['column']['name']} bestaat niet"
        for uuid in _charts_below(dashboard["position"], item["scope"]["rootPath"]):
            chart = charts[uuid]
            if not _knows(chart, datasets[chart["dataset_uuid"]], asked[chart["dataset_uuid"]], item):
                yield f"filter {item['name']} werkt niet op grafiek {chart['slice_name']}"


def _knows(chart: Config, dataset: Config, asked: TemplateFilters, native_filter: Config) -> bool:
    if native_filter["filterType"] == "filter_time":
        return any(item["op"] == "TEMPORAL_RANGE" for item in queries.filters(chart["params"]))
    known = {column["column_name"] for column in dataset["columns"]} | asked.names
    return all(target["column"]["name"] in known for target in native_filter["targets"])


def _charts_below(position: dict[str, Any], roots: list[str]) -> Iterator[str]:
    for name in roots:
        item = position[name]
        if item["type"] == "CHART":
            yield item["meta"]["uuid"]
        yield from _charts_below(position, item.get("children", []))
