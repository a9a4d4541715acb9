"""From point and words to the place of each incident: quality, buurt, street, address and block. Pure.

What the point says goes first (`place_points`). The words add street and address, and stand in for a point that is
not there; they never move an incident. The law is told in docs/adr/0010.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.geo.address_register import NONE as NOWHERE
from orchestration.geo.address_register import AddressRegister, pick
from orchestration.geo.blocks import cell_codes, face_codes, metres_per_unit
from orchestration.geo.house_numbers import read_number
from orchestration.geo.place import DEFAULT_POINT, EXACT, NONE, Buurten, Places
from orchestration.geo.street_match import StreetMatcher

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Texts = NDArray[np.object_]

STREET, BUURT = "street", "buurt"
LAW = 2  # raise it with every change of what is noted of a place: all incidents are then placed anew


@dataclass(frozen=True)
class Words:
    """What the rows say in words, None where they say nothing."""

    street: Texts
    house_number: Texts
    place: Texts
    police_wijk: Texts
    police_buurt: Texts


@dataclass(frozen=True)
class Located:
    """Per row its place, as enriched.incident_place holds it; None for what is not known."""

    buurt_codes: Texts
    wijk_codes: Texts
    quality: Texts
    street_keys: Texts
    address_ids: Texts
    block_codes: Texts
    notes: Texts


class Locator:
    """Locates incidents of one municipality.

    Args:
        register: its addresses; may be empty.
        buurten: of the chosen vintage.
        names: the areas by name: columns `level` (buurt or wijk), `area_name`, `area_code`.
        crs: the municipality's; all coordinates are in it.
        street_limit_m: farthest that a point can lie from an address of its street, in metres.
    """

    def __init__(
        self, register: AddressRegister, buurten: Buurten, names: pd.DataFrame, *, crs: str, street_limit_m: float
    ) -> None:
        self._register = register
        self._matcher = StreetMatcher(register)
        self._buurten = buurten
        self._names = {level: _by_name(names[names["level"] == level]) for level in ("buurt", "wijk")}
        self._crs = crs
        self._limit = street_limit_m / metres_per_unit(crs)

    def locate(self, words: Words, x: Floats, y: Floats, places: Places) -> Located:
        """`places` is what the points alone say; x and y are NaN or infinite where there is no point."""
        default = places.quality == DEFAULT_POINT
        pointless = places.quality == NONE
        # A default point says nothing about where it was; of such a row the words are all there is.
        x, y = np.where(default | pointless, np.nan, x), np.where(default | pointless, np.nan, y)
        found = self._matcher.match(words.street, words.place, x, y, self._limit)
        address, face = self._addresses(found.street, words.house_number, x, y)
        buurt, wijk, quality = places.buurt_codes.copy(), places.wijk_codes.copy(), places.quality.copy()
        rows = np.flatnonzero(pointless)
        if len(rows):
            at = self._buurt_of_words(found.street[rows], address[rows], face[rows], words, rows)
            buurt[rows] = pick(self._buurten.codes, at, None)
            wijk[rows] = pick(self._buurten.wijk_codes, at, None)
            wijk_name = pd.Series(words.police_wijk[rows], dtype=object).map(self._names["wijk"])
            only_wijk = rows[(at == NOWHERE) & (found.street[rows] == NOWHERE) & wijk_name.notna().to_numpy()]
            wijk[only_wijk] = wijk_name[np.isin(rows, only_wijk)]
            quality[rows] = np.where((at != NOWHERE) | np.isin(rows, only_wijk), BUURT, NONE)
            quality[rows[found.street[rows] != NOWHERE]] = STREET
        return Located(
            buurt, wijk, quality,
            pick(self._register.street_keys, found.street, None),
            pick(self._register.ids, address, None),
            self._blocks(face, x, y, quality),
            found.note,
        )  # fmt: skip

    def _addresses(self, street: Ints, texts: Texts, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        """Per row the address and the face; NOWHERE without one, or when it lies far from the point."""
        code, distinct = pd.factorize(texts)
        read = [read_number(text) or (NOWHERE, "") for text in distinct]
        known = self._register.additions
        numbers = np.array([number for number, _ in read] + [NOWHERE], dtype=np.int64)[code]
        additions = np.array([known.get(addition, NOWHERE) for _, addition in read] + [NOWHERE], dtype=np.int64)[code]
        face = self._register.face(street, numbers)
        faces = self._register.faces
        far = np.hypot(pick(faces.x, face, np.nan) - x, pick(faces.y, face, np.nan) - y) > self._limit
        face[far] = NOWHERE
        address = np.where(face == NOWHERE, NOWHERE, self._register.address(street, numbers, additions))
        return address, face

    def _buurt_of_words(self, street: Ints, address: Ints, face: Ints, words: Words, rows: Ints) -> Ints:
        """Position of the buurt: of the address, the number, the street, or the police's name for it."""
        register = self._register
        at = pick(register.buurt, address, NOWHERE)
        for buurt, position in ((register.faces.buurt, face), (register.street_buurt, street)):
            at = np.where(at == NOWHERE, pick(buurt, position, NOWHERE), at)
        named = pd.Series(words.police_buurt[rows], dtype=object).map(self._names["buurt"]).to_numpy()
        positions = {code: i for i, code in enumerate(self._buurten.codes)}
        by_name = np.array([positions.get(code, NOWHERE) for code in named], dtype=np.int64)
        # Where the street is known, a name can only choose among the buurten that it runs through.
        usable = (street == NOWHERE) | register.runs_through(street, by_name)
        return np.where((at == NOWHERE) & usable, by_name, at)

    def _blocks(self, face: Ints, x: Floats, y: Floats, quality: Texts) -> Texts:
        """The face of an address, else the cell of an exact point."""
        block = np.full(len(face), None, dtype=object)
        on_face = np.flatnonzero(((quality == EXACT) | (quality == STREET)) & (face != NOWHERE))
        block[on_face] = face_codes(self._register.street_keys, *self._register.street_and_number(face[on_face]))
        in_cell = np.flatnonzero((quality == EXACT) & (face == NOWHERE))
        block[in_cell] = cell_codes(x[in_cell], y[in_cell], self._crs)
        return block


def _by_name(areas: pd.DataFrame) -> dict[str, str]:
    """Name → code, of the names that one area has."""
    alone = areas.drop_duplicates("area_name", keep=False)
    return dict(zip(alone["area_name"], alone["area_code"], strict=True))
