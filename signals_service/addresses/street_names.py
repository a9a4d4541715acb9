"""The street names of one register: exact by form, and look-alikes for typing errors. Pure.

Two streets can differ by nothing but an abbreviation, a numeral or the kind of street. So only a text that is no name
of the register in any form is looked at for typing errors, and `Guard` says what is none at whatever distance.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA, DamerauLevenshtein

from signals_service.addresses.guard import Guard
from signals_service.addresses.keyboard import effort
from signals_service.addresses.spelling import spelling, words_of
from signals_service.addresses.vocabulary import FIRST_NAMES, LINKING, TITLES

Words = tuple[str, ...]
PLAIN, FULL = 1, 2


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A street that a text can be a mistyped name of.

    `sure`: it is hardly anything else. `form`: PLAIN when the text has the words of the register, FULL when it is as
    near only with abbreviations written out.
    """

    distance: int
    street: int
    sure: bool
    form: int


class StreetNames:
    """Finds streets by name; a street is a position in `names`. The same name can stand there more than once."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._full: dict[str, list[int]] = defaultdict(list)
        by_words: dict[Words, list[int]] = defaultdict(list)
        for street, name in enumerate(names):
            by_words[tuple(words_of(name))].append(street)
        variants: dict[Words, list[int]] = defaultdict(list)
        known: set[str] = set()
        self._last_words: dict[str, list[int]] = defaultdict(list)
        self._plain: dict[int, Words] = {}
        self._words: dict[int, Words] = {}
        for words, streets in by_words.items():
            spelt = spelling.__wrapped__(words)
            if not words:
                continue
            self._exact["".join(words)] += streets
            for full in spelt.full:
                self._full["".join(full)] += streets
            for form in spelt.forms:
                variants[form] += streets
                known.update(form)
            self._last_words[spelt.full[0][-1]] += streets
            for street in streets:
                self._plain[street], self._words[street] = words, spelt.full[0]
        self._guard = Guard(known)
        self._variants = [(form, "".join(form), streets) for form, streets in variants.items()]
        self._texts = [text for _, text, _ in self._variants]
        self._signatures = np.array([_signature(text) for text in self._texts], dtype=np.uint64)
        self._lengths = np.array([len(text) for text in self._texts], dtype=np.int16)

    def exact(self, words: Words) -> dict[int, int]:
        """The streets that a text names, each with how: PLAIN as it is spelt, FULL with abbreviations written out."""
        found: dict[int, int] = {}
        for full in spelling(words).full:
            for street in self._full.get("".join(full), ()):
                found[street] = FULL
        for street in self._exact.get("".join(words), ()):
            found[street] = PLAIN
        return found

    def look_alikes(self, words: Words, most: int) -> list[LookAlike]:
        """The streets of which a text can be a mistyped name, at most so many edits away, nearest first."""
        best: dict[int, LookAlike] = {}
        forms = spelling(words).forms
        for form in forms:
            text = "".join(form)
            if not text:
                continue
            near = np.flatnonzero(
                (np.bitwise_count(self._signatures ^ np.uint64(_signature(text))) <= 2 * most)
                & (np.abs(self._lengths - len(text)) <= most)
            )
            for at in near.tolist():
                # The quick distance does not see that a letter came between two that changed places.
                if OSA.distance(text, self._texts[at], score_cutoff=most + 1) > most + 1:
                    continue
                distance = DamerauLevenshtein.distance(text, self._texts[at], score_cutoff=most)
                if distance > most:
                    continue
                words_meant, _, streets = self._variants[at]
                sure = self._guard.judge(form, words_meant, distance)
                if sure is None:
                    continue
                for street in streets:
                    spelt = PLAIN if form == words and words_meant == self._plain[street] else FULL
                    known = best.get(street)
                    if known is None or (distance, not sure, spelt) < (known.distance, not known.sure, known.form):
                        best[street] = LookAlike(distance, street, sure, spelt)
        return sorted(best.values(), key=lambda one: (one.distance, one.street))

    def could_be(self, words: Words, street: int, most: int) -> bool:
        """Whether a text can be a mistyped name of this very street, when something else already points at it."""
        meant = spelling(tuple(words_of(self.names[street]))).forms
        return any(
            (distance := OSA.distance("".join(form), "".join(other))) <= most
            and self._guard.judge(form, other, distance) is not None
            for form in spelling(words).forms
            for other in meant
        )

    def effort(self, words: Sequence[str], name: str) -> float:
        """How hard it is to type a text for the name of a street."""
        meant = spelling(tuple(words_of(name))).forms
        return min(effort("".join(form), "".join(other)) for form in spelling(tuple(words)).forms for other in meant)

    def fuller(self, words: Words) -> list[int]:
        """Streets whose name is the text with titles, initials, first names or articles added or written out."""
        found: set[int] = set()
        for full in spelling(words).full:
            for street in self._last_words.get(full[-1], ()) if full else ():
                extra = _left_out(full, self._words[street])
                if extra and all(_may_be_left_out(word) for word in extra):
                    found.add(street)
        return sorted(found)


def _left_out(part: Words, whole: Words) -> Words | None:
    """The words of `whole` that `part` leaves out or has as an initial; None when it holds other words."""
    left, at = [], 0
    for word in whole:
        if at < len(part) and part[at] == word:
            at += 1
            continue
        if at < len(part) and part[at] == word[0]:
            at += 1
        left.append(word)
    return tuple(left) if at == len(part) else None


def _may_be_left_out(word: str) -> bool:
    return word in TITLES or word in FIRST_NAMES or word in LINKING or word == "vander" or len(word) <= 2


def _signature(text: str) -> int:
    """Bits for the letters that a text holds once and twice: an edit changes at most two of them."""
    bits, seen = 0, set()
    for letter in text:
        place = (ord(letter) - 97) % 32
        bits |= 1 << (place + 32 if letter in seen else place)
        seen.add(letter)
    return bits
