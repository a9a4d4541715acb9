"""Street names as clerks write them: abbreviated, in capitals, without diacritics, or with a typing error.

A variant follows from the name and the number of the incident alone, so every version of an incident has the same one
and no other choice of the demo depends on it.
"""

import re
import unicodedata

import numpy as np

from orchestration.demo.arrays import Integers, Texts

_PER_MILLE = {"typo": 12, "short": 40, "capitals": 15, "plain": 15}
_ENDINGS = (("straat", "str."), ("laan", "ln."), ("plein", "pln."), ("weg", "wg."))
_WORDS = (
    ("Burg. ", "Burgemeester "), ("van der ", "v.d. "), ("v.d. ", "vd "), ("Prof. ", "Professor "),
    ("Ds. ", "Dominee "), ("St.-", "Sint "), ("Sint ", "St. "), ("Eerste ", "1e "), ("Tweede ", "2e "),
    ("Derde ", "3e "), ("1e ", "Eerste "), ("2e ", "Tweede "), ("3e ", "Derde "),
)  # fmt: skip


def as_written(names: Texts, serial: Integers) -> Texts:
    """The name of each row as its incident (`serial`) has it; most are written as the register does."""
    # A multiplicative hash, in 64 bits that wrap: neighbouring numbers get unrelated draws.
    draws = (serial.astype(np.uint64) * np.uint64(11_400_714_819_323_198_485)) >> np.uint64(32)
    limits = np.cumsum(list(_PER_MILLE.values()))
    kinds = np.searchsorted(limits, (draws % np.uint64(1000)).astype(np.int64), side="right")
    written = names.copy()
    for row in np.flatnonzero(kinds < len(limits)):
        written[row] = _variant(list(_PER_MILLE)[kinds[row]], names[row], int(draws[row]) // 1000)
    return written


def _variant(kind: str, name: str, number: int) -> str:
    if kind == "typo":
        return _mistyped(name, number)
    if kind == "short":
        return _shortened(name)
    return name.upper() if kind == "capitals" else _plain(name)


def _mistyped(name: str, number: int) -> str:
    """One letter left out, doubled, swapped with the next or replaced; never the first, never a digit."""
    letters = [i for i in range(1, len(name) - 1) if name[i].isalpha() and name[i + 1].isalpha()]
    if not letters:
        return name
    at = letters[number % len(letters)]
    kind = number // len(letters) % 4
    middle = ("", name[at] * 2, name[at + 1] + name[at], "e" if name[at] != "e" else "o")[kind]
    return name[:at] + middle + name[at + 1 + (kind == 2) :]


def _shortened(name: str) -> str:
    for word, other in _WORDS:
        if name.startswith(word) or f" {word}" in name:
            return name.replace(word, other, 1)
    for ending, short in _ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending) + short
    return name.lower()


def _plain(name: str) -> str:
    letters = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9]+", " ", letters).strip()
