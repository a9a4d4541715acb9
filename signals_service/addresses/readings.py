"""Every way to read a question as street, number and what stands around them, looked up in the register. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from signals_service.addresses.numbers import Doors, Numbers, Tail
from signals_service.addresses.places import Around, Places, Surroundings
from signals_service.addresses.question import Cut, Token, words_between
from signals_service.addresses.register import Register
from signals_service.addresses.street_names import StreetNames

_MOST_WORDS = 8  # tokens of a street's name
_LARGEST = 99_999
_MOST_EDITS = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a question.

    `streets` are those of the name in the places named (`elsewhere`: of the name in other places); `cost` counts
    typing errors; `joined` tells that unknown words stand directly beside the street, so that they can be a part of it.
    """

    cut: Cut
    text: str
    streets: tuple[int, ...]
    elsewhere: tuple[int, ...]
    around: Around
    cost: int = 0
    sure: bool = True
    joined: bool = False
    doors: Doors | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        return self.around.unknown

    @property
    def rows(self) -> tuple[int, ...]:
        return self.doors.rows if self.doors else ()

    def only(self, fits: Callable[[int], bool]) -> "Reading":
        """The same reading with nothing but the rows that fit."""
        return replace(self, doors=replace(self.doors, rows=tuple(filter(fits, self.rows)))) if self.doors else self


@dataclass(frozen=True, slots=True)
class _Span:
    """The tokens of a question that are read as the street, from `begin` to `end`."""

    around: Surroundings
    cut: Cut
    begin: int
    end: int
    mistyped: bool

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self.cut.tokens

    @property
    def words(self) -> tuple[str, ...]:
        return words_between(self.tokens[self.begin : self.end])

    def parts(self, at: int | None) -> tuple[tuple[int, int], tuple[int, int], Tail | None]:
        """What stands before, what stands beside the street, and the number at `at` with what follows it."""
        last = len(self.tokens)
        if at is None:
            return (0, self.begin), (self.end, last), None
        if at < self.begin:
            return (0, at), (self.end, last), Tail(self.around, at, self.begin, self.mistyped)
        return (0, self.begin), (self.end, at), Tail(self.around, at, last, self.mistyped)

    def explain(self, part: tuple[int, int]) -> Around:
        return self.around.explain(*part, self.mistyped)

    def touches(self, part: tuple[int, int]) -> bool:
        """Whether a part lies directly against the street, with no comma between."""
        if part[0] == part[1]:
            return False
        if part[1] == self.begin:
            return not self.tokens[self.begin].is_apart
        return part[0] == self.end and not self.tokens[self.end].is_apart


class Reader:
    """Reads questions with the names and numbers of one register."""

    def __init__(self, register: Register, streets: StreetNames, places: Places) -> None:
        self._register, self._streets, self._places = register, streets, places
        self._numbers = Numbers(register)
        self._districts = frozenset(postcode[:4] for postcode in register.postcodes if postcode)

    def surroundings(self, cut: Cut) -> Surroundings:
        return Surroundings(cut.tokens, self._places, self._streets, self._districts)

    def exact(self, around: Surroundings, cut: Cut, mistyped_place: bool) -> Iterator[Reading]:
        """Readings in which the street is spelt as in the register, abbreviations aside."""
        for begin, end in _spans(cut.tokens):
            span = _Span(around, cut, begin, end, mistyped_place)
            if found := self._streets.exact(span.words):
                yield from self._read(span, self._best_spelt(found))

    def mistyped(self, around: Surroundings, cut: Cut) -> Iterator[Reading]:
        """Readings in which the street can have typing errors, and all around it is understood."""
        for begin, end in _spans(cut.tokens):
            span = _Span(around, cut, begin, end, True)
            if _follows_a_number(cut.tokens, begin) or not self._is_worth_a_look(span):
                continue
            alike: dict[tuple[int, bool], dict[int, int]] = defaultdict(dict)
            for one in self._streets.look_alikes(span.words, _MOST_EDITS):
                alike[one.distance, one.sure][one.street] = one.form
            for (distance, sure), streets in alike.items():
                yield from self._read(span, self._best_spelt(streets), distance, sure=sure)

    def fuller(self, around: Surroundings, cut: Cut) -> Iterator[Reading]:
        """Readings in which the street lacks its title, first name, initials or article."""
        for begin, end in _spans(cut.tokens):
            span = _Span(around, cut, begin, end, True)
            if streets := self._streets.fuller(span.words):
                yield from self._read(span, streets)

    def of_postcode(self, around: Surroundings, cut: Cut) -> Iterator[Reading]:
        """Readings as postcode and number alone; other words than those of a place are unknown."""
        last = len(cut.tokens)
        for at in _numbers(cut.tokens, last, last):
            if at is None:
                rest = around.explain(0, last, True)
                rows = tuple(self._register.of_postcode(cut.postcode))
                yield Reading(cut, "", (), (), rest, rest.cost, doors=Doors(rest, "", rows, chosen=True))
                continue
            tail = Tail(around, at, last, True)
            doors = self._numbers.doors_of(self._register.of_postcode(cut.postcode, tail.number), tail)
            rest = around.explain(0, at, True) + doors.around
            yield Reading(cut, "", (), (), rest, rest.cost, doors=doors)

    def _best_spelt(self, found: Mapping[int, int]) -> list[int]:
        """Of the streets of one place those that are spelt best."""
        best: dict[str, int] = {}
        for street, form in found.items():
            place = self._register.streets[street][1]
            best[place] = min(form, best.get(place, form))
        return sorted(s for s, form in found.items() if form == best[self._register.streets[s][1]])

    def _is_worth_a_look(self, span: _Span) -> bool:
        """Whether some reading has nothing but known words around; looking for look-alikes costs far more than this."""
        return any(
            not any(span.explain(part).unknown and span.touches(part) for part in span.parts(at)[:2])
            for at in _numbers(span.tokens, span.begin, span.end)
        )

    def _read(self, span: _Span, streets: Iterable[int], distance: int = 0, *, sure: bool = True) -> Iterator[Reading]:
        text = " ".join(span.words)
        for at in _numbers(span.tokens, span.begin, span.end):
            before, beside, tail = span.parts(at)
            rest = span.explain(before) + span.explain(beside)
            joined = any(span.explain(part).unknown and span.touches(part) for part in (before, beside))
            places = (rest + tail.rest(tail.at + 1)).places if tail else rest.places
            here = tuple(s for s in streets if places is None or self._register.streets[s][1] in places)
            elsewhere = tuple(s for s in streets if s not in here)
            doors = self._numbers.doors(here or elsewhere, tail) if tail else None
            if doors and tail:
                rest += doors.around
                joined |= bool(doors.around.unknown) and tail.end == span.begin
            yield Reading(span.cut, text, here, elsewhere, rest, distance + rest.cost, sure, joined, doors)


def _follows_a_number(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a token is written against a number, as an addition is: the z of 12z."""
    return at > 0 and tokens[at - 1].is_number and tokens[at].before in {"", "-", "/"}


def _spans(tokens: tuple[Token, ...]) -> Iterator[tuple[int, int]]:
    """Every run of tokens that can be a street's name: it holds a letter."""
    for begin in range(len(tokens)):
        for end in range(begin + 1, min(len(tokens), begin + _MOST_WORDS) + 1):
            if any(not token.is_number for token in tokens[begin:end]):
                yield begin, end


def _numbers(tokens: tuple[Token, ...], begin: int, end: int) -> list[int | None]:
    """The tokens outside a span that can be the house number; None for a question without one."""
    found: list[int | None] = [
        at
        for at, token in enumerate(tokens)
        if token.is_number and not begin <= at < end and len(token.text) <= 5 and 0 < int(token.text) <= _LARGEST
    ]
    return [*found, None]
