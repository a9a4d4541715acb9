"""Departments' signals from raw into the signaleringstool: what a source's last accepted file holds, as now known.

The tool's database takes them over through one function that judges, compares and logs; this module finds which rows
those are and which addresses they mean. A signal whose address is not found is handed over all the same, with its text.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from orchestration.ingest.convert import Converter
from orchestration.ingest.ledger import COLUMNS, Delivery
from orchestration.ingest.progress import progress, record_progress
from orchestration.ingest.readers import read_chunks
from orchestration.ingest.source import SourceError, SourceSpec
from orchestration.municipality import Municipality

if TYPE_CHECKING:
    from signals_service.addresses import AddressIndex

_TOO_MUCH_GONE = "VS425"  # signals_service/store/migrations/0010_reception.sql
_NAMED = 20  # signals without an address that a message names


@dataclass(frozen=True)
class Reception:
    """What one source brought. `unresolved` are keys of open signals whose address is not in the register."""

    source: str
    placed: int
    changed: int
    closed: int
    withdrawn: int
    unchanged: int
    refused: int
    unresolved: tuple[str, ...]

    def metadata(self) -> dict[str, Any]:
        counts = {
            "geplaatst": self.placed,
            "gewijzigd": self.changed,
            "gesloten": self.closed,
            "vervallen": self.withdrawn,
            "ongewijzigd": self.unchanged,
            "onbekende_afdeling": self.refused,
        }
        return {f"{self.source}: {name}": count for name, count in counts.items() if count}

    def problems(self) -> list[str]:
        """In Dutch, what somebody has to look at; without a name, a person or an address."""
        found = []
        if self.refused:
            found.append(
                f"{self.refused} signalen van een afdeling die niet onder `signals: departments` in municipality.yaml "
                "staat; zij zijn niet overgenomen"
            )
        if self.unresolved:
            named = ", ".join(self.unresolved[:_NAMED]) + (", …" if len(self.unresolved) > _NAMED else "")
            found.append(
                f"{len(self.unresolved)} open signalen waarvan het adres niet in het register staat: {named}. Niemand "
                "vindt ze bij een zoekvraag op adres; laat de afdeling het adres verbeteren"
            )
        return found


def receive_signals(connection: psycopg.Connection, municipality: Municipality) -> list[Reception]:
    """Hand over every source of signals of which, or of whose addresses, something is new. One transaction each.

    Raises `SourceError` when deliveries would withdraw more open signals than their source's `max_drop_fraction`, once
    and at the end: nothing of those sources has changed, and all others have been handed over.
    """
    sources = [spec for spec in municipality.sources if spec.shape == "signal"]
    if not sources:
        return []
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.commit()
    register, register_at = _register_state(connection, municipality)
    departments = sorted(department.code for department in municipality.signals.departments)
    index: AddressIndex | None = None
    received, refused = [], []
    for spec in sources:
        with connection.transaction():
            delivery = _last_whole_file(connection, municipality, spec)
            if delivery is None:
                continue
            stage = f"signals/{spec.source}"
            state = json.dumps([_accepted(connection, municipality, spec), register, spec.source_hash, departments])
            if progress(connection, municipality.code, stage) == state:
                continue
            if index is None:
                index = _address_index(connection, municipality)
            rows = _rows(connection, municipality, spec, delivery, index)
            try:
                received.append(_hand_over(connection, municipality, spec, delivery, rows))
            except SourceError as error:
                refused.append(str(error))
                continue
            record_progress(connection, municipality.code, stage, state)
    with connection.transaction():
        connection.execute("select signals.note_register(%s, %s)", [municipality.code, register_at])
    if refused:
        raise SourceError("\n".join(refused))
    return received


def _last_whole_file(connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec) -> Delivery | None:
    """The delivery that says which signals there are: a release of quarantined rows is no file of its own."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            psycopg.sql.SQL(
                "select {} from raw.delivery where municipality_code = %s and source = %s and status = 'accepted' "
                "and released_from is null order by received_at desc, delivery_id desc limit 1"
            ).format(COLUMNS),
            [municipality.code, spec.source],
        ).fetchone()


def _accepted(connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec) -> list[int]:
    rows = connection.execute(
        "select delivery_id from raw.delivery where municipality_code = %s and source = %s and status = 'accepted' "
        "order by 1",
        [municipality.code, spec.source],
    )
    return [row[0] for row in rows]


def _register_state(connection: psycopg.Connection, municipality: Municipality) -> tuple[int | None, datetime | None]:
    """The last delivery that changed an address, and when the last one arrived."""
    with connection.transaction():
        row = connection.execute(
            "select max(delivery_id) filter (where rows_loaded > 0), max(received_at) from raw.delivery "
            "where municipality_code = %s and shape = 'address' and status = 'accepted'",
            [municipality.code],
        ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _address_index(connection: psycopg.Connection, municipality: Municipality) -> "AddressIndex":
    """The register as `core.dim_address` will hold it, which the loader may not read."""
    # The web service comes along with its search of addresses: only who has signals pays for that.
    from signals_service.addresses import AddressIndex

    rows = connection.execute(
        """
        select distinct on (nummeraanduiding_id)
          nummeraanduiding_id, adresseerbaarobject_id, street, house_number, coalesce(house_letter, ''),
          coalesce(house_suffix, ''), coalesce(postcode, ''), coalesce(place, '')
        from raw.accepted_address
        where municipality_code = %s
        order by nummeraanduiding_id, received_at desc, delivery_id desc, row_number desc
        """,
        [municipality.code],
    )
    return AddressIndex(rows, other_places=list(municipality.place_aliases.items()))


def _rows(
    connection: psycopg.Connection,
    municipality: Municipality,
    spec: SourceSpec,
    delivery: Delivery,
    index: "AddressIndex",
) -> list[dict[str, Any]]:
    """The signals of the file, each in its newest accepted version, as `signals.receive` takes them."""
    converter = Converter(municipality, spec, delivery.file_name, delivery.landing_path)
    present = {
        key
        for chunk in read_chunks(delivery.landing_path, spec, delivery.file_name, spec.crs or municipality.crs)
        for _, key in converter.keys(chunk)
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        known = cursor.execute(
            """
            select distinct on (department, signal_id)
              department, signal_id, official_name, official_phone, placed_on, kind, nummeraanduiding_id,
              address_text, person, review_on, status
            from raw.accepted_signal
            where municipality_code = %s and source = %s
            order by department, signal_id, received_at desc, delivery_id desc, row_number desc
            """,
            [municipality.code, spec.source],
        ).fetchall()
    return [_as_handed(row, index) for row in known if (row["department"], row["signal_id"]) in present]


def _as_handed(row: dict[str, Any], index: "AddressIndex") -> dict[str, Any]:
    address = index.by_id(row["nummeraanduiding_id"]) if row["nummeraanduiding_id"] else None
    if address is None and row["address_text"]:
        resolution = index.resolve(row["address_text"])
        address = resolution.address if resolution.status == "found" else None
    # What the file said of an address that is not there is kept; of one that was found the register says it better.
    given = None if address else row["address_text"] or row["nummeraanduiding_id"]
    return row | {
        "placed_on": row["placed_on"].isoformat(),
        "review_on": row["review_on"] and row["review_on"].isoformat(),
        "address_id": address and address.adresseerbaarobject_id,
        "nummeraanduiding_id": address and address.nummeraanduiding_id,
        "address_text": given,
        "person_keys": (row["person"] or "").split(),
        "person": None,
    }


def _hand_over(
    connection: psycopg.Connection,
    municipality: Municipality,
    spec: SourceSpec,
    delivery: Delivery,
    rows: list[dict[str, Any]],
) -> Reception:
    allowed = None if delivery.trusted_because else spec.tolerances.max_drop_fraction
    try:
        with connection.transaction():
            counts = connection.execute(
                "select * from signals.receive(%s, %s, %s, %s, %s)",
                [municipality.code, spec.source, delivery.delivery_id, Jsonb(rows), allowed],
            ).fetchone()
            # Who searches from now on finds them along an index.
            connection.execute("select signals.count_anew()")
    except psycopg.Error as error:
        if error.sqlstate != _TOO_MUCH_GONE:
            raise
        raise SourceError(
            f"bron {spec.source}: levering {delivery.delivery_id} ({delivery.file_name}) zou "
            f"{error.diag.message_primary} open signalen laten vervallen, en toegestaan is {allowed:.0%}. Er is niets "
            "gewijzigd. Vraag de afdeling of het bestand volledig is en lever het anders opnieuw; klopt het, verhoog "
            "dan `tolerances: max_drop_fraction` van de bron en voer `vis process` uit"
        ) from None
    assert counts is not None  # noqa: S101 - the function gives one row
    unresolved = sorted(str(row["signal_id"]) for row in rows if row["address_text"] and row["status"] != "closed")
    return Reception(*(spec.source, *counts, tuple(unresolved)))
