"""Puts readings into words and addresses: an answer, a list to choose from, or what is missing. Pure."""

from collections.abc import Iterable, Sequence

from signals_service.addresses.model import Address, Resolution
from signals_service.addresses.question import Cut
from signals_service.addresses.readings import Reading
from signals_service.addresses.register import Register
from signals_service.addresses.street_names import StreetNames
from signals_service.addresses.suggest import Suggester

LONGEST_LIST = 20
MOST_SUGGESTIONS = 5

NO_NUMBER = "Er staat geen huisnummer in uw vraag. Kies een adres of typ het nummer erbij."
NEARBY = "Uw vraag noemt een plek bij dit adres. Kies het adres alleen als u dat bedoelt."
OTHER_PLACE = "De plaats in uw vraag hoort niet bij deze postcode; wij zijn uitgegaan van de postcode."
NO_ADDITION = "Dit huisnummer bestaat, maar niet met deze letter of toevoeging."
NO_SUCH_NUMBER = "De straat bestaat, maar dit huisnummer staat niet in het adressenregister."


class Answers:
    """Writes the resolutions of one register."""

    def __init__(self, register: Register, streets: StreetNames) -> None:
        self._register = register
        self._suggester = Suggester(register, streets, MOST_SUGGESTIONS)

    def of(self, readings: Sequence[Reading], *, sure: bool = True, notes: Iterable[str] = ()) -> Resolution:
        """Readings that are equally good: their one address if it is sure, else a list."""
        rows, first, said = _unique(row for r in readings for row in r.rows), readings[0], list(notes)
        if postcode := first.cut.postcode:
            right = [row for row in rows if self._register.postcode_of(row) == postcode]
            if not right:
                said.append(self._of_postcode(postcode))
            elif sure:
                rows = right
        elif first.around.district:
            rows = [row for row in rows if self._register.postcode_of(row).startswith(first.around.district)] or rows
        if first.elsewhere and not first.streets:
            said.append(OTHER_PLACE)
        beside = [row for r in readings if r.doors for row in r.doors.beside]
        return self._list_or_one(rows, first, sure, said, beside)

    def of_street(self, readings: Sequence[Reading]) -> Resolution | None:
        """A street without a number: its addresses to choose from."""
        if not readings:
            return None
        fewest = min((r.cost, r.around.skipped) for r in readings)
        best = [r for r in readings if (r.cost, r.around.skipped) == fewest]
        rows = [row for r in best for street in r.streets for row in self._register.rows_of(street)]
        if postcode := best[0].cut.postcode:
            rows = [row for row in rows if self._register.postcode_of(row) == postcode] or rows
        return self._list_or_one(_unique(rows), best[0], False, [NO_NUMBER], ())

    def missing(self, reading: Reading, others: Sequence[int]) -> Resolution:
        """The street is known, the number or the street in that place is not."""
        doors = reading.doors
        if reading.elsewhere and not reading.streets:
            note = f"Deze straat ligt volgens het adressenregister niet in {_either(reading.around.places or ())}."
        elif doors and doors.missing:
            note = NO_ADDITION
        else:
            note = NO_SUCH_NUMBER
        rows = [*self._suggester.instead(reading), *others]
        return Resolution(
            "not-found", suggestions=self._suggestions(rows), understood=self._understood(reading, ()), notes=(note,)
        )

    def elsewhere(self, reading: Reading) -> Resolution:
        """The question names a place that the register does not hold."""
        place = " ".join(reading.unknown).title()
        return Resolution(
            "not-found",
            suggestions=self._suggestions(reading.rows),
            understood=f"{self._understood(reading, ())} in {place}",
            notes=(f"{place} staat niet in het adressenregister van deze gemeente.",),
        )

    def nothing(self, readings: Sequence[Reading], cuts: Sequence[Cut]) -> Resolution:
        """Nothing of the register is meant, as far as it can tell."""
        rows = [row for cut in cuts for row in self._suggester.like(cut)]
        if readings:
            best = min(readings, key=lambda r: (len(r.unknown), r.cost))
            rows = [*self._suggester.instead(best), *rows]
        text = " ".join(token.text for token in cuts[-1].tokens)
        return Resolution("not-found", suggestions=self._suggestions(rows), understood=text)

    def _list_or_one(
        self, rows: Sequence[int], reading: Reading, sure: bool, notes: Iterable[str], beside: Iterable[int]
    ) -> Resolution:
        said = [*notes, *([NEARBY] if reading.around.near else [])]
        names = tuple(self._register.address(row) for row in _unique(beside) if row not in rows)
        chosen = bool(reading.doors and reading.doors.chosen)
        if len(rows) == 1 and sure and not reading.around.near and not chosen:
            address = self._register.address(rows[0])
            understood = f"{address.street} {address.number} in {address.place}"
            return Resolution("found", address, beside=names, understood=understood, notes=tuple(said))
        shown = tuple(self._register.address(row) for row in rows[:LONGEST_LIST])
        return Resolution(
            "ambiguous", candidates=shown, beside=names, understood=self._understood(reading, shown),
            notes=tuple(said), more=len(rows) - len(shown),
        )  # fmt: skip

    def _understood(self, reading: Reading, shown: Sequence[Address]) -> str:
        streets = list(dict.fromkeys(address.street for address in shown))
        if not streets and (known := (*reading.streets, *reading.elsewhere)):
            streets = [self._register.streets[known[0]][0]]
        number = reading.doors.text if reading.doors else ""
        places = sorted(reading.around.places or {address.place for address in shown})
        what = f"{streets[0] if len(streets) == 1 else reading.text.title()} {number}".strip() or reading.cut.postcode
        return f"{what} in {_either(places)}" if 0 < len(places) <= 2 else what

    def _of_postcode(self, postcode: str) -> str:
        spaced = f"{postcode[:4]} {postcode[4:]}"
        rows = self._register.of_postcode(postcode)
        if not rows:
            return f"Postcode {spaced} staat niet in het adressenregister."
        names = sorted({self._register.streets[self._register.street[row]] for row in rows})[:3]
        streets = " en ".join(f"{street} in {place}" for street, place in names)
        return f"De postcode klopt niet met het adres: {spaced} hoort bij {streets}."

    def _suggestions(self, rows: Iterable[int]) -> tuple[Address, ...]:
        return tuple(self._register.address(row) for row in _unique(rows)[:MOST_SUGGESTIONS])


def _either(places: Iterable[str]) -> str:
    return " of ".join(sorted(places))


def _unique(rows: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(rows))
