"""The step that fills enriched.default_point from all accepted incidents, and forgets the places it changes."""

import csv
import json
from dataclasses import astuple, dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import psycopg

from orchestration.geo.default_points import DECIMALS, DefaultPoint, judge, on_points, suspects
from orchestration.geo.place import in_municipality_crs
from orchestration.ingest.progress import progress, record_progress
from orchestration.municipality import DefaultPointRule, Municipality
from orchestration.settings import REPOSITORY

_STAGE = "default_point"
_LAW = 1  # raise it with every change that finds other points
_GROWTH = 0.01  # of the accepted incidents since the last search
_COLUMNS = "x, y, incidents, share, categories, streets, reason, listed_reason"


def refresh_default_points(connection: psycopg.Connection, municipality: Municipality) -> tuple[DefaultPoint, ...]:
    """The default points, found anew when that can matter; the places on a point that came or went are deleted.

    They are found anew when the rule changed, and when the accepted incidents grew by a hundredth since the last
    search: a point that holds an improbable share of a history is not made by one day, and a search reads all of it.
    What is found depends on nothing but the deliveries accepted by then and the rule. An incident counts at every
    point where a version of it was ever placed: one that moved away later was filled in there all the same.
    The caller holds the lock (`lock_enriched`), commits, and places anew what has no place.
    """
    stored = tuple(
        DefaultPoint(*row)
        for row in connection.execute(
            f"select {_COLUMNS} from enriched.default_point where municipality_code = %s order by x, y",  # noqa: S608
            [municipality.code],
        )
    )
    rule = municipality.default_points
    listed = "".join(point.model_dump_json() for point in municipality.listed_default_points)
    asked = f"{municipality.crs} {rule.model_dump_json()} {listed}" if rule else None
    state = _Searched(_accepted_rows(connection, municipality), asked, _LAW)
    last = progress(connection, municipality.code, _STAGE)
    if last is not None and not state.is_news_since(_Searched(*json.loads(last))):
        return stored
    places = _places(connection, municipality)
    found = _with_reasons(_find(connection, municipality, places, rule), municipality) if rule else ()
    if found != stored:
        _store(connection, municipality, found)
        changed = {(p.x, p.y) for p in found} ^ {(p.x, p.y) for p in stored}
        _forget_places(connection, municipality, places, sorted(changed))
    record_progress(connection, municipality.code, _STAGE, json.dumps(astuple(state)))
    return found


@dataclass(frozen=True)
class _Searched:
    """What a search stood on: incident rows accepted, CRS and rule of the municipality as text, the law here."""

    rows: int
    rule: str | None
    law: int

    def is_news_since(self, last: "_Searched") -> bool:
        return (
            (self.rule, self.law) != (last.rule, last.law)
            or self.rows < last.rows
            or (self.rows > last.rows and self.rows - last.rows >= _GROWTH * last.rows)
        )


def _accepted_rows(connection: psycopg.Connection, municipality: Municipality) -> int:
    row = connection.execute(
        """
        select coalesce(sum(rows_loaded), 0)::bigint from raw.delivery
        where municipality_code = %s and shape = 'incident' and status = 'accepted'
        """,
        [municipality.code],
    ).fetchone()
    return int(row[0]) if row else 0


def _places(connection: psycopg.Connection, municipality: Municipality) -> pd.DataFrame:
    """One row per delivered coordinate: source, given_x, given_y, incidents, streets, and x and y in metres."""
    rows = connection.execute(
        """
        select source, x, y, count(distinct incident_id), count(distinct lower(btrim(street)))
        from raw.accepted_incident
        where municipality_code = %s and x is not null and y is not null
        group by source, x, y
        """,
        [municipality.code],
    ).fetchall()
    frame = pd.DataFrame(rows, columns=["source", "given_x", "given_y", "incidents", "streets"])
    x, y = in_municipality_crs(
        municipality,
        frame["source"].to_numpy(dtype=object),
        frame["given_x"].to_numpy(dtype=np.float64, copy=True),
        frame["given_y"].to_numpy(dtype=np.float64, copy=True),
    )
    frame = frame.assign(x=x.round(DECIMALS), y=y.round(DECIMALS))
    return pd.DataFrame(frame[np.isfinite(frame["x"]) & np.isfinite(frame["y"])])


def _find(
    connection: psycopg.Connection, municipality: Municipality, places: pd.DataFrame, rule: DefaultPointRule
) -> tuple[DefaultPoint, ...]:
    points = places.groupby(["x", "y"], as_index=False).agg(incidents=("incidents", "sum"), streets=("streets", "max"))
    suspected = suspects(points, rule)
    if suspected.empty:
        return ()
    everywhere = _by_category(
        connection.execute(
            """
            select offence_code, count(distinct incident_id) from raw.accepted_incident
            where municipality_code = %s and x is not null and y is not null
            group by offence_code
            """,
            [municipality.code],
        ).fetchall()
    )
    judged = (
        judge(suspect, *_details(connection, municipality, places, suspect), everywhere, rule)
        for _, suspect in suspected.sort_values(["x", "y"]).iterrows()
    )
    return tuple(point for point in judged if point)


def _with_reasons(found: tuple[DefaultPoint, ...], municipality: Municipality) -> tuple[DefaultPoint, ...]:
    known = {_rounded(point.x, point.y): point.reason for point in municipality.listed_default_points}
    return tuple(replace(point, listed=known.get(_rounded(point.x, point.y))) for point in found)


def _rounded(x: float, y: float) -> tuple[float, float]:
    return round(x, DECIMALS), round(y, DECIMALS)


def _details(
    connection: psycopg.Connection, municipality: Municipality, places: pd.DataFrame, suspect: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Numbers of incidents at one point, by offence category and by street."""
    here = places[(places["x"] == suspect["x"]) & (places["y"] == suspect["y"])]
    query = """
        select {}, count(distinct i.incident_id)
        from raw.accepted_incident as i
        inner join unnest(%s::text[], %s::float8[], %s::float8[]) as here (source, x, y) using (source, x, y)
        where i.municipality_code = %s
        group by 1
        """
    arguments = [*(here[name].tolist() for name in ("source", "given_x", "given_y")), municipality.code]
    offences = connection.execute(query.format("i.offence_code"), arguments).fetchall()
    streets = connection.execute(query.format("lower(btrim(i.street))"), arguments).fetchall()
    return _by_category(offences), pd.Series({street: n for street, n in streets if street}, dtype=np.int64)


def _by_category(by_code: list[tuple[str, int]]) -> pd.Series:
    """Counts per INP category; a code that the list does not know stands for itself."""
    frame = pd.DataFrame(by_code, columns=["code", "incidents"])
    category = frame["code"].map(_categories()).fillna(frame["code"])
    return frame.groupby(category)["incidents"].sum()


@cache
def _categories() -> dict[str, str]:
    with (REPOSITORY / "dbt_project" / "seeds" / "seed_mk_code.csv").open(encoding="utf-8", newline="") as file:
        return {row["offence_code"]: row["category_code"] for row in csv.DictReader(file)}


def _store(connection: psycopg.Connection, municipality: Municipality, found: tuple[DefaultPoint, ...]) -> None:
    connection.execute("delete from enriched.default_point where municipality_code = %s", [municipality.code])
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into enriched.default_point (municipality_code, {_COLUMNS})"  # noqa: S608
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(municipality.code, *astuple(point)) for point in found],
        )


def _forget_places(
    connection: psycopg.Connection,
    municipality: Municipality,
    places: pd.DataFrame,
    points: list[tuple[float, float]],
) -> None:
    """Delete the places of incidents on these points; points that are only stored differently are not among them."""
    touched = places[on_points(places["x"].to_numpy(), places["y"].to_numpy(), points)]
    connection.execute(
        """
        delete from enriched.incident_place as p
        using raw.incident as i
        inner join unnest(%s::text[], %s::float8[], %s::float8[]) as here (source, x, y) using (source, x, y)
        where p.municipality_code = %s and i.municipality_code = p.municipality_code and i.row_id = p.row_id
        """,
        [*(touched[name].tolist() for name in ("source", "given_x", "given_y")), municipality.code],
    )
