"""How much may be wrong with a delivery before it is held."""

import psycopg

from orchestration.ingest.ledger import Delivery
from orchestration.ingest.source import Tolerances

# How each kind of problem is worded: a notice tells the kind of a reason without repeating it.
_IN_QUARANTINE, _FEWER_ROWS = "staan in quarantaine; toegestaan is", "minder dan de gebruikelijke"


def reason_kinds(delivery: Delivery) -> list[str]:
    """Why a delivery was refused or held, in Dutch and in general: nothing of what stands in the file."""
    if delivery.status == "refused":
        return ["het bestand is niet te lezen"]
    reason = delivery.reason or ""
    kinds = []
    if _IN_QUARANTINE in reason:
        kinds.append("te veel rijen in quarantaine")
    if _FEWER_ROWS in reason:
        kinds.append("veel minder rijen dan gebruikelijk")
    return kinds or ["een verwachting van de poort klopt niet"]


def tolerance_problems(delivery: Delivery, tolerances: Tolerances, usual_rows: float | None = None) -> list[str]:
    """What about a loaded delivery is beyond its source's tolerances, in Dutch; empty when it is within them.

    `usual_rows` is what the source normally holds; None when nothing was accepted before. A release passes: the
    delivery that its rows come from was let through without any of them.
    """
    if delivery.released_from is not None:
        return []
    return _too_many_unreadable(delivery, tolerances.max_quarantine_fraction) + _truncated(
        delivery, tolerances.max_drop_fraction, usual_rows
    )


def usual_rows(connection: psycopg.Connection, delivery: Delivery) -> float | None:
    """Median number of rows in the last five accepted deliveries of the same source; None when there are none."""
    row = connection.execute(
        """
        select percentile_cont(0.5) within group (order by rows_read) from (
          select rows_read from raw.delivery
          where municipality_code = %s and source = %s and status = 'accepted' and released_from is null
          order by delivery_id desc limit 5
        ) as recent
        """,
        [delivery.municipality_code, delivery.source],
    ).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def _too_many_unreadable(delivery: Delivery, allowed: float | None) -> list[str]:
    if allowed is None or delivery.rows_read == 0:
        return []
    fraction = delivery.rows_quarantined / delivery.rows_read
    if fraction <= allowed:
        return []
    problem = (
        f"bestand {delivery.file_name}: {delivery.rows_quarantined} van {delivery.rows_read} rijen "
        f"({_percent(fraction)}) {_IN_QUARANTINE} {_percent(allowed)}"
    )
    return [f"{problem}. {delivery.reason}" if delivery.reason else problem]


def _truncated(delivery: Delivery, allowed: float | None, usual: float | None) -> list[str]:
    """A file that suddenly holds far fewer rows was most likely cut off on its way."""
    if allowed is None or not usual:
        return []
    drop = 1 - delivery.rows_read / usual
    if drop <= allowed + 1e-9:  # 70 of 100 is a drop of 0.3, whatever floats say
        return []
    return [
        f"bestand {delivery.file_name}: {delivery.rows_read} rijen, {_percent(drop)} {_FEWER_ROWS} "
        f"{usual:.0f}; toegestaan is {_percent(allowed)}. Vraag de leverancier of het bestand volledig is"
    ]


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.3g}%".replace(".", ",")
