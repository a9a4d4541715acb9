"""Rows without a moment of change that come in after what is newer than they are; the order of arrival would decide.

A delivery about a day before that of one which came earlier is late: what it says of the same incident is older. And a
release can hold rows that a later delivery took back before they were ever known. Was a row in quarantine when the
next delivery repeated what was known before it, that repetition counted as duplicate and left no row. Loaded now, the
old row would win from it.
"""

from collections.abc import Iterator

import psycopg
from psycopg.rows import class_row

from orchestration.ingest import load_sql
from orchestration.ingest.convert import Converter
from orchestration.ingest.ledger import COLUMNS, Delivery
from orchestration.ingest.readers import read_chunks
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality

Key = tuple[str, ...]


def overtaken(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, release: Delivery
) -> dict[int, str]:
    """Row number → why it must stay in quarantine. After `load_sql.judge`; reads later files only when it matters.

    Raises `RefusedDelivery` when a later file that has to be asked cannot be read.
    """
    doubtful = load_sql.replacing_older(connection, spec.shape_definition, release)
    if not doubtful:
        return {}
    keys = {key: number for number, key in _keys(municipality, spec, release) if number in doubtful}
    found: dict[int, str] = {}
    for later in _later_deliveries(connection, release):
        waiting = _waiting(connection, later)
        for number, key in _keys(municipality, spec, later):
            if key in keys and number not in waiting:
                found.setdefault(
                    keys[key],
                    f"levering {later.delivery_id} ({later.file_name}, rij {number}) gaf daarna weer wat al bekend was "
                    "vóór deze rij: zij is achterhaald. Klopt deze rij toch, laat haar dan opnieuw sturen",
                )
        if len(found) == len(doubtful):
            break
    return found


def older_than_known(connection: psycopg.Connection, spec: SourceSpec, delivery: Delivery) -> dict[int, str]:
    """Row number → why it must stay in quarantine. After `load_sql.judge`."""
    return {
        number: f"de rij is van {delivery.delivery_day:%d-%m-%Y} en heeft geen tijdstip van wijziging; levering "
        f"{known} ({file_name}) gaf al een stand van {day:%d-%m-%Y}. Klopt deze rij toch, laat haar dan opnieuw sturen "
        "in een levering over een latere dag"
        for number, known, file_name, day in load_sql.older_by_day(connection, spec.shape_definition, delivery)
    }


def _keys(municipality: Municipality, spec: SourceSpec, delivery: Delivery) -> Iterator[tuple[int, Key]]:
    converter = Converter(municipality, spec, delivery.file_name, delivery.landing_path)
    for chunk in read_chunks(delivery.landing_path, spec, delivery.file_name, spec.crs or municipality.crs):
        yield from converter.keys(chunk)


def _later_deliveries(connection: psycopg.Connection, release: Delivery) -> list[Delivery]:
    """Those with duplicates, the last first."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            load_sql.LATER_WITH_DUPLICATES.format(columns=COLUMNS),
            [release.municipality_code, release.source, release.received_at],
        ).fetchall()


def _waiting(connection: psycopg.Connection, delivery: Delivery) -> set[int]:
    rows = connection.execute(
        "select row_number from raw.quarantine where delivery_id = %s and released_at is null", [delivery.delivery_id]
    )
    return {row[0] for row in rows}
