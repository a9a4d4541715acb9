"""Keys of persons: HMAC-SHA-256 under a key that the database does not know, so that a clear value is never kept.

Equal persons give equal keys, from a search as from a department's file. The clear value is never part of a message.
"""

import hashlib
import hmac
import re
import unicodedata
from datetime import date

_SHORTEST_KEY = 16  # characters; `make up` writes 32
_WHOLE, _PART = b"\x01", b"\x02"
_KEY_LENGTH = 33  # a digest and the byte that says what it is of

# Words before a surname that the register keeps apart from it (BRP, tabel 36), and their joined and short forms.
_WORDS = (
    "a aan af al am auf aus ben bij bin boven d da dal dalla das de degli dei del della dem den der des deze di die "
    "do don dos du el en het i im in l la las le les lo los met of onder op over s t te ten ter tho thoe to toe tot "
    "uijt uit unter v van vanden vander ver vom von voor vor vd vdr zu zum zur"
)
_VOORVOEGSELS = frozenset(_WORDS.split())
# Letters that Unicode does not take apart into a letter and a sign.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i",
                          "ĳ": "ij", "ŋ": "n", "ħ": "h", "’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'"})  # fmt: skip
_NAME_AND_DATE = re.compile(r"(.*?)[\s,;|]+(?:([0-9]{4}-[0-9]{2}-[0-9]{2})|([0-9]{1,2})-([0-9]{1,2})-([0-9]{4}))")
_DASHES = re.compile(r"[-\u00ad\u2010-\u2015\u2212/=]")


class PersonError(ValueError):
    """The text names no person; `field` is bsn, name or birth_date. The text itself is not in it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class PersonKeys:
    """Makes the keys of one municipality's persons."""

    __slots__ = ("_key", "_municipality_code")

    def __init__(self, key: str, municipality_code: str) -> None:
        """Raises `ValueError` for a key that is too short to keep anything secret."""
        if len(key) < _SHORTEST_KEY:
            raise ValueError(f"VIS_PERSON_KEY: {len(key)} tekens, verwacht ten minste {_SHORTEST_KEY} willekeurige")
        self._key, self._municipality_code = key.encode(), municipality_code

    def __repr__(self) -> str:
        return f"PersonKeys({self._municipality_code})"

    def of_bsn(self, text: str) -> tuple[bytes, ...]:
        """The key of a burgerservicenummer. Raises `PersonError` when the number cannot exist."""
        return (self._mac("bsn", normal_bsn(text)) + _WHOLE,)

    def of_name(self, surname: str, birth_date: date) -> tuple[bytes, ...]:
        """The keys of a surname with a birth date; a double name also has one for each of its parts."""
        names = surname_parts(surname)
        day = birth_date.isoformat()
        keys = [self._mac("name", f"{'-'.join(sorted(names))}\0{day}") + _WHOLE]
        if len(names) > 1:
            keys += [self._mac("name", f"{name}\0{day}") + _PART for name in sorted(names)]
        return tuple(keys)

    def of_text(self, text: str) -> tuple[bytes, ...]:
        """The keys of what a file holds about a person: a BSN, or a surname and a birth date (see `split_text`).

        Raises `PersonError`.
        """
        surname, birth_date = split_text(text)
        return self.of_bsn(surname) if birth_date is None else self.of_name(surname, birth_date)

    def fingerprint(self) -> str:
        """Tells two installation keys apart without saying what they are."""
        return self._mac("fingerprint", "").hex()

    def _mac(self, what: str, text: str) -> bytes:
        return hmac.new(self._key, f"{self._municipality_code}\0{what}\0{text}".encode(), hashlib.sha256).digest()


def matching_keys(keys: tuple[bytes, ...] | list[bytes]) -> list[bytes]:
    """The stored keys that each of `keys` meets.

    A whole name meets the same whole name and a double name of which it is a part; a part meets a whole name. Two
    double names that share one part are two families: Jansen-de Vries is not Jansen-Bakker.
    """
    found: list[bytes] = []
    for key in keys:
        if len(key) != _KEY_LENGTH or key[-1:] not in (_WHOLE, _PART):
            raise ValueError("not a key of signals_service.persons")
        found.append(key[:-1] + _WHOLE)
        if key.endswith(_WHOLE):
            found.append(key[:-1] + _PART)
    return found


def split_text(text: str) -> tuple[str, date | None]:
    """`Berg, van den; 1970-01-31` → surname and birth date; a text without a date at its end is taken for a BSN.

    A date is written 1970-01-31 or 31-01-1970. Raises `PersonError` for a date that does not exist.
    """
    found = _NAME_AND_DATE.fullmatch(text.strip())
    if found is None:
        return text, None
    surname, iso, day, month, year = found.groups()
    try:
        return surname, date.fromisoformat(iso) if iso else date(int(year), int(month), int(day))
    except ValueError:
        raise PersonError("birth_date") from None


def normal_bsn(text: str) -> str:
    """Nine digits that pass the eleven-test; spaces, dots and dashes are left out. Raises `PersonError`."""
    digits = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]{8,9}", digits):
        raise PersonError("bsn")
    digits = digits.zfill(9)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))
    if total % 11 or not int(digits):
        raise PersonError("bsn")
    return digits


def is_bsn(text: str) -> bool:
    """True when the whole text is nine digits, in a row or in groups, that pass the eleven-test."""
    if not re.fullmatch(r"[0-9](?:[ .-]?[0-9]){8}", text.strip()):
        return False
    try:
        normal_bsn(text)
    except PersonError:
        return False
    return True


def surname_parts(surname: str) -> tuple[str, ...]:
    """The names that a surname is made of, in order, without voorvoegsels, diacritics and capitals.

    One for most people, two for a double name (written with a hyphen). Raises `PersonError` when no letter is left.
    """
    if len(surname) > 200:
        raise PersonError("name")
    folded = unicodedata.normalize("NFKD", surname.casefold().translate(_LETTERS)).translate(_LETTERS)
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    parts = [name for part in _DASHES.split(folded) if (name := _without_voorvoegsels(part))]
    if not parts:
        raise PersonError("name")
    return tuple(dict.fromkeys(parts))


def _without_voorvoegsels(part: str) -> str:
    """`van 't hof` → `hof`. Words that are left are joined: `o brien` and `obrien` are written both ways."""
    before, comma, after = part.partition(",")
    if comma and before.strip():  # "Maassen, van"
        part = f"{after} {before}"
    words = [word for word in re.split(r"[^\w]+", part) if re.search(r"[^\W\d_]", word)]
    kept = list(words)
    while len(kept) > 1 and kept[0] in _VOORVOEGSELS:
        del kept[0]
    return "".join(kept)
