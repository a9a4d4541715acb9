"""Samenloop: addresses on which departments meet, who has seen it, and what came of it."""

from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from signals_service.actor import Actor
from signals_service.acts import inputs
from signals_service.acts.desk import Desk
from signals_service.acts.signals import free_text
from signals_service.store import Notice, Outcome, Overlap, OverlapSide

OUTCOMES: dict[str, str] = {
    "called": "We hebben gebeld",
    "joint-visit": "We zijn samen langs geweest",
    "nothing": "Het was niet nodig iets te doen",
}
STATUSES: dict[str, str] = {
    "open": "Nog niet door iedereen gezien",
    "acknowledged": "Door iedereen gezien",
    "settled": "Afgehandeld",
}
GONE = "Dit adres staat niet meer in het adressenregister"
PAGE = 50
_OWN_SIDE = {"raadpleger", "plaatser"}
OverlapStatus = Literal["open", "acknowledged", "settled"]


@dataclass(frozen=True, slots=True)
class OverlapView:
    """A meeting as it is shown; `mine` is the side of the own department, when it takes part."""

    overlap: Overlap
    address: str
    mine: OverlapSide | None
    may_acknowledge: bool
    may_record: bool


@dataclass(frozen=True, slots=True)
class NoticeView:
    """That another department met the own one; without addresses it is about a person."""

    notice: Notice
    addresses: tuple[str, ...]


def everywhere(
    desk: Desk, actor: Actor, *, status: str | None = None, limit: int = PAGE, offset: int = 0
) -> tuple[tuple[OverlapView, ...], int]:
    """All meetings, for the coordinator, and how many there are."""
    page = desk.store.overlaps(actor, status=_status(status), limit=limit, offset=offset)
    return tuple(_view(desk, actor, overlap) for overlap in page.items), page.total


def own(
    desk: Desk, actor: Actor, *, status: str | None = None, limit: int = PAGE, offset: int = 0
) -> tuple[tuple[OverlapView, ...], int]:
    """The meetings in which the own department takes part, and how many there are."""
    page = desk.store.own_overlaps(actor, status=_status(status), limit=limit, offset=offset)
    return tuple(_view(desk, actor, overlap) for overlap in page.items), page.total


def visible(
    desk: Desk, actor: Actor, *, status: str | None = None, limit: int = PAGE, offset: int = 0
) -> tuple[tuple[OverlapView, ...], int]:
    """What this official may see: everything for a coordinator, else the own department's."""
    listed = everywhere if "coordinator" in actor.roles else own
    return listed(desk, actor, status=status, limit=limit, offset=offset)


def notices(desk: Desk, actor: Actor, *, limit: int = PAGE, offset: int = 0) -> tuple[tuple[NoticeView, ...], int]:
    """Whom the own department met, the newest in front: what the link in an e-mail leads to."""
    page = desk.store.own_notices(actor, limit=limit, offset=offset)
    shown = (NoticeView(one, tuple(desk.address_text(id_) or GONE for id_ in one.address_ids)) for one in page.items)
    return tuple(shown), page.total


def acknowledge(desk: Desk, actor: Actor, overlap_id: UUID) -> None:
    """The own department has seen that it meets others here; twice changes nothing."""
    desk.store.acknowledge_overlap(actor, overlap_id)


def record_outcome(desk: Desk, actor: Actor, overlap_id: UUID, *, outcome: str | None, note: str | None) -> None:
    chosen = inputs.choice(outcome, "outcome", "wat eruit kwam", OUTCOMES)
    text = free_text(note, "note", "de toelichting", required=False)
    desk.store.record_outcome(actor, overlap_id, outcome=cast(Outcome, chosen), note=text)


def _status(value: str | None) -> OverlapStatus | None:
    return cast(OverlapStatus, inputs.choice(value, "status", "een stand", STATUSES)) if value else None


def _view(desk: Desk, actor: Actor, overlap: Overlap) -> OverlapView:
    mine = next((side for side in overlap.departments if side.department == actor.department), None)
    may_record = "coordinator" in actor.roles or (mine is not None and "plaatser" in actor.roles)
    may_acknowledge = mine is not None and mine.acknowledged_at is None and bool(actor.roles & _OWN_SIDE)
    address = desk.address_text(overlap.address_id) or GONE
    return OverlapView(overlap, address, mine, may_acknowledge, may_record)
