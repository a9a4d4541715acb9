"""The rows of a query by column, in chunks that fit in memory."""

from collections.abc import Iterator
from typing import Any

import psycopg

from orchestration.ingest.collector import collector_paused
from orchestration.municipality import Municipality

_CHUNK = 100_000  # incidents in memory at a time, about 100 MB for each of the queries that run


def columns_in_chunks(
    connection: psycopg.Connection, query: str, municipality: Municipality, deliveries: list[int]
) -> Iterator[list[tuple[Any, ...]]]:
    """The columns of a query's result, `_CHUNK` rows at a time."""
    with connection.cursor(name="enrich_incidents") as cursor:
        cursor.execute(query, {"code": municipality.code, "deliveries": deliveries}, binary=True)
        while columns := _fetch_columns(cursor):
            yield columns


def _fetch_columns(cursor: psycopg.ServerCursor) -> list[tuple[Any, ...]]:
    """The columns of the next rows, empty at the end."""
    with collector_paused():
        return list(zip(*cursor.fetchmany(_CHUNK), strict=True))
