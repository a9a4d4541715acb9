"""A few streets on a board of three buurten, for tests of what words and points say together."""

import numpy as np
import pandas as pd
import shapely

from orchestration.geo.address_register import COLUMNS, AddressRegister
from orchestration.geo.place import Buurten

# West and Oost are 1 km² side by side in Dorp; Ver lies 5 km away, in Elders.
BUURTEN = Buurten(
    np.array(["BU1", "BU2", "BU3"], dtype=object),
    np.array(["WK1", "WK1", "WK2"], dtype=object),
    np.array([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000), shapely.box(6000, 0, 7000, 1000)]),
)
NAMES = pd.DataFrame(
    [
        ("buurt", "West", "BU1"), ("buurt", "Oost", "BU2"), ("buurt", "Ver", "BU3"),
        ("wijk", "Wijk Dorp", "WK1"), ("wijk", "Wijk Elders", "WK2"),
    ],
    columns=["level", "area_name", "area_code"],
)  # fmt: skip


def address(
    street: str, number: int, x: float, y: float = 500, *, place: str = "Dorp", **more: str
) -> dict[str, object]:
    addition = more.get("letter", "") + more.get("suffix", "")
    return {
        "nummeraanduiding_id": f"{place} {street} {number}{addition}", "street_key": f"{street}, {place}",
        "street": street, "place": place, "house_number": number, "house_letter": more.get("letter"),
        "house_suffix": more.get("suffix"), "source": "adressen", "x": x, "y": y,
    }  # fmt: skip


ADDRESSES = [
    *(address("Kerkstraat", number, 100 + 5 * number) for number in range(1, 90)),
    *(address("Kerkstraat", number, 6100 + 5 * number, place="Elders") for number in range(1, 30)),
    # Through both buurten of Dorp.
    *(address("Langeweg", number, 800 + 20 * number, 200) for number in range(1, 21)),
    address("Anjerstraat", 12, 300, 800),
    address("Anjerstraat", 12, 300, 800, letter="A"),
    address("Anjerstraat", 14, 320, 800, suffix="bis"),
    address("Anjerstraat", 16, 340, 800, suffix="hs"),
    address("Anjerstraat", 16, 340, 800, suffix="1hoog"),
    address("Anjerstraat", 18, 360, 800, letter="A", suffix="3"),
    # Two addresses that a clerk writes alike.
    address("Anjerstraat", 20, 380, 800, letter="A", suffix="1") | {"nummeraanduiding_id": "one"},
    address("Anjerstraat", 20, 380, 800, suffix="A1") | {"nummeraanduiding_id": "other"},
    address("Anjerlaan", 12, 700, 800),
]


def small_register(addresses: list[dict[str, object]] | None = None) -> AddressRegister:
    rows = ADDRESSES if addresses is None else addresses
    return AddressRegister(pd.DataFrame(rows, columns=list(COLUMNS)), BUURTEN)
