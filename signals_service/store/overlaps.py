"""Samenloop: where departments meet, who has seen it, what came of it; and what the own department was told of."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from signals_service.actor import Actor
from signals_service.store.answers import Notice, Outcome, Overlap, OverlapSide, Page
from signals_service.store.directory import Directory
from signals_service.store.session import Row

OverlapStatus = Literal["open", "acknowledged", "settled"]
_OVERLAPS = "select * from signals.overlaps(%s, %s, %s, %s::text[], %s, %s, %s::integer, %s::integer)"


class Overlaps(Directory):
    """For the coordinator all meetings, for an official those of the own department."""

    def overlaps(
        self, actor: Actor, *, status: OverlapStatus | None = None, limit: int = 50, offset: int = 0
    ) -> Page[Overlap]:
        """Addresses on which departments meet, the newest in front; for the coordinator."""
        return self._overlaps(actor, own=False, status=status, limit=limit, offset=offset)

    def own_overlaps(
        self, actor: Actor, *, status: OverlapStatus | None = None, limit: int = 50, offset: int = 0
    ) -> Page[Overlap]:
        """The meetings in which the actor's own department takes part."""
        return self._overlaps(actor, own=True, status=status, limit=limit, offset=offset)

    def acknowledge_overlap(self, actor: Actor, overlap_id: UUID) -> None:
        """The own department has seen it; twice changes nothing. Raises `NotFoundError` when it has no part in it."""
        self._rows("select signals.acknowledge(%s, %s, %s, %s::text[], %s::uuid)", [*self._as(actor), overlap_id])

    def record_outcome(self, actor: Actor, overlap_id: UUID, *, outcome: Outcome, note: str) -> None:
        """What came of it; by the coordinator or a plaatser of a department that takes part. May be corrected later."""
        values: list[Any] = [*self._as(actor), overlap_id, outcome, note]
        self._rows("select signals.settle(%s, %s, %s, %s::text[], %s::uuid, %s, %s)", values)

    def own_notices(self, actor: Actor, *, limit: int = 50, offset: int = 0) -> Page[Notice]:
        """Whom the own department met, the newest in front: what the link in an e-mail leads to."""
        query = "select * from signals.own_notices(%s, %s, %s, %s::text[], %s::integer, %s::integer)"
        rows = self._rows(query, [*self._as(actor), limit, offset])
        items = tuple(
            Notice(notice_id, kind, department, self._title(department), tuple(address_ids), about_person, at)
            for notice_id, kind, department, address_ids, about_person, at, _ in rows
        )
        return Page(items, rows[0][-1] if rows else 0)

    def _overlaps(
        self, actor: Actor, *, own: bool, status: OverlapStatus | None, limit: int, offset: int
    ) -> Page[Overlap]:
        rows = self._rows(_OVERLAPS, [*self._as(actor), own, status, limit, offset])
        return Page(tuple(map(self._overlap, rows)), rows[0][-1] if rows else 0)

    def _overlap(self, row: Row) -> Overlap:
        sides = tuple(
            OverlapSide(
                department=department,
                title=self._title(department),
                official=official,
                phone=phone,
                hit_count=hits,
                acknowledged_at=datetime.fromisoformat(seen_at) if seen_at else None,
                acknowledged_by=seen_by,
            )
            for department, official, phone, hits, seen_at, seen_by in row[2]
        )
        return Overlap(*(*row[:2], sides, *row[3:9]))
