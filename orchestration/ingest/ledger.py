"""The delivery ledger `raw.delivery`: landed → loaded → accepted | held | refused, or superseded.

Refused is a file that cannot be what the sender meant to send: it cannot be read (nothing was loaded), or it holds far
fewer rows than usual (its rows stand in raw, unseen). Held is a whole file whose contents are doubted.

A delivery is superseded when the same bytes are tried again under a new number: raw is append-only, so the rows
of the first try stay where they are, and nobody reads them. A release (`released_from`) is a delivery that tries
quarantined rows of an earlier one again; which rows is in `raw.quarantine.retried_in`.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from orchestration.ingest.shapes import SHAPES

Status = Literal["landed", "loaded", "accepted", "held", "refused", "superseded"]


class LedgerError(RuntimeError):
    """Deliveries were decided in an order in which rows could get lost."""


@dataclass(frozen=True)
class Delivery:
    """One row of `raw.delivery`. Instants are UTC, `delivery_day` is local; `landing_path` is an fsspec URL.

    `is_of_day` is false for a history: its name gives no day, so `delivery_day` is that on which it came.
    """

    delivery_id: int
    municipality_code: str
    source: str
    shape: str
    file_name: str
    sha256: str
    size_bytes: int
    landing_path: str
    source_hash: str
    received_at: datetime
    delivery_day: date
    loaded_at: datetime | None
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_duplicate: int
    status: Status
    reason: str | None
    released_from: int | None = None
    trusted_because: str | None = None
    is_of_day: bool = True

    @property
    def was_read(self) -> bool:
        """Whether its rows were read and accounted for; a file that cannot be read is refused without."""
        return self.status not in ("landed", "refused") or self.loaded_at is not None


COLUMNS = sql.SQL(", ").join(sql.Identifier(field.name) for field in fields(Delivery))


def lock_source(connection: psycopg.Connection, municipality_code: str, source: str) -> None:
    """Until the end of the transaction no other loader or gate touches this source of this municipality."""
    connection.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"vis.ingest:{municipality_code}:{source}"]
    )


def waiting_deliveries(
    connection: psycopg.Connection, municipality_code: str, source: str, status: Status
) -> list[Delivery]:
    """The deliveries of a source in one state, in the order of loading, or of arrival when not loaded."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select {} from raw.delivery where municipality_code = %s and source = %s and status = %s "
                "order by loaded_at nulls first, received_at, delivery_id"
            ).format(COLUMNS),
            [municipality_code, source, status],
        ).fetchall()


def standing_refusals(
    connection: psycopg.Connection, municipality_code: str, source: str, *, seen: int
) -> list[Delivery]:
    """Refused deliveries that nobody was told of yet (numbers above `seen`), or that no accepted one came after."""
    row = connection.execute(
        """
        select max(received_at) from raw.delivery
        where municipality_code = %s and source = %s and status = 'accepted'
        """,
        [municipality_code, source],
    ).fetchone()
    answered = row[0] if row else None
    return [
        delivery
        for delivery in waiting_deliveries(connection, municipality_code, source, "refused")
        if delivery.delivery_id > seen or answered is None or delivery.received_at > answered
    ]


def get_delivery(connection: psycopg.Connection, delivery_id: int, *, lock: bool = False) -> Delivery:
    """One delivery as it stands now; `lock` keeps it so until the end of the transaction."""
    query = sql.SQL("select {} from raw.delivery where delivery_id = %s {}").format(
        COLUMNS, sql.SQL("for update" if lock else "")
    )
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        delivery = cursor.execute(query, [delivery_id]).fetchone()
    if delivery is None:
        raise LedgerError(f"levering {delivery_id} bestaat niet in raw.delivery")
    return delivery


def accept_or_hold(
    connection: psycopg.Connection, delivery: Delivery, problems: list[str], *, refuse: bool = False
) -> Status:
    """Let a loaded delivery through when there are no problems, else hold or `refuse` it with these as its reason.

    Deliveries loaded after a held one may have left out rows as already known, while that held one now hides
    them: those are taken in again under a new number (`try_again`). A delivery that is no longer `loaded` is left
    alone. Returns its status. Raises `LedgerError` when one that was loaded earlier is still undecided.
    """
    with connection.transaction():
        lock_source(connection, delivery.municipality_code, delivery.source)
        now = get_delivery(connection, delivery.delivery_id, lock=True)
        if now.status != "loaded":
            return now.status
        loaded = waiting_deliveries(connection, now.municipality_code, now.source, "loaded")
        if loaded[0].delivery_id != now.delivery_id:
            raise LedgerError(
                f"levering {now.delivery_id} ({now.file_name}) kan pas worden beoordeeld na levering "
                f"{loaded[0].delivery_id} ({loaded[0].file_name}), die eerder is geladen"
            )
        if not problems:
            connection.execute(
                "update raw.delivery set status = 'accepted', accepted_at = clock_timestamp() where delivery_id = %s",
                [now.delivery_id],
            )
            _mark_released(connection, now)
            return "accepted"
        stopped: Status = "refused" if refuse else "held"
        connection.execute(
            "update raw.delivery set status = %s, reason = %s where delivery_id = %s",
            [stopped, "; ".join(problems), now.delivery_id],
        )
        word = "geweigerd" if refuse else "vastgehouden"
        for later in loaded[1:]:
            if later.rows_duplicate:
                try_again(connection, later, later.source_hash, f"levering {now.delivery_id} werd {word}")
        return stopped


def try_again(connection: psycopg.Connection, delivery: Delivery, source_hash: str, why: str) -> Delivery:
    """Put a delivery back to `landed`; returns the one that will be loaded, with its first moment of arrival.

    Nothing of a delivery that could not be read was loaded: it keeps its number. The rows of any other stay in raw, so
    it is superseded by a new delivery of the same bytes.
    """
    if not delivery.was_read:
        connection.execute(
            "update raw.delivery set status = 'landed', reason = null, source_hash = %s where delivery_id = %s",
            [source_hash, delivery.delivery_id],
        )
        return get_delivery(connection, delivery.delivery_id)
    connection.execute(
        "update raw.delivery set status = 'superseded', reason = concat_ws('; ', reason, %s::text) "
        "where delivery_id = %s",
        [f"opnieuw geladen omdat {why}", delivery.delivery_id],
    )
    row = connection.execute(
        """
        insert into raw.delivery
          (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, source_hash, received_at,
            delivery_day, is_of_day, released_from, trusted_because)
        select municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, %s, received_at,
          delivery_day, is_of_day, released_from, trusted_because
        from raw.delivery where delivery_id = %s
        returning delivery_id
        """,
        [source_hash, delivery.delivery_id],
    ).fetchone()
    assert row is not None  # noqa: S101 - an insert … returning of one existing row
    connection.execute(
        "update raw.quarantine set retried_in = %s where retried_in = %s", [row[0], delivery.delivery_id]
    )
    return get_delivery(connection, row[0])


def _mark_released(connection: psycopg.Connection, delivery: Delivery) -> None:
    """The rows of an accepted release that are not in quarantine again have found their way back."""
    connection.execute(
        """
        update raw.quarantine as q set released_at = clock_timestamp()
        where q.delivery_id = %(origin)s and q.retried_in = %(release)s and not exists (
          select from raw.quarantine as again
          where again.delivery_id = %(release)s and again.row_number = q.row_number
        )
        """,
        {"origin": delivery.released_from, "release": delivery.delivery_id},
    )


def rows_to_retry(connection: psycopg.Connection, delivery: Delivery) -> tuple[list[int], list[int]]:
    """Of a release: the numbers of the rows it tries again, and of those of the same file that wait on."""
    rows = connection.execute(
        """
        select row_number, retried_in is not distinct from %s from raw.quarantine
        where delivery_id = %s and released_at is null order by row_number
        """,
        [delivery.delivery_id, delivery.released_from],
    ).fetchall()
    return [number for number, wanted in rows if wanted], [number for number, wanted in rows if not wanted]


def ledger_balance(connection: psycopg.Connection, municipality_code: str, source: str) -> list[str]:
    """What does not add up, one line per delivery; empty when all is well.

    For every delivery: read = loaded + quarantined + duplicate. For those that wait for the gate also: the tables
    hold as many rows as the ledger says. For every accepted release: as many rows left the quarantine as it took in.
    """
    shapes = connection.execute(
        "select distinct shape from raw.delivery where municipality_code = %s and source = %s",
        [municipality_code, source],
    ).fetchall()
    wrong = []
    for (shape,) in shapes:
        query = sql.SQL(
            """
            with counted as (
              select d.*,
                case when status = 'loaded' then
                  (select count(*) from {table} as r where r.delivery_id = d.delivery_id)
                else rows_loaded end as in_raw,
                case when status = 'loaded' then
                  (select count(*) from raw.quarantine as q where q.delivery_id = d.delivery_id)
                else rows_quarantined end as in_quarantine
              from raw.delivery as d
              where municipality_code = %s and source = %s and shape = %s
            )
            select delivery_id, file_name, rows_read, rows_loaded, in_raw, rows_quarantined, in_quarantine,
              rows_duplicate
            from counted
            where rows_read <> rows_loaded + rows_quarantined + rows_duplicate
              or rows_loaded <> in_raw or rows_quarantined <> in_quarantine
            order by delivery_id
            """
        ).format(table=sql.SQL(SHAPES[shape].table))
        for number, file, read, loaded, in_raw, quarantined, in_quarantine, duplicate in connection.execute(
            query, [municipality_code, source, shape]
        ).fetchall():
            wrong.append(
                f"levering {number} ({file}): gelezen {read}, geladen {loaded} (in de tabel {in_raw}), "
                f"quarantaine {quarantined} (in de tabel {in_quarantine}), dubbel {duplicate}"
            )
    return wrong + _release_balance(connection, municipality_code, source)


def _release_balance(connection: psycopg.Connection, municipality_code: str, source: str) -> list[str]:
    rows = connection.execute(
        """
        select d.delivery_id, d.file_name, d.rows_loaded + d.rows_duplicate, count(q.released_at)
        from raw.delivery as d
        left join raw.quarantine as q on q.retried_in = d.delivery_id and q.delivery_id = d.released_from
        where d.municipality_code = %s and d.source = %s and d.status = 'accepted' and d.released_from is not null
        group by d.delivery_id
        having d.rows_loaded + d.rows_duplicate <> count(q.released_at)
        order by d.delivery_id
        """,
        [municipality_code, source],
    ).fetchall()
    return [
        f"levering {number} ({file}): {taken} rijen vrijgegeven, in de quarantaine {marked} als vrijgegeven vermeld"
        for number, file, taken, marked in rows
    ]


def ledger_state(connection: psycopg.Connection, municipality_code: str) -> str:
    """A text that changes when a gate lets a delivery through, holds it or refuses it; empty when there is none yet.

    Held and refused ones count too: the pages on data quality must show them.
    """
    rows = connection.execute(
        """
        select status, count(*), max(delivery_id) from raw.delivery
        where municipality_code = %s and status not in ('landed', 'loaded')
        group by status order by status
        """,
        [municipality_code],
    ).fetchall()
    return " ".join(f"{status}:{count}:{newest}" for status, count, newest in rows)
