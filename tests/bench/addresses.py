"""The address search in numbers: how often right, how fast, how large; on the demo's register and on a million."""

import gc
import random
import time
from collections.abc import Callable, Iterator

import psutil

from signals_service.addresses import Address, AddressIndex
from signals_service.addresses.register import Row
from signals_service.addresses.vocabulary import STREET_WORDS
from tests.bench.scenarios import Bar, Scenario
from tests.unit.signals.addresses.conftest import demo_rows
from tests.unit.signals.addresses.questions import (
    HELD_OUT,
    Question,
    Score,
    about_nothing,
    bare_streets,
    mistyped,
    spelt_well,
)

_KINDS = ("straat", "laan", "hof", "weg", "pad", "dreef", "singel", "plein", "kade", "gracht")
_PLACES = tuple(
    f"{first}{last}"
    for first in ("Fabel", "Verzin", "Schijn", "Bedacht", "Droom", "Sprook", "Waan", "Mythe")
    for last in ("stad", "dorp", "broek", "horst", "lo")
)
_DOORS = 25  # addresses of a street

Maker = Callable[[random.Random], Iterator[Question]]


def million_rows(total: int) -> Iterator[Row]:
    """Addresses in streets called after real ones, of which no two are the same, in forty places."""
    names = [f"{word.title()}{kind}" for word in sorted(STREET_WORDS) for kind in _KINDS]
    random.Random(1).shuffle(names)
    for at in range(total):
        street, door = divmod(at, _DOORS)
        number, letter = 1 + 2 * (door // 2), "A" if door % 2 else ""
        name, round_ = names[street % len(names)], street // len(names)
        postcode = f"{1000 + street % 9000}{'ABCDEFGHJK'[street % 10]}{'LMNPRSTVWX'[door % 10]}"
        place = _PLACES[(street + round_) % len(_PLACES)]
        yield (f"{at:016d}", f"{at + total:016d}", name, number, letter, "", postcode, place)


def address_scenario(total: int, each: int) -> Scenario:
    """Questions that no tuning saw, on both registers; times are of one core, of which nobody else takes a part."""
    result = Scenario(f"adres zoeken: het register van de demo en {total:,} adressen".replace(",", "."))
    rows = demo_rows()
    small = AddressIndex(rows)
    addresses = [Address(*row) for row in rows]
    _measure(result, small, addresses, f"{small.size:,}".replace(",", "."), 5, each)
    before = _resident()
    began = time.thread_time()
    large = AddressIndex(million_rows(total))
    seconds = time.thread_time() - began
    gc.collect()
    known = [address for at in range(0, total, 199) if (address := large.by_id(f"{at:016d}"))]
    _measure(result, large, known, f"{large.size:,}".replace(",", "."), 25, each)
    result.notes.append(f"de index van {total:,} adressen bouwen: {seconds:.1f} s".replace(",", "."))
    result.bars.append(
        Bar(f"geheugen van de index van {total:,} adressen".replace(",", "."), _resident() - before, 600, "MB")
    )
    return result


def _measure(
    result: Scenario, index: AddressIndex, addresses: list[Address], size: str, most: float, each: int
) -> None:
    streets = bare_streets(addresses)

    def well(rng: random.Random) -> Iterator[Question]:
        while True:
            yield spelt_well(rng, rng.choice(addresses))

    def badly(errors: int) -> Maker:
        def make(rng: random.Random) -> Iterator[Question]:
            while True:
                yield mistyped(rng, rng.choice(addresses), errors, streets)

        return make

    taken: list[float] = []
    for what, make, allowed in (
        ("zonder fout", well, 0.5), ("met één fout", badly(1), 1.0), ("met twee fouten", badly(2), 5.0),
    ):  # fmt: skip
        score = _score(index, make, each, taken)
        result.notes.append(
            f"{size}, {what}: {score.strict:.2%} dat ene adres, {score.recall:.2%} met een lijst van hoogstens vijf, "
            f"{score.wrong} fout van {score.total}"
        )
        result.bars.append(Bar(f"{size}: niet gevonden {what}", 100 * (1 - score.recall), allowed, "%"))
    if index.size == len(addresses):  # who knows a part of the register does not know what is not in it
        nothing = _score(index, lambda rng: about_nothing(rng, addresses), each, taken)
        result.bars.append(
            Bar(f"{size}: antwoord op een adres dat niet bestaat", 100 * nothing.wrong / nothing.total, 1, "%")
        )
    taken.sort()
    result.bars.append(Bar(f"{size}: p95 van één vraag", 1000 * taken[int(0.95 * len(taken))], most, "ms"))


def _score(index: AddressIndex, make: Maker, each: int, taken: list[float]) -> Score:
    score = Score()
    for seed in HELD_OUT:
        questions = make(random.Random(seed))
        for _ in range(each):
            question = next(questions)
            began = time.thread_time()
            index.resolve(question.text)
            taken.append(time.thread_time() - began)
            score.add(index, question)
    return score


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6
