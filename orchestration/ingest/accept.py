"""Letting a delivery count that was stopped as a whole: far smaller than usual, or about a day still to come.

What is wrong inside a file is mended in the description of its source, where the reason is kept. Whether a small file
is a quiet day only the sender can tell, and only about this one file: that reason is kept with the delivery.
"""

import psycopg

from orchestration.ingest.days import delivery_day
from orchestration.ingest.ledger import Delivery, LedgerError, get_delivery, lock_source, try_again
from orchestration.ingest.tolerance import can_be_trusted, is_ahead
from orchestration.municipality import Municipality


def accept(connection: psycopg.Connection, municipality: Municipality, number: int, because: str) -> Delivery:
    """Have a delivery loaded and judged again, whatever its size and day; returns it under its new number.

    Everything else is judged as ever. A day still to come becomes the day of arrival. Raises `LedgerError` when no
    reason is given or this delivery was not stopped for its size or day.
    """
    if not because.strip():
        raise LedgerError("geef een reden: zij blijft bij de levering staan")
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.commit()
    with connection.transaction():
        delivery = get_delivery(connection, number)
        if delivery.municipality_code != municipality.code:
            raise LedgerError(f"levering {number} is niet van {municipality.name} ({municipality.code})")
        lock_source(connection, delivery.municipality_code, delivery.source)
        delivery = get_delivery(connection, number, lock=True)
        if not can_be_trusted(delivery):
            raise LedgerError(
                f"levering {number} ({delivery.file_name}) is niet tegengehouden om haar omvang of haar dag, en alleen "
                "dat is op deze manier toe te staan. Zie docs/beheer.md, over een levering die is vastgehouden"
            )
        spec = municipality.source(delivery.source)
        again = try_again(
            connection, delivery, spec.source_hash, f"een beheerder de levering toestond: {because.strip()}"
        )
        day = again.delivery_day
        if is_ahead(again, municipality.time_zone):
            day = delivery_day(spec, "", municipality.time_zone, again.received_at)
        connection.execute(
            "update raw.delivery set trusted_because = %s, delivery_day = %s where delivery_id = %s",
            [because.strip(), day, again.delivery_id],
        )
        return get_delivery(connection, again.delivery_id)
