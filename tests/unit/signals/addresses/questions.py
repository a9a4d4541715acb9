"""Questions as people type them, made from a register: well spelt in many ways, with typing errors, and about nothing.

Each question knows the address it was made from. The tuning of the resolver looked at the seeds in `TUNING`; what is
measured in the tests uses `HELD_OUT`.
"""

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from signals_service.addresses import Address, AddressIndex

TUNING = range(100, 110)
HELD_OUT = range(900, 905)

_NEIGHBOURS = {
    "a": "qwsz", "b": "vghn", "c": "xdfv", "d": "serfcx", "e": "wsdr", "f": "drtgvc", "g": "ftyhbv", "h": "gyujnb",
    "i": "ujko", "j": "huikmn", "k": "jiolm", "l": "kop", "m": "njk", "n": "bhjm", "o": "iklp", "p": "ol", "q": "wa",
    "r": "edft", "s": "awedxz", "t": "rfgy", "u": "yhji", "v": "cfgb", "w": "qase", "x": "zsdc", "y": "tghu",
    "z": "asx",
}  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

_SHORTER = (
    (r"straat$", ("str.", "str", "straat")), (r"laan$", ("ln.", "ln")), (r"plein$", ("pl.", "pln")),
    (r"\bvan der\b", ("v.d.", "vd", "v. d.", "v/d")), (r"\bv\.d\.", ("van der", "vd", "van de")),
    (r"^Burg\.", ("Burgemeester", "burg", "Bgm.")), (r"^Dr\.", ("Doctor", "dr", "Dokter")),
    (r"^Mr\.", ("Meester", "mr")),
    (r"^Ds\.", ("Dominee", "ds")), (r"^Zr\.", ("Zuster", "zr")), (r"^Prof\.", ("Professor", "prof")),
    (r"^St\.-?", ("Sint ", "St. ", "St ")), (r"^Sint ", ("St. ", "St.")), (r"^1e ", ("Eerste ", "1ste ")),
    (r"^2e ", ("Tweede ", "2de ")), (r"^3e ", ("Derde ", "3de ")), (r"^Eerste ", ("1e ",)), (r"^Tweede ", ("2e ",)),
    (r"^Derde ", ("3e ",)), (r"'t ", ("t ", "het ", "’t ")), (r"^'s-", ("s ", "s-", "’s-")), (r"-straat", (" straat",)),
    (r"\bIII?\b", ("2",)),
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    text: str
    about: Address | None  # None: there is no such address
    kind: str


def spelt_well(rng: random.Random, address: Address) -> Question:
    """One of the many ways to write an address without an error."""
    street, kind = address.street, "plain"
    draw = rng.random()
    if draw < 0.3:
        street, kind = _abbreviated(rng, street), "abbreviated"
    elif draw < 0.4:
        street, kind = _without_marks(street), "without diacritics"
    elif draw < 0.45:
        street, kind = re.sub(r"[.'-]", " ", street), "without punctuation"
    text = _composed(rng, street, _number(rng, address), address)
    return Question(_cased(rng, text), address, kind)


def mistyped(rng: random.Random, address: Address, errors: int, streets: frozenset[str]) -> Question:
    """The same with typing errors in the name of the street; never one that makes it another street's name."""
    while True:
        street = address.street
        for _ in range(errors):
            street = _typo(rng, street)
        if _bare(street) != _bare(address.street) and _bare(street) not in streets:
            break
    text = _composed(rng, street, _number(rng, address), address)
    return Question(_cased(rng, text), address, f"{errors} errors")


def _typo(rng: random.Random, text: str) -> str:
    places = [at for at, c in enumerate(text) if c.isalpha()]
    at = rng.choice(places)
    letter = _bare(text[at]) or "a"
    near = rng.choice(_NEIGHBOURS.get(letter, _LETTERS)) if rng.random() < 0.7 else rng.choice(_LETTERS)
    match rng.choice(("insert", "delete", "substitute", "transpose")):
        case "insert":
            return text[:at] + (near if rng.random() < 0.6 else letter) + text[at:]
        case "delete":
            return text[:at] + text[at + 1 :]
        case "substitute":
            return text[:at] + near + text[at + 1 :]
        case _:
            if at + 1 < len(text) and text[at + 1].isalpha():
                return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            return text[:at] + near + text[at + 1 :]


def _composed(rng: random.Random, street: str, number: str, a: Address) -> str:
    spaced = f"{a.postcode[:4]} {a.postcode[4:]}"
    postcode = rng.choice((a.postcode, spaced, spaced.lower()))
    joint = "" if street[-1:].isalpha() else " "
    return rng.choice(
        (
            f"{street} {number}, {postcode} {a.place}", f"{street} {number}, {a.place}", f"{street} {number} {a.place}",
            f"{street} {number} {a.place}", f"{street} {number}, {postcode}", f"{a.place}, {street} {number}",
            f"{a.place} {street} {number}", f"{number} {street} {a.place}", f"{postcode} {street} {number}",
            f"{street}  {number} , {a.place}", f"{street}{joint}{number} {a.place}",
            f"{street} nr. {number} te {a.place}",
            f"{street} {number} {postcode} {a.place}", f"{street} {number} {a.place} Nederland",
            f"{street} {number} ({a.place})", f"{street} {a.place} {number}", f"{street}, {number}, {a.place}.",
            f"adres: {street} {number} {a.place}",
        )
    )  # fmt: skip


def _number(rng: random.Random, a: Address) -> str:
    number, letter, suffix = str(a.house_number), a.house_letter, a.house_suffix
    joint = rng.choice(("", " ", "-"))
    if not letter and not suffix:
        return number
    if letter and suffix:
        return rng.choice((f"{number}{letter}{suffix}", f"{number} {letter} {suffix}", f"{number}{letter}-{suffix}"))
    if letter:
        return number + joint + rng.choice((letter, letter.lower()))
    if suffix.isdigit():
        return number + rng.choice(("-", " ", "/")) + suffix
    if suffix == "hs":
        return number + joint + rng.choice(("hs", "HS", "huis"))
    if hoog := re.fullmatch(r"(\d)hoog", suffix):
        return number + rng.choice((f" {hoog[1]} hoog", f"-{hoog[1]}hoog", f" {hoog[1]}hoog"))
    return number + joint + rng.choice((suffix, suffix.lower()))


def _abbreviated(rng: random.Random, street: str) -> str:
    for pattern, choices in rng.sample(_SHORTER, len(_SHORTER)):
        if pattern == r"\bIII?\b":
            street = re.sub(r"\bIII\b", "3", re.sub(r"\bII\b", "2", street)) if rng.random() < 0.5 else street
        else:
            street = re.sub(pattern, rng.choice(choices), street)
    return street


def _cased(rng: random.Random, text: str) -> str:
    return rng.choice((text, text, text.lower(), text.upper()))


def _without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _without_marks(text).lower())


def bare_streets(addresses: Sequence[Address]) -> frozenset[str]:
    return frozenset(_bare(address.street) for address in addresses)


_OTHER_KINDS = ("straat", "laan", "plein", "weg", "hof", "singel", "kade", "pad", "dreef", "park")
_OTHER_FIRST_NAMES = ("Piet", "Kees", "Hendrik", "Marie", "Johanna", "Anneke", "Jane", "Janna", "Hans", "Willemina")
_NO_STREETS = (
    "Wilhelminastraat", "Emmakade", "Vondelstraat", "Rembrandtlaan", "Mauritsweg", "Piet Heinstraat", "Oranjesingel",
    "Bachlaan",
)  # fmt: skip


def about_nothing(rng: random.Random, addresses: Sequence[Address], errors: int = 0) -> Iterator[Question]:
    """Questions about addresses that do not exist, endlessly."""
    taken: dict[tuple[str, str], set[int]] = defaultdict(set)
    units: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for a in addresses:
        taken[_bare(a.street), a.place].add(a.house_number)
        units[_bare(a.street), a.place, a.house_number].add((a.house_letter + a.house_suffix).lower())
    places = sorted({a.place for a in addresses})
    streets = bare_streets(addresses)

    def free(street: str) -> bool:
        return _bare(street) not in streets

    def other_number(a: Address) -> tuple[str, str, str] | None:
        numbers = taken[_bare(a.street), a.place]
        number = rng.choice((max(numbers) + rng.randint(1, 40), rng.randint(1, max(numbers))))
        return None if number in numbers else (a.street, str(number), a.place)

    def other_kind(a: Address) -> tuple[str, str, str] | None:
        kind = next((kind for kind in _OTHER_KINDS if a.street.endswith(kind)), None)
        street = a.street.removesuffix(kind) + rng.choice(_OTHER_KINDS) if kind else ""
        return (street, str(a.house_number), a.place) if kind and free(street) else None

    def other_first_name(a: Address) -> tuple[str, str, str] | None:
        first, _, rest = a.street.partition(" ")
        street = f"{rng.choice(_OTHER_FIRST_NAMES)} {rest}"
        fits = first in {"Anna", "Anne", "Hanna", "Jan", "Johan", "Zoë", "René"} and free(street)
        return (street, str(a.house_number), a.place) if fits else None

    def other_numeral(a: Address) -> tuple[str, str, str] | None:
        street = re.sub(
            r"\b(1e|2e|3e|II|III|IV|1953|1963|11|1)\b", rng.choice(("4e", "V", "1973", "12", "5")), a.street
        )
        return (street, str(a.house_number), a.place) if street != a.street and free(street) else None

    def other_unit(a: Address) -> tuple[str, str, str] | None:
        unit = rng.choice(("Z", "Q", "99", "bis", "hs", "V"))
        known = units[_bare(a.street), a.place, a.house_number]
        clash = (
            {"hs", "huis", "h"} & known if unit == "hs" else {unit.lower(), "5" if unit == "V" else ""} & known - {""}
        )
        joint = " " if unit.isdigit() else "" if len(unit) == 1 else "-"
        return None if clash else (a.street, f"{a.house_number}{joint}{unit}", a.place)

    def other_place(a: Address) -> tuple[str, str, str] | None:
        place = rng.choice(places)
        return None if a.house_number in taken[_bare(a.street), place] else (a.street, str(a.house_number), place)

    def no_street(a: Address) -> tuple[str, str, str] | None:
        street = rng.choice(_NO_STREETS)
        return (street, str(a.house_number), a.place) if free(street) else None

    makers: tuple[Callable[[Address], tuple[str, str, str] | None], ...] = (
        other_number, other_number, other_kind, other_first_name, other_numeral, other_unit, other_place, no_street,
    )  # fmt: skip
    while True:
        maker = rng.choice(makers)
        made = maker(rng.choice(addresses))
        if made is None:
            continue
        street, number, place = made
        if errors and maker in (other_number, other_unit, other_place):
            for _ in range(errors):
                street = _typo(rng, street)
            if not free(street):
                continue
        text = rng.choice((f"{street} {number}, {place}", f"{street} {number} {place}", f"{number} {street} {place}"))
        yield Question(_cased(rng, text), None, maker.__name__)


@dataclass
class Score:
    """How many questions were answered rightly, with a short list that holds it, wrongly, or not."""

    found: int = 0
    listed: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def total(self) -> int:
        return self.found + self.listed + self.wrong + self.missed

    @property
    def strict(self) -> float:
        return self.found / self.total

    @property
    def recall(self) -> float:
        return (self.found + self.listed) / self.total

    def add(self, index: AddressIndex, question: Question, shortest: int = 5) -> str:
        result = index.resolve(question.text)
        if question.about is None:
            outcome = "wrong" if result.status == "found" else "listed" if result.status == "ambiguous" else "missed"
        elif result.status == "found":
            outcome = "found" if result.address == question.about else "wrong"
        else:
            listed = question.about in result.candidates and len(result.candidates) <= shortest and not result.more
            outcome = "listed" if listed else "missed"
        setattr(self, outcome, getattr(self, outcome) + 1)
        return outcome
