"""Reads the register of one municipality from the warehouse."""

from collections.abc import Iterator

import psycopg

from signals_service.addresses.index import AddressIndex
from signals_service.addresses.register import Row

_ROWS = """
    select
      nummeraanduiding_id, adresseerbaarobject_id, street, house_number, coalesce(house_letter, ''),
      coalesce(house_suffix, ''), coalesce(postcode, ''), coalesce(place, '')
    from core.dim_address
    where municipality_code = %s
"""
_VERSION = "select fingerprint, addresses, received_at from core.address_register where municipality_code = %s"
_OTHER_PLACES = "select name, place from core.address_place where municipality_code = %s"
_AT_ONCE = 20_000


def register_version(connection: psycopg.Connection, municipality_code: str) -> tuple[object, ...]:
    """The state of the register: equal as long as no address changed and no addresses were delivered. Reads one row."""
    row = connection.execute(_VERSION, [municipality_code]).fetchone()
    return tuple(row) if row else ()


def load_index(connection: psycopg.Connection, municipality_code: str) -> AddressIndex:
    """Build the index of a municipality from `core.dim_address`, streaming; seconds for a million addresses."""
    # First the version, then the rows: a change in between shows as a newer version, so that the index is built anew.
    version = register_version(connection, municipality_code)
    others = connection.execute(_OTHER_PLACES, [municipality_code]).fetchall()
    with connection.transaction():
        return AddressIndex(
            _rows(connection, municipality_code),
            version=version,
            data_date=version[2] if version else None,  # type: ignore[arg-type]
            other_places=[(name, place or "") for name, place in others],
        )


def _rows(connection: psycopg.Connection, municipality_code: str) -> Iterator[Row]:
    with connection.cursor(name="address_register") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_ROWS, [municipality_code])
        yield from cursor
