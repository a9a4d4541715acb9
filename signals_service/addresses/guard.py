"""What is never a typing error: digits, numerals, initials, the kind of street, and words that are known. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from string import ascii_lowercase

from rapidfuzz.distance import OSA, DamerauLevenshtein, Levenshtein

from signals_service.addresses.spelling import kind_of
from signals_service.addresses.vocabulary import (
    ABBREVIATIONS,
    EVERY_KIND,
    FIRST_NAMES,
    LINKING,
    PLACES,
    ROMANS,
    STREET_WORDS,
    TELLING,
    TITLES,
    WORDS,
)

Words = tuple[str, ...]


class Guard:
    """Judges whether a text can be a mistyped name; knows the words of the streets of one register."""

    def __init__(self, words: Iterable[str]) -> None:
        streets = frozenset(word for word in words if len(word) > 1)
        self._other_names = streets | FIRST_NAMES | TITLES | TELLING
        # A word that streets are called after, here or elsewhere: mistyped it can be, but it may be another street.
        self._known = STREET_WORDS | streets | {word.removesuffix(kind_of(word)) for word in streets}
        self._neighbours = lru_cache(maxsize=4096)(self._known_words_near)

    def judge(self, typed: Words, meant: Words, distance: int) -> bool | None:
        """None: another name. False: can be a typing error of `meant`. True: hardly anything else."""
        if _numbers(typed) != _numbers(meant):
            return None
        split = len(typed) != len(meant)
        if split and any(word in _NAMES and word not in meant for word in typed):
            return None
        pieces = _pieces("".join(typed), meant) if split else typed
        sure = not split or distance <= 1
        for at, (piece, word) in enumerate(zip(pieces, meant, strict=True)):
            if piece == word or _SAME.get(piece, piece) == _SAME.get(word, word):
                continue
            if _is_linking(meant, at) and OSA.distance(piece, word) <= 1:
                continue
            judge = self._of_last if at == len(meant) - 1 else self._of_word
            judged = judge(piece, word, distance)
            if judged is None:
                return None
            sure &= judged
        return sure

    def _of_word(self, piece: str, word: str, distance: int) -> bool | None:
        is_linking = piece in LINKING and len(piece) > 1
        near = OSA.distance(piece, word) <= 1
        if word in LINKING and len(word) > 1:
            # `de`, `den` or `der`: whatever is typed there, it tells no two streets apart.
            return True if near else None
        if near and word in TITLES and len(word) <= _SHORT and piece not in self._other_names:
            return not is_linking
        if piece in self._other_names or is_linking:
            return None
        if len(word) == 1:
            # Another initial may well be another name.
            return False if len(piece) < 2 or (len(piece) == 2 and word in piece) else None
        if _is_numeral(word):
            return True if _ORDINAL_MISTYPED.fullmatch(piece) and word[:-1] == _digits(piece) else None
        return self._alike(piece, word, distance)

    def _of_last(self, piece: str, word: str, distance: int) -> bool | None:
        kind = kind_of(word)
        stem = word.removesuffix(kind)
        if not kind or not stem:
            return None if kind_of(piece) not in ("", kind) else self._of_word(piece, word, distance)
        if piece.endswith(kind):
            typed_stem, typed_kind = piece.removesuffix(kind), kind
        else:
            typed_stem, typed_kind = _pieces(piece, (stem, kind))
        if (typed_kind != kind and typed_kind in EVERY_KIND) or piece in self._other_names:
            return None
        if _SAME.get(typed_stem, typed_stem) == _SAME.get(stem, stem) or _differ_in_joint(typed_stem, stem):
            return True
        if typed_stem in _FULL_NAMES or _is_numeral(stem):
            return None
        return self._alike(typed_stem, stem, distance)

    def _known_words_near(self, piece: str) -> bool:
        return not self._known.isdisjoint(_one_error_away(piece))

    def _alike(self, piece: str, word: str, distance: int) -> bool | None:
        """Whether so many letters are right that it must be this word; None when it is more likely another."""
        errors = DamerauLevenshtein.distance(piece, word)
        if errors > 1 and len(word) <= _SHORT:
            return None
        if piece in self._known:
            return False if distance <= 1 else None
        letters = min(len(piece), len(word))
        if errors <= 1:
            return letters >= _SURE_OF_ONE
        # Two errors: sure when the text is no word itself and no word that streets are called after is nearer to it.
        return letters >= _SURE_OF_TWO and piece not in _WORDS and not self._neighbours(piece)


# Letters of a word from which so many errors leave no doubt.
_SHORT, _SURE_OF_ONE, _SURE_OF_TWO = 3, 3, 3
_WORDS = WORDS | PLACES
_NAMES = FIRST_NAMES | TITLES
_FULL_NAMES = _NAMES - frozenset(ABBREVIATIONS)  # an abbreviation stands before a name and not against -straat
# Two forms of one word.
_SAME = {
    "nieuw": "nieuwe", "oud": "oude", "groot": "grote", "klein": "kleine", "lang": "lange", "kort": "korte",
    "hoog": "hoge", "laag": "lage",
}  # fmt: skip
_ORDINAL_MISTYPED = re.compile(r"\d+[a-z]{0,2}")


def _one_error_away(word: str) -> set[str]:
    """Every text that is one typing error away from a word."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return {
        *(begin + end[1:] for begin, end in halves if end),
        *(begin + end[1] + end[0] + end[2:] for begin, end in halves if len(end) > 1),
        *(begin + letter + end[1:] for begin, end in halves if end for letter in ascii_lowercase),
        *(begin + letter + end for begin, end in halves for letter in ascii_lowercase),
    } - {word}


def _differ_in_joint(one: str, other: str) -> bool:
    """Whether two first parts of a compound differ by nothing but the sound between its parts: dorp(s), linde(n)."""
    shorter, longer = sorted((one, other), key=len)
    return bool(shorter) and (longer == shorter + "s" or (longer == shorter + "n" and shorter.endswith("e")))


def _digits(word: str) -> str:
    return word.rstrip(ascii_lowercase)


def _is_linking(words: Words, at: int) -> bool:
    """Whether a word is the `v`, `d`, `t` or `s` of v.d., 't and 's, and no initial."""
    word = words[at]
    if word == "v":
        return words[at + 1 : at + 2] in {("d",), ("t",)}
    if word == "d":
        return at > 0 and words[at - 1] == "v"
    return word in {"t", "s"} and (at == 0 or len(words[at - 1]) > 1)


def _is_numeral(word: str) -> bool:
    return word in ROMANS or any(c.isdigit() for c in word)


def _numbers(words: Words) -> list[str]:
    """The runs of digits of a name, in order."""
    return "".join(c if c.isdigit() else " " for c in " ".join(words)).split()


def _pieces(text: str, meant: Words) -> list[str]:
    """The parts of a text that stand for the words of a name, when their number differs by a space too many or few."""
    ends, total = [], 0
    for word in meant:
        total += len(word)
        ends.append(total)
    places = {0: 0, total: len(text)}
    for code in Levenshtein.opcodes("".join(meant), text):
        for step in range(code.src_end - code.src_start + 1):
            places.setdefault(code.src_start + step, min(code.dest_start + step, code.dest_end))
    cuts = [0, *(places[end] for end in ends[:-1]), len(text)]
    return [text[begin:end] for begin, end in pairwise(cuts)]
