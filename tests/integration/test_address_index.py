"""The index of addresses, read from a real warehouse by the role of the signals service."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
import pytest

from orchestration import dbt
from orchestration.settings import Settings
from signals_service.addresses import load_index, register_version
from tests.integration.dbt_seed import CODE, Feed

SELECT = "+address_register +address_place"
LATER = datetime.fromisoformat("2024-06-01T08:00:00+00:00")

# Identifier, number, letter, suffix.
Door = tuple[str, int, str | None, str | None]


def deliver(feed: Feed, doors: Iterable[Door], received: datetime, place: str = "Proefstad") -> None:
    """A delivery of addresses in the Dorpsweg."""
    feed.deliveries += 1
    doors = list(doors)
    feed.execute(
        "insert into raw.delivery (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, "
        "source_hash, received_at, delivery_day, rows_read, rows_loaded, status) "
        "values (%s, 'addresses', 'address', %s, %s, 1, 'x', 'x', %s, %s, %s, %s, 'accepted')",
        [feed.code, f"{received}.csv", f"{feed.code}-{received}", received, received.date(), len(doors), len(doors)],
    )
    for number, (identifier, house_number, letter, suffix) in enumerate(doors, start=1):
        feed.execute(
            "insert into raw.address (municipality_code, source, delivery_id, row_number, row_hash, "
            "nummeraanduiding_id, adresseerbaarobject_id, street, house_number, house_letter, house_suffix, "
            "postcode, place, x, y) values (%s, 'addresses', (select max(delivery_id) from raw.delivery), %s, "
            "gen_random_uuid(), %s, %s, 'Dorpsweg', %s, %s, %s, '1234 ab', %s, 1, 2)",
            [feed.code, number, identifier, f"o{identifier}", house_number, letter, suffix, place],
        )


def connected(settings: Settings) -> psycopg.Connection[Any]:
    return psycopg.connect(settings.dsn("signals"), autocommit=True)


def test_the_index_is_the_register_of_one_municipality(fresh: Settings) -> None:
    feed, other = Feed(fresh), Feed(fresh, "GM9002", "Anderstad")
    deliver(feed, [("1", 2, None, None), ("2", 2, "A", None), ("3", 4, "B", "bis")], LATER)
    deliver(other, [("9", 2, None, None)], LATER, "Anderstad")
    feed.execute(
        'update raw.municipality set place_aliases = \'{"De Kade": "Proefstad"}\' where municipality_code = %s', [CODE]
    )
    dbt.build(fresh, SELECT)
    with connected(fresh) as connection:
        index = load_index(connection, CODE)
        assert index.version == register_version(connection, CODE)
        assert load_index(connection, "GM9002").size == 1
        assert load_index(connection, "GM0000").size == 0
        assert register_version(connection, "GM0000") == ()
    assert index.size == 3
    assert index.data_date == LATER
    result = index.resolve("Dorpsweg 2")
    assert result.address
    assert result.address.label == "Dorpsweg 2, 1234 AB Proefstad"
    assert (result.address.nummeraanduiding_id, result.address.adresseerbaarobject_id) == ("1", "o1")
    assert [address.label for address in result.beside] == ["Dorpsweg 2-A, 1234 AB Proefstad"]
    # A wijk, and a name that the municipality declares, stand for a place.
    for place in ("Oost", "Haven", "De Kade"):
        assert index.resolve(f"Dorpsweg 4-B-bis, {place}").address == index.by_id("3")


def test_the_version_follows_the_register(fresh: Settings) -> None:
    feed = Feed(fresh)
    deliver(feed, [("1", 2, None, None), ("2", 4, None, None)], LATER)
    dbt.build(fresh, SELECT)
    with connected(fresh) as connection:
        first = register_version(connection, CODE)
        assert first == register_version(connection, CODE)

        # One address is delivered anew: as many rows as before, and one of them is another.
        deliver(feed, [("2", 6, None, None)], LATER.replace(day=2))
        dbt.build(fresh, SELECT)
        second = register_version(connection, CODE)
        assert second != first
        index = load_index(connection, CODE)
        assert index.resolve("Dorpsweg 4").status == "not-found"
        assert index.resolve("Dorpsweg 6").status == "found"

        # A delivery without anything new still says up to when the register is right.
        deliver(feed, [], LATER.replace(day=3))
        dbt.build(fresh, SELECT)
        third = register_version(connection, CODE)
        assert third != second
        assert load_index(connection, CODE).data_date == LATER.replace(day=3)


def test_the_service_reads_the_register_and_nothing_else_of_core(fresh: Settings) -> None:
    dbt.build(fresh, SELECT)
    with connected(fresh) as connection:
        assert load_index(connection, CODE).data_date is None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from core.dim_area")
