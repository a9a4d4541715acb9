"""Spellings of Dutch street names: which texts name the same street, and what may pass for a typing error. Pure.

Two streets can differ by nothing but an abbreviation, a numeral or the kind of street. So a text is compared step by
step: first as it stands, then without punctuation and diacritics, then with abbreviations written alike. Only what
none of these finds is looked at for typing errors, and `edits` says what is no typing error whatever the distance.
"""

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz.distance import OSA

KINDS = (
    "plantsoen", "boulevard", "passage", "straat", "steeg", "gracht", "singel", "gaarde", "haven", "markt", "dreef",
    "plein", "vaart", "akker", "kade", "laan", "dijk", "park", "baan", "ring", "erf", "hof", "oord", "pad", "poort",
    "steiger", "tuin", "veld", "wal", "weg", "werf", "zoom", "burg", "dam", "kamp", "brink", "pier", "sloot", "kant",
)  # fmt: skip
# Endings without a vowel: no Dutch word ends like that, so they can be written out wherever they stand.
_ENDINGS = {
    "plnts": "plantsoen", "str": "straat", "sngl": "singel", "sgl": "singel", "pln": "plein", "drf": "dreef",
    "ln": "laan", "wg": "weg", "gr": "gracht", "kd": "kade", "dk": "dijk", "pd": "pad",
}  # fmt: skip
_ORDINALS = ("eerste", "tweede", "derde", "vierde", "vijfde", "zesde", "zevende", "achtste", "negende", "tiende")
_ONE_FORM = {
    **{word: f"{number}e" for number, word in enumerate(_ORDINALS, 1)},
    "aartsb": "aartsbisschop", "adm": "admiraal", "bgm": "burgemeester", "burg": "burgemeester",
    "burgem": "burgemeester", "doctor": "dr", "dokter": "dr", "dominee": "ds", "gebr": "gebroeders",
    "gen": "generaal", "ingenieur": "ir", "jhr": "jonkheer", "kap": "kapelaan", "koning": "kon", "koningin": "kon",
    "meester": "mr", "mgr": "monseigneur", "noordzijde": "nz", "oostzijde": "oz", "past": "pastoor",
    "pres": "president", "prins": "pr", "prinses": "pr", "prof": "professor", "st": "sint", "t": "het",
    "v": "van", "westzijde": "wz", "zr": "zuster", "zuidzijde": "zz",
}  # fmt: skip
_VAN_DER = re.compile(r"\bv(?:an)? ?d(?:er|en|e)?\b")
_ORDINAL = re.compile(r"(\d+)(?:e|de|ste)")
_ROMAN = re.compile(r"(?=[ivx])x{0,2}(?:ix|iv|v?i{0,3})")
# Words that tell two streets apart as much as a numeral does.
_TELLING = frozenset(
    {
        "boven", "beneden", "binnen", "buiten", "groot", "grote", "klein", "kleine", "lange", "korte", "nieuw",
        "nieuwe", "oud", "oude", "noord", "oost", "zuid", "west", "noorder", "ooster", "zuider", "wester",
        "achter", "voor", "nz", "oz", "zz", "wz",
    }
)  # fmt: skip
_LONG_NAME, _SHORTEST_NAME, _SHORTEST_WORD, _SHORTEST_WHOLE = 10, 5, 6, 8


@dataclass(frozen=True)
class Spelling:
    """A street name in three forms, each less particular than the one before, and its parts.

    `telling` holds what must be equal in both: numerals, initials, directions and the like. `words` is the rest of
    the name, the kind of street (`kind`, empty if none is known) taken off.
    """

    forms: tuple[str, str, str]
    kind: str
    telling: tuple[str, ...]
    words: tuple[str, ...]


def spelling(text: str) -> Spelling:
    """The spelling of one text. A text without any letter or digit has empty forms and equals no street."""
    whole = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    plain = _words(whole)
    full = _in_one_form(plain)
    telling = tuple(sorted(word for word in full if _is_telling(word)))
    words = [word for word in full if not _is_telling(word)]
    kind = next((kind for kind in KINDS if words and words[-1].endswith(kind)), "")
    if kind:
        words[-1] = words[-1].removesuffix(kind)
    return Spelling(
        (whole if plain else "", "".join(plain), "".join(full)), kind, telling, tuple(word for word in words if word)
    )


def _words(text: str) -> list[str]:
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", letters.casefold().replace("ß", "ss").replace("ø", "o").replace("ł", "l")).split()


def _in_one_form(words: list[str]) -> list[str]:
    """Abbreviations, ordinals and `van der` written alike: not always as they are spelt, always the same."""
    words = _VAN_DER.sub("vd", " ".join(words)).split()
    if len(words) > 1 and words[-1] == "st":
        words[-1] = "straat"
    return [_one_form(word) for word in words]


def _one_form(word: str) -> str:
    if word in _ONE_FORM:
        return _ONE_FORM[word]
    if ordinal := _ORDINAL.fullmatch(word):
        return f"{ordinal[1]}e"
    for ending, kind in _ENDINGS.items():
        if word.endswith(ending):
            return word.removesuffix(ending) + kind
    return word


def _is_telling(word: str) -> bool:
    return len(word) == 1 or word in _TELLING or any(c.isdigit() for c in word) or _ROMAN.fullmatch(word) is not None


def edits(text: Spelling, street: Spelling, known_words: frozenset[str]) -> int | None:
    """How many typing errors make `text` of `street`; None when it is no typing error.

    Digits, ordinals, roman numerals, initials and directions are never mistyped here, nor is the kind of street
    when the text has one, nor a word that the register knows (`known_words`): that is another name. In names of
    several words only one may differ, and before the last (a first name, a title) by no more than one letter within
    a word of at least `_SHORTEST_WORD` letters.
    """
    if text.telling != street.telling:
        return None
    if text.kind != street.kind:
        return None if text.kind else _edits_of_kind(text, street)
    if len(text.words) != len(street.words):
        return None
    differing = [i for i, (typed, meant) in enumerate(zip(text.words, street.words, strict=True)) if typed != meant]
    if len(differing) != 1 or text.words[differing[0]] in known_words:
        return None
    return _edits_of_word(text.words[differing[0]], street.words[differing[0]], differing[0] < len(text.words) - 1)


def _edits_of_word(typed: str, meant: str, followed: bool) -> int | None:
    if not followed:
        return _within(typed, meant, bound(max(len(typed), len(meant))))
    # Another last letter is another first name: Hendrik and Hendrika.
    long_enough = min(len(typed), len(meant)) >= _SHORTEST_WORD
    return _within(typed, meant, 1) if long_enough and typed[-1] == meant[-1] else None


def _edits_of_kind(text: Spelling, street: Spelling) -> int | None:
    """A text without a known kind of street can be one whose kind is mistyped: `Anjerstaat`."""
    typed, meant = "".join(text.words), "".join(street.words) + street.kind
    return _within(typed, meant, 1) if min(len(typed), len(meant)) >= _SHORTEST_WHOLE else None


def bound(length: int) -> int:
    """Most typing errors in a name of so many letters, the kind of street not counted."""
    if length < _SHORTEST_NAME:
        return 0
    return 1 if length < _LONG_NAME else 2


def _within(typed: str, meant: str, most: int) -> int | None:
    distance = OSA.distance(typed, meant, score_cutoff=most)
    return distance if 0 < distance <= most else None
