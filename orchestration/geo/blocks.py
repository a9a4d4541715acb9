"""Blocks: the smallest piece of the municipality that incidents are counted by. Pure.

An address belongs to a face: the even or the odd numbers of one street, `FACE` numbers (some twenty doors) long,
`<street_key>:41-79`. A point without an address belongs to a cell of the grid, `E2337N5818`: the whole hundreds of
metres of its coordinates in the municipality's CRS.
"""

import numpy as np
import pyproj
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FACE = 40
CELL_METRES = 100.0


def face_codes(street_keys: NDArray[np.object_], street: Ints, number: Ints) -> NDArray[np.object_]:
    """The face of each house number (from 1 on); `street` is a position in `street_keys`."""
    first = (number - 1) // FACE * FACE + 2 - number % 2
    _, at, inverse = np.unique(np.column_stack([street, first]), axis=0, return_index=True, return_inverse=True)
    codes = [f"{street_keys[street[i]]}:{first[i]}-{first[i] + FACE - 2}" for i in at]
    return np.array(codes, dtype=object)[inverse.ravel()]


def cell_codes(x: Floats, y: Floats, crs: str) -> NDArray[np.object_]:
    """The cell of each point; x and y in `crs`, finite."""
    size = CELL_METRES / metres_per_unit(crs)
    east, north = np.floor(x / size).astype(np.int64), np.floor(y / size).astype(np.int64)
    _, at, inverse = np.unique(np.column_stack([east, north]), axis=0, return_index=True, return_inverse=True)
    return np.array([f"E{east[i]}N{north[i]}" for i in at], dtype=object)[inverse.ravel()]


def metres_per_unit(crs: str) -> float:
    """Of the axes of a projected CRS: 1 for RD, 0.3048 for feet."""
    return float(pyproj.CRS(crs).axis_info[0].unit_conversion_factor)
