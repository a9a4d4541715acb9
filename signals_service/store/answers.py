"""What the store answers: plain, frozen values. Nothing here knows SQL or Flask."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

T = TypeVar("T")

SearchStatus = Literal["hit", "no-hit", "ambiguous", "not-found"]
SignalStatus = Literal["open", "closed"]
Outcome = Literal["called", "joint-visit", "nothing"]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A stretch of a longer list; `total` is the length of the whole list."""

    items: tuple[T, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Hit:
    """That a department placed a signal, and whom to phone: never what it is about. `placed_month` is YYYY-MM."""

    department: str
    department_title: str
    official: str
    phone: str
    placed_month: str
    status: SignalStatus


@dataclass(frozen=True, slots=True)
class BesideHit:
    """Hits on an address beside the one that was asked, such as 12-A for 12: numbers alone."""

    address_id: str
    hit_count: int
    department_count: int


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The answer to one search. `data_date`: when the register of addresses was last built; None: never."""

    processing_id: UUID
    status: SearchStatus
    hits: tuple[Hit, ...]
    hit_count: int
    department_count: int
    data_date: datetime | None
    beside: tuple[BesideHit, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A signal that was placed, and what the entering found: entering is also a search."""

    signal_id: UUID
    answer: SearchAnswer


@dataclass(frozen=True, slots=True)
class Renewal:
    renewed_at: datetime
    official: str
    review_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class OwnSignal:
    """A signal of the actor's own department, with its content.

    `address_text` is what a department's file said when no address could be found for it; `origin` is `tool` or
    `file`: what came from a file is changed in that department's own register, not here.
    """

    signal_id: UUID
    address_id: str | None
    nummeraanduiding_id: str | None
    address_text: str | None
    has_person: bool
    kind: str
    reason: str = field(repr=False)
    official: str
    phone: str
    placed_on: date
    review_on: date
    status: SignalStatus
    origin: Literal["tool", "file"]
    renewals: tuple[Renewal, ...]
    closed_on: date | None
    closing_reason: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OverlapSide:
    """One department of a meeting. `official` and `phone` are those of its newest signal."""

    department: str
    title: str
    official: str
    phone: str
    hit_count: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """An address on which two departments or more meet. `status` is open, acknowledged (every side) or settled."""

    overlap_id: UUID
    address_id: str
    departments: tuple[OverlapSide, ...]
    first_met_on: date
    status: Literal["open", "acknowledged", "settled"]
    outcome: Outcome | None
    outcome_note: str | None = field(repr=False)
    outcome_by: str | None
    outcome_on: date | None


@dataclass(frozen=True, slots=True)
class Notice:
    """That another department met the own one; `search`: it searched, `signal`: both have a signal there.

    Without address (`address_ids` empty) the meeting is about a person.
    """

    notice_id: int
    kind: Literal["search", "signal"]
    department: str
    title: str
    address_ids: tuple[str, ...]
    about_person: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class HitCount:
    """Signals on one address in a period: numbers alone. `by_department` is keyed by code."""

    address_id: str
    hit_count: int
    department_count: int
    by_department: dict[str, int]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit log. `number` rises in order of writing and does not depend on any clock.

    `subject` is an id (an address, a signal, an overlap) or a person's pseudonym, never a name or a number.
    """

    number: int
    at: datetime
    user_id: str
    department: str
    action: str
    subject: str | None
    result: str
    purpose: str | None
    case_number: str | None
    origin: str
    processing_id: UUID


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last event of one lane of the chain; `hash` is 64 hexadecimal digits."""

    lane: int
    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the whole chain holds. `first_broken` is the number of the first event that does not."""

    ok: bool
    events: int
    first_broken: int | None
    heads: tuple[ChainHead, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why one may search; `departments` are the codes of those that may give this purpose."""

    code: str
    title: str
    legal_basis: str
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class UsageCounts:
    """How the tool is used in a period: numbers alone, no address, person or user."""

    officials: int
    searches: int
    hits: int
    refused: int
    signals_placed: int
    signals_renewed: int
    signals_closed: int
    signals_open: int
    overlaps: int
    outcomes: dict[str, int]
    searches_by_department: dict[str, int]
