"""Signals of the actor's own department, with their content: the database shows no other department's."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from signals_service.actor import Actor
from signals_service.store.answers import OwnSignal, Page, Renewal
from signals_service.store.errors import NotFoundError
from signals_service.store.session import Row, Session

_OWN = "select * from signals.own_signals(%s, %s, %s, %s::text[], %s::uuid, %s, %s::date, %s::integer, %s::integer)"


class OwnSignals(Session):
    """Read, renew and close."""

    def own_signals(
        self,
        actor: Actor,
        *,
        status: Literal["open", "closed"] | None = None,
        due_before: date | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page[OwnSignal]:
        """Signals of the own department, open ones first, the one to be reviewed first in front.

        `due_before` gives the open ones whose review date is earlier. Beyond the last page `total` is 0.
        """
        rows = self._rows(_OWN, [*self._as(actor), None, status, due_before, limit, offset])
        return Page(tuple(map(_own_signal, rows)), rows[0][-1] if rows else 0)

    def own_signal(self, actor: Actor, signal_id: UUID) -> OwnSignal:
        """Raises `NotFoundError`, also for a signal of another department."""
        rows = self._rows(_OWN, [*self._as(actor), signal_id, None, None, 1, 0])
        if not rows:
            raise NotFoundError("signal")
        return _own_signal(rows[0])

    def renew_signal(self, actor: Actor, signal_id: UUID, *, review_on: date, reason: str) -> None:
        """Raises `NotFoundError`, `ConflictError` (closed, or from a file) and `InvalidValueError`."""
        values: list[Any] = [*self._as(actor), signal_id, review_on, reason]
        self._rows("select signals.renew(%s, %s, %s, %s::text[], %s::uuid, %s::date, %s)", values)

    def close_signal(self, actor: Actor, signal_id: UUID, *, reason: str) -> None:
        """Raises `NotFoundError`, `ConflictError` (closed already, or from a file) and `InvalidValueError`."""
        self._rows("select signals.close(%s, %s, %s, %s::text[], %s::uuid, %s)", [*self._as(actor), signal_id, reason])


def _own_signal(row: Row) -> OwnSignal:
    renewals = tuple(
        Renewal(datetime.fromisoformat(at), official, date.fromisoformat(review_on), reason)
        for at, official, review_on, reason in row[13]
    )
    return OwnSignal(*(*row[:13], renewals, *row[14:16]))
