"""How many rows a dbt model had to read or has, asked of PostgreSQL's own statistics: no table is counted for it."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import psycopg

# A view has no rows of its own: what it reads from is followed down to the tables. The statistics of a server that
# crashed begin anew; then what the planner knows is the better figure. A table that nobody ever looked at is unknown.
_ROWS = """
with recursive named as (
  select c.oid, c.relkind
  from unnest(%(schemas)s::text[], %(names)s::text[]) as asked (schema, name)
  join pg_namespace as n on n.nspname = asked.schema
  join pg_class as c on c.relnamespace = n.oid and c.relname = asked.name
),
reads as (
  select oid, relkind from named
  union
  select used.oid, used.relkind
  from reads
  join pg_rewrite as rule on rule.ev_class = reads.oid
  join pg_depend as link
    on link.classid = 'pg_rewrite'::regclass and link.objid = rule.oid and link.refclassid = 'pg_class'::regclass
  join pg_class as used on used.oid = link.refobjid
  where reads.relkind = 'v'
)
select coalesce(sum(greatest(pg_stat_get_live_tuples(c.oid), c.reltuples::bigint, 0)), 0)
from reads join pg_class as c using (oid)
where reads.relkind in ('r', 'm', 'p')
"""


class RowsRead:
    """Rows in the tables below a model, as the statistics have them when it has just been built.

    An incremental model reads what changed and not all of these: the figure says how much there was to read from.
    """

    def __init__(self, manifest: Mapping[str, Any], dsn: str) -> None:
        self._parents: Mapping[str, list[str]] = manifest["parent_map"]
        self._relations: dict[str, tuple[str, str]] = {
            key: (node["schema"], node.get("identifier") or node.get("alias") or node["name"])
            for key, node in {**manifest["nodes"], **manifest["sources"]}.items()
        }
        # No transaction stays open while dbt builds.
        self._connection = psycopg.connect(dsn, autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def of(self, unique_id: str) -> int:
        """Of the model with this id in the manifest; 0 for one that reads no table, such as a calendar."""
        return self._rows(self._parents.get(unique_id, []))

    def in_table(self, unique_id: str) -> int:
        """In the table of the model or seed itself."""
        return self._rows([unique_id])

    def _rows(self, unique_ids: Iterable[str]) -> int:
        relations = [self._relations[key] for key in unique_ids if key in self._relations]
        schemas, names = [schema for schema, _ in relations], [name for _, name in relations]
        row = self._connection.execute(_ROWS, {"schemas": schemas, "names": names}).fetchone()
        return int(row[0]) if row else 0
