"""The weights of incidents over local dates and day parts, into enriched.incident_dagdeel."""

import json
from itertools import repeat

import numpy as np
import psycopg
from psycopg.copy import QueuedLibpqWriter

from orchestration.geo.copy_lines import block, day_cells, text_cells
from orchestration.geo.dagdeel import UNKNOWN, dagdeel_weights
from orchestration.geo.finished import finish, unfinished
from orchestration.geo.stream import incidents_without
from orchestration.ingest.progress import progress, record_progress
from orchestration.municipality import Municipality

_WEIGHED = "dagdeel"  # the stage whose progress is the settings that the weights were made with


def forget_weights_of_other_settings(writer: psycopg.Connection, municipality: Municipality) -> None:
    """Weights follow from the municipality's day parts, longest window and zone: when those change, all are redone.

    In the transaction of the caller, who commits it before `weigh`.
    """
    state = json.dumps([municipality.dagdelen, municipality.max_window_days, municipality.time_zone])
    if progress(writer, municipality.code, _WEIGHED) == state:
        return
    writer.execute("delete from enriched.incident_dagdeel where municipality_code = %s", [municipality.code])
    record_progress(writer, municipality.code, _WEIGHED, state)


def weigh(reader: psycopg.Connection, writer: psycopg.Connection, municipality: Municipality) -> tuple[int, int]:
    """Weigh what has no weights yet; returns the number of incidents and how many have an unknown day part.

    `writer` holds the lock on the enriched rows; the caller commits.
    """
    deliveries = unfinished(writer, municipality.code, "dagdeel")
    chunks = incidents_without(
        reader,
        "enriched.incident_dagdeel",
        # A missing end becomes the smallest bigint, which is how numpy writes "not a time".
        """
          i.row_id,
          (extract(epoch from i.begin_at) * 1000000)::bigint,
          coalesce((extract(epoch from i.end_at) * 1000000)::bigint, -9223372036854775808)
        """,
        municipality,
        deliveries,
    )
    count = unknown = 0
    with (
        writer.cursor() as cursor,
        cursor.copy(
            "copy enriched.incident_dagdeel (municipality_code, row_id, local_date, dagdeel, weight) from stdin",
            writer=QueuedLibpqWriter(cursor),
        ) as copy,
    ):
        for row_ids, begin, end in chunks:
            weights = dagdeel_weights(
                np.array(begin, dtype="datetime64[us]"),
                np.array(end, dtype="datetime64[us]"),
                dagdelen=municipality.dagdelen,
                time_zone=municipality.time_zone,
                max_window_days=municipality.max_window_days,
            )
            count += len(row_ids)
            unknown += int((weights["dagdeel"] == UNKNOWN).sum())
            ids = np.array(row_ids, dtype=np.int64)[weights["position"].to_numpy()].tolist()
            days = day_cells(weights["local_date"].to_numpy())
            dagdelen = text_cells(weights["dagdeel"].to_numpy(dtype=object))
            # Billionths as text, "250000000e-9": exact, where a float would be rounded once more.
            shares = (f"{billionths}e-9" for billionths in weights["billionths"].tolist())
            copy.write(block([repeat(municipality.code, len(ids)), map(str, ids), days, dagdelen, shares]))
    finish(writer, municipality.code, "dagdeel", deliveries)
    return count, unknown
