"""The step that fills enriched.area and enriched.area_ring."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd
import psycopg

from orchestration.geo.levels import AREA_COLUMNS, BUURT, GEMEENTE, WIJK, AreaSet, build_areas
from orchestration.municipality import Municipality
from orchestration.settings import Settings

_RAW_COLUMNS = [
    "area_code", "area_name", "level", "parent_code", "parent_name", "inhabitants", "households", "geometry", "source",
]  # fmt: skip
_RING_COLUMNS = ["area_code", "ring_number", "ring_json"]


@dataclass(frozen=True)
class AreaResult:
    """What `enrich_areas` found. `changed` is False when the tables already held exactly this."""

    vintage: str
    levels: dict[str, int]
    derived: int
    rings: int
    repaired: tuple[str, ...]
    changed: bool

    @property
    def rows(self) -> int:
        return sum(self.levels.values())

    def metadata(self) -> dict[str, Any]:
        """For the run's page, in Dutch."""
        return {
            "jaargang": self.vintage,
            "buurten": self.levels.get(BUURT, 0),
            "wijken": self.levels.get(WIJK, 0),
            "gemeenten": self.levels.get(GEMEENTE, 0),
            "afgeleid": self.derived,
            "gewijzigd": self.changed,
            "hersteld": list(self.repaired),
        }


def lock_enriched(connection: psycopg.Connection, municipality_code: str) -> None:
    """Wait for, then hold until the end of the transaction, the right to change this municipality's enriched rows."""
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"vis.enriched.{municipality_code}"])


def enrich_areas(settings: Settings, municipality: Municipality) -> AreaResult:
    """Bring the areas of the municipality's vintage up to date, in one transaction.

    Unchanged content is left alone. When the content changes, the places found in the old areas are deleted with
    them, so that `enrich_incidents` finds each incident anew. No accepted areas of the vintage: nothing is touched
    and the result counts 0.

    Raises:
        AreaError: a delivered area cannot be used.
        MunicipalityError: rows come from a source that the municipality's folder no longer declares.
    """
    with psycopg.connect(settings.dsn("loader")) as connection:
        lock_enriched(connection, municipality.code)
        rows = _accepted_areas(connection, municipality)
        if rows.empty:
            return AreaResult(municipality.area_vintage, {}, 0, 0, (), changed=False)
        found = build_areas(rows, code=municipality.code, name=municipality.name, crs=municipality.crs)
        changed = _replace(connection, municipality, found)
    return AreaResult(
        vintage=municipality.area_vintage,
        levels=dict(Counter(found.areas["level"])),
        derived=int(found.areas["derived"].sum()),
        rings=len(found.rings),
        repaired=found.repaired,
        changed=changed,
    )


def _accepted_areas(connection: psycopg.Connection, municipality: Municipality) -> pd.DataFrame:
    """The latest accepted version of each area of the vintage, with the CRS of its source."""
    rows = connection.execute(
        """
        select distinct on (area_code)
          area_code, area_name, level, parent_code, parent_name, inhabitants, households, geometry, source
        from raw.accepted_area
        where municipality_code = %s and vintage = %s
        order by area_code, received_at desc, row_id desc
        """,
        [municipality.code, municipality.area_vintage],
    ).fetchall()
    frame = pd.DataFrame(rows, columns=_RAW_COLUMNS, dtype=object)
    crs = {source: municipality.source(source).crs or municipality.crs for source in frame["source"].unique()}
    return frame.assign(source_crs=frame["source"].map(crs))


def _replace(connection: psycopg.Connection, municipality: Municipality, found: AreaSet) -> bool:
    """Make the two tables hold exactly `found` for this municipality; returns whether that took a change."""
    key = (municipality.code, municipality.area_vintage)
    tables = {
        "area": (AREA_COLUMNS, _records(found.areas)),
        "area_ring": (_RING_COLUMNS, _records(found.rings)),
    }
    columns = {name: f"municipality_code, vintage, {', '.join(names)}" for name, (names, _) in tables.items()}
    wanted = {name: [key + record for record in records] for name, (_, records) in tables.items()}
    present = {
        name: connection.execute(
            f"select {columns[name]} from enriched.{name} where municipality_code = %s",  # noqa: S608
            [municipality.code],
        ).fetchall()
        for name in tables
    }
    if all(set(present[name]) == set(wanted[name]) for name in tables):
        return False
    for name in (*tables, "incident_place"):
        connection.execute(
            f"delete from enriched.{name} where municipality_code = %s",  # noqa: S608
            [municipality.code],
        )
    for name, records in wanted.items():
        with (
            connection.cursor() as cursor,
            cursor.copy(f"copy enriched.{name} ({columns[name]}) from stdin") as copy,
        ):
            for record in records:
                copy.write_row(record)
    return True


def _records(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Rows as Python values, None where the frame holds a missing value."""
    plain = frame.astype(object)
    return list(plain.where(frame.notna(), None).itertuples(index=False, name=None))
