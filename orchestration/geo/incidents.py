"""The step that fills enriched.incident_place and enriched.incident_dagdeel, for the incidents that lack them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import psycopg
from psycopg.copy import QueuedLibpqWriter

from orchestration.geo.areas import lock_enriched
from orchestration.geo.copy_lines import block, text_cells
from orchestration.geo.default_point_step import refresh_default_points
from orchestration.geo.default_points import DefaultPoint, on_points
from orchestration.geo.finished import finish, rows_waiting, unfinished
from orchestration.geo.locate import BUURT, STREET, Locator, Words
from orchestration.geo.place import (
    DEFAULT_POINT,
    EXACT,
    NONE,
    OUTSIDE,
    Buurten,
    at_default_points,
    in_municipality_crs,
    place_points,
)
from orchestration.geo.register_step import forget_places_of_other_register, load_locator
from orchestration.geo.stream import incidents_without
from orchestration.geo.weigh import forget_weights_of_other_settings, weigh
from orchestration.ingest.cells import escape
from orchestration.municipality import Municipality
from orchestration.settings import Settings


class PlaceError(RuntimeError):
    """Incidents wait for a place and there are no areas to look in; the message says what to deliver."""


@dataclass(frozen=True)
class EnrichResult:
    """Counts of one run, in incident versions. `rows` were new; `recomputed` had a place in earlier areas.

    `point_in_buurt`: the coordinate lies in a buurt. Of these `placed` can be used on a map; the others lie on a
    default point, which says where a form was filled in.
    """

    rows: int
    point_in_buurt: int
    placed: int
    placed_by_words: int
    outside: int
    no_place: int
    on_default_point: int
    unknown_dagdeel: int
    recomputed: int
    default_points: tuple[DefaultPoint, ...] = ()

    def metadata(self) -> dict[str, Any]:
        """For the run's page, in Dutch."""
        return {
            "rijen": self.rows,
            "punt_in_buurt": self.point_in_buurt,
            "geplaatst": self.placed,
            "geplaatst_op_naam": self.placed_by_words,
            "buiten_gemeente": self.outside,
            "zonder_plaats": self.no_place,
            "op_standaardpunt": self.on_default_point,
            "opnieuw_geplaatst": self.recomputed,
            "standaardpunten": [f"{p.x:.0f}, {p.y:.0f}: {p.reason}" for p in self.default_points],
        }


MANY = 10_000  # rows; of fewer, what the planner thinks of the tables stays true enough


def enrich_incidents(settings: Settings, municipality: Municipality) -> EnrichResult:
    """Give each accepted incident version its place and its day-part weights.

    Only what is missing is computed: weights of incidents that have none, places of incidents without one in the
    present areas (`enrich_areas` deletes the places of areas that changed, a default point that comes or goes those
    of the incidents on it). The two are found side by side, each on connections of its own, and committed when both
    are there; who dies between the commits has the places, and weighs next time.

    Raises:
        PlaceError: there are incidents and no buurten of the municipality's vintage.
    """
    dsn = settings.dsn("loader")
    # Reading and COPYing at once takes two connections. The readers' snapshots are taken under the lock.
    with (
        psycopg.connect(dsn) as writer,
        psycopg.connect(dsn) as reader,
        psycopg.connect(dsn) as weight_writer,
        psycopg.connect(dsn) as weight_reader,
    ):
        lock_enriched(writer, municipality.code)
        # Autovacuum comes by once a minute, and a planner that knows nothing of what was just written pairs each row
        # with every other: placing 150,000 incidents took a quarter of an hour, and the build after it did not end.
        # An older server, which does not know the right to do this, only warns.
        if rows_waiting(writer, municipality.code) >= MANY:
            writer.execute("analyze raw.incident")
        forget_places_of_other_register(writer, municipality)
        default_points = refresh_default_points(writer, municipality)
        forget_weights_of_other_settings(writer, municipality)
        # The readers see what was deleted only after this. Should what follows fail, the next run finds the rest.
        writer.commit()
        # It waits, with the lock, for places that take longer than weights.
        weight_writer.execute("set local idle_in_transaction_session_timeout to 0")
        lock_enriched(weight_writer, municipality.code)
        # PostgreSQL takes in the one while Python makes the other. Should either fail, nothing is committed.
        with ThreadPoolExecutor(max_workers=1) as pool:
            weighing = pool.submit(weigh, weight_reader, weight_writer, municipality)
            try:
                points = [(point.x, point.y) for point in default_points]
                quality, in_buurt = _place(reader, writer, municipality, points)
            except BaseException:
                weight_writer.cancel_safe()  # the pool waits for what it runs
                raise
            rows, unknown = weighing.result()
        # An incident gets its weights together with its first place, or after it when a run died in between.
        recomputed = max(quality.total() - rows, 0)
        if recomputed:
            _forget_what_stayed(writer, municipality)
        writer.commit()
        weight_writer.commit()  # with the lock: whoever waits for it sees both
        if max(quality.total(), rows) >= MANY:
            writer.execute("analyze enriched.incident_place, enriched.incident_dagdeel")
    return EnrichResult(
        rows=rows,
        point_in_buurt=in_buurt,
        placed=quality[EXACT],
        placed_by_words=quality[STREET] + quality[BUURT],
        outside=quality[OUTSIDE],
        no_place=quality[NONE],
        on_default_point=quality[DEFAULT_POINT],
        unknown_dagdeel=unknown,
        recomputed=recomputed,
        default_points=default_points,
    )


def _forget_what_stayed(writer: psycopg.Connection, municipality: Municipality) -> None:
    """Of places that were made anew keep from before only what a figure would show otherwise."""
    writer.execute(
        """
        delete from enriched.incident_place_before as before
        using enriched.incident_place as place
        where before.municipality_code = %s
          and place.municipality_code = before.municipality_code and place.row_id = before.row_id
          and (place.buurt_code, place.wijk_code, place.place_quality, place.street_key, place.block_code)
            is not distinct from
            (before.buurt_code, before.wijk_code, before.place_quality, before.street_key, before.block_code)
          and not exists (
            select from enriched.incident_place_before as later
            where later.municipality_code = before.municipality_code and later.row_id = before.row_id
              and later.replaced_at > before.replaced_at
          )
        """,
        [municipality.code],
    )


def _place(
    reader: psycopg.Connection,
    writer: psycopg.Connection,
    municipality: Municipality,
    default_points: list[tuple[float, float]],
) -> tuple[Counter[str], int]:
    """Place what has no place in the present areas; returns the rows per place quality, and with a point in a buurt."""
    deliveries = unfinished(writer, municipality.code, "place")
    chunks = incidents_without(
        reader,
        "enriched.incident_place",
        """
          i.row_id, i.source, coalesce(i.x, 'NaN'), coalesce(i.y, 'NaN'),
          i.street, i.house_number_text, i.place, i.police_wijk, i.police_buurt
        """,
        municipality,
        deliveries,
    )
    counts: Counter[str] = Counter()
    in_buurt = 0
    vintage = escape(municipality.area_vintage)
    buurten: Buurten | None = None
    locator: Locator | None = None
    with (
        writer.cursor() as cursor,
        cursor.copy(
            "copy enriched.incident_place (municipality_code, row_id, vintage, buurt_code, wijk_code, place_quality,"
            " street_key, nummeraanduiding_id, block_code, place_note, point_in_buurt) from stdin",
            writer=QueuedLibpqWriter(cursor),  # writes in a thread of its own while the next incidents are placed
        ) as copy,
    ):
        for row_ids, sources, x_given, y_given, *words in chunks:
            buurten = buurten or _buurten(reader, municipality)
            locator = locator or load_locator(reader, municipality, buurten)
            x, y = in_municipality_crs(
                municipality, np.array(sources, dtype=object), np.array(x_given), np.array(y_given)
            )
            points = place_points(x, y, buurten)
            inside = points.quality == EXACT
            places = at_default_points(points, on_points(x, y, default_points))
            located = locator.locate(Words(*(np.array(column, dtype=object) for column in words)), x, y, places)
            counts.update(located.quality.tolist())
            in_buurt += int(inside.sum())
            key = [repeat(municipality.code, len(row_ids)), map(str, row_ids), repeat(vintage, len(row_ids))]
            in_cells = np.where(inside, "t", "f").tolist()
            copy.write(block([*key, *map(text_cells, vars(located).values()), in_cells]))
    finish(writer, municipality.code, "place", deliveries)
    return counts, in_buurt


def load_buurten(connection: psycopg.Connection, municipality: Municipality) -> Buurten | None:
    """The buurten of the municipality's vintage; None when there are none."""
    rows = connection.execute(
        """
        select area_code, parent_code, geometry_geojson from enriched.area
        where municipality_code = %s and vintage = %s and level = 'buurt'
        """,
        [municipality.code, municipality.area_vintage],
    ).fetchall()
    if not rows:
        return None
    codes, parents, geojson = (list(column) for column in zip(*rows, strict=True))
    return Buurten.from_geojson(codes, parents, geojson, municipality.crs)


def _buurten(connection: psycopg.Connection, municipality: Municipality) -> Buurten:
    buurten = load_buurten(connection, municipality)
    if buurten is None:
        raise PlaceError(
            f"{municipality.name} ({municipality.code}) heeft incidenten maar geen geaccepteerde buurten van "
            f"jaargang {municipality.area_vintage}: lever een bron met shape `area`, niveau `buurt` en die jaargang, "
            "of wijzig `area_vintage` in municipality.yaml"
        )
    return buurten
