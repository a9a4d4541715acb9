"""What the relay may ask of the database: queues that are taken and marked in one transaction, terms, the chain."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import psycopg

from signals_service.store.answers import ChainHead

_CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a department; says nothing about where or whom. `to_email` None: it has no mailbox."""

    notice_id: int
    kind: Literal["search", "signal", "reviews"]
    to_department: str
    to_title: str
    to_email: str | None
    with_title: str | None
    amount: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ProcessingLine:
    """One person concerned by one act, or the act alone when nobody is known. Never who acted."""

    outbox_id: int
    processing_id: UUID
    activity: str
    purpose: str | None
    began_at: datetime
    at: datetime
    data_subject_id: str | None


@dataclass(frozen=True, slots=True)
class Expired:
    """How many signals were closed because nobody renewed them, and how many removed after their term."""

    closed: int
    removed: int


class RelayStore:
    """The relay's view of one municipality, over one connection. Each method is a statement of its own outside `turn`.

    Every method may raise `psycopg.Error`.
    """

    def __init__(self, connection: psycopg.Connection[Any], municipality_code: str) -> None:
        self._connection, self._municipality_code = connection, municipality_code

    @contextmanager
    def turn(self) -> Iterator[None]:
        """What is taken within is nobody else's until the end; an error gives it back."""
        with self._connection.transaction():
            yield

    def take_notices(self, limit: int) -> list[Notice]:
        """Notices to send, oldest first. Within `turn`."""
        rows = self._connection.execute(
            "select * from signals.take_notices(%s, %s::integer)", [self._municipality_code, limit]
        ).fetchall()
        return [Notice(*row) for row in rows]

    def mark_sent(self, notices: Sequence[Notice]) -> None:
        """The mail server took these, or there is nowhere to send them to."""
        ids = [notice.notice_id for notice in notices]
        self._connection.execute("select signals.mark_sent(%s, %s::bigint[])", [self._municipality_code, ids])

    def make_review_digests(self, days_ahead: int, every_days: int) -> int:
        """A notice for each department with signals to review within so many days, once in `every_days`."""
        return int(self._one("select signals.reviews_due(%s, %s::integer, %s::integer)", days_ahead, every_days)[0])

    def take_processing(self, limit: int) -> list[ProcessingLine]:
        """Lines for the Logboek Dataverwerkingen of at most `limit` acts, oldest first. Within `turn`."""
        rows = self._connection.execute(
            "select * from signals.take_processing(%s, %s::integer)", [self._municipality_code, limit]
        ).fetchall()
        return [ProcessingLine(*row) for row in rows]

    def mark_exported(self, lines: Sequence[ProcessingLine]) -> None:
        """The logbook confirmed these."""
        ids = sorted({line.outbox_id for line in lines})
        self._connection.execute("select signals.mark_exported(%s, %s::bigint[])", [self._municipality_code, ids])

    def remove_expired(self, today: date) -> Expired:
        """Close what was not renewed in time, remove what was closed longer ago than its term.

        `today` is the local day here. `psycopg.Error` when the database's differs by more than midnight: then nothing
        is done.
        """
        return Expired(*self._one("select closed, removed from signals.remove_expired(%s, %s)", today))

    def heads(self) -> tuple[ChainHead, ...]:
        """The last event of each lane of the audit, by lane."""
        rows = self._connection.execute("select * from signals.heads(%s)", [self._municipality_code]).fetchall()
        return tuple(sorted((ChainHead(*row) for row in rows), key=lambda head: head.lane))

    def walk(self) -> tuple[int, int | None]:
        """Follow the whole chain: how many events, and the number of the first that does not fit."""
        events, first_broken = self._one("select events, first_broken from audit.verify(%s)")
        return events, first_broken

    def missing_heads(self, heads: Sequence[ChainHead]) -> frozenset[int]:
        """The lanes of those `heads` that the chain does not run through any more."""
        rows = self._connection.execute(
            "select * from audit.missing_heads(%s, %s::integer[], %s::bigint[], %s::text[])",
            [
                self._municipality_code, [head.lane for head in heads], [head.position for head in heads],
                [head.hash for head in heads],
            ],
        ).fetchall()  # fmt: skip
        return frozenset(row[0] for row in rows)

    def _one(self, query: Any, *values: Any) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._connection.execute(query, [self._municipality_code, *values]).fetchone()
        if row is None:
            raise psycopg.DataError("a function that always answers did not")
        return row


@contextmanager
def relay_store(dsn: str, municipality_code: str) -> Iterator[RelayStore]:
    """A store over a connection of its own, as the role vis_relay. Raises `psycopg.Error` when there is none."""
    with psycopg.connect(
        dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name="vis-signals-relay"
    ) as connection:
        yield RelayStore(connection, municipality_code)
