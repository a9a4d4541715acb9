"""The way back from quarantine: what waits there and why, and trying it again once its source is mended.

Nothing leaves `raw.quarantine`. A release is a delivery of its own, with the moment of arrival of the one it comes
from, so that what is newer stays newer. It goes through the gate; only then are its rows marked as released.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import class_row

from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.ledger import Delivery, LedgerError, Status, get_delivery, lock_source
from orchestration.ingest.load import LoadResult, load_in_transaction
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality

_EXAMPLES = 3  # of what was found, per group
_WHERE = re.compile(r"^bestand .*?, rij \d+(, |: )")
_FOUND = re.compile(r"gevonden (.+?)(?=, verwacht|;| met verschillende inhoud|$)")
_FIGURE = re.compile(r'kolom "([^"]+)" \(value\)')


@dataclass(frozen=True)
class Group:
    """Rows of one delivery with the same kind of reason; `found` are some of the texts it was about."""

    reason: str
    rows: int
    found: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """One delivery with rows that were not released yet. `oldest` is when the first of them was set aside (UTC)."""

    delivery_id: int
    source: str
    file_name: str
    status: Status
    rows: int
    oldest: datetime
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Row:
    """A row in quarantine. `reason` is the latest one, `first_reason` the one it came in with; instants in UTC."""

    row_number: int
    reason: str
    first_reason: str
    record: str
    quarantined_at: datetime
    retried_in: int | None
    retry_status: Status | None
    still_wrong: bool
    released_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether a release may try this row; not while an earlier release with this row is undecided."""
        return self.released_at is None and self.retry_status in (None, "accepted")


def waiting_rows(connection: psycopg.Connection, municipality_code: str) -> list[Waiting]:
    """Every delivery of a municipality with rows that still wait, by source and age."""
    found = connection.execute(
        """
        select d.delivery_id, d.source, d.file_name, d.status, count(*), min(q.quarantined_at),
          array_agg(coalesce(again.reason, q.reason) order by q.row_number)
        from raw.quarantine as q
        join raw.delivery as d using (delivery_id)
        left join raw.quarantine as again on again.delivery_id = q.retried_in and again.row_number = q.row_number
        where d.municipality_code = %s and q.released_at is null and d.released_from is null
          and d.status <> 'superseded'
        group by d.delivery_id
        order by d.source, min(q.quarantined_at), d.delivery_id
        """,
        [municipality_code],
    ).fetchall()
    return [
        Waiting(number, source, file_name, status, rows, oldest, _groups(reasons))
        for number, source, file_name, status, rows, oldest, reasons in found
    ]


def quarantined_rows(
    connection: psycopg.Connection, municipality: Municipality, number: int, only: Sequence[int] = ()
) -> list[Row]:
    """Rows of one delivery in quarantine, released ones too. Raises `LedgerError` for an unknown delivery or row."""
    _own_delivery(connection, municipality, number)
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        rows = cursor.execute(
            """
            select q.row_number, coalesce(again.reason, q.reason) as reason, q.reason as first_reason, q.record,
              q.quarantined_at, q.retried_in, d.status as retry_status, again.row_number is not null as still_wrong,
              q.released_at
            from raw.quarantine as q
            left join raw.delivery as d on d.delivery_id = q.retried_in
            left join raw.quarantine as again on again.delivery_id = q.retried_in and again.row_number = q.row_number
            where q.delivery_id = %s
            order by q.row_number
            """,
            [number],
        ).fetchall()
    if unknown := sorted(set(only) - {row.row_number for row in rows}):
        raise LedgerError(f"levering {number} heeft geen rij {', '.join(map(str, unknown))} in quarantaine")
    return [row for row in rows if not only or row.row_number in only]


def release(
    connection: psycopg.Connection, municipality: Municipality, number: int, only: Sequence[int] = ()
) -> LoadResult | None:
    """Try the rows of a delivery again with the source as it is now, as a delivery of their own; the gate comes after.

    `only` are row numbers as in quarantine; none means all that wait. None when that changes nothing: no row waits,
    or each is wrong for the reason that is known. Raises `LedgerError` when this delivery cannot be released and
    `RefusedDelivery` when its bytes cannot be read again as the same rows; nothing has happened then.
    """
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.commit()
    result: LoadResult | None = None
    with connection.transaction():
        origin = _own_delivery(connection, municipality, number)
        spec = municipality.source(origin.source)
        lock_source(connection, origin.municipality_code, origin.source)
        origin = get_delivery(connection, number, lock=True)
        _check_can_be_released(origin, spec)
        rows = [row for row in quarantined_rows(connection, municipality, number, only) if row.is_open]
        if not rows:
            return None
        _check_same_figures(origin, spec, rows)
        delivery = _register(connection, origin, spec)
        connection.execute(
            "update raw.quarantine set retried_in = %s where delivery_id = %s and row_number = any(%s::bigint[])",
            [delivery.delivery_id, number, [row.row_number for row in rows]],
        )
        result = load_in_transaction(connection, municipality, spec, delivery)
        known = {row.row_number: row.reason for row in rows}
        if {row.row_number: row.reason for row in quarantined_rows(connection, municipality, result.delivery_id)} == (
            known
        ):
            result = None
            raise psycopg.Rollback
    return result


def list_text(waiting: Sequence[Waiting], time_zone: str) -> str:
    """What `vis quarantine list` shows; dates are local."""
    if not waiting:
        return "Er wachten geen rijen in quarantaine."
    lines = []
    for item in waiting:
        since = _local(item.oldest, time_zone)
        held = "" if item.status == "accepted" else f", {_STATUS[item.status]}"
        lines.append(
            f"{item.source}, levering {item.delivery_id} ({item.file_name}{held}): {item.rows} in quarantaine "
            f"sinds {since}"
        )
        for group in item.groups:
            found = f" (gevonden: {', '.join(group.found)})" if group.found else ""
            lines.append(f"  {group.rows:>7} × {group.reason}{found}")
    return _printable("\n".join(lines))


def rows_text(rows: Sequence[Row], time_zone: str) -> str:
    """What `vis quarantine show` shows; moments are local."""
    lines = []
    for row in rows:
        lines += [f"rij {row.row_number}: {row.reason}", f"  tekst: {row.record}"]
        if row.first_reason != row.reason:
            lines.append(f"  eerste reden: {row.first_reason}")
        if row.released_at is not None:
            lines.append(f"  vrijgegeven op {_local(row.released_at, time_zone)} in levering {row.retried_in}")
        elif row.still_wrong:
            lines.append(f"  opnieuw geprobeerd in levering {row.retried_in}")
        elif row.retry_status is not None:
            lines.append(f"  in levering {row.retried_in}, die {_STATUS[row.retry_status]} is")
    return _printable("\n".join(lines) or "Deze levering heeft geen rijen in quarantaine.")


_STATUS: dict[str, str] = {
    "landed": "nog niet geladen",
    "loaded": "geladen en nog niet beoordeeld",
    "accepted": "goedgekeurd",
    "held": "vastgehouden",
    "refused": "geweigerd",
    "superseded": "vervangen",
}


def _groups(reasons: Sequence[str]) -> tuple[Group, ...]:
    counts: Counter[str] = Counter()
    found: dict[str, dict[str, None]] = {}
    for reason in reasons:
        short = _WHERE.sub("", reason)
        kind = _FOUND.sub("gevonden …", short)
        counts[kind] += 1
        found.setdefault(kind, {}).update(dict.fromkeys(_FOUND.findall(short)))
    return tuple(Group(kind, rows, tuple(found[kind])[:_EXAMPLES]) for kind, rows in counts.most_common())


def _own_delivery(connection: psycopg.Connection, municipality: Municipality, number: int) -> Delivery:
    delivery = get_delivery(connection, number)
    if delivery.municipality_code != municipality.code:
        raise LedgerError(f"levering {number} is niet van {municipality.name} ({municipality.code})")
    return delivery


def _check_can_be_released(origin: Delivery, spec: SourceSpec) -> None:
    if origin.released_from is not None:
        raise LedgerError(
            f"levering {origin.delivery_id} is zelf een vrijgave uit levering {origin.released_from}; "
            f"geef dat nummer: vis quarantine release {origin.released_from}"
        )
    if origin.status != "accepted":
        why = {
            "held": "zij wordt in haar geheel opnieuw geladen zodra de bron is aangepast (vis process)",
            "refused": "zij wordt in haar geheel opnieuw gelezen zodra de bron is aangepast (vis process), of als zij "
            "te klein was met vis accept",
            "superseded": "zij is vervangen door een nieuwe poging; vis quarantine list toont het nummer daarvan",
        }.get(origin.status, "zij wacht nog op de poort; voer eerst vis process uit")
        raise LedgerError(
            f"levering {origin.delivery_id} ({origin.file_name}) is {_STATUS[origin.status]}, niet goedgekeurd: {why}"
        )
    if origin.shape != spec.shape:
        raise LedgerError(
            f"levering {origin.delivery_id} is geladen als {origin.shape}, bron {spec.source} is nu {spec.shape}; "
            "vraag de leverancier om het bestand opnieuw te sturen"
        )


def _check_same_figures(origin: Delivery, spec: SourceSpec, rows: Sequence[Row]) -> None:
    """In a wide file one row has a number per heading: a heading that moved would put one figure for another."""
    headings = list(spec.unpivot)
    for row in rows:
        blamed = _FIGURE.search(row.first_reason) if headings else None
        now = headings[(row.row_number - 1) % len(headings)] if headings else ""
        if blamed and blamed[1] != now:
            raise RefusedDelivery(
                origin.file_name,
                f'kolom "{now}" als nummer {row.row_number}',
                expected=f'kolom "{blamed[1]}", zoals toen het als levering {origin.delivery_id} is geladen',
                action="De volgorde of de koppen van unpivot zijn veranderd. Vraag de leverancier om het bestand "
                "opnieuw te sturen.",
            )


def _register(connection: psycopg.Connection, origin: Delivery, spec: SourceSpec) -> Delivery:
    """A landed delivery of the same bytes; its key is theirs with the number of the release behind it."""
    row = connection.execute(
        """
        insert into raw.delivery
          (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, source_hash, received_at,
            delivery_day, is_of_day, released_from)
        select d.municipality_code, d.source, d.shape, d.file_name || ' (vrijgave ' || n.number || ')',
          d.sha256 || '-vrijgave-' || n.number, d.size_bytes, d.landing_path, %s, d.received_at, d.delivery_day,
          d.is_of_day, d.delivery_id
        from raw.delivery as d
        cross join lateral (
          select count(*) + 1 as number from raw.delivery as earlier where earlier.released_from = d.delivery_id
        ) as n
        where d.delivery_id = %s
        returning delivery_id
        """,
        [spec.source_hash, origin.delivery_id],
    ).fetchone()
    assert row is not None  # noqa: S101 - an insert … returning of one existing row
    return get_delivery(connection, row[0])


def _local(moment: datetime, time_zone: str) -> str:
    return moment.astimezone(ZoneInfo(time_zone)).strftime("%d-%m-%Y %H:%M")


def _printable(text: str) -> str:
    """What a sender wrote must not command a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
