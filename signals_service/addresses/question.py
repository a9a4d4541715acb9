"""A question cut into tokens: runs of letters and of digits, with what stands between them. Pure."""

import re
from dataclasses import dataclass, replace
from html import unescape

from signals_service.addresses.spelling import folded

LONGEST = 300  # characters, of which white space counts once
MOST_TOKENS = 30
_LOOKED_AT = 20_000
_TAG = re.compile(r"</?[a-z][^<>]{0,60}>", re.IGNORECASE)
_TOKEN = re.compile(r"[a-z]+|[0-9]+")
RANGE, LIST = "~", "&"
_PHRASES = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"[‐-―−]", "-"),
        (r"[#№]|\bn ?°", " nr "),
        (r"^straat(?:naam)? (?=.*\bhuisn)", ""),
        (r"\b(?:adres|straat|straatnaam|huisnummer|nummer|toevoeging|postcode|woonplaats|plaats) ?:", ", "),
        (r"\bt\. ?o\.?(?![a-z])|\bt/o\b|\bto\b", " tegenover "),
        (r"\bt\.? ?h\.? ?v\b\.?|\bter hoogte van\b|\bin de buurt van\b|\bin de nabijheid van\b", " nabij "),
        (r"\be\. ?o\b\.?|\ben omgeving\b", " nabij "),
        (r"\bten (noord|oost|zuid|west)en van\b", " nabij "),
        (r"(\d ?[a-z]?) ?(?:t/m|t\.m\.|\btm\b|\btot en met\b|\btot\b) ?(?=\d)", rf"\1{RANGE}"),
        (r"(\d ?[a-z]?) ?(?:&|\+|\ben\b) ?(?=\d)", rf"\1{LIST}"),
        (r"\bbegane ?grond\b", " bg "),
        (r"\b(?:t\.? ?a\.? ?v|t\.? ?n\.? ?v|c/o|p/a)\b\.?", ", ter attentie van "),
    )
)


@dataclass(frozen=True, slots=True)
class Token:
    """A run of letters or of digits in plain small letters, and what stood before it."""

    text: str
    before: str

    @property
    def is_number(self) -> bool:
        return self.text.isdigit()

    @property
    def is_apart(self) -> bool:
        """Whether a comma or the like keeps it from what stands before."""
        return any(c in ",;()|:" for c in self.before)


@dataclass(frozen=True, slots=True)
class Cut:
    """The tokens of one way to read a question: with or without a postcode in it."""

    tokens: tuple[Token, ...]
    postcode: str = ""


def tokens_of(text: str) -> tuple[Token, ...] | None:
    """The tokens of a question; None when it is too long to be one."""
    text = _TAG.sub(" ", unescape(text[:_LOOKED_AT]))  # what is pasted from a page can bring its mark-up along
    text = " ".join(folded(" ".join(text.split())).split())
    if len(text) > LONGEST:
        return None
    for pattern, put in _PHRASES:
        text = pattern.sub(put, text)
    found, end = [], 0
    for match in _TOKEN.finditer(text):
        found.append(Token(match[0], text[end : match.start()]))
        end = match.end()
    return tuple(found) if len(found) <= MOST_TOKENS else None


def cuts_of(tokens: tuple[Token, ...]) -> list[Cut]:
    """Every way to see a postcode in the tokens, and last the one without."""
    cuts = []
    for at in range(len(tokens) - 1):
        digits, letters = tokens[at], tokens[at + 1]
        if len(digits.text) == 4 and digits.is_number and digits.text[0] != "0" and _are_letters(letters):
            rest = list(tokens[at + 2 :])
            if rest:
                rest[0] = replace(rest[0], before=", " + rest[0].before)
            cuts.append(Cut((*tokens[:at], *rest), digits.text + letters.text.upper()))
    return [*cuts, Cut(tokens)]


def _are_letters(token: Token) -> bool:
    return len(token.text) == 2 and token.text.isalpha() and token.before in {"", " ", "-"}


def words_between(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    """Words as they were typed: letters and digits without anything between them are one word."""
    words: list[str] = []
    for token in tokens:
        if words and token.before == "":
            words[-1] += token.text
        else:
            words.append(token.text)
    return tuple(words)
