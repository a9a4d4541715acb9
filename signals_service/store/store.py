"""The store's face: each method is one transaction under one actor's context, and is audited in that transaction."""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from signals_service.actor import Actor
from signals_service.database import Database
from signals_service.store.answers import (
    AuditEvent,
    AuditVerdict,
    Department,
    HitCount,
    Kind,
    Outcome,
    Overlap,
    OwnSignal,
    Page,
    Placed,
    Purpose,
    SearchAnswer,
    UsageCounts,
)


class Store:
    """Signals, meetings and the audit of one municipality, as the service's own role may reach them.

    Every method may raise `StoreUnavailableError`, and `ForbiddenError` when the actor's roles do not allow it.
    """

    def __init__(self, database: Database, municipality_code: str) -> None:
        self._database, self._municipality_code = database, municipality_code

    # searching ------------------------------------------------------------------------------------------------------

    def search_address(
        self,
        actor: Actor,
        *,
        address_ids: Sequence[str],
        beside_ids: Sequence[str],
        purpose: str,
        case_number: str,
        outcome: Literal["found", "ambiguous", "not-found"],
    ) -> SearchAnswer:
        """Who placed a signal on these addresses. Without address (ambiguous, not-found) it is audited all the same.

        Raises `InvalidPurposeError` and `QuotaExceededError`.
        """
        raise NotImplementedError

    def search_person(self, actor: Actor, *, keys: Sequence[bytes], purpose: str, case_number: str) -> SearchAnswer:
        """Who placed a signal on the person with one of these keys (`signals_service.persons`)."""
        raise NotImplementedError

    # signals --------------------------------------------------------------------------------------------------------

    def place_signal(
        self,
        actor: Actor,
        *,
        address_id: str | None,
        nummeraanduiding_id: str | None,
        person_keys: Sequence[bytes],
        kind: str,
        reason: str,
        review_on: date | None,
        purpose: str,
        case_number: str,
    ) -> Placed:
        """Place a signal on an address, a person or both. Official and phone come from the directory, not from a form.

        `review_on` None means after `review_days()`. Raises `InvalidValueError` (kind, reason, review_on, address_id),
        `InvalidPurposeError` and `QuotaExceededError`.
        """
        raise NotImplementedError

    def own_signals(
        self,
        actor: Actor,
        *,
        status: Literal["open", "closed"] | None = None,
        due_before: date | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page[OwnSignal]:
        """Signals of the own department, the one to be reviewed first in front."""
        raise NotImplementedError

    def own_signal(self, actor: Actor, signal_id: UUID) -> OwnSignal:
        """Raises `NotFoundError`, also for a signal of another department."""
        raise NotImplementedError

    def renew_signal(self, actor: Actor, signal_id: UUID, *, review_on: date, reason: str) -> None:
        """Raises `NotFoundError`, `ConflictError` (closed, or from a file) and `InvalidValueError`."""
        raise NotImplementedError

    def close_signal(self, actor: Actor, signal_id: UUID, *, reason: str) -> None:
        """Raises `NotFoundError`, `ConflictError` (closed already, or from a file) and `InvalidValueError`."""
        raise NotImplementedError

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

    # audit ----------------------------------------------------------------------------------------------------------

    def audit_events(
        self,
        actor: Actor,
        *,
        first: date,
        last: date,
        user: str | None = None,
        action: str | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> list[AuditEvent]:
        """Events, the newest in front, older than number `before`. Looking is itself logged."""
        raise NotImplementedError

    def verify_audit(self) -> AuditVerdict:
        """Walk every lane of the chain from its begin; reads the whole log."""
        raise NotImplementedError

    # directory and lists --------------------------------------------------------------------------------------------

    def signed_in(self, actor: Actor) -> None:
        """Note the official in the directory and the sign-in in the audit log."""
        raise NotImplementedError

    def signed_out(self, actor: Actor) -> None:
        raise NotImplementedError

    def kinds(self) -> tuple[Kind, ...]:
        raise NotImplementedError

    def purposes(self) -> tuple[Purpose, ...]:
        raise NotImplementedError

    def departments(self) -> tuple[Department, ...]:
        raise NotImplementedError

    def review_days(self) -> int:
        """After how many days a signal is reviewed when nobody says when."""
        raise NotImplementedError

    def max_review_days(self) -> int:
        """The farthest a review date may lie ahead."""
        raise NotImplementedError

    def usage(self, actor: Actor, *, first: date, last: date) -> UsageCounts:
        """Numbers for the functional administrator."""
        raise NotImplementedError
