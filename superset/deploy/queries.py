"""What a chart asks of its dataset: for the static check, and to ask the same of a running Superset."""

import json
from collections.abc import Iterator
from typing import Any

Config = dict[str, Any]
Metric = str | Config

_COLUMN_KEYS = (
    *("x_axis", "groupby", "groupby_b", "all_columns", "columns", "series", "line_column"),
    *("groupbyRows", "groupbyColumns"),
)
_METRIC_KEYS = ("metric", "metrics", "metrics_b", "percent_metrics", "timeseries_limit_metric")


def columns(params: Config) -> list[str]:
    """Names of the columns that a chart groups by or shows, each once, in order."""
    raw = params.get("query_mode") == "raw"
    unused = {"groupby"} if raw else {"all_columns"}
    found = [name for key in _COLUMN_KEYS if key not in unused for name in _list(params.get(key))]
    found += [item["column_name"] for item in params.get("tooltip_contents", [])]
    return list(dict.fromkeys(found))


def metrics(params: Config) -> list[Metric]:
    """The metrics that a chart computes; a text is a metric of the dataset, an object is made in the chart."""
    found: list[Metric] = []
    for key in _METRIC_KEYS:
        found += [metric for metric in _list(params.get(key)) if metric not in found]
    return found


def ordered_columns(params: Config) -> Iterator[tuple[str, bool]]:
    """The columns that a raw table is ordered by, with whether that is ascending."""
    for text in params.get("order_by_cols", []):
        name, ascending = json.loads(text)
        yield name, ascending


def filters(params: Config) -> Iterator[Config]:
    """The chart's own filters, in the form of a query; of a chart of two queries those of both."""
    for item in [*params.get("adhoc_filters", []), *params.get("adhoc_filters_b", [])]:
        if item["expressionType"] == "SIMPLE":
            yield {"col": item["subject"], "op": item["operator"], "val": item.get("comparator")}


def query_context(params: Config, dataset_id: int) -> Config:
    """The body of `POST /api/v1/chart/data` that returns the chart's rows."""
    grain = params.get("time_grain_sqla")
    asked: list[Any] = list(columns(params))
    if grain and params.get("x_axis"):
        axis = params["x_axis"]
        base = {"timeGrain": grain, "columnType": "BASE_AXIS", "sqlExpression": axis, "label": axis}
        asked = [base | {"expressionType": "SQL"} if name == axis else name for name in asked]
    query = {
        "columns": asked,
        "metrics": metrics(params) if params.get("query_mode") != "raw" else None,
        "filters": list(filters(params)),
        "orderby": [[name, ascending] for name, ascending in ordered_columns(params)],
        "row_limit": params.get("row_limit", 100),
        "extras": {"time_grain_sqla": grain} if grain else {},
    }
    return {
        "datasource": {"id": dataset_id, "type": "table"},
        "force": True,
        "result_format": "json",
        "result_type": "full",
        "queries": [query],
    }


def _list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]
