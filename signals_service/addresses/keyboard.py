"""Which typing errors a finger makes: a key beside the right one, twice, left out, or in the wrong order. Pure."""

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


LEFT_OUT, NEAR, FAR = 0.5, 0.75, 1.0


def effort(typed: str, meant: str) -> float:
    """How hard it is to type one text for the other: what a finger does by itself counts less than another letter.

    A letter left out, twice or in the wrong order counts 0.5, a neighbouring key 0.75, any other letter 1.
    """
    before: list[float] = []
    last = [LEFT_OUT * at for at in range(len(meant) + 1)]
    for at, letter in enumerate(typed, 1):
        row = [last[0] + _too_many(letter, meant[:1])]
        for to, other in enumerate(meant, 1):
            least = min(
                row[to - 1] + LEFT_OUT,
                last[to] + _too_many(letter, meant[to - 1 : to + 1]),
                last[to - 1] + (0 if letter == other else NEAR if letter in NEIGHBOURS.get(other, ()) else FAR),
            )
            if at > 1 and to > 1 and letter == meant[to - 2] and typed[at - 2] == other:
                least = min(least, before[to - 2] + LEFT_OUT)
            row.append(least)
        before, last = last, row
    return last[-1]


def _too_many(letter: str, around: str) -> float:
    if letter in around:
        return LEFT_OUT
    return NEAR if any(letter in NEIGHBOURS.get(other, ()) for other in around) else FAR
