"""One delivery into raw, in one transaction: all of it is accounted for, or nothing has happened.

Bytes → chunks of text → typed rows → COPY into a temporary table → set-based SQL. A process that is killed at any
moment leaves the delivery `landed`; the next run does it again.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg
from psycopg.copy import QueuedLibpqWriter

from orchestration.ingest import load_sql
from orchestration.ingest.chunk import Chunk
from orchestration.ingest.collector import collector_paused
from orchestration.ingest.convert import Converter, Quarantined
from orchestration.ingest.errors import AccountingError, RefusedDelivery
from orchestration.ingest.landing import land
from orchestration.ingest.ledger import (
    Delivery,
    Status,
    get_delivery,
    lock_source,
    rows_to_retry,
    waiting_deliveries,
)
from orchestration.ingest.overtaken import older_than_known, overtaken
from orchestration.ingest.readers import read_chunks
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality
from orchestration.settings import Settings

_WAITING_ROWS = 1_000  # for quarantine, before they are written


@dataclass(frozen=True)
class LoadResult:
    """What became of one delivery. `new_columns`: headings that are not mapped and went to `extra`."""

    delivery_id: int
    source: str
    file_name: str
    status: Status
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_duplicate: int
    reason: str | None
    new_columns: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One Dutch line for a log."""
        if self.status == "refused":
            return f"{self.source}: geweigerd: {self.reason}"
        text = (
            f"{self.source}: {self.file_name}: gelezen {self.rows_read}, geladen {self.rows_loaded}, "
            f"quarantaine {self.rows_quarantined}, dubbel {self.rows_duplicate}"
        )
        if self.new_columns:
            text += f"; niet vertaald, naar extra: {', '.join(self.new_columns)}"
        return f"{text}. {self.reason}" if self.reason else text


def load_delivery(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, delivery: Delivery
) -> LoadResult:
    """Load one landed delivery and commit it, as `loaded` or as `refused`; ends an open transaction first.

    A delivery that another loader has dealt with meanwhile is left alone and reported as it stands. Raises
    `AccountingError` when rows got lost (a fault in this code) and `psycopg.Error` when the database fails.
    """
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.commit()
    try:
        with connection.transaction():
            return load_in_transaction(connection, municipality, spec, delivery)
    except RefusedDelivery as refusal:
        reason = refusal.reason
    except psycopg.DataError as error:
        # Our typing let through what PostgreSQL does not take: that stops this delivery, not the ones behind it. Its
        # own words quote the value.
        reason = (
            f"bestand {delivery.file_name}: PostgreSQL weigert de inhoud ({type(error).__name__}). "
            "Dit is een fout in VIS; meld haar met dit bestand"
        )
    with connection.transaction():
        lock_source(connection, delivery.municipality_code, delivery.source)
        connection.execute(
            "update raw.delivery set status = 'refused', reason = %s, source_hash = %s "
            "where delivery_id = %s and status = 'landed'",
            [reason, spec.source_hash, delivery.delivery_id],
        )
        return _result(get_delivery(connection, delivery.delivery_id))


def process(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, settings: Settings
) -> list[LoadResult]:
    """Land what is new at a source and load all that waits, in order of arrival. A refusal stops nothing."""
    land(connection, municipality, spec, settings)
    waiting = waiting_deliveries(connection, municipality.code, spec.source, "landed")
    return [load_delivery(connection, municipality, spec, delivery) for delivery in waiting]


def load_in_transaction(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, delivery: Delivery
) -> LoadResult:
    """Load one landed delivery within the transaction of the caller. Raises `RefusedDelivery`, and as `load_delivery`.

    A release reads the whole file of the delivery that it comes from, so that its rows are compared with all others
    of that file; only they are counted, loaded or quarantined again.
    """
    lock_source(connection, delivery.municipality_code, delivery.source)
    now = get_delivery(connection, delivery.delivery_id, lock=True)
    if now.status != "landed":
        return _result(now)
    wanted: list[int] | None = None
    if now.released_from is not None:
        origin = get_delivery(connection, now.released_from)
        wanted, waiting = rows_to_retry(connection, now)
        now = replace(now, file_name=origin.file_name)  # where the sender can find the row
    converter = Converter(municipality, spec, now.file_name, now.landing_path)
    copied = _copy(connection, municipality, spec, now, converter, wanted=None if wanted is None else frozenset(wanted))
    if wanted is not None:
        _check_same_rows(origin, copied.read)
        copied = replace(copied, read=len(wanted))
        load_sql.stand(connection, waiting, wanted)
    ahead = load_sql.take_out_ahead(connection, spec.shape_definition, now)
    load_sql.judge(connection, spec.shape_definition, now)
    quarantined = copied.quarantined
    reasons = _contradicting(spec, load_sql.contradictions(connection))
    reasons |= {
        number: _from_the_future(spec, moments, now, municipality.time_zone)
        for number, moments in ahead.items()
        if wanted is None or number in wanted
    }
    late = older_than_known(connection, spec, now)
    if wanted is not None:
        late |= overtaken(connection, municipality, spec, now)
    if late:
        load_sql.leave_out(connection, late)
        reasons |= late
    if reasons:
        quarantined += _quarantine(connection, now, _with_text(municipality, spec, now, converter, reasons))
    loaded, duplicate = load_sql.insert(connection, spec.shape_definition, now)
    if copied.read != loaded + quarantined + duplicate:
        raise AccountingError(
            f"levering {now.delivery_id} ({now.file_name}): gelezen {copied.read}, geladen {loaded}, "
            f"quarantaine {quarantined}, dubbel {duplicate}; niets is geladen"
        )
    connection.execute(
        """
        update raw.delivery
        set status = 'loaded', shape = %s, loaded_at = clock_timestamp(), source_hash = %s, reason = %s,
          rows_read = %s, rows_loaded = %s, rows_quarantined = %s, rows_duplicate = %s
        where delivery_id = %s
        """,
        [spec.shape, spec.source_hash, converter.hint(), copied.read, loaded, quarantined, duplicate, now.delivery_id],
    )
    return replace(_result(get_delivery(connection, now.delivery_id)), new_columns=copied.new_columns)


@dataclass(frozen=True)
class _Copied:
    read: int
    quarantined: int
    new_columns: tuple[str, ...]


def _copy(
    connection: psycopg.Connection,
    municipality: Municipality,
    spec: SourceSpec,
    delivery: Delivery,
    converter: Converter,
    *,
    wanted: frozenset[int] | None,
) -> _Copied:
    """Stream the delivery into the temporary table; what cannot be typed goes to quarantine at once, if wanted."""
    statement = load_sql.create_incoming(connection, spec.shape_definition, converter.columns)
    read = quarantined = 0
    new_columns: dict[str, None] = {}
    waiting: list[Quarantined] = []
    copy: psycopg.Copy | None = None
    # One COPY runs on, in a thread of its own, while the next chunk is read and typed; only rows for quarantine, which
    # need the connection, end it.
    with collector_paused(), ExitStack() as open_copy:
        for chunk in read_chunks(delivery.landing_path, spec, delivery.file_name, spec.crs or municipality.crs):
            converted = converter.convert(chunk)
            if copy is None:
                cursor = open_copy.enter_context(connection.cursor())
                copy = open_copy.enter_context(cursor.copy(statement, writer=QueuedLibpqWriter(cursor)))
            copy.write("".join(converted.lines))
            read += converted.rows_read
            new_columns.update(dict.fromkeys(chunk.unmapped))
            waiting += [row for row in converted.quarantined if wanted is None or row.row_number in wanted]
            if len(waiting) >= _WAITING_ROWS:
                open_copy.close()
                copy = None
                quarantined += _quarantine(connection, delivery, waiting)
                waiting = []
    quarantined += _quarantine(connection, delivery, waiting)
    return _Copied(read, quarantined, tuple(new_columns))


def _check_same_rows(origin: Delivery, read: int) -> None:
    """Raise `RefusedDelivery` when a mended source cuts the file into other rows: their numbers say nothing then."""
    if read != origin.rows_read:
        raise RefusedDelivery(
            origin.file_name,
            f"{read} rijen",
            expected=f"{origin.rows_read} rijen, zoals toen het als levering {origin.delivery_id} is geladen",
            action="De bron leest dit bestand nu anders, zodat de rijnummers in de quarantaine niet meer kloppen. "
            "Vraag de leverancier om het bestand opnieuw te sturen.",
        )


def _quarantine(connection: psycopg.Connection, delivery: Delivery, rows: Iterable[Quarantined]) -> int:
    """Write rows to quarantine, as they come; returns how many there were."""
    number = 0
    statement = "copy raw.quarantine (delivery_id, municipality_code, row_number, reason, record) from stdin"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for number, row in enumerate(rows, 1):  # noqa: B007 - counted
            copy.write_row((delivery.delivery_id, delivery.municipality_code, row.row_number, row.reason, row.record))
    return number


def _contradicting(spec: SourceSpec, contradictions: dict[int, str]) -> dict[int, str]:
    """Row number → why rows of one file that say different things of one key are not loaded."""
    key = ", ".join(spec.columns.get(name, name) for name in spec.shape_definition.key)
    return {
        number: f'kolom "{key}": gevonden {found} met verschillende inhoud, verwacht één rij per sleutel (of '
        "verschillende tijdstippen van wijziging). Geen van deze rijen is geladen; vraag de leverancier welke juist is"
        for number, found in contradictions.items()
    }


def _from_the_future(spec: SourceSpec, moments: dict[str, datetime], delivery: Delivery, time_zone: str) -> str:
    """Why a row that tells of what is still to come is not loaded."""
    zone = ZoneInfo(time_zone)
    found = "; ".join(
        f'kolom "{spec.columns.get(name, name)}" ({name}): gevonden {moment.astimezone(zone):%d-%m-%Y %H:%M}'
        for name, moment in moments.items()
    )
    return (
        f"{found}, verwacht een tijdstip van voor de ontvangst ({delivery.received_at.astimezone(zone):%d-%m-%Y %H:%M})"
        "; vraag de leverancier het tijdstip te herstellen en de rij opnieuw te sturen"
    )


def _with_text(
    municipality: Municipality, spec: SourceSpec, delivery: Delivery, converter: Converter, reasons: dict[int, str]
) -> Iterator[Quarantined]:
    """Rows that could be typed and yet are not loaded, with their text: the file is read once more."""
    times = max(len(spec.unpivot), 1)
    for number, index, chunk in _rows(municipality, spec, delivery):
        for record in range((number - 1) * times + 1, number * times + 1):
            if record in reasons:
                reason = f"bestand {delivery.file_name}, rij {number}, {reasons[record]}"
                yield Quarantined(record, reason, converter.record(chunk, index))


def _rows(municipality: Municipality, spec: SourceSpec, delivery: Delivery) -> Iterator[tuple[int, int, Chunk]]:
    """Every row that could be split, as (its number, its index in the chunk, the chunk)."""
    for chunk in read_chunks(delivery.landing_path, spec, delivery.file_name, spec.crs or municipality.crs):
        for index, number in enumerate(chunk.numbers):
            yield number, index, chunk


def _result(delivery: Delivery) -> LoadResult:
    return LoadResult(
        delivery.delivery_id,
        delivery.source,
        delivery.file_name,
        delivery.status,
        delivery.rows_read,
        delivery.rows_loaded,
        delivery.rows_quarantined,
        delivery.rows_duplicate,
        delivery.reason,
    )
