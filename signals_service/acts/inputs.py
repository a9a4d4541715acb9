"""What people type, made clean or refused with a Dutch explanation, before anything else sees it.

PostgreSQL takes no NUL and no lone surrogate, a screen shows no control character, and a mark that turns the direction
of writing can make one text look like another. None of them belongs in an address, a name or a case number.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import date
from uuid import UUID

from signals_service.persons import is_bsn

MAX_QUERY = 200
MAX_CASE_NUMBER = 60
MAX_NAME = 120
MAX_CODE = 60
MAX_TEXT = 1000

_JOINERS = "\u200c\u200d"  # they hold together some names and most pictures
_CASE_NUMBER = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z ._/:-]*[0-9A-Za-z])?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")


class InputError(ValueError):
    """What was typed cannot be used. `field` is the argument it was given for, the message is for the official."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def one_line(value: str | None, field: str, title: str, *, maximum: int, required: bool = True) -> str:
    """`value` in NFC with single spaces; "" only when it is not required. Raises `InputError`."""
    text = " ".join(_visible(value or "", field, title).split())
    return _measured(text, field, title, maximum, required)


def several_lines(value: str | None, field: str, title: str, *, maximum: int = MAX_TEXT, required: bool = True) -> str:
    """As `one_line`, but line ends stay (as a line feed)."""
    lines = _visible(value or "", field, title).splitlines()
    text = "\n".join(" ".join(line.split()) for line in lines).strip()
    return _measured(text, field, title, maximum, required)


def case_number(value: str | None) -> str:
    """The number under which an official works on a case: letters, digits and dashes, dots, slashes."""
    text = one_line(value, "case_number", "het zaaknummer", maximum=MAX_CASE_NUMBER)
    if not _CASE_NUMBER.fullmatch(text):
        raise InputError(
            "case_number", "Een zaaknummer bestaat uit letters, cijfers en streepjes, zoals Z-2026-00123. Kijk het na."
        )
    if is_bsn(text):
        # It would stay in the audit log for as long as that is kept.
        raise InputError(
            "case_number",
            "Dit lijkt een burgerservicenummer. Vul het nummer van de zaak in. Is dit het zaaknummer, zet er dan een "
            "letter voor, zoals Z-2026-00123.",
        )
    return text


def choice(value: str | None, field: str, title: str, allowed: Collection[str]) -> str:
    """One of the codes of a list. Raises `InputError`; the list is the municipality's own."""
    if not value:
        raise InputError(field, f"Kies {title}.")
    if value not in allowed:
        raise InputError(field, f"Dit staat niet in de lijst. Kies {title} uit de lijst.")
    return value


def day(value: str | date | None, field: str, title: str) -> date:
    """A date, from the control of a browser (2026-11-25) or as people write it (25-11-2026)."""
    if isinstance(value, date):
        return value
    text = one_line(value, field, title, maximum=20)
    try:
        if match := _DAY_FIRST.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(field, f"Vul {title} in als dag-maand-jaar, zoals 25-11-2026.") from None


def optional_day(value: str | date | None, field: str, title: str) -> date | None:
    return day(value, field, title) if value else None


def identifier(value: str | UUID, field: str) -> UUID:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except ValueError:
        raise InputError(field, "Dit kenmerk bestaat niet. Ga terug en kies opnieuw uit de lijst.") from None


def _visible(value: str, field: str, title: str) -> str:
    """`value` without marks that nobody sees; refuses what no keyboard makes."""
    kept = []
    for character in unicodedata.normalize("NFC", value):
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and not character.isspace()):
            raise InputError(field, f"In {title} staat een teken dat de tool niet kan lezen. Typ {title} opnieuw in.")
        if category != "Cf" or character in _JOINERS:
            kept.append(character)
    return "".join(kept)


def _measured(text: str, field: str, title: str, maximum: int, required: bool) -> str:
    if required and not text:
        raise InputError(field, f"Vul {title} in.")
    if len(text) > maximum:
        raise InputError(field, f"Dit is te lang: {title} heeft hoogstens {maximum} tekens. Maak het korter.")
    return text
