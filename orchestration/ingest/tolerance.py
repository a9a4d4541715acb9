"""How much may be wrong with a delivery before it is held, or refused as not whole."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import psycopg

from orchestration.ingest.ledger import Delivery
from orchestration.ingest.source import Tolerances

# How each kind of problem is worded: a notice tells the kind of a reason without repeating it.
_IN_QUARANTINE, _FEWER_ROWS = "staan in quarantaine; toegestaan is", "minder dan de gebruikelijke"
_DAY_TO_COME, _OUTSIDE = "gaat volgens de naam over", "liggen buiten de gemeente"
_CLOCKS_DIFFER = timedelta(days=1)  # between sender and receiver, about midnight
_RECENT = 5  # deliveries that tell what is usual
_FEWEST_POINTS = 20  # a share of fewer says nothing


def reason_kinds(delivery: Delivery) -> list[str]:
    """Why a delivery was refused or held, in Dutch and in general: nothing of what stands in the file."""
    if delivery.status == "refused" and not delivery.was_read:
        return ["het bestand is niet te lezen"]
    reason = delivery.reason or ""
    kinds = []
    if _IN_QUARANTINE in reason:
        kinds.append("te veel rijen in quarantaine")
    if _FEWER_ROWS in reason:
        kinds.append("veel minder rijen dan gebruikelijk")
    if _DAY_TO_COME in reason:
        kinds.append("een levering over een dag die nog moet komen")
    if _OUTSIDE in reason:
        kinds.append("veel incidenten buiten de gemeente")
    return kinds or ["een verwachting van de poort klopt niet"]


def can_be_trusted(delivery: Delivery) -> bool:
    """Whether a delivery was stopped for its size or its day: then somebody may answer for it."""
    stopped = delivery.was_read and delivery.status in ("refused", "held")
    return stopped and any(kind in (delivery.reason or "") for kind in (_FEWER_ROWS, _DAY_TO_COME))


def tolerance_problems(delivery: Delivery, tolerances: Tolerances, usual_rows: float | None = None) -> list[str]:
    """What about a loaded delivery is beyond its source's tolerances, in Dutch; empty when it is within them.

    `usual_rows` is what the source normally holds; None when nothing was accepted before. A release passes: the
    delivery that its rows come from was let through without any of them.
    """
    if delivery.released_from is not None:
        return []
    return _too_many_unreadable(delivery, tolerances.max_quarantine_fraction) + truncated(
        delivery, tolerances, usual_rows
    )


def truncated(delivery: Delivery, tolerances: Tolerances, usual: float | None) -> list[str]:
    """Whether a file holds far fewer rows than usual, in Dutch: it was most likely cut off on its way.

    Not one that an administrator trusts all the same.
    """
    allowed = tolerances.max_drop_fraction
    if allowed is None or not usual or delivery.trusted_because or delivery.released_from is not None:
        return []
    drop = 1 - delivery.rows_read / usual
    if drop <= allowed + 1e-9:  # 70 of 100 is a drop of 0.3, whatever floats say
        return []
    return [
        f"bestand {delivery.file_name}: {delivery.rows_read} rijen, {_percent(drop)} {_FEWER_ROWS} "
        f"{usual:.0f}; toegestaan is {_percent(allowed)}. Vraag de leverancier of het bestand volledig is. Is het dat, "
        f"neem het dan op met: vis accept {delivery.delivery_id} --because REDEN"
    ]


def is_ahead(delivery: Delivery, time_zone: str) -> bool:
    """Whether a delivery gives a day that had not come when it arrived."""
    arrived = delivery.received_at.astimezone(ZoneInfo(time_zone)).date()
    return delivery.delivery_day > arrived + _CLOCKS_DIFFER


def day_to_come(delivery: Delivery, time_zone: str) -> list[str]:
    """That a delivery comes from the future, in Dutch; not of one that an administrator trusts all the same."""
    if delivery.trusted_because or delivery.released_from is not None or not is_ahead(delivery, time_zone):
        return []
    arrived = delivery.received_at.astimezone(ZoneInfo(time_zone))
    return [
        f"bestand {delivery.file_name}: {_DAY_TO_COME} {delivery.delivery_day:%d-%m-%Y}, maar het kwam op "
        f"{arrived:%d-%m-%Y}; verwacht een dag die is geweest. Vraag de leverancier het bestand met de juiste dag in "
        f"de naam te sturen. Klopt de inhoud, neem het dan op met: vis accept {delivery.delivery_id} --because REDEN"
    ]


def too_far_outside(delivery: Delivery, allowed: float | None, points: int, outside: int, name: str) -> list[str]:
    """That many of the points of a delivery lie outside the municipality called `name`, in Dutch."""
    if allowed is None or delivery.released_from is not None or points < _FEWEST_POINTS or outside <= allowed * points:
        return []
    return [
        f"bestand {delivery.file_name}: {outside} van {points} nagekeken coördinaten ({_percent(outside / points)}) "
        f"{_OUTSIDE} {name}; toegestaan is {_percent(allowed)}. Zitten er rijen van een andere gemeente in? "
        "Vraag de leverancier het bestand te splitsen, of noem in de bron onder own_rows aan welke kolom de eigen "
        "rijen te herkennen zijn"
    ]


def usual_rows(connection: psycopg.Connection, delivery: Delivery) -> float | None:
    """Median number of rows in the last five accepted deliveries like this one; None when there are none.

    Alike are the deliveries of a day, and those that are none: the history that a daily source began with says
    nothing of a day.
    """
    row = connection.execute(
        """
        select percentile_cont(0.5) within group (order by rows_read)
        from (
          select rows_read from raw.delivery
          where municipality_code = %s and source = %s and is_of_day = %s and status = 'accepted'
            and released_from is null
          order by delivery_id desc
          limit %s
        ) as alike
        """,
        [delivery.municipality_code, delivery.source, delivery.is_of_day, _RECENT],
    ).fetchone()
    return row[0] if row else None


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


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.3g}%".replace(".", ",")
