"""Reads the SQL of datasets without a database: which filters a template takes, which columns a query gives."""

from dataclasses import dataclass, field
from typing import Any

import sqlglot
from jinja2.sandbox import SandboxedEnvironment
from sqlglot import expressions as exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify


class SqlError(ValueError):
    """SQL or its template cannot be read, or names a column that does not exist."""


class TemplateFilters:
    """The names of the filters that a dataset's template handles itself."""

    def __init__(self, sql: str | None) -> None:
        self.names: set[str] = set()
        if sql:
            _render(sql, _Stub(self.names, chosen=False))


def expression_columns(expression: str) -> set[str]:
    """Names of the columns in one SQL expression of PostgreSQL."""
    try:
        tree = sqlglot.parse_one(f"select {expression}", dialect="postgres")
    except SqlglotError as error:
        raise SqlError(f"geen geldige SQL: {error}") from error
    return {column.name for column in tree.find_all(exp.Column)}


def output_columns(sql: str, schemas: dict[str, dict[str, list[str]]] | None = None) -> list[str]:
    """The columns that a dataset's query gives, without and with filters chosen (which must be the same).

    `schemas` is schema → table → columns; with it every column in the query must exist. Raises `SqlError`.
    """
    plain, filtered = (_columns(_render(sql, _Stub(set(), chosen)), schemas) for chosen in (False, True))
    if plain != filtered:
        raise SqlError("de query geeft andere kolommen zodra er een filter is gekozen")
    return plain


def _columns(sql: str, schemas: dict[str, dict[str, list[str]]] | None) -> list[str]:
    try:
        tree = sqlglot.parse_one(sql, dialect="postgres")
        if schemas:
            known: dict[str, object] = {
                schema: {table: dict.fromkeys(columns, "text") for table, columns in tables.items()}
                for schema, tables in schemas.items()
            }
            tree = qualify(tree, schema=known, dialect="postgres", validate_qualify_columns=True)
    except SqlglotError as error:
        raise SqlError(f"de query klopt niet met de marts: {error}") from error
    if not isinstance(tree, exp.Query):
        raise SqlError("een dataset hoort één select te zijn")
    return list(tree.named_selects)


@dataclass
class _Period:
    from_expr: str | None
    to_expr: str | None
    time_range: str = "No filter"


@dataclass
class _Stub:
    """Stands in for Superset's template functions and remembers which filters were asked for."""

    names: set[str]
    chosen: bool
    functions: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.functions = {
            "get_filters": self._filters,
            "filter_values": lambda name, *_, **__: [] if not self._note(name) else ["x"],
            "get_time_filter": self._period,
        }

    def _note(self, name: str) -> bool:
        self.names.add(name)
        return self.chosen

    def _filters(self, name: str, *_: object, **__: object) -> list[dict[str, Any]]:
        if not self._note(name):
            return []
        return [{"op": "IN", "col": name, "val": ["x"]}, {"op": "!=", "col": name, "val": "x"}]

    def _period(self, name: str, *_: object, **__: object) -> _Period:
        return _Period("'2020-01-01'", "'2021-01-01'") if self._note(name) else _Period(None, None)


def _render(sql: str, stub: _Stub) -> str:
    environment = SandboxedEnvironment(autoescape=False)  # SQL, not HTML
    environment.filters["where_in"] = lambda values: "(" + ", ".join(f"'{value}'" for value in values) + ")"
    try:
        return environment.from_string(sql).render(**stub.functions)
    except Exception as error:
        raise SqlError(f"het sjabloon is niet in te vullen: {error}") from error
