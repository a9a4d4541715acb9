"""The incidents that still lack something, by column, in chunks that fit in memory."""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg

from orchestration.ingest.collector import collector_paused
from orchestration.municipality import Municipality

_CHUNK = 100_000  # incidents in memory at a time, about 100 MB for each of the queries that run


def incidents_without(
    connection: psycopg.Connection,
    table: LiteralString,
    wanted: LiteralString,
    municipality: Municipality,
    deliveries: list[int],
) -> Iterator[list[tuple[Any, ...]]]:
    """What is `wanted` (columns of `i`) of these deliveries' accepted rows that `table` lacks, `_CHUNK` at a time."""
    query = f"""
        select {wanted}
        from raw.accepted_incident as i
        where i.municipality_code = %(code)s and i.delivery_id = any(%(deliveries)s::bigint[])
          and not exists (
            select from {table} as known
            where known.municipality_code = i.municipality_code and known.row_id = i.row_id
          )
        """  # noqa: S608 - names of our own code
    with connection.cursor(name="enrich_incidents") as cursor:
        cursor.execute(query, {"code": municipality.code, "deliveries": deliveries}, binary=True)
        while columns := _fetch_columns(cursor):
            yield columns


def _fetch_columns(cursor: psycopg.ServerCursor) -> list[tuple[Any, ...]]:
    """The columns of the next rows, empty at the end."""
    with collector_paused():
        return list(zip(*cursor.fetchmany(_CHUNK), strict=True))
