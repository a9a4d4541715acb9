"""Type-ahead: addresses that begin as somebody has typed so far."""

import pytest

from signals_service.addresses import AddressIndex
from tests.unit.signals.addresses.conftest import Small


@pytest.fixture(scope="module")
def town(small: Small) -> AddressIndex:
    return small(
        "Dorpsstraat|1|1234AB|Dorp",
        "Dorpsstraat|1-A|1234AB|Dorp",
        "Dorpsstraat|2|1234AC|Dorp",
        "Dorpsstraat|10|1234AC|Dorp",
        "Dorpsstraat|10-A|1234AC|Dorp",
        "Dorpsplein|7|1234AD|Dorp",
        "Burg. van der Meulenlaan|3|1234AE|Dorp",
        "'t Zand|4|1234AF|Dorp",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dorp", ["Dorpsplein 7", "Dorpsstraat 1"]),  # the first address of each street
        ("dorpsstr", ["Dorpsstraat 1", "Dorpsstraat 1-A", "Dorpsstraat 2", "Dorpsstraat 10", "Dorpsstraat 10-A"]),
        ("Dorpsstraat 1", ["Dorpsstraat 1", "Dorpsstraat 1-A", "Dorpsstraat 10"]),
        ("DORPSSTRAAT 1a", ["Dorpsstraat 1-A"]),
        ("dorpsstraat1", ["Dorpsstraat 1", "Dorpsstraat 1-A", "Dorpsstraat 10"]),
        ("dopr", []),  # too short to tell an error
        ("dorsstraat 2", ["Dorpsstraat 2"]),
        ("burgemeester v.d. meul", ["Burg. van der Meulenlaan 3"]),
        ("burg van der m", ["Burg. van der Meulenlaan 3"]),
        ("het z", ["'t Zand 4"]),
        ("1234 ac", ["Dorpsstraat 2", "Dorpsstraat 10", "Dorpsstraat 10-A"]),
        ("1234ac 1", ["Dorpsstraat 10", "Dorpsstraat 10-A"]),
        ("1234", []),
        ("d", []),
        ("", []),
        ("kerk", []),
    ],
)
def test_what_is_shown(town: AddressIndex, text: str, shown: list[str]) -> None:
    assert [f"{address.street} {address.number}" for address in town.complete(text)] == shown


def test_the_list_is_bounded(town: AddressIndex) -> None:
    assert len(town.complete("dorpsstraat", limit=3)) == 3
    assert town.complete("dorpsstraat", limit=0) == []
