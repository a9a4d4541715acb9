"""Which typing errors a finger makes: a key beside the right one, twice, left out, or in the wrong order. Pure."""

from rapidfuzz.distance import DamerauLevenshtein, Levenshtein

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _near(row: int, column: float) -> set[str]:
    """The keys around a place: rows are staggered by about half a key."""
    return {
        letter
        for other, letters in enumerate(_ROWS)
        for at, letter in enumerate(letters)
        if abs(other - row) <= 1 and abs(at + other * 0.5 - column) < 1.1
    }


NEIGHBOURS = {
    letter: _near(row, at + row * 0.5) - {letter}
    for row, letters in enumerate(_ROWS)
    for at, letter in enumerate(letters)
}


def slips(typed: str, meant: str) -> bool:
    """Whether every difference is a slip of the finger, not another letter from the other end of the keyboard."""
    if DamerauLevenshtein.distance(typed, meant) < Levenshtein.distance(typed, meant):
        return True  # letters that changed places
    return all(
        _is_slip(code.tag, code.src_pos, code.dest_pos, typed, meant) for code in Levenshtein.editops(meant, typed)
    )


def _is_slip(tag: str, at: int, typed_at: int, typed: str, meant: str) -> bool:
    if tag == "delete":
        return True
    letter = typed[typed_at]
    if tag == "replace":
        return letter in NEIGHBOURS.get(meant[at], ())
    around = meant[max(at - 1, 0) : at + 1]
    return any(letter == other or letter in NEIGHBOURS.get(other, ()) for other in around)
