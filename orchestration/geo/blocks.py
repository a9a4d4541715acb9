"""Blocks: the smallest piece of the municipality that incidents are counted by. Pure.

An address belongs to a face: the even or the odd numbers of one street, `FACE` numbers (some twenty doors) long,
`<street_key>:41-79`. A point without an address belongs to a cell of the grid, `E2337N5818`: the whole hundreds of
metres of its coordinates in the municipality's CRS.
"""

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FACE = 40
CELL_METRES = 100.0


def face_codes(street_keys: NDArray[np.object_], street: Ints, number: Ints) -> NDArray[np.object_]:
    """The face of each house number (from 1 on); `street` is a position in `street_keys`."""
    first = (number - 1) // FACE * FACE + 2 - number % 2
    position, streets, firsts = _distinct_pairs(street, first)
    codes = [f"{street_keys[at]}:{one}-{one + FACE - 2}" for at, one in zip(streets, firsts, strict=True)]
    return np.array(codes, dtype=object)[position]


def cell_codes(x: Floats, y: Floats, crs: str) -> NDArray[np.object_]:
    """The cell of each point; x and y in `crs`, finite."""
    size = CELL_METRES / metres_per_unit(crs)
    position, east, north = _distinct_pairs(np.floor(x / size), np.floor(y / size))
    return np.array([f"E{e}N{n}" for e, n in zip(east, north, strict=True)], dtype=object)[position]


def _distinct_pairs(first: Ints | Floats, second: Ints | Floats) -> tuple[Ints, list[int], list[int]]:
    """Per pair of whole numbers its position among the distinct pairs, and those. As complex numbers, exact to 2^53."""
    position, pairs = pd.factorize(first + 1j * second)
    return position, pairs.real.astype(np.int64).tolist(), pairs.imag.astype(np.int64).tolist()


def metres_per_unit(crs: str) -> float:
    """Of the axes of a projected CRS: 1 for RD, 0.3048 for feet."""
    return float(pyproj.CRS(crs).axis_info[0].unit_conversion_factor)
