"""The warehouse as it was known at any earlier moment, against sixty days of deliveries read by hand."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from orchestration import dbt
from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import enrich_incidents
from orchestration.ingest.ledger import accept_or_hold, waiting_deliveries
from orchestration.settings import Settings
from tests.integration import replay
from tests.integration.replay import AREAS, POLICE, Arrival, Key, Police, Version
from tests.unit.ingest.support import Office, changed

DAYS, BUILD_EVERY = 60, 10
# Day of a delivery that the gate holds → day on which the mended source brings it in after all.
HELD = {17: 21, 38: 44}


class Station:
    """The platform of one municipality, run by hand: delivery by delivery, a build now and then."""

    def __init__(self, warehouse: Settings, folder: Path) -> None:
        self.office = Office(warehouse, folder, AREAS, POLICE)
        file = folder / "gemeente" / "municipality.yaml"
        hic = [{"group": "hic", "valid_from": date(2013, 1, 1), "categories": ["1.1.1"]}]
        content = yaml.safe_load(file.read_text(encoding="utf-8")) | {"offence_groups": hic}
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        self.office.mend(POLICE)
        self.office.municipality.register(warehouse)
        self.office.put("gebieden.geojson", replay.areas_file(), "gebieden")
        self.take_in("gebieden")
        enrich_areas(warehouse, self.office.municipality)

    def take_in(self, source: str, problems: list[str] | None = None) -> None:
        """Load what waits and decide on it."""
        office = self.office
        office.run(source)
        for delivery in waiting_deliveries(office.connection, office.municipality.code, source, "loaded"):
            accept_or_hold(office.connection, delivery, problems or [])
        office.connection.commit()

    def deliver(self, day: int, versions: list[Version], *, hold: bool = False) -> datetime:
        """A day's file through loader and gate; returns the moment after."""
        self.office.put(f"{day:02d}.csv", replay.csv_file(versions), "politie")
        self.take_in("politie", ["vastgehouden voor de proef"] if hold else None)
        return self.office.scalar("select clock_timestamp()")  # type: ignore[no-any-return]

    def build(self, select: str | None = None) -> None:
        enrich_incidents(self.office.settings, self.office.municipality)
        dbt.build(self.office.settings, select)

    def map(self, moment: datetime | None = None) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """The map of now or of a moment, as the BI role sees it: the rest of the row per key."""
        table = "marts.incident_kaart" if moment is None else "marts.incident_kaart_op(%s)"
        with psycopg.connect(self.office.settings.dsn("bi"), row_factory=dict_row) as connection:
            query = f"select * from {table}"
            rows = connection.execute(query, [moment] if moment else None).fetchall()  # type: ignore[call-overload]
        found = {}
        for row in rows:
            row.pop("berekend_op")
            key = tuple(row.pop(name) for name in ("wijkcode", "buurtcode", "wijk", "buurt", "datum", "dagdeel",
                                                   "delictcode", "is_hic"))  # fmt: skip
            found[key] = (row.pop("aantal"), *row.values())
        assert len(found) == len(rows)
        return found

    def computed(self) -> dict[date, datetime]:
        """When each day of the map was computed; a day is computed as a whole."""
        with psycopg.connect(self.office.settings.dsn("bi")) as connection:
            rows = connection.execute(
                "select datum, min(berekend_op), max(berekend_op) from marts.incident_kaart group by datum"
            ).fetchall()
        assert all(first == last for _, first, last in rows)
        return {day: moment for day, moment, _ in rows}


def assert_map(found: dict[tuple[Any, ...], tuple[Any, ...]], believed: dict[str, Version]) -> None:
    """Equal keys, equal counts to the billionths that weights are rounded to, and a total that is exact."""
    expected: dict[Key, Any] = replay.kaart(believed.values())
    assert found.keys() == expected.keys()
    wrong = {key: (found[key][0], float(n)) for key, n in expected.items() if abs(found[key][0] - _decimal(n)) > 1e-7}
    assert not wrong
    assert sum(row[0] for row in found.values()) == sum(not version.withdrawn for version in believed.values())


def _decimal(number: Any) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


@pytest.mark.timeout(600)
def test_any_day_of_sixty_can_be_asked_again(fresh: Settings, tmp_path: Path) -> None:
    station, police = Station(fresh, tmp_path), Police(seed=20240320)
    arrivals: list[Arrival] = []
    moments: dict[int, datetime] = {}
    remembered: dict[int, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    last_build, computed = 0, {}
    start = station.office.scalar("select clock_timestamp()")
    for day in range(1, DAYS + 1):
        if day in HELD.values():
            station.office.mend(changed(POLICE, title=f"Hersteld op dag {day}"))
        versions = police.day()
        moments[day] = station.deliver(day, versions, hold=day in HELD)
        arrivals += [Arrival(day, place, HELD.get(day, day), version) for place, version in enumerate(versions)]
        if day % BUILD_EVERY == 0:
            station.build(None if last_build == 0 else "+incident_kaart trend_maand")
            # As shown that day.
            remembered[day] = station.map()
            assert_map(remembered[day], replay.held(arrivals, day))
            # Exactly the days were opened again that something changed on.
            before, computed = computed, station.computed()
            moved = {each for each in before.keys() | computed.keys() if before.get(each) != computed.get(each)}
            assert moved == replay.touched_days(replay.held(arrivals, last_build), replay.held(arrivals, day))
            last_build = day

    # Everything that the feed has to hold did occur.
    statuses = dict(
        station.office.rows("select status, count(*) from raw.delivery where source = 'politie' group by 1")
    )
    assert statuses == {"accepted": DAYS, "superseded": len(HELD)}
    [(stale, doubles, withdrawn, unknown)] = station.office.rows(
        """
        select
          (select count(*) from raw.incident as r where exists (
            select from raw.incident as n
            where n.incident_id = r.incident_id and n.row_id < r.row_id and n.changed_at > r.changed_at)),
          (select sum(rows_duplicate) from raw.delivery),
          (select count(*) from raw.incident where status = 'withdrawn'),
          (select count(*) from raw.incident where changed_at is null)
        """
    )
    assert min(stale, doubles, withdrawn, unknown) > 20

    # And asked again at the end, for every day, those without a build too.
    assert station.map(start) == {}
    for day, moment in moments.items():
        found = station.map(moment)
        assert_map(found, replay.held(arrivals, day))
        assert found == remembered.get(day, found), f"day {day} is told otherwise than it was shown"

    # A delivery that was held counts from when it was let through, not from when it first came.
    for day, known in HELD.items():
        rows = station.office.rows(
            "select received_at, accepted_at, delivery_id from raw.delivery "
            "where file_name = %s and status = 'accepted'",
            f"{day:02d}.csv",
        )
        [(received, accepted, number)] = rows
        assert moments[day - 1] < received < moments[day]
        assert moments[known - 1] < accepted < moments[known]
        with psycopg.connect(fresh.dsn("transformer")) as connection:
            first = connection.execute(
                "select min(known_from) from core.fct_incident_version where delivery_id = %s", [number]
            ).fetchone()
        assert first == (accepted,)

    # One delivery with each kind of correction among rows that change nothing.
    dated, back = police.incidents(), police.incidents(withdrawn=True)
    unchanged = [police.stale(dated[4]), police.latest(dated[5])]
    corrections = [
        police.reclassified(dated[0]), police.moved(dated[1]), police.rewindowed(dated[2]), police.withdrawn(dated[3]),
        police.withdrawn(back[0]),
    ]  # fmt: skip
    station.deliver(DAYS + 1, [*unchanged, *corrections])
    arrivals += [Arrival(DAYS + 1, place, DAYS + 1, version) for place, version in enumerate(corrections)]
    station.build()
    before, computed = computed, station.computed()
    moved = {each for each in before.keys() | computed.keys() if before.get(each) != computed.get(each)}
    assert moved == replay.touched_days(replay.held(arrivals, DAYS), replay.held(arrivals, DAYS + 1))
    assert 5 <= len(moved) < len(computed) / 4
    assert station.map() == station.map(datetime.max.replace(tzinfo=moments[1].tzinfo))

    # From nothing it comes out the same, the past included.
    now = station.map()
    dbt.build(station.office.settings, "+incident_kaart trend_maand", full_refresh=True)
    assert station.map() == now
    assert all(station.map(moments[day]) == rows for day, rows in remembered.items())


def test_who_may_ask(fresh: Settings, tmp_path: Path) -> None:
    """The BI role asks for the map of any moment and for nothing beneath it; the public role for neither."""
    station = Station(fresh, tmp_path)
    station.deliver(1, Police(seed=1).day())
    station.build()
    asked = ("core.fct_incident_version", "core.fct_incident", "core.fct_incident_dagdeel")
    with psycopg.connect(fresh.dsn("transformer")) as connection:
        for table in asked:
            # Now is a moment like any other.
            present, then = (
                f"select to_jsonb(t) - 'computed_at' from {source} as t"
                for source in (table, f"{table}_as_known_at(now())")
            )
            differing = connection.execute(
                f"({present} except all {then}) union all ({then} except all {present})"  # type: ignore[call-overload]
            ).fetchall()
            assert not differing, table
    for role in ("bi", "public", "signals"):
        with psycopg.connect(fresh.dsn(role), autocommit=True) as connection:
            functions = [f"{table}_as_known_at" for table in asked]
            for name in functions if role == "bi" else [*functions, "marts.incident_kaart_op"]:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select * from {name}(now())")  # type: ignore[call-overload]
