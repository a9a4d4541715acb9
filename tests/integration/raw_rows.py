"""Rows straight into the raw tables, for tests of the rooms behind them; the loader has tests of its own."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import psycopg

from orchestration.ingest.shapes import SHAPES
from orchestration.settings import Settings


def insert_delivery(
    settings: Settings,
    municipality_code: str,
    shape: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    source: str,
    status: str = "accepted",
    time_zone: str = "Europe/Amsterdam",
) -> int:
    """One delivery with these rows (shape column → value; times without a zone are local); returns its id."""
    columns, rows = SHAPES[shape].column_names, list(rows)
    with psycopg.connect(settings.dsn("loader")) as connection:
        connection.execute("select set_config('TimeZone', %s, true)", [time_zone])
        found = connection.execute(
            """
            insert into raw.delivery
              (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, source_hash, status,
                rows_read, rows_loaded, delivery_day)
            values (%s, %s, %s, 'proef.csv', %s, 0, '', '', %s, %s, %s, current_date) returning delivery_id
            """,
            [municipality_code, source, shape, uuid4().hex, status, len(rows), len(rows)],
        ).fetchone()
        assert found is not None
        fixed = ("municipality_code", "source", "delivery_id", "row_number", "row_hash")
        statement = f"copy raw.{shape} ({', '.join((*fixed, *columns))}) from stdin"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[call-overload]
            for number, row in enumerate(rows, 2):  # row 1 of a file holds the headings
                given = [row.get(column) for column in columns]
                copy.write_row([municipality_code, source, found[0], number, uuid4(), *given])
        connection.execute(
            "update raw.delivery set (rows_read, rows_loaded) = (n, n) "
            f"from (select count(*) as n from raw.{shape} where delivery_id = %(id)s) as r where delivery_id = %(id)s",  # type: ignore[arg-type]
            {"id": found[0]},
        )
    return int(found[0])
