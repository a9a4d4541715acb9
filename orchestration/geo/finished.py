"""Which deliveries of incidents still wait for places or weights, so that a day costs a day and not a history.

A delivery is finished for a stage once each of its rows has its place or its weights; it is marked in the transaction
that writes the last of them. A delete of places or weights unmarks the deliveries concerned (a trigger, so that no
deleter can forget it).
"""

from typing import Literal

import psycopg

Stage = Literal["place", "dagdeel"]


def unfinished(connection: psycopg.Connection, municipality_code: str, stage: Stage) -> list[int]:
    """The accepted deliveries of incidents with rows that may lack what the stage makes."""
    rows = connection.execute(
        """
        select d.delivery_id from raw.delivery as d
        where d.municipality_code = %(code)s and d.shape = 'incident' and d.status = 'accepted'
          and not exists (
            select from enriched.finished_delivery as f
            where f.municipality_code = d.municipality_code and f.stage = %(stage)s and f.delivery_id = d.delivery_id
          )
        order by d.delivery_id
        """,
        {"code": municipality_code, "stage": stage},
    ).fetchall()
    return [row[0] for row in rows]


def rows_waiting(connection: psycopg.Connection, municipality_code: str) -> int:
    """How many rows the deliveries hold that may lack a place or weights."""
    deliveries = {
        *unfinished(connection, municipality_code, "place"),
        *unfinished(connection, municipality_code, "dagdeel"),
    }
    row = connection.execute(
        "select coalesce(sum(rows_loaded), 0) from raw.delivery where delivery_id = any(%s)", [[*deliveries]]
    ).fetchone()
    return int(row[0]) if row else 0


def finish(connection: psycopg.Connection, municipality_code: str, stage: Stage, deliveries: list[int]) -> None:
    """Mark deliveries; the caller has written what they lacked in the same transaction."""
    connection.execute(
        """
        insert into enriched.finished_delivery (municipality_code, stage, delivery_id)
        select %s, %s, unnest(%s::bigint[])
        """,
        [municipality_code, stage, deliveries],
    )
