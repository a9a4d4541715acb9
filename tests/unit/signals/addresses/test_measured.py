"""How often the right address is found on the demo's register, with questions that the tuning never saw."""

import random
from collections.abc import Callable, Iterator

import pytest

from signals_service.addresses import Address, AddressIndex
from tests.unit.signals.addresses.questions import (
    HELD_OUT,
    Question,
    Score,
    about_nothing,
    bare_streets,
    mistyped,
    spelt_well,
)

_EACH = 600


def _score(index: AddressIndex, questions: Iterator[Question]) -> Score:
    score = Score()
    for _ in range(_EACH):
        score.add(index, next(questions))
    return score


def _total(index: AddressIndex, make: Callable[[random.Random], Iterator[Question]]) -> Score:
    total = Score()
    for seed in HELD_OUT:
        one = _score(index, make(random.Random(seed)))
        for name in ("found", "listed", "wrong", "missed"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
    return total


@pytest.mark.parametrize(
    ("errors", "recall", "strict", "wrong"), [(0, 0.995, 0.995, 0.0), (1, 0.99, 0.985, 0.001), (2, 0.95, 0.95, 0.002)]
)
def test_recall(
    demo: AddressIndex, addresses: list[Address], errors: int, recall: float, strict: float, wrong: float
) -> None:
    """`strict` counts only the one right answer; `recall` a list of five at most that holds it as well."""
    streets = bare_streets(addresses)

    def make(rng: random.Random) -> Iterator[Question]:
        while True:
            address = rng.choice(addresses)
            yield mistyped(rng, address, errors, streets) if errors else spelt_well(rng, address)

    score = _total(demo, make)
    assert score.recall >= recall, score
    assert score.strict >= strict, score
    assert score.wrong <= wrong * score.total, score


@pytest.mark.parametrize("errors", [0, 1])
def test_false_answers(demo: AddressIndex, addresses: list[Address], errors: int) -> None:
    score = _total(demo, lambda rng: about_nothing(rng, addresses, errors))
    assert score.wrong <= 0.01 * score.total, score
