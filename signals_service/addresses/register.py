"""The register in compact columns: a million addresses take some tens of megabytes, not a million objects. Pure."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signals_service.addresses.additions import key_of
from signals_service.addresses.model import Address

Ints = NDArray[np.int32]
# nummeraanduiding_id, adresseerbaarobject_id, street, house number, letter, suffix, postcode, place.
Row = tuple[str, str, str, int, str, str, str, str]
_CHUNK = 50_000


class _Codes(dict[Any, int]):
    """Numbers things in the order in which they are first seen."""

    def __missing__(self, key: Any) -> int:
        self[key] = code = len(self)
        return code


class Register:
    """Addresses in the order of street, place, number, letter and suffix; an address is known by its row.

    A street is a name in a place; `streets[s]` is (name, place), and its rows are `start[s]` to `start[s + 1]`.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        streets, units, postcodes = _Codes(), _Codes(), _Codes()
        columns: list[list[Any]] = [[], [], [], [], [], []]
        chunks: list[list[NDArray[Any]]] = [[], [], [], [], [], []]

        def close_chunk() -> None:
            for column, parts, kind in zip(columns, chunks, ("S", "S", "i4", "i4", "i4", "i4"), strict=True):
                parts.append(np.array(column, dtype=kind))
                column.clear()

        for identifier, place_id, street, number, letter, suffix, postcode, place in rows:
            values = (
                identifier.encode(), place_id.encode(), streets[street, place], number, units[letter, suffix],
                postcodes[postcode],
            )  # fmt: skip
            for column, value in zip(columns, values, strict=True):
                column.append(value)
            if len(columns[0]) >= _CHUNK:
                close_chunk()
        close_chunk()
        ids, places, street_code, number_column, unit, postcode_code = (np.concatenate(parts) for parts in chunks)

        ranked_streets = sorted(streets)
        self.streets: list[tuple[str, str]] = ranked_streets
        ranked_units = sorted(units, key=lambda pair: _natural(*pair))
        self.units: list[tuple[str, str]] = ranked_units
        self.postcodes: list[str] = sorted(postcodes)
        self._postcode_codes = {postcode: code for code, postcode in enumerate(self.postcodes)}
        street_code = _recoded(street_code, streets, ranked_streets)
        unit = _recoded(unit, units, ranked_units)
        postcode_code = _recoded(postcode_code, postcodes, self.postcodes)
        order = np.lexsort((unit, number_column, street_code))
        self._ids, self._places = ids[order], places[order]
        self.number, self.unit, self.postcode = number_column[order], unit[order], postcode_code[order]
        self.street: Ints = street_code[order]
        self.start = np.searchsorted(self.street, np.arange(len(ranked_streets) + 1)).astype(np.int32)
        self._by_id = np.argsort(self._ids, kind="stable").astype(np.int32)
        self._by_place = np.argsort(self._places, kind="stable").astype(np.int32)
        self._by_postcode = np.lexsort((self.number, self.postcode)).astype(np.int32)
        self._postcode_start = np.searchsorted(self.postcode[self._by_postcode], np.arange(len(self.postcodes) + 1))

    def __len__(self) -> int:
        return len(self._ids)

    def address(self, row: int) -> Address:
        street, place = self.streets[self.street[row]]
        letter, suffix = self.unit_of(row)
        return Address(
            self._ids[row].decode(), self._places[row].decode(), street, int(self.number[row]), letter, suffix,
            self.postcode_of(row), place,
        )  # fmt: skip

    def key(self, row: int) -> str:
        """Letter and suffix of an address in one word."""
        return key_of(*self.unit_of(row))

    def unit_of(self, row: int) -> tuple[str, str]:
        """Letter and suffix of an address."""
        unit: tuple[str, str] = self.units[self.unit[row]]
        return unit

    def postcode_of(self, row: int) -> str:
        """Six characters, or an empty text."""
        postcode: str = self.postcodes[self.postcode[row]]
        return postcode

    def by_id(self, identifier: str) -> int | None:
        """The row of a nummeraanduiding."""
        return _found(self._ids, self._by_id, identifier)

    def of_object(self, identifier: str) -> int | None:
        """The first row of an adresseerbaar object: one with several addresses has several."""
        return _found(self._places, self._by_place, identifier)

    def rows_of(self, street: int) -> range:
        return range(int(self.start[street]), int(self.start[street + 1]))

    def at_number(self, street: int, number: int) -> range:
        """The rows with a number in a street; empty when it does not exist there."""
        return self.between(street, number, number)

    def between(self, street: int, first: int, last: int) -> range:
        """The rows with a number from `first` to `last`, both included."""
        begin, end = self.start[street], self.start[street + 1]
        numbers = self.number[begin:end]
        low, high = np.searchsorted(numbers, first, "left"), np.searchsorted(numbers, last, "right")
        return range(int(begin + low), int(begin + high))

    def knows_postcode(self, postcode: str) -> bool:
        return postcode in self._postcode_codes

    def of_postcode(self, postcode: str, number: int | None = None) -> list[int]:
        """The rows with a postcode, and with a number when one is given."""
        code = self._postcode_codes.get(postcode)
        if code is None or not postcode:
            return []
        rows = self._by_postcode[self._postcode_start[code] : self._postcode_start[code + 1]]
        if number is not None:
            rows = rows[self.number[rows] == number]
        return [int(row) for row in rows]


def _found(identifiers: NDArray[Any], order: Ints, wanted: str) -> int | None:
    at = int(np.searchsorted(identifiers, wanted.encode("utf-8", "replace"), sorter=order))
    row = int(order[at]) if at < len(order) else None
    return row if row is not None and identifiers[row].decode() == wanted else None


def _recoded(codes: NDArray[Any], seen: dict[Any, int], ranked: list[Any]) -> Ints:
    rank = np.empty(len(ranked), dtype=np.int32)
    for position, value in enumerate(ranked):
        rank[seen[value]] = position
    recoded: Ints = rank[codes] if len(codes) else codes.astype(np.int32)
    return recoded


def _natural(letter: str, suffix: str) -> tuple[Any, ...]:
    """Bare first, then letters, then suffixes, numbers by their value."""
    digits = int(suffix) if suffix.isascii() and suffix.isdigit() else -1
    return (letter, digits < 0 and suffix != "", digits, suffix)
