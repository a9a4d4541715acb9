"""What stands after a house number: a letter, an addition, the other end of a range, or something else. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signals_service.addresses.additions import is_plausible, meanings_of, typed_key, typed_meanings
from signals_service.addresses.places import Around, Surroundings
from signals_service.addresses.question import LIST, RANGE, Token
from signals_service.addresses.register import Register

_MOST_TOKENS = 5  # of an addition
_WIDEST = 400  # numbers in a range


@dataclass(frozen=True, slots=True)
class Tail:
    """The house number, at token `at`, and the tokens after it up to `end`; `mistyped`: places can have errors."""

    around: Surroundings
    at: int
    end: int
    mistyped: bool

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self.around.tokens

    @property
    def number(self) -> int:
        return int(self.tokens[self.at].text)

    def rest(self, begin: int) -> Around:
        """What the tokens from `begin` on say."""
        return self.around.explain(begin, self.end, self.mistyped)

    def key(self, stop: int) -> str:
        """The addition that the tokens after the number up to `stop` make."""
        return typed_key(tuple(token.text for token in self.tokens[self.at + 1 : stop]))


@dataclass(frozen=True, slots=True)
class Doors:
    """The rows that a number and what follows it name.

    `beside`: other rows at the number. `chosen`: a bare number that exists only with additions, or a range.
    `missing`: the rows at the number when the addition that was asked does not exist there.
    """

    around: Around
    text: str
    rows: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()
    chosen: bool = False
    missing: tuple[int, ...] = ()


class Numbers:
    """Looks house numbers up in a register."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def doors(self, streets: Sequence[int], tail: Tail) -> Doors:
        """What a number and its tail name in one of the streets."""
        rows = [row for street in streets for row in self._register.at_number(street, tail.number)]
        return self._best([*self._with_addition(rows, tail), *self._range(streets, tail), self._bare(rows, tail)])

    def doors_of(self, rows: Sequence[int], tail: Tail) -> Doors:
        """The same among rows that are already known to have the number, such as those of a postcode."""
        return self._best([*self._with_addition(rows, tail), self._bare(rows, tail)])

    def _best(self, options: Sequence[Doors]) -> Doors:
        return min(options, key=lambda doors: (len(doors.around.unknown), doors.around.cost))

    def _with_addition(self, rows: Sequence[int], tail: Tail) -> Iterator[Doors]:
        first = tail.at + 1
        if first >= tail.end or tail.tokens[first].before.strip() in {RANGE, LIST}:
            return
        for stop in range(min(tail.end, first + _MOST_TOKENS), first, -1):
            key = tail.key(stop)
            found = self._named(rows, key) if key else []
            if found:
                beside = [row for row in rows if row not in found and self._goes_with(row, key)]
                yield Doors(tail.rest(stop), f"{tail.number}-{key.upper()}", tuple(found), tuple(beside))

    def _named(self, rows: Sequence[int], key: str) -> list[int]:
        same = [row for row in rows if self._register.key(row) == key]
        if same:
            return same
        meant = typed_meanings(key)
        return [row for row in rows if self._register.key(row) and meant & meanings_of(*self._register.unit_of(row))]

    def _goes_with(self, row: int, key: str) -> bool:
        """Asked for 12-A, the bare 12 and 12-A-1 are named beside it; the neighbour on 12-B is not."""
        other = self._register.key(row)
        return not other or other.startswith(key)

    def _range(self, streets: Sequence[int], tail: Tail) -> Iterator[Doors]:
        tokens, stop = tail.tokens, tail.at + 1
        if stop < tail.end and _is_letter(tokens[stop]):
            stop += 1  # the letter of 12a-14
        if stop >= tail.end or not tokens[stop].is_number or len(tokens[stop].text) > 5:
            return
        first, last, between = tail.number, int(tokens[stop].text), tokens[stop].before.strip()
        if between not in {"-", "/", RANGE, LIST} or not first < last <= first + _WIDEST:
            return
        if stop + 1 < tail.end and tokens[stop + 1].before == "" and _is_letter(tokens[stop + 1]):
            stop += 1  # the letter of 17-19a
        rows = [row for street in streets for row in self._register.between(street, first, last)]
        numbers = self._register.number
        if between == LIST:
            rows = [row for row in rows if numbers[row] in (first, last)]
        elif (last - first) % 2 == 0:  # one side of the street
            rows = [row for row in rows if (numbers[row] - first) % 2 == 0]
        yield Doors(tail.rest(stop + 1), f"{first}-{last}", tuple(rows), chosen=len(rows) > 1)

    def _bare(self, rows: Sequence[int], tail: Tail) -> Doors:
        rest, number = tail.rest(tail.at + 1), str(tail.number)
        if after := self._after_addition(tail):
            return Doors(tail.rest(after), number, missing=tuple(rows))
        bare = tuple(row for row in rows if not self._register.key(row))
        if bare:
            return Doors(rest, number, bare, tuple(row for row in rows if self._register.key(row)))
        return Doors(rest, number, tuple(rows), chosen=bool(rows))

    def _after_addition(self, tail: Tail) -> int:
        """Where an addition ends that follows the number directly though none like it is known here; 0 without one."""
        first = tail.at + 1
        if first >= tail.end or tail.tokens[first].is_apart:
            return 0
        # A place or a word that says nothing is no addition, short as it may be.
        exact = tail.around.explain(first, tail.end, False).unknown
        if not exact or exact[0] != tail.tokens[first].text or not tail.around.explain(first, first + 1, False).unknown:
            return 0
        ends = range(min(tail.end, first + 3), first, -1)
        return next((end for end in ends if (key := tail.key(end)) and is_plausible(key)), 0)


def _is_letter(token: Token) -> bool:
    return len(token.text) == 1 and token.text.isalpha()
