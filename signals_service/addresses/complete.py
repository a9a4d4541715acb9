"""Type-ahead: addresses that begin as somebody has typed so far. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice

from rapidfuzz.distance import OSA

from signals_service.addresses.additions import typed_key
from signals_service.addresses.model import Address
from signals_service.addresses.question import Token, tokens_of, words_between
from signals_service.addresses.register import Register
from signals_service.addresses.spelling import spelling, words_of
from signals_service.addresses.street_names import StreetNames

_SHORTEST = 2  # letters before anything is shown
_SHORTEST_TOLERANT = 5
_MOST_STREETS = 40


class Completer:
    """Completes what is typed with addresses of one register."""

    def __init__(self, register: Register, streets: StreetNames) -> None:
        self._register, self._streets = register, streets
        beginnings = {
            ("".join(form), street)
            for street, name in enumerate(streets.names)
            for form in spelling.__wrapped__(tuple(words_of(name))).forms
        }
        ordered = sorted(beginnings)
        self._texts = [text for text, _ in ordered]
        self._street_of = [street for _, street in ordered]

    def complete(self, text: str, limit: int = 8) -> list[Address]:
        """At most `limit` addresses; none for a text of less than two letters."""
        tokens = tokens_of(text)
        if not tokens or limit < 1:
            return []
        return [self._register.address(row) for row in islice(dict.fromkeys(self._rows(tokens, limit)), limit)]

    def _rows(self, tokens: tuple[Token, ...], limit: int) -> Iterator[int]:
        yield from self._of_postcode(tokens)
        for at in range(len(tokens) - 1, -1, -1):
            if tokens[at].is_number and at and len(tokens[at].text) <= 5:
                key = typed_key(tuple(token.text for token in tokens[at + 1 : at + 4]))
                for street in self._begin_with(tokens[:at]):
                    yield from self._numbers(street, tokens[at].text, key, last=at == len(tokens) - 1)
        streets = self._begin_with(tokens)
        if len(streets) == 1:
            yield from self._register.rows_of(streets[0])
        yield from (self._register.rows_of(street)[0] for street in streets[:limit])

    def _of_postcode(self, tokens: tuple[Token, ...]) -> Iterator[int]:
        if len(tokens) < 2 or len(tokens[0].text) != 4 or not tokens[0].is_number or len(tokens[1].text) != 2:
            return
        for row in self._register.of_postcode(tokens[0].text + tokens[1].text.upper()):
            if len(tokens) == 2 or str(self._register.number[row]).startswith(tokens[2].text):
                key = typed_key(tuple(token.text for token in tokens[3:6]))
                if self._register.key(row).startswith(key):
                    yield row

    def _begin_with(self, tokens: tuple[Token, ...]) -> list[int]:
        """Streets whose name begins with the tokens, or with nearly that."""
        found: dict[int, None] = {}
        for form in spelling(words_between(tokens)).forms:
            text = "".join(form)
            if len(text) < _SHORTEST:
                continue
            at = bisect_left(self._texts, text)
            while at < len(self._texts) and self._texts[at].startswith(text) and len(found) < _MOST_STREETS:
                found[self._street_of[at]] = None
                at += 1
            # A number at the end is a house number by now, no mistyped letter.
            if not found and len(text) >= _SHORTEST_TOLERANT and not tokens[-1].is_number:
                found.update(dict.fromkeys(self._nearly(text)))
        return list(found)

    def _nearly(self, text: str) -> Iterable[int]:
        """Streets that begin with one typing error; the first two letters are taken to be right."""
        at = bisect_left(self._texts, text[:2])
        while at < len(self._texts) and self._texts[at].startswith(text[:2]):
            if any(
                OSA.distance(text, self._texts[at][:size], score_cutoff=1) <= 1
                for size in (len(text) - 1, len(text), len(text) + 1)
            ):
                yield self._street_of[at]
            at += 1

    def _numbers(self, street: int, digits: str, key: str, *, last: bool) -> Iterator[int]:
        """The number itself with what is behind it, then the numbers that begin with it."""
        for row in self._register.at_number(street, int(digits)):
            if self._register.key(row).startswith(key):
                yield row
        if last:
            # One address of each longer number: who wants its additions types on.
            shown = {int(digits)}
            for row in self._register.rows_of(street):
                number = int(self._register.number[row])
                if number not in shown and str(number).startswith(digits):
                    shown.add(number)
                    yield row
