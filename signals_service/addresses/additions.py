"""House letters and additions: which ways of writing mean the same door. Pure."""

import re
from functools import lru_cache

from signals_service.addresses.spelling import words_of
from signals_service.addresses.vocabulary import ROMANS

# Words that stand between a number and its addition and say nothing.
_FILLERS = frozenset(
    {
        "app", "apt", "appt", "appartement", "kamer", "unit", "bus", "nr", "no", "nummer", "toevoeging",
        "toev", "deur", "letter", "huisletter", "woning", "flat",
    }
)  # fmt: skip
_SAME = {
    "huis": "hs", "h": "hs", "parterre": "bg", "beganegrond": "bg", "begane": "bg", "rood": "rd", "zwart": "zw",
    "bov": "boven", "bv": "boven", "ben": "beneden", "bn": "beneden", "ond": "onder", "achterhuis": "achter",
}  # fmt: skip
_GROUND = frozenset({"hs", "bg"})
_HOOG = re.compile(r"([1-9]|1[0-9])e?hoog")
_FLOOR = re.compile(r"([1-9]|1[0-9])e?(?:etage|verdieping|verd)")
_PLAUSIBLE = re.compile(
    r"[a-z]{1,2}|[a-z]{0,2}\d{1,4}[a-z]{0,2}|bis[a-z]?\d*|[ivx]+|huis|hoog|\d*e?hoog|rood|zwart|boven|beneden|onder|parterre"
    r"|links|rechts|achter|voor"
)


def typed_key(words: tuple[str, ...]) -> str:
    """The addition as it was typed, in one word."""
    return "".join(word for word in words if word not in _FILLERS)


@lru_cache(maxsize=65536)
def key_of(letter: str, suffix: str) -> str:
    """The addition of an address of the register in one word: `A` and `3` give `a3`."""
    return "".join(words_of(f"{letter} {suffix}"))


def is_plausible(key: str) -> bool:
    """Whether a text can be a letter or addition at all, known here or not."""
    return _PLAUSIBLE.fullmatch(key) is not None


@lru_cache(maxsize=65536)
def typed_meanings(key: str) -> frozenset[str]:
    """What a typed addition can mean beside its letters: `ii` and `2 hoog` mean 2, `2e etage` the second floor."""
    if floor := _FLOOR.fullmatch(key):
        return frozenset({f"floor {floor[1]}"})
    return _meanings(key)


@lru_cache(maxsize=65536)
def meanings_of(letter: str, suffix: str) -> frozenset[str]:
    """The same for an address of the register. A house letter means itself: 12-I is not 12-1."""
    return frozenset({key_of(letter, suffix)}) if letter else _meanings(key_of("", suffix))


def _meanings(key: str) -> frozenset[str]:
    if key in ROMANS:
        return frozenset({key, ROMANS[key], f"floor {ROMANS[key]}"})
    if hoog := _HOOG.fullmatch(key):
        return frozenset({hoog[1], f"floor {hoog[1]}"})
    if key.isdigit():
        return frozenset({str(int(key))})
    same = _SAME.get(key, key)
    return frozenset({same, "floor 0"}) if same in _GROUND else frozenset({same})
