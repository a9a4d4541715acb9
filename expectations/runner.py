"""The only module that knows Great Expectations, but for the pages that `data_docs` makes of its results.

Importing that takes seconds, so it happens at the first validation, and one context serves the whole process. Rows
stay in PostgreSQL: each set of rows is a query, and expectations become SQL on it. Nothing is sent anywhere.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial
from itertools import count
from typing import Any

from expectations.outcome import SAMPLE, WITHHELD, Outcome, describe_records
from expectations.suites import (
    ExpectationError,
    ExpectationSpec,
    marts_with_suite,
    shapes_with_suite,
    suite_for_mart,
    suite_for_shape,
    written_at,
)

__all__ = [
    "ExpectationError", "ExpectationSpec", "Outcome", "load_all_suites", "marts_with_suite", "suite_for_mart",
    "suite_for_shape", "validate_deliveries", "validate_marts", "validate_query",
]  # fmt: skip

# Takes what was looked at (a delivery, a mart) and the results as Great Expectations gives them.
Document = Callable[[Any, list[Any]], None]

_SQL_TYPE = "unexpected_rows_expectation"
_numbers = count(1)

# The rows of one delivery with what expectations measure them against. No municipality: a missing zone and CRS,
# on which an expectation that needs them must fail. That is looked up once per query and not joined to every row: a
# suite asks some twenty queries.
_DELIVERY_QUERY = """
select r.*,
  (select d.received_at from raw.delivery as d where d.delivery_id = {delivery_id}) as received_at,
  (
    select m.time_zone from raw.municipality as m join raw.delivery as d using (municipality_code)
    where d.delivery_id = {delivery_id}
  ) as municipality_time_zone,
  (
    select m.crs from raw.municipality as m join raw.delivery as d using (municipality_code)
    where d.delivery_id = {delivery_id}
  ) as municipality_crs,
  (
    select m.default_time_excess from raw.municipality as m join raw.delivery as d using (municipality_code)
    where d.delivery_id = {delivery_id}
  ) as municipality_default_time_excess
from raw.{shape} as r
where r.delivery_id = {delivery_id}
"""

# Great Expectations puts an alias behind `{batch}` only when it sees no JOIN in the query. With a JOIN it never does,
# and the query itself can use the rows as often as it likes, under any alias.
_BATCH_ROWS = "with batch_rows as"
_BATCH_AS_TABLE = """
with batch_rows as (select b.* from {{batch}} as b cross join (values (1)) as one (one))
select * from ({query}) as found
"""

# How Great Expectations counts what a query finds.
_COUNT_OF = re.compile(
    r"select count\(\*\)[^(]*from\s*\((.*)\) as substituted_batch_subquery", re.IGNORECASE | re.DOTALL
)


def load_all_suites(*, check_types: bool = False) -> dict[str, list[ExpectationSpec]]:
    """Every suite by `in/<shape>` or `out/<mart>`; raises `ExpectationError` naming the first wrong entry.

    `check_types` also builds each expectation, which proves its type and arguments but imports Great Expectations.
    """
    suites = {f"in/{shape}": suite_for_shape(shape) for shape in shapes_with_suite()}
    suites |= {f"out/{mart}": suite_for_mart(mart) for mart in marts_with_suite()}
    if check_types:
        for where, suite in suites.items():
            for spec in suite:
                try:
                    _build(spec)
                except Exception as error:
                    raise ExpectationError(
                        f"{where}.yaml: {spec.name}: type of kwargs kloppen niet: {error}"
                    ) from error
    return suites


def validate_deliveries(
    url: str,
    shape: str,
    delivery_ids: Iterable[int],
    specs: Sequence[ExpectationSpec],
    document: Document | None = None,
) -> dict[int, list[Outcome]]:
    """Outcomes per delivery, in the order of `specs`, over the rows of that delivery alone.

    `url` is a SQLAlchemy URL (psycopg 3 or psycopg2) of a role that reads `raw`. An expectation that cannot be
    evaluated is a failed outcome; a database that cannot be reached raises.
    """
    ids = [int(delivery_id) for delivery_id in delivery_ids]
    if not ids:
        return {}
    with _session(url) as session:
        return {
            number: session.validate(
                _DELIVERY_QUERY.format(shape=shape, delivery_id=number),
                specs,
                placeholders={"{delivery_id}": str(number), "{shape}": shape},
                row_column="row_number",
                document=partial(document, number) if document else None,
            )
            for number in ids
        }


def validate_marts(
    url: str,
    suites: Mapping[str, Sequence[ExpectationSpec]],
    document: Document | None = None,
    since: datetime | None = None,
) -> dict[str, list[Outcome]]:
    """Outcomes per mart, in the order of its suite; `url` as above, of a role that reads `marts`.

    Of a mart whose suite names the column `written_at`, only the rows written after `since` (with a time zone).
    """
    with _session(url) as session:
        # The names come from the files of suites.
        return {
            mart: session.validate(
                _mart_query(mart, since),
                specs,
                document=partial(document, mart) if document else None,
            )
            for mart, specs in suites.items()
        }


def _mart_query(mart: str, since: datetime | None) -> str:
    query, column = f"select * from marts.{mart}", written_at(mart)  # noqa: S608
    return f"{query} where {column} > '{since.isoformat()}'" if since and column else query


def validate_query(url: str, query: str, specs: Sequence[ExpectationSpec]) -> list[Outcome]:
    """Outcomes over the rows of any query."""
    with _session(url) as session:
        return session.validate(query, specs)


class _Session:
    """A connection of Great Expectations to one database."""

    def __init__(self, datasource: Any) -> None:
        import sqlalchemy

        self._datasource = datasource
        self._queries: set[str] = set()
        # Queries of this session of which it is known that they find no row.
        self._empty: set[str] = set()
        engine = datasource.get_execution_engine().engine
        sqlalchemy.event.listen(engine, "before_cursor_execute", self._once, retval=True)
        sqlalchemy.event.listen(engine, "after_cursor_execute", self._remember_empty)

    def _once(
        self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        """What need not be asked of the rows is not.

        Great Expectations executes the bare query to learn its columns, and looks at no row: then none is fetched. The
        driver would fetch all of them: a million rows took 6 s and more than 1 GB. And it asks, in any order, what a
        query finds and how many that are: once one of the two says nothing, the other is not worked out again.
        """
        text = statement.strip()
        if text in self._queries or text in self._empty:
            return f"select * from ({statement}) as r limit 0", parameters  # noqa: S608
        if _counted(text) in self._empty:
            return "select 0", parameters
        return statement, parameters

    def _remember_empty(
        self, _connection: Any, cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        text = statement.strip()
        if counted := _counted(text):
            found = cursor.fetchone()[0]
            cursor.scroll(-1)  # the reader of the answer gets it as well
            if found == 0:
                self._empty.add(counted)
        elif cursor.rowcount == 0 and text.startswith(_BATCH_ROWS):
            self._empty.add(text)

    def validate(
        self,
        query: str,
        specs: Sequence[ExpectationSpec],
        *,
        placeholders: Mapping[str, str] | None = None,
        row_column: str | None = None,
        document: Callable[[list[Any]], None] | None = None,
    ) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        rows = self._count(query) if any(spec.min_rows for spec in specs) else 0
        built: dict[bool, list[Any]] = {True: [], False: []}
        for spec in specs:
            if rows < spec.min_rows:
                outcomes[spec.name] = _outcome(spec, True, f"{rows} rijen, te weinig om te beoordelen")
                continue
            try:
                built[spec.type == _SQL_TYPE].append(_build(spec, placeholders or {}))
            except Exception as error:  # noqa: BLE001 - what cannot be evaluated did not pass
                outcomes[spec.name] = _outcome(spec, False, _not_evaluated(type(error).__name__, str(error)))
        by_name = {spec.name: spec for spec in specs}
        batch = self._batch(query)
        # What a query found is only given in the form that, for the other kinds, would fetch every unexpected row. Of
        # those first how many rows are wrong; which they are, another look at all rows, only of what did not pass.
        counts = _results(batch, built[False], {"result_format": "SUMMARY", "partial_unexpected_count": 0})
        summary: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLE}
        if row_column:
            summary["unexpected_index_column_names"] = [row_column]
        failed = _failed(counts)
        again = [_build(spec, placeholders or {}) for spec in specs if spec.name in failed]
        results = [result for result in counts if result.success]
        results += _results(batch, again, summary)
        results += _results(batch, built[True], {"result_format": "COMPLETE"})
        for result in results:
            spec = by_name[result.expectation_config.meta["name"]]
            outcomes[spec.name] = _judge(spec, result)
        if document:
            document(results)
        unheard = "geen uitkomst van Great Expectations"
        return [outcomes.get(spec.name) or _outcome(spec, False, unheard) for spec in specs]

    def _batch(self, query: str) -> Any:
        self._queries.add(query.strip())
        asset = self._datasource.add_query_asset(f"rows_{next(_numbers)}", query)
        return asset.add_batch_definition_whole_table("all").get_batch()

    def _count(self, query: str) -> int:
        import sqlalchemy

        with self._datasource.get_engine().connect() as connection:
            counted = sqlalchemy.text(f"select count(*) from ({query}) as r")  # noqa: S608
            return int(connection.execute(counted).scalar_one())


@contextmanager
def _session(url: str) -> Iterator[_Session]:
    context = _context()
    name = f"warehouse_{next(_numbers)}"
    # No temporary tables: the roles of the gates may not create any.
    datasource = context.data_sources.add_postgres(name, connection_string=url, create_temp_table=False)
    try:
        yield _Session(datasource)
    finally:
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()
        context.data_sources.delete(name)


@lru_cache(maxsize=1)
def _context() -> Any:
    """One context in memory for the process: no project folder, no analytics, no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _build(spec: ExpectationSpec, placeholders: Mapping[str, str] | None = None) -> Any:
    """The expectation as an object of Great Expectations; raises when its type or arguments are unknown."""
    import great_expectations.expectations as known

    kwargs = dict(spec.kwargs)
    if spec.type == _SQL_TYPE:
        query = kwargs["unexpected_rows_query"].replace("{batch}", "batch_rows")
        for placeholder, value in (placeholders or {}).items():
            query = query.replace(placeholder, value)
        kwargs["unexpected_rows_query"] = _BATCH_AS_TABLE.format(query=query)
    class_name = "".join(word.capitalize() for word in spec.type.split("_"))
    severity = "critical" if spec.severity == "blocking" else "warning"
    return getattr(known, class_name)(
        **kwargs, description=spec.description, severity=severity, meta={"name": spec.name}
    )


def _results(batch: Any, expectations: list[Any], result_format: dict[str, Any]) -> list[Any]:
    if not expectations:
        return []
    import great_expectations as gx

    suite = gx.ExpectationSuite(name=f"suite_{next(_numbers)}", expectations=expectations)
    return list(batch.validate(suite, result_format=result_format).results)


def _counted(statement: str) -> str | None:
    """The query of which this statement counts the rows; None when it does something else."""
    counting = _COUNT_OF.fullmatch(statement)
    return counting[1].strip() if counting else None


def _failed(results: list[Any]) -> set[str]:
    return {result.expectation_config.meta["name"] for result in results if not result.success}


def _judge(spec: ExpectationSpec, result: Any) -> Outcome:
    found: dict[str, Any] = result.result
    if exception := _exception(result.exception_info):
        return _outcome(spec, False, exception)
    passed = bool(result.success)
    if spec.type == _SQL_TYPE:
        records = describe_records(found["details"]["unexpected_rows"])
        number = int(found["observed_value"])
        observed = "niets dat afwijkt" if passed else f"{number} afwijking{'en' if number != 1 else ''}"
        return _outcome(spec, passed, observed, number, records)
    if "unexpected_count" in found:
        # On no rows at all both are missing.
        number, total = int(found["unexpected_count"] or 0), int(found["element_count"] or 0)
        observed = f"{number} van {total} rijen voldoen niet"
        return _outcome(spec, passed, observed, number, () if passed else _sample(spec, found))
    return _outcome(spec, passed, _observed(found))


def _observed(found: Mapping[str, Any]) -> str:
    value = found.get("observed_value")
    return f"{value:g}" if isinstance(value, float) else "geen waarden" if value is None else str(value)


def _sample(spec: ExpectationSpec, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Rows by number where the query has one, else values of columns that may be shown."""
    if rows := found.get("partial_unexpected_index_list"):
        return describe_records(rows)
    columns = {str(spec.kwargs[key]) for key in ("column", "column_A", "column_B") if key in spec.kwargs}
    values = found.get("partial_unexpected_list", [])
    return () if columns & WITHHELD else describe_records(values)


def _exception(info: Mapping[str, Any]) -> str | None:
    """The first exception in what Great Expectations reports, which is one record or one per metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if record["raised_exception"]:
            kinds = re.findall(
                r"^[\w.]*?(\w+(?:Error|Exception))\b", record.get("exception_traceback") or "", re.MULTILINE
            )
            return _not_evaluated(kinds[-1] if kinds else "Exception", str(record.get("exception_message")))
    return None


def _not_evaluated(kind: str, message: str) -> str:
    shown = " ".join(message.partition("[SQL")[0].split())
    return f"de controle kon niet worden uitgevoerd: {kind}: {shown[:300]}"


def _outcome(
    spec: ExpectationSpec,
    passed: bool,
    observed: str,
    unexpected_count: int | None = None,
    sample: tuple[str, ...] = (),
) -> Outcome:
    return Outcome(spec.name, passed, spec.severity, spec.description, observed, unexpected_count, sample)


def main() -> None:
    """`python -m expectations.runner`: check every suite, types and arguments included."""
    for where, suite in load_all_suites(check_types=True).items():
        sys.stdout.write(f"{where}: {len(suite)} expectations\n")


if __name__ == "__main__":
    main()
