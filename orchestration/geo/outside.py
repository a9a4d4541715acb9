"""How many of a delivery's points lie outside the municipality: a sign that it holds rows of another one."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import psycopg

from orchestration.geo.incidents import load_buurten
from orchestration.geo.place import buurt_index, reproject
from orchestration.ingest.ledger import Delivery
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality

_SHAPES = ("incident", "event")
_SAMPLE = 5_000  # at least so many rows of a large file, evenly through it: a share needs no more


def points_outside(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, deliveries: Sequence[Delivery]
) -> dict[int, tuple[int, int]]:
    """Per loaded delivery (points looked at, those of them in no buurt); none while there are no areas to look in."""
    if spec.shape not in _SHAPES or spec.tolerances.max_outside_fraction is None or not deliveries:
        return {}
    buurten = load_buurten(connection, municipality)
    if buurten is None:
        return {}
    rows = connection.execute(
        f"""
        select r.delivery_id, r.x, r.y
        from raw.{spec.shape} as r
        join raw.delivery as d using (delivery_id)
        where r.delivery_id = any(%s::bigint[]) and r.row_number %% greatest(d.rows_read / %s, 1) = 0
          and r.x is not null and r.y is not null
        """,  # noqa: S608 - one of _SHAPES
        [[delivery.delivery_id for delivery in deliveries], _SAMPLE],
    ).fetchall()
    if not rows:
        return {}
    numbers, east, north = zip(*rows, strict=True)
    x, y = reproject(np.array(east), np.array(north), spec.crs or municipality.crs, municipality.crs)
    looked_at = Counter(numbers)
    outside = Counter(np.array(numbers)[buurt_index(x, y, buurten) < 0].tolist())
    return {number: (points, outside[number]) for number, points in looked_at.items()}
