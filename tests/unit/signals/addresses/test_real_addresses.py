"""Real addresses: a piece of Amsterdam's register, Almere's announcements, every primary school of the country."""

import csv
import gzip
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from signals_service.addresses import Address, AddressIndex
from signals_service.addresses.register import Row
from tests.unit.signals.addresses.questions import Question, Score, about_nothing, bare_streets, mistyped, spelt_well

_EACH = 800


def _read(shared_dir: Path, name: str) -> list[dict[str, str]]:
    with (shared_dir / "data" / "adressen" / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def amsterdam(shared_dir: Path) -> list[Row]:
    return [
        (
            row["nummer_id"], "", row["straatnaam"], int(row["huisnummer"]), row["huisletter"], row["toevoeging"],
            row["postcode"], row["woonplaats"],
        )
        for row in _read(shared_dir, "bag_adressen_amsterdam_houthavens.csv")
    ]  # fmt: skip


@pytest.fixture(scope="module")
def schools(shared_dir: Path) -> list[Row]:
    """6,000 addresses in 2,000 places; one row per address, as several schools can share one."""
    rows: dict[tuple[object, ...], Row] = {}
    for at, row in enumerate(_read(shared_dir, "duo_basisscholen_nl_2021.csv")):
        door = re.fullmatch(r"(\d+)[- ]*(.*)", row["huisnummer_toevoeging"].strip())
        if not door:
            continue
        letter, suffix = (door[2], "") if re.fullmatch("[A-Z]", door[2]) else ("", door[2])
        number, street, place = int(door[1]), row["straatnaam"], row["plaatsnaam"].title()
        address = (street, number, letter, suffix, place)
        rows[address] = (f"{at:06d}", "", street, number, letter, suffix, row["postcode"].replace(" ", ""), place)
    return list(rows.values())


@pytest.fixture(params=["amsterdam", "schools"])
def register(request: pytest.FixtureRequest) -> tuple[AddressIndex, list[Address]]:
    rows: list[Row] = request.getfixturevalue(request.param)
    return AddressIndex(rows), [Address(*row) for row in rows]


@pytest.mark.parametrize(("errors", "recall"), [(0, 0.995), (1, 0.99), (2, 0.95)])
def test_recall(register: tuple[AddressIndex, list[Address]], errors: int, recall: float) -> None:
    index, addresses = register
    streets, rng, score = bare_streets(addresses), random.Random(7), Score()
    for _ in range(_EACH):
        address = rng.choice(addresses)
        score.add(index, mistyped(rng, address, errors, streets) if errors else spelt_well(rng, address))
    assert score.recall >= recall, score
    assert score.wrong <= 0.002 * score.total, score


@pytest.mark.parametrize("errors", [0, 1])
def test_false_answers(register: tuple[AddressIndex, list[Address]], errors: int) -> None:
    index, addresses = register
    questions: Iterator[Question] = about_nothing(random.Random(7), addresses, errors)
    score = Score()
    for _ in range(_EACH):
        score.add(index, next(questions))
    assert score.wrong <= 0.01 * score.total, score


def test_another_street_of_the_country_is_hardly_ever_taken_for_one_here(
    demo: AddressIndex, addresses: list[Address], schools: list[Row]
) -> None:
    here = bare_streets(addresses)
    names = {row[2] for row in schools if re.sub(r"[^a-z0-9]", "", row[2].lower()) not in here}
    found = [name for name in sorted(names) if demo.resolve(f"{name} 7, Demostad").status == "found"]
    assert len(found) <= 0.01 * len(names), found


def test_a_street_of_groningen_is_hardly_ever_taken_for_one_here(
    demo: AddressIndex, addresses: list[Address], shared_dir: Path
) -> None:
    """A thousand streets of a city that no word list was made of."""
    with gzip.open(
        shared_dir / "data" / "incidents_groningen" / "fietsdiefstallen_groningen_tot_2017.csv.gz",
        "rt",
        encoding="utf-8",
    ) as stream:
        names = {row["pleegstraat"].strip() for row in csv.DictReader(stream)}
    here = bare_streets(addresses)
    names = {name for name in names if len(name) > 3 and re.sub(r"[^a-z0-9]", "", name.lower()) not in here}
    found = [name for name in sorted(names) if demo.resolve(f"{name} 7, Demostad").status == "found"]
    assert len(found) <= 0.01 * len(names), found


def test_what_geocoders_are_tested_with(amsterdam: list[Row], shared_dir: Path) -> None:
    """The streets and numbers that the questions are about, in a register that holds them."""
    cases = [
        row for row in _read(shared_dir, "geocoder_tester_nl_adressen.csv")
        if row["expected_street"] and row["expected_housenumber"]
    ]  # fmt: skip
    made: list[Row] = [
        (f"{at}", "", row["expected_street"], int(row["expected_housenumber"]), "", "", "", row["expected_city"])
        for at, row in enumerate(cases)
    ]
    index = AddressIndex([*amsterdam, *made])
    for at, row in enumerate(cases):
        assert index.resolve(row["query"]).address == index.by_id(str(at)), row["query"]


def test_announcements_of_almere(shared_dir: Path) -> None:
    rows = {
        (row["straat"], row["huisnummer"]): row
        for row in _read(shared_dir, "almere_bekendmakingen_adressen_2026.csv")
        if row["straat"] and row["huisnummer"]
    }
    index = AddressIndex(
        [
            (street + number, "", street, int(number), "", "", row["postcode"].replace(" ", ""), "Almere")
            for (street, number), row in rows.items()
        ],
        other_places=[("Haven", "Almere"), ("Almere Buiten", "Almere")],
    )
    for (street, number), row in rows.items():
        meant = index.by_id(street + number)
        assert index.resolve(f"{row['adres_tekst']}, Almere").address == meant, row["adres_tekst"]
        for quarter in ("Almere Haven", "Almere-Haven", "Haven", "ALMERE BUITEN"):
            assert index.resolve(f"{street} {number} {quarter}").address == meant
    # Not an address: a plot, a corner of a wood.
    for text in ("4G4-DN4069", "1P42-O276, Sint Annabos, ten westen van nr. 14", "3C3 (Bouwmeesterbuurt)"):
        assert index.resolve(text).status == "not-found"
