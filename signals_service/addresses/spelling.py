"""Spellings of street and place names: which texts are one name, whatever their punctuation or abbreviations. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from signals_service.addresses.vocabulary import ABBREVIATIONS, ENDINGS, KINDS, ORDINALS, ROMANS, SHORT

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
# Letters that no normal form takes apart, and Cyrillic and Greek ones that look like ours.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}) | (
    str.maketrans("авекмнорстухіјѕαβεικνορτυχ", "abekmhopctyxijsabeiknoptyx")
)
_VAN_DER = re.compile(r"\bv(?:an)? ?(?:d|de|den|der)\b")
_ORDINAL = re.compile(r"(\d+)(?:e|de|ste)")
_ENDING = re.compile(rf"(..+?)({'|'.join(ENDINGS)})")
_ONE_BY_ONE: dict[str, tuple[str, ...]] = {
    **{roman: (number,) for roman, number in ROMANS.items() if len(roman) > 1},
    **{word: (number,) for word, number in ORDINALS.items()},
    **ABBREVIATIONS,
}
_AT_THE_END: dict[str, tuple[str, ...]] = {
    **{short: (kind, *ABBREVIATIONS.get(short, ())) for short, kind in ENDINGS.items()},
    "st": ("straat", "sint"),
}
_MOST_VARIANTS = 6


def folded(text: str) -> str:
    """Lower case without diacritics; punctuation stays, control characters become spaces and invisible ones vanish."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Cf", "Me"})
    return text.casefold().translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """The words of a text in plain letters and digits."""
    return _NOT_PLAIN.sub(" ", folded(text)).split()


@dataclass(frozen=True, slots=True)
class Spelling:
    """One name: `plain` as it is spelt, `full` with its abbreviations written out (several when one can mean several
    words) and `short` with its words abbreviated; each a tuple of words.
    """

    plain: tuple[str, ...]
    full: tuple[tuple[str, ...], ...]
    short: tuple[str, ...]

    @property
    def forms(self) -> tuple[tuple[str, ...], ...]:
        """Every different form, the plain one first."""
        return tuple(dict.fromkeys((self.plain, *self.full, self.short)))


@lru_cache(maxsize=4096)
def spelling(words: tuple[str, ...]) -> Spelling:
    """The spelling of a name given as plain words."""
    joined = _VAN_DER.sub("vander", " ".join(words)).split()
    last = len(joined) - 1
    choices = [_written_out(word, at == last) for at, word in enumerate(joined)]
    full = tuple(dict.fromkeys(islice(product(*choices), _MOST_VARIANTS)))
    return Spelling(words, full, tuple(SHORT.get(word, word) for word in full[0]) if full else ())


def _written_out(word: str, last: bool) -> tuple[str, ...]:
    if last and word in _AT_THE_END:
        return _AT_THE_END[word]
    if word in _ONE_BY_ONE:
        return _ONE_BY_ONE[word]
    if ordinal := _ORDINAL.fullmatch(word):
        return (f"{ordinal[1]}e",)
    if ending := _ENDING.fullmatch(word):
        return (ending[1] + ENDINGS[ending[2]],)
    if last and word.endswith("st") and len(word) > 4:
        return (word, word.removesuffix("st") + "straat")
    return (word,)


@lru_cache(maxsize=65536)
def kind_of(word: str) -> str:
    """The kind of street that a word ends with, or an empty text."""
    return next((kind for kind in KINDS if word.endswith(kind)), "")
