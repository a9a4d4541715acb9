"""The register of addresses in columns: streets with their points, house numbers, and the buurten they lie in. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from orchestration.geo.house_numbers import fold_addition
from orchestration.geo.place import Buurten, buurt_index

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NONE = -1  # position of what is not there
COLUMNS = (
    "nummeraanduiding_id", "street_key", "street", "place", "house_number", "house_letter", "house_suffix", "source",
    "x", "y",
)  # fmt: skip
_NUMBERS, _ADDITIONS = 2**20, 2**24  # room in one integer for number and addition; a Dutch number has five digits
_APART = 1e8  # metres between the streets in the tree of `_tree`: farther than any two points of one municipality


@dataclass(frozen=True)
class Faces:
    """One row per street and house number, whatever its letters and additions, sorted by `key`.

    `x`, `y` is the middle of its addresses; `buurt` a position in the buurten, NONE when they lie in several.
    """

    key: Ints
    x: Floats
    y: Floats
    buurt: Ints


def pick(values: NDArray[Any], at: Ints, otherwise: object) -> NDArray[Any]:
    """The values at these positions, `otherwise` at NONE."""
    return np.append(values, np.array([otherwise], dtype=values.dtype))[at]


class AddressRegister:
    """All addresses of one municipality, sorted by street; coordinates in the municipality's CRS."""

    def __init__(self, addresses: pd.DataFrame, buurten: Buurten) -> None:
        """`addresses` has COLUMNS, x and y in the municipality's CRS; what has no finite coordinate is left out."""
        addresses = addresses.astype({"x": np.float64, "y": np.float64, "house_number": np.int64})
        usable = np.isfinite(addresses["x"]) & np.isfinite(addresses["y"])
        frame = addresses[usable].sort_values(["street_key", "house_number", "nummeraanduiding_id"], ignore_index=True)
        self._buurten = buurten
        self.ids: NDArray[np.object_] = frame["nummeraanduiding_id"].to_numpy(dtype=object)
        self.x: Floats = frame["x"].to_numpy()
        self.y: Floats = frame["y"].to_numpy()
        self.street: Ints
        self.street, keys = pd.factorize(frame["street_key"])
        self.street_keys: NDArray[np.object_] = np.asarray(keys, dtype=object)
        # The first address of each street; a street never has none.
        self.start: Ints = np.searchsorted(self.street, np.arange(len(keys)))
        self.names: list[str] = frame["street"].iloc[self.start].tolist()
        self.places: list[str | None] = frame["place"].iloc[self.start].tolist()
        self.number: Ints = frame["house_number"].to_numpy()
        additions = (frame["house_letter"].fillna("") + frame["house_suffix"].fillna("")).map(fold_addition)
        self._addition, known = pd.factorize(additions)
        self.additions: dict[str, int] = {addition: code for code, addition in enumerate(known)}

    def __len__(self) -> int:
        return len(self.street_keys)

    def address(self, street: Ints, number: Ints, addition: Ints) -> Ints:
        """Position of the address with this street, number and addition (code); NONE unless there is exactly one."""
        order, sorted_keys = self._by_address
        wanted = np.where((street >= 0) & (number >= 0) & (addition >= 0), _key(street, number, addition), NONE)
        first = np.searchsorted(sorted_keys, wanted, side="left")
        found = np.searchsorted(sorted_keys, wanted, side="right") - first
        return np.where(found == 1, np.append(order, NONE)[first], NONE)

    def face(self, street: Ints, number: Ints) -> Ints:
        """Position in `faces` of this street and number; NONE where no address has it."""
        wanted = np.where((street >= 0) & (number >= 0), _key(street, number), NONE)
        at = np.searchsorted(self.faces.key, wanted)
        return np.where(np.append(self.faces.key, NONE - 1)[at] == wanted, at, NONE)

    def street_and_number(self, face: Ints) -> tuple[Ints, Ints]:
        """Position of the street and house number of each face."""
        return np.divmod(self.faces.key[face], _NUMBERS)

    def within(self, street: Ints, x: Floats, y: Floats, limit: float) -> NDArray[np.bool_]:
        """Whether a point can lie within `limit` of a street: False only where the street is surely farther."""
        west, east, south, north = self._bounds
        dx = np.maximum(np.maximum(west[street] - x, x - east[street]), 0)
        dy = np.maximum(np.maximum(south[street] - y, y - north[street]), 0)
        return np.asarray(np.hypot(dx, dy) <= limit)

    def distance_to_one(self, street: Ints, x: Floats, y: Floats) -> Floats:
        """Distance to one address of the street: never less than that to the nearest."""
        one = self._middle_address[street]
        return np.asarray(np.hypot(self.x[one] - x, self.y[one] - y))

    def distance(self, street: Ints, x: Floats, y: Floats, limit: float) -> Floats:
        """Distance to the nearest address of the street; infinite beyond `limit`."""
        result = np.full(len(street), np.inf)
        if len(street):
            points = shapely.points(x + street * _APART, y)
            (asked, _), metres = self._tree.query_nearest(
                points, max_distance=limit, return_distance=True, all_matches=False
            )
            result[asked] = metres
        return result

    @cached_property
    def faces(self) -> Faces:
        keys = _key(self.street, self.number)
        unique, first, inverse, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        return Faces(
            unique,
            np.bincount(inverse, self.x) / count,
            np.bincount(inverse, self.y) / count,
            _common(self.buurt, inverse, first),
        )

    @cached_property
    def buurt(self) -> Ints:
        """Position of the buurt of each address, NONE outside all."""
        return buurt_index(self.x, self.y, self._buurten)

    @cached_property
    def street_buurt(self) -> Ints:
        """Position of the one buurt that a street lies in, NONE when its addresses lie in several or in none."""
        return _common(self.buurt, self.street, self.start)

    def runs_through(self, street: Ints, buurt: Ints) -> NDArray[np.bool_]:
        """Whether the street has an address in the buurt."""
        size = len(self._buurten.codes) + 1
        return np.isin(street * size + buurt, np.unique(self.street * size + self.buurt)) & (street >= 0) & (buurt >= 0)

    @cached_property
    def _by_address(self) -> tuple[Ints, Ints]:
        keys = _key(self.street, self.number, self._addition)
        order = np.argsort(keys, kind="stable")
        return order, keys[order]

    @cached_property
    def _bounds(self) -> tuple[Floats, Floats, Floats, Floats]:
        return (
            np.minimum.reduceat(self.x, self.start), np.maximum.reduceat(self.x, self.start),
            np.minimum.reduceat(self.y, self.start), np.maximum.reduceat(self.y, self.start),
        )  # fmt: skip

    @cached_property
    def _middle_address(self) -> Ints:
        """Per street the address nearest to the middle of its bounds."""
        west, east, south, north = self._bounds
        off = np.hypot(
            self.x - ((west + east) / 2)[self.street],
            self.y - ((south + north) / 2)[self.street],
        )
        return np.lexsort((off, self.street))[self.start]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(shapely.points(self.x + self.street * _APART, self.y))


def _key(street: Ints, number: Ints, addition: Ints | None = None) -> Ints:
    """One integer per street and number (and addition), growing in that order."""
    key = street * _NUMBERS + number
    return key if addition is None else key * _ADDITIONS + addition


def _common(values: Ints, group: Ints, first: Ints) -> Ints:
    """Per group the value that all its rows share, NONE when they differ."""
    shared = values[first]
    shared[group[values != shared[group]]] = NONE
    return shared
