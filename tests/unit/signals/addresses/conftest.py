"""The demo's register of addresses as an index, and small registers for one rule each."""

from collections.abc import Callable, Iterable
from datetime import date

import pytest

from orchestration.demo.deliveries import address_table
from orchestration.demo.generate import SEED, build_world
from signals_service.addresses import Address, AddressIndex
from signals_service.addresses.register import Row

UNTIL = date(2026, 6, 28)


def demo_rows() -> list[Row]:
    table = address_table(build_world(SEED, UNTIL))
    columns = (
        "nummeraanduiding_id", "adresseerbaarobject_id", "openbare_ruimte_naam", "huisnummer", "huisletter",
        "huisnummertoevoeging", "postcode", "woonplaats",
    )  # fmt: skip
    return [
        (i, o, street, int(number), letter, suffix, postcode.replace(" ", ""), place)
        for i, o, street, number, letter, suffix, postcode, place in table[list(columns)].itertuples(index=False)
    ]


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    return demo_rows()


@pytest.fixture(scope="session")
def demo(rows: list[Row]) -> AddressIndex:
    return AddressIndex(rows)


@pytest.fixture(scope="session")
def addresses(rows: list[Row]) -> list[Address]:
    return [Address(*row) for row in rows]


Small = Callable[..., AddressIndex]


@pytest.fixture(scope="session")
def small() -> Small:
    """`small("Dorpsstraat|12-A-3|1234AB|Dorp", …)`: street, number-letter-suffix, postcode and place."""

    def make(*lines: str, other_places: Iterable[tuple[str, str]] = ()) -> AddressIndex:
        return AddressIndex([_row(at, line) for at, line in enumerate(lines)], other_places=other_places)

    return make


def _row(at: int, line: str) -> Row:
    street, door, postcode, place = (part.strip() for part in line.split("|"))
    number, letter, suffix = ([*door.split("-"), "", ""])[:3]
    return (f"{at:016d}", f"{at + 500:016d}", street, int(number), letter, suffix, postcode, place)
