"""Numbers: the uitdraai, and how the tool is used."""

from datetime import date
from typing import Any

from signals_service.actor import Actor
from signals_service.store.answers import HitCount, UsageCounts
from signals_service.store.errors import InvalidPurposeError
from signals_service.store.searching import storable
from signals_service.store.session import Session


class Counting(Session):
    """Counts alone; both are logged."""

    def hit_counts(
        self,
        actor: Actor,
        *,
        first: date,
        last: date,
        department: str | None,
        minimum: int = 1,
        purpose: str,
        case_number: str,
    ) -> list[HitCount]:
        """Signals placed from `first` to `last` per address, most first; for the coordinator.

        Raises `InvalidPurposeError`, and `InvalidValueError` (last) when the period ends before it begins.
        """
        query = "select * from signals.hit_counts(%s, %s, %s, %s::text[], %s::date, %s::date, %s, %s::integer, %s, %s)"
        asked: list[Any] = [first, last, department, minimum, storable(purpose), storable(case_number)]
        rows = self._rows(query, [*self._as(actor), *asked])
        if rows and rows[0][0] is not None:
            raise InvalidPurposeError("purpose or case number")
        return [HitCount(*row[1:]) for row in rows]

    def usage(self, actor: Actor, *, first: date, last: date) -> UsageCounts:
        """Numbers for the functional administrator."""
        query = "select signals.usage(%s, %s, %s, %s::text[], %s::date, %s::date)"
        return UsageCounts(**self._row(query, [*self._as(actor), first, last])[0])
