"""How much may be wrong with a delivery before it is held."""

from orchestration.ingest.ledger import Delivery
from orchestration.ingest.source import Tolerances


def tolerance_problems(delivery: Delivery, tolerances: Tolerances) -> list[str]:
    """What about a loaded delivery is beyond its source's tolerances, in Dutch; empty when it is within them."""
    allowed = tolerances.max_quarantine_fraction
    if allowed is None or delivery.rows_read == 0:
        return []
    fraction = delivery.rows_quarantined / delivery.rows_read
    if fraction <= allowed:
        return []
    problem = (
        f"bestand {delivery.file_name}: {delivery.rows_quarantined} van {delivery.rows_read} rijen "
        f"({_percent(fraction)}) staan in quarantaine; toegestaan is {_percent(allowed)}"
    )
    return [f"{problem}. {delivery.reason}" if delivery.reason else problem]


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.3g}%".replace(".", ",")
