"""The fictional registers of six departments: signals on addresses and persons that do not exist; meetings are planted.

It follows from the addresses and a generator of its own, so that all else is what it is without it.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from orchestration.demo.arrays import stream
from orchestration.demo.incidents import World

COLUMNS = (
    "Kenmerk", "Medewerker", "Telefoon", "Geplaatst op", "Soort", "Adres", "Nummeraanduiding", "Persoon",
    "Herzien voor", "Stand",
)  # fmt: skip
FOLDER_PREFIX = "signalen_"  # its files are removed once they have landed: they hold persons
_TERM = 180  # days until the review
_LONELY, _PAIRS, _TRIPLES, _PERSONS, _LOST = 330, 22, 6, 5, 6
_CLOSED = 0.1
_BSN_FROM = 999_900_000  # of the numbers that are kept free for tests


@dataclass(frozen=True)
class Register:
    """A department with its own register: who works there, and its words for the kinds of signal."""

    code: str
    letter: str
    officials: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def source(self) -> str:
        return FOLDER_PREFIX + self.code.replace("-", "_")


REGISTERS = (
    Register("burgerzaken", "BZ", ("Hanneke Luchtkasteel", "Omar Verdichtsel"), ("Adresfraude", "Overbewoning")),
    Register("belastingen", "BL", ("Noor Bedacht", "Teun Schijnbaar"), ("Aanslag", "Leegstand")),
    Register("sociale-zaken", "SZ", ("Youssef Voorbeeld", "Petra Veronderstel"), ("Uitkering", "Woonsituatie")),
    Register("vergunningen", "VG", ("Fleur Denkbeeld", "Mees Hersenschim"), ("Vergunning", "Bibob")),
    Register("toezicht-handhaving", "TH", ("Bram Verzonnen", "Lot Fantasie"), ("Handhaving", "Overlast")),
    Register("openbare-orde", "OO", ("Daan Verbeeld", "Iris Droombeeld"), ("Ondermijning", "Overlast")),
)


@dataclass(frozen=True)
class Meeting:
    """An address on which departments meet with open signals; codes in alphabetical order."""

    adresseerbaarobject_id: str
    departments: tuple[str, ...]


@dataclass(frozen=True)
class SignalTruth:
    """What is true of the signals: counts by department, and what was planted in them.

    `person_meetings` are pairs of departments that know one person at two addresses; `unresolved` are keys of signals
    on an address that does not exist.
    """

    by_department: dict[str, int]
    closed: int
    meetings: tuple[Meeting, ...]
    person_meetings: tuple[tuple[str, str], ...]
    unresolved: tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(self.by_department.values())


def build_signals(world: World) -> tuple[dict[str, pd.DataFrame], SignalTruth]:
    """Path below the inbox → table, and the truth about them all."""
    draft = _Draft(world)
    for _ in range(_PAIRS):
        draft.meet(2)
    for _ in range(_TRIPLES):
        draft.meet(3)
    for number in range(_PERSONS):
        draft.meet_on_person(double_name=number == 0)
    for _ in range(_LONELY):
        draft.add(draft.department(), draft.address())
    for _ in range(_LOST):
        draft.add_lost()
    return draft.tables(), draft.truth()


class _Draft:
    """Signals as they are thought up, row by row; each address is used by one call alone."""

    def __init__(self, world: World) -> None:
        self._rng = stream(world.seed, "signalen")
        self._until = world.until
        addresses = world.addresses[~world.addresses["nevenadres"]]
        # An object with a second address may be meant by either: those are left out.
        once = ~addresses["adresseerbaarobject_id"].isin(
            world.addresses.loc[world.addresses["nevenadres"], "adresseerbaarobject_id"]
        )
        self._addresses = addresses[once].reset_index(drop=True)
        self._unused = iter(self._rng.permutation(len(self._addresses)))
        self._bsns = iter(self._rng.permutation(99_999))
        self._rows: dict[str, list[tuple[str, ...]]] = {register.code: [] for register in REGISTERS}
        self._closed = 0
        self._meetings: list[Meeting] = []
        self._person_meetings: list[tuple[str, str]] = []
        self._unresolved: list[str] = []

    def department(self) -> Register:
        return REGISTERS[int(self._rng.integers(len(REGISTERS)))]

    def address(self) -> dict[str, object]:
        return self._addresses.iloc[int(next(self._unused))].to_dict()  # type: ignore[return-value]

    def meet(self, departments: int) -> None:
        chosen = [REGISTERS[int(i)] for i in self._rng.choice(len(REGISTERS), departments, replace=False)]
        place = self.address()
        for register in chosen:
            self.add(register, place, is_open=True)
        codes = tuple(sorted(register.code for register in chosen))
        self._meetings.append(Meeting(str(place["adresseerbaarobject_id"]), codes))

    def meet_on_person(self, *, double_name: bool) -> None:
        first, second = (REGISTERS[int(i)] for i in self._rng.choice(len(REGISTERS), 2, replace=False))
        born = date(1975, 3, 14)
        names = (f"Verzinsel-de Bedenker; {born}", f"Bedenker, de; {born:%d-%m-%Y}")
        bsn = self._bsn()
        for register, text in zip((first, second), names if double_name else (bsn, bsn), strict=True):
            self.add(register, self.address(), person=text, is_open=True)
        self._person_meetings.append((min(first.code, second.code), max(first.code, second.code)))

    def add(
        self, register: Register, place: dict[str, object], *, person: str | None = None, is_open: bool | None = None
    ) -> None:
        rng = self._rng
        draw = rng.random()
        label = (
            f"{place['straat']} {place['huisnummer']}{place['huisletter']}"
            f"{'-' if place['toevoeging'] else ''}{place['toevoeging']}, {place['postcode']} {place['plaats']}"
        )
        # Some registers know the number of the basic registration, others what somebody typed.
        known = "" if draw < 0.4 else str(place["nummeraanduiding_id"])
        if person is None:
            person = self._bsn() if rng.random() < 0.3 else ""
        closed = rng.random() < _CLOSED if is_open is None else not is_open
        self._closed += closed
        self._row(register, label, known, person, "afgesloten" if closed else "lopend")

    def add_lost(self) -> None:
        register = self.department()
        number = int(self._rng.integers(9000, 9999))
        self._unresolved.append(self._row(register, f"Loods achter de Nergenskade {number}", "", "", "lopend"))

    def _row(self, register: Register, address: str, known: str, person: str, status: str) -> str:
        rng, rows = self._rng, self._rows[register.code]
        placed = self._until - timedelta(days=int(rng.integers(1, _TERM - 3)))
        official = int(rng.integers(len(register.officials)))
        key = f"{register.letter}-{len(rows) + 1:04d}"
        phone = f"036-02{REGISTERS.index(register):02d}{official + 1:02d}0"
        rows.append(
            (
                key, register.officials[official], phone, f"{placed:%d-%m-%Y}",
                register.kinds[int(rng.integers(len(register.kinds)))], address, known, person,
                f"{placed + timedelta(days=_TERM):%d-%m-%Y}", status,
            )
        )  # fmt: skip
        return key

    def _bsn(self) -> str:
        """The next free number that passes the eleven-test."""
        weights = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1])
        while True:
            text = str(_BSN_FROM + int(next(self._bsns)))
            if int(np.dot(weights, [int(digit) for digit in text])) % 11 == 0:
                return text

    def tables(self) -> dict[str, pd.DataFrame]:
        return {
            f"{register.source}/{register.source}.csv": pd.DataFrame(self._rows[register.code], columns=list(COLUMNS))
            for register in REGISTERS
        }

    def truth(self) -> SignalTruth:
        return SignalTruth(
            by_department={code: len(rows) for code, rows in self._rows.items()},
            closed=self._closed,
            meetings=tuple(sorted(self._meetings, key=lambda meeting: meeting.adresseerbaarobject_id)),
            person_meetings=tuple(sorted(self._person_meetings)),
            unresolved=tuple(sorted(self._unresolved)),
        )
