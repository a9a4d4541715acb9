"""Searching: is there a signal on this address or this person, and whom do I phone?

Every search is recorded by the store before it is answered, also one that finds no address: how often somebody tried
is part of what the auditor may see.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, cast

from signals_service.actor import Actor
from signals_service.acts import inputs
from signals_service.acts.desk import Desk
from signals_service.acts.inputs import InputError
from signals_service.acts.people import PersonInput, has_bsn, keys_of
from signals_service.addresses import Address, Resolution
from signals_service.store import Purpose, SearchAnswer

SUGGESTIONS = 8
RegisterStatus = Literal["found", "ambiguous", "not-found"]


@dataclass(frozen=True, slots=True)
class PurposeInput:
    """Why somebody asks: a purpose of the list and the number of the case."""

    purpose: str | None
    case_number: str | None


@dataclass(frozen=True, slots=True)
class AddressInput:
    """An address as typed, or chosen from a list by its nummeraanduiding_id; a choice goes before the text."""

    query: str | None
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """Another address at the same number; None where nobody has looked for signals."""

    address: Address
    hit_count: int | None = None
    department_count: int | None = None


@dataclass(frozen=True, slots=True)
class AddressAnswer:
    """What was understood, and who placed a signal there. `search` is None where only the register was asked."""

    status: Literal["found", "hit", "no-hit", "ambiguous", "not-found"]
    address: Address | None
    candidates: tuple[Address, ...]
    more: int
    suggestions: tuple[Address, ...]
    understood: str
    notes: tuple[str, ...]
    beside: tuple[Beside, ...]
    search: SearchAnswer | None

    @property
    def data_date(self) -> datetime | None:
        """Of when the register of addresses is."""
        return self.search.data_date if self.search else None


def search_address(desk: Desk, actor: Actor, given: AddressInput, purpose: PurposeInput) -> AddressAnswer:
    """Look up one address and who placed a signal on it. Raises `InputError` and the errors of the store."""
    code, case_number = purpose_of(purpose)
    seen = understood(desk, given)
    answer = desk.store.search_address(
        actor,
        address_ids=[seen.address.adresseerbaarobject_id] if seen.address else [],
        beside_ids=objects_of(seen.beside) if seen.address else [],
        purpose=code,
        case_number=case_number,
        outcome=cast(RegisterStatus, seen.status),
    )
    return with_signals(seen, dated(desk, answer))


def search_person(desk: Desk, actor: Actor, given: PersonInput, purpose: PurposeInput) -> SearchAnswer:
    """Who placed a signal on this person. The answer holds nothing of the person. Raises as `search_address`."""
    code, case_number = purpose_of(purpose)
    answer = desk.store.search_person(actor, keys=keys_of(desk, given), purpose=code, case_number=case_number)
    return dated(desk, answer)


def resolve(desk: Desk, query: str | None) -> tuple[RegisterStatus, tuple[Address, ...]]:
    """What the register makes of a text: whether it is one address, and the addresses that somebody who is still typing
    may mean, that one in front. No signal is looked at and nothing is recorded.
    """
    index, text = desk.register.current(), address_text(query)
    seen = index.resolve(text)
    first = (seen.address,) if seen.address else seen.candidates
    found = dict.fromkeys((*first, *index.complete(text, SUGGESTIONS)))
    return seen.status, tuple(found)[:SUGGESTIONS]


def understood(desk: Desk, given: AddressInput) -> AddressAnswer:
    """What the register makes of what was typed or chosen. Raises `InputError`."""
    index = desk.register.current()
    if given.choice:
        chosen = inputs.one_line(given.choice, "address_id", "het gekozen adres", maximum=40)
        address = index.by_id(chosen)
        if address is None:
            raise InputError("query", "Dit adres staat niet meer in het adressenregister. Zoek het opnieuw.")
        # What lies beside it is named here as well: its own text finds it.
        seen = index.resolve(address.label)
        beside = tuple(Beside(other) for other in seen.beside) if seen.address == address else ()
        return AddressAnswer("found", address, (), 0, (), address.label, (), beside, None)
    return _answered(index.resolve(address_text(given.query)))


def address_text(query: str | None) -> str:
    """An address as typed, clean. A burgerservicenummer is refused: it does not belong in this field."""
    text = inputs.one_line(query, "query", "het adres", maximum=inputs.MAX_QUERY)
    if has_bsn(text):
        raise InputError("query", "Dit lijkt een burgerservicenummer. Dat zoekt u bij Zoeken op persoon.")
    return text


def dated(desk: Desk, answer: SearchAnswer) -> SearchAnswer:
    """The answer with the date of the register that was looked in: that of the index, where it knows one."""
    date = desk.data_date()
    return replace(answer, data_date=date) if date else answer


def with_signals(seen: AddressAnswer, answer: SearchAnswer) -> AddressAnswer:
    """The same, with what the store answered to it."""
    hits = {one.address_id: one for one in answer.beside}
    beside = tuple(
        Beside(one.address, hit.hit_count, hit.department_count)
        if (hit := hits.get(one.address.adresseerbaarobject_id))
        else Beside(one.address, 0, 0)
        for one in seen.beside
    )
    return replace(seen, status=answer.status, beside=beside, search=answer)


def purposes_for(desk: Desk, actor: Actor) -> tuple[Purpose, ...]:
    """The purposes that an official of this department may give."""
    return tuple(purpose for purpose in desk.store.purposes() if actor.department in purpose.departments)


def purpose_of(given: PurposeInput) -> tuple[str, str]:
    """(code of the purpose, case number). Raises `InputError`.

    Whether this department may give this purpose is for the store to judge: it records a refusal.
    """
    if not given.purpose:
        raise InputError("purpose", "Kies waarvoor u zoekt.")
    purpose = inputs.one_line(given.purpose, "purpose", "het doel", maximum=inputs.MAX_CODE)
    return purpose, inputs.case_number(given.case_number)


def _answered(seen: Resolution) -> AddressAnswer:
    return AddressAnswer(
        seen.status,
        seen.address,
        seen.candidates,
        seen.more,
        seen.suggestions,
        seen.understood or (seen.address.label if seen.address else ""),
        seen.notes,
        tuple(Beside(address) for address in seen.beside),
        None,
    )


def objects_of(beside: Sequence[Beside]) -> list[str]:
    """The adresseerbare objecten of these addresses, each once."""
    return list(dict.fromkeys(one.address.adresseerbaarobject_id for one in beside))
