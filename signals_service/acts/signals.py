"""Placing, renewing and closing a signal, and the list of the own department."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from signals_service.actor import Actor
from signals_service.acts import inputs
from signals_service.acts.desk import Desk
from signals_service.acts.inputs import InputError
from signals_service.acts.people import PersonInput, has_bsn, keys_to_place
from signals_service.acts.search import (
    AddressAnswer,
    AddressInput,
    PurposeInput,
    dated,
    objects_of,
    purpose_of,
    understood,
    with_signals,
)
from signals_service.store import OwnSignal, Placed

PAGE = 50


@dataclass(frozen=True, slots=True)
class SignalInput:
    """What an official fills in to place a signal: on an address, a person or both."""

    address: AddressInput
    person: PersonInput
    kind: str
    reason: str
    review_on: str | date | None


@dataclass(frozen=True, slots=True)
class SignalPlaced:
    """The signal, and what the entering found: entering is also a search. `address` is None for a person alone.

    `has_person`: the hits are those on the address and those on the person, together.
    """

    placed: Placed
    address: AddressAnswer | None
    has_person: bool


@dataclass(frozen=True, slots=True)
class OwnSignalView:
    """A signal of the own department as it is shown: with the text of its address and the titles of its codes."""

    signal: OwnSignal
    address: str | None
    kind: str
    due: bool


def place(desk: Desk, actor: Actor, given: SignalInput, purpose: PurposeInput) -> SignalPlaced | AddressAnswer:
    """Place a signal. Returns the list to choose from, and places nothing, when the address is not one address.

    Raises `InputError` and the errors of the store.
    """
    on_address = bool(given.address.query or given.address.choice)
    keys = keys_to_place(desk, given.person) if given.person else ()
    if not on_address and not keys:
        raise InputError("query", "Vul een adres in, of een persoon. Een signaal gaat altijd ergens over.")
    kind = inputs.choice(given.kind, "kind", "een soort signaal", [kind.code for kind in desk.store.kinds()])
    reason = free_text(given.reason, "reason", "de reden")
    review_on = _review_day(desk, given.review_on)
    code, case_number = purpose_of(purpose)
    answer = understood(desk, given.address) if on_address else None
    if answer is not None and answer.address is None:
        return answer
    address = answer.address if answer else None
    placed = desk.store.place_signal(
        actor,
        address_id=address.adresseerbaarobject_id if address else None,
        nummeraanduiding_id=address.nummeraanduiding_id if address else None,
        beside_ids=objects_of(answer.beside) if answer else [],
        person_keys=keys,
        kind=kind,
        reason=reason,
        review_on=review_on,
        purpose=code,
        case_number=case_number,
    )
    placed = replace(placed, answer=dated(desk, placed.answer))
    seen = with_signals(answer, placed.answer) if answer else None
    return SignalPlaced(placed, seen, bool(keys))


def own(
    desk: Desk, actor: Actor, *, status: Literal["open", "closed"] | None = None, limit: int = PAGE, offset: int = 0
) -> tuple[tuple[OwnSignalView, ...], int]:
    """The signals of the own department, the one to be reviewed first in front, and how many there are in all."""
    page = desk.store.own_signals(actor, status=status, limit=limit, offset=offset)
    return tuple(_view(desk, signal) for signal in page.items), page.total


def one(desk: Desk, actor: Actor, signal_id: UUID) -> OwnSignalView:
    return _view(desk, desk.store.own_signal(actor, signal_id))


def renew(desk: Desk, actor: Actor, signal_id: UUID, *, review_on: str | date | None, reason: str | None) -> None:
    """Keep a signal for another while, with a reason. Raises `InputError` and the errors of the store."""
    text = free_text(reason, "reason", "de reden")
    when = _review_day(desk, review_on)
    desk.store.renew_signal(actor, signal_id, review_on=when or default_review_day(desk), reason=text)


def close(desk: Desk, actor: Actor, signal_id: UUID, *, reason: str | None) -> None:
    desk.store.close_signal(actor, signal_id, reason=free_text(reason, "reason", "de reden"))


def default_review_day(desk: Desk) -> date:
    return desk.today() + timedelta(days=desk.store.review_days())


def last_review_day(desk: Desk) -> date:
    return desk.today() + timedelta(days=desk.store.max_review_days())


def free_text(value: str | None, field: str, title: str, *, required: bool = True) -> str:
    """What an official writes in own words. A burgerservicenummer is refused: it is kept as a key only."""
    text = inputs.several_lines(value, field, title, required=required)
    if has_bsn(text):
        raise InputError(field, f"In {title} staat een burgerservicenummer. Haal dat weg: het mag hier niet staan.")
    return text


def _review_day(desk: Desk, value: str | date | None) -> date | None:
    when = inputs.optional_day(value, "review_on", "de datum van herziening")
    if when is None:
        return None
    if when <= desk.today():
        raise InputError("review_on", "Kies een dag na vandaag: dan kijkt u of het signaal nog nodig is.")
    if when > (last := last_review_day(desk)):
        raise InputError("review_on", f"Dat is te ver weg. Kies een dag tot en met {last:%d-%m-%Y}.")
    return when


def _view(desk: Desk, signal: OwnSignal) -> OwnSignalView:
    titles = {kind.code: kind.title for kind in desk.store.kinds()}
    address = desk.address_text(signal.address_id, signal.nummeraanduiding_id) or signal.address_text
    due = signal.status == "open" and signal.review_on <= desk.today() + timedelta(days=14)
    return OwnSignalView(signal, address, titles.get(signal.kind, signal.kind), due)
