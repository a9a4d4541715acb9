"""A person as typed: a burgerservicenummer, or a surname with a birth date. Only keys leave this module."""

import re
from dataclasses import dataclass, field, replace
from datetime import date

from signals_service.acts import inputs
from signals_service.acts.desk import Desk
from signals_service.acts.inputs import InputError
from signals_service.persons import PersonError, is_bsn

_NINE_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){8}(?![0-9])")
# "Houtrijkstraat 100-11 1014 AB" is an address. Four digits that end a longer number are not a postcode.
_POSTCODE = re.compile(r"(?<![0-9])[1-9][0-9]{3} ?[A-Za-z]{2}(?![A-Za-z])")
_EARLIEST = date(1880, 1, 1)
_MESSAGES = {
    "bsn": "Dit burgerservicenummer kan niet bestaan. Het heeft negen cijfers. Kijk het na.",
    "name": "Vul de achternaam in met letters, zoals De Vries of Jansen-Bakker.",
}


@dataclass(frozen=True, slots=True)
class PersonInput:
    """Never printed: what stands in it is nobody's business but the asker's."""

    bsn: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    birth_date: str | date | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.bsn or self.name or self.birth_date)


def keys_of(desk: Desk, given: PersonInput) -> tuple[bytes, ...]:
    """The keys of one person, to search by. Raises `InputError`, which never repeats what was typed."""
    if given.bsn and (given.name or given.birth_date):
        raise InputError("bsn", "Vul het burgerservicenummer in, óf de naam en de geboortedatum. Niet allebei.")
    return _keys(desk, given)


def keys_to_place(desk: Desk, given: PersonInput) -> tuple[bytes, ...]:
    """The keys under which a signal is found again: with both a number and a name, by either. Raises as `keys_of`."""
    if given.bsn and (given.name or given.birth_date):
        return (*_keys(desk, replace(given, name=None, birth_date=None)), *_keys(desk, replace(given, bsn=None)))
    return _keys(desk, given)


def _keys(desk: Desk, given: PersonInput) -> tuple[bytes, ...]:
    try:
        if given.bsn:
            return desk.persons.of_bsn(
                inputs.one_line(given.bsn, "bsn", "het burgerservicenummer", maximum=inputs.MAX_NAME)
            )
        if not given.name:
            raise InputError("name" if given.birth_date else "bsn", _who(given))
        name = inputs.one_line(given.name, "name", "de achternaam", maximum=inputs.MAX_NAME)
        if not given.birth_date:
            raise InputError("birth_date", "Vul ook de geboortedatum in. Een naam alleen wijst geen persoon aan.")
        born = inputs.day(given.birth_date, "birth_date", "de geboortedatum")
        if not _EARLIEST <= born <= desk.today():
            raise InputError("birth_date", "Deze geboortedatum kan niet. Kijk het jaar na.")
        return desk.persons.of_name(name, born)
    except PersonError as error:
        raise InputError(error.field, _MESSAGES[error.field]) from None


def has_bsn(text: str) -> bool:
    """True when nine digits in a row or in groups pass the eleven-test, other than those of a postcode."""
    return any(is_bsn(number) for number in _NINE_DIGITS.findall(_POSTCODE.sub("|", text)))


def _who(given: PersonInput) -> str:
    if given.birth_date:
        return "Vul ook de achternaam in. Een geboortedatum alleen wijst geen persoon aan."
    return "Vul een burgerservicenummer in, of een achternaam en een geboortedatum."
