"""The store's face: each method is one transaction under one actor's context, and is audited in that transaction."""

from datetime import date
from typing import Literal
from uuid import UUID

from signals_service.actor import Actor
from signals_service.store.answers import HitCount, Outcome, Overlap, Page, UsageCounts
from signals_service.store.auditing import Auditing
from signals_service.store.own_signals import OwnSignals
from signals_service.store.searching import Searching


class Store(Searching, OwnSignals, Auditing):
    """Signals, meetings and the audit of one municipality, as the service's own role may reach them.

    Every method may raise `StoreUnavailableError`, and `ForbiddenError` when the actor's roles do not allow it.
    """

    # samenloop ------------------------------------------------------------------------------------------------------

    def overlaps(
        self,
        actor: Actor,
        *,
        status: Literal["open", "acknowledged", "settled"] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page[Overlap]:
        """Addresses on which departments meet, the newest in front; for the coordinator."""
        raise NotImplementedError

    def own_overlaps(
        self,
        actor: Actor,
        *,
        status: Literal["open", "acknowledged", "settled"] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page[Overlap]:
        """The meetings in which the actor's own department takes part."""
        raise NotImplementedError

    def acknowledge_overlap(self, actor: Actor, overlap_id: UUID) -> None:
        """The own department has seen it; twice changes nothing. Raises `NotFoundError` when it has no part in it."""
        raise NotImplementedError

    def record_outcome(self, actor: Actor, overlap_id: UUID, *, outcome: Outcome, note: str) -> None:
        """What came of it; by the coordinator or a plaatser of a department that takes part. May be corrected later."""
        raise NotImplementedError

    # uitdraai -------------------------------------------------------------------------------------------------------

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
        """Signals placed from `first` to `last` per address, most first. Raises `InvalidPurposeError`."""
        raise NotImplementedError

    def usage(self, actor: Actor, *, first: date, last: date) -> UsageCounts:
        """Numbers for the functional administrator."""
        raise NotImplementedError
