"""Decides what a question means: one address, a short list, or honestly nothing. Pure.

The steps go from sure to unsure, and the first that understands the question ends it. A step never answers with one
address when another is as good.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property

from signals_service.addresses.answers import Answers
from signals_service.addresses.model import Resolution
from signals_service.addresses.places import Places
from signals_service.addresses.question import LONGEST, Cut, cuts_of, tokens_of
from signals_service.addresses.readings import Reader, Reading
from signals_service.addresses.register import Register
from signals_service.addresses.street_names import StreetNames
from signals_service.addresses.vocabulary import PLACES

TOO_LONG = f"De vraag is te lang. Typ alleen straat, huisnummer en plaats, in hoogstens {LONGEST} tekens."
EMPTY = "Typ een straat en een huisnummer, of een postcode en een huisnummer."
RESEMBLES = "Deze straat staat niet zo in het adressenregister. Kies een adres alleen als u dat bedoelt."
FULLER = "De straatnaam is in het adressenregister langer. Kies een adres alleen als u dat bedoelt."
POSTCODE_ALONE = "De straat in uw vraag herkennen wij niet. Dit adres hoort bij de postcode en het huisnummer."
_CLEARLY = 0.5  # of an effort: a letter left out against another letter


class Resolver:
    """Answers questions about one register."""

    def __init__(self, register: Register, streets: StreetNames, places: Places) -> None:
        self.register, self.streets = register, streets
        self.reader = Reader(register, streets, places)
        self.answers = Answers(register, streets)

    def resolve(self, query: str) -> Resolution:
        """What the register makes of a question; any text is a question."""
        tokens = tokens_of(query)
        if tokens is None:
            return Resolution("not-found", notes=(TOO_LONG,))
        if not tokens:
            return Resolution("not-found", notes=(EMPTY,))
        return _Question(self, cuts_of(tokens)).answer()


class _Question:
    """One question on its way through the steps; what a step does not need is not worked out."""

    def __init__(self, resolver: Resolver, cuts: Sequence[Cut]) -> None:
        self._register, self._streets = resolver.register, resolver.streets
        self._reader, self._answers = resolver.reader, resolver.answers
        self._cuts = cuts
        self._around = [(self._reader.surroundings(cut), cut) for cut in cuts]

    def answer(self) -> Resolution:
        steps: tuple[Callable[[], Resolution | None], ...] = (
            self._all_known,
            self._known_but_for_the_place,
            self._number_is_missing,
            self._postcode_and_number,
            self._with_unknown_words,
            self._mistyped_street,
            self._name_without_its_beginning,
            self._postcode_and_unknown_street,
        )
        for step in steps:
            if result := step():
                return result
        return self._answers.nothing([*self._mistyped, *self._exact], self._cuts)

    # Readings.

    @cached_property
    def _exact(self) -> list[Reading]:
        return [r for around, cut in self._around for r in self._reader.exact(around, cut, False)]

    @cached_property
    def _known(self) -> list[Reading]:
        return [r for r in self._exact if not r.unknown]

    @cached_property
    def _known_in_mistyped_place(self) -> list[Reading]:
        found = [r for around, cut in self._around for r in self._reader.exact(around, cut, True)]
        return [r for r in found if not r.unknown]

    @cached_property
    def _of_postcode(self) -> list[Reading]:
        found = [r for around, cut in self._around if cut.postcode for r in self._reader.of_postcode(around, cut)]
        return [r for r in found if r.rows]

    @cached_property
    def _mistyped(self) -> list[Reading]:
        found = [r for around, cut in self._around for r in self._reader.mistyped(around, cut)]
        return [r for r in found if not r.unknown]

    # Steps.

    def _all_known(self) -> Resolution | None:
        return self._understood(self._known)

    def _known_but_for_the_place(self) -> Resolution | None:
        return self._understood(self._known_in_mistyped_place)

    def _understood(self, readings: Sequence[Reading]) -> Resolution | None:
        """Every word is understood: the readings that name addresses that exist, else the street without a number."""
        hits = [r for r in readings if self._names_addresses(r)]
        if hits:
            best = min(map(_rank, hits))
            return self._answers.of([r for r in hits if _rank(r) == best])
        if readings and not any(r.doors for r in readings):
            return self._answers.of_street([r for r in readings if r.streets])
        return None

    def _number_is_missing(self) -> Resolution | None:
        """The street exists as it was typed, the number there (or the street in that place) does not."""
        # A word that resembles a place may be a part of the street's name, unless the street lies in that place.
        mistyped_place = [r for r in self._known_in_mistyped_place if r.streets]
        readings = [r for r in (*self._known, *mistyped_place) if r.doors]
        if not readings:
            return None
        best = min(readings, key=lambda r: (r.cost, r.around.skipped, not r.streets))
        return self._answers.missing(best, [row for r in self._of_postcode for row in r.rows if _has_number(r)])

    def _postcode_and_number(self) -> Resolution | None:
        return self._understood([r for r in self._of_postcode if not r.unknown])

    def _with_unknown_words(self) -> Resolution | None:
        """Street and number exist, but a word that stands apart from the street is not known: it may be a place."""
        loose = [r for r in self._exact if r.unknown and not r.joined and r.rows]
        if not loose:
            return None
        fewest = min(len(r.unknown) for r in loose)
        best = [r for r in loose if len(r.unknown) == fewest]
        words = best[0].unknown
        if "".join(words) in PLACES or not PLACES.isdisjoint(words):
            return self._answers.elsewhere(best[0])
        return self._answers.of(best, sure=False, notes=(f"Dit deel herkennen wij niet: ‘{' '.join(words)}’.",))

    def _mistyped_street(self) -> Resolution | None:
        hits = [r for r in self._mistyped if self._names_addresses(r)]
        if not hits:
            return None
        right = [r for r in hits if self._has_its_postcode(r)]
        if right:  # the postcode says which of the look-alikes is meant
            return self._answers.of(_cheapest(right))
        best = _cheapest(hits)
        others = [r for r in self._of_postcode if _has_number(r)]
        if others:  # the street says one thing and the postcode another: the person chooses
            return self._answers.of([*best, *others], sure=False, notes=(RESEMBLES,))
        # A nearer street without the number: the farther one is a guess.
        nearest = min(r.cost for r in self._mistyped if r.streets or r.rows)
        if best[0].cost == nearest and (meant := self._surely_meant(best)):
            return self._answers.of(meant)
        return self._answers.of(best, sure=False, notes=(RESEMBLES,))

    def _name_without_its_beginning(self) -> Resolution | None:
        """`Meulenlaan 5` for the Burg. van der Meulenlaan: there may be several, so it is always a list."""
        found = [r for around, cut in self._around for r in self._reader.fuller(around, cut)]
        hits = [r for r in found if not r.unknown and self._names_addresses(r)]
        return self._answers.of(_cheapest(hits), sure=False, notes=(FULLER,)) if hits else None

    def _postcode_and_unknown_street(self) -> Resolution | None:
        """A street that is not understood beside a postcode and a number that exist."""
        hits = [r for r in self._of_postcode if _has_number(r)]
        if not hits:
            return None
        best = min(hits, key=lambda r: len(r.unknown))
        close = any(self._could_be(best.unknown, int(self._register.street[row])) for row in best.rows)
        return self._answers.of([best], sure=close, notes=() if close else (POSTCODE_ALONE,))

    # Judgements.

    def _surely_meant(self, readings: Sequence[Reading]) -> list[Reading]:
        """The readings of the one street that was meant; none when two are about as easy to mistype so, or none is."""
        texts: dict[str, set[str]] = defaultdict(set)
        for r in readings:
            for row in r.rows:
                texts[self._name_of(row)].add(r.text)
        name = next(iter(texts))
        if len(texts) > 1:
            efforts = {one: min(self._streets.effort(text.split(), one) for text in texts[one]) for one in texts}
            name, second = sorted(efforts, key=lambda one: efforts[one])[:2]
            if efforts[second] < efforts[name] + _CLEARLY:
                return []
        meant = [r for r in readings if r.sure and any(self._name_of(row) == name for row in r.rows)]
        return [r.only(lambda row: self._name_of(row) == name) for r in meant]

    def _name_of(self, row: int) -> str:
        return self._streets.names[int(self._register.street[row])]

    def _names_addresses(self, reading: Reading) -> bool:
        """In the place that was named, or in another when the postcode says that the place is wrong."""
        if not reading.rows:
            return False
        return bool(reading.streets) or not reading.text or self._has_its_postcode(reading)

    def _has_its_postcode(self, reading: Reading) -> bool:
        postcode = reading.cut.postcode
        return bool(postcode) and any(self._register.postcode_of(row) == postcode for row in reading.rows)

    def _could_be(self, words: Sequence[str], street: int) -> bool:
        return self._streets.could_be(tuple(words), street, max(2, len("".join(words)) // 3))


def _rank(reading: Reading) -> tuple[object, ...]:
    chosen = bool(reading.doors and reading.doors.chosen)
    return (not reading.streets, reading.cost, chosen, reading.around.skipped, not reading.cut.postcode)


def _cheapest(readings: Sequence[Reading]) -> list[Reading]:
    cost = min(r.cost for r in readings)
    return [r for r in readings if r.cost == cost]


def _has_number(reading: Reading) -> bool:
    return bool(reading.doors and reading.doors.text)
