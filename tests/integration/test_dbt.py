"""What dbt makes of deliveries, step by step, against what a rebuild from nothing makes of them."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from orchestration import dbt
from orchestration.settings import Settings
from tests.integration.dbt_seed import CODE, Feed, ask

# Everything that dbt keeps between runs or shows, without the moments at which it was computed.
TABLES = {
    ("core", "fct_incident_version"): ("computed_at",),
    ("core", "fct_incident"): ("computed_at",),
    ("core", "fct_incident_dagdeel"): ("computed_at",),
    ("core", "fct_measure"): (),
    ("marts", "incident_kaart"): ("berekend_op",),
    ("marts", "trend_maand"): ("berekend_op",),
    ("marts", "straat_maand"): ("berekend_op",),
    ("marts", "dader_delict_plaats_tijd"): (),
    ("marts", "datakwaliteit"): (),
    ("marts", "stand"): (),
}


def contents(settings: Settings, tables: Iterable[str] = ()) -> dict[str, list[Any]]:
    """Every row of these tables (none named: of all) as JSON, in a fixed order."""
    found = {}
    with psycopg.connect(settings.dsn("transformer")) as connection:
        for (schema, table), ignored in TABLES.items():
            if tables and f"{schema}.{table}" not in tables:
                continue
            query = sql.SQL(
                "select to_jsonb(t) - %s::text[] as row from {} as t order by (to_jsonb(t) - %s::text[])::text"
            )
            rows = connection.execute(
                query.format(sql.Identifier(schema, table)), [list(ignored), list(ignored)]
            ).fetchall()
            found[f"{schema}.{table}"] = [row[0] for row in rows]
    return found


def map_of(settings: Settings) -> dict[tuple[Any, ...], Decimal]:
    """aantal per (datum, dagdeel, buurt, delict) as the BI role sees it."""
    rows = ask(
        settings,
        f"select datum, dagdeel, buurt, delict, aantal from marts.incident_kaart where gemeentecode = '{CODE}'",
        role="bi",
    )
    return {tuple(row[:4]): row[4] for row in rows}


def total(settings: Settings) -> tuple[Any, Any]:
    return ask(
        settings,
        f"select (select sum(aantal) from marts.incident_kaart where gemeentecode = '{CODE}'), "
        f"(select count(*) from core.fct_incident where municipality_code = '{CODE}')",
    )[0]  # type: ignore[return-value]


def one_evening(settings: Settings) -> Feed:
    """A town of which one incident is known, in the last evening of January 2024, and built."""
    feed = Feed(settings)
    feed.deliver([{"incident_id": "A", "buurt": "B1", "parts": [("2024-01-31", "avond", 1)]}])
    dbt.build(settings)
    return feed


@pytest.mark.timeout(600)
def test_deliveries_one_by_one_equal_a_rebuild(fresh: Settings) -> None:
    feed, other = Feed(fresh), Feed(fresh, "GM9002", "Elders")
    two_days = [("2024-03-10", "avond", 0.333333333), ("2024-03-11", "nacht", 0.666666667)]
    ids = feed.deliver(
        [
            {"incident_id": "A", "buurt": "B1", "changed_at": "2024-04-01 00:00+00"},
            {"incident_id": "B", "buurt": "B2", "parts": two_days},
            {"incident_id": "C", "offence_code": " q99 "},
            {"incident_id": "D", "quality": "outside", "offence_code": "E33", "parts": [("2024-02-02", "onbekend", 1)]},
            {"incident_id": "E", "buurt": "B3", "offence_code": "F614"},
            {"incident_id": "F", "parts": None, "begin_at": "2024-03-30 23:30+00"},
        ]
    )  # fmt: skip
    other.deliver([{"incident_id": "A", "buurt": "B1"}])
    dbt.build(fresh, unit_tests=True)
    first = map_of(fresh)
    day = date(2024, 3, 10)
    assert first == {
        (day, "avond", "Dorp", "Gekwalificeerde diefstal in/uit woning"): 1,
        (day, "avond", "Haven", "Gekwalificeerde diefstal in/uit woning"): Decimal("0.333333333"),
        (date(2024, 3, 11), "nacht", "Haven", "Gekwalificeerde diefstal in/uit woning"): Decimal("0.666666667"),
        (day, "avond", "Geen plaats bekend", "Onbekende code Q99"): 1,
        (date(2024, 2, 2), "onbekend", "Buiten de gemeente", "Overlast door verward/overspannen persoon"): 1,
        (day, "avond", "Veld", "Fraude met betaalproducten"): 1,
        # Not enriched: on the local begin date, which is a day later than in UTC.
        (date(2024, 3, 31), "onbekend", "Geen plaats bekend", "Gekwalificeerde diefstal in/uit woning"): 1,
    }
    assert total(fresh) == (6, 6)

    own_day = ("2024-03-20", "nacht", 1)
    # A correction moves A to a day of its own; B is withdrawn; a held delivery must not count.
    feed.deliver(
        [
            {"incident_id": "A", "buurt": "B3", "changed_at": "2024-04-05 00:00+00", "parts": [own_day]},
            {"incident_id": "B", "status": "withdrawn"},
        ]
    )  # fmt: skip
    feed.deliver([{"incident_id": "G", "buurt": "B1"}, {"incident_id": "C", "offence_code": "A20"}], status="held")
    dbt.build(fresh)
    second = map_of(fresh)
    gone = {key for key in first if key not in second}
    assert {(key[0], key[2]) for key in gone} == {(day, "Dorp"), (day, "Haven"), (date(2024, 3, 11), "Haven")}
    assert second[(date(2024, 3, 20), "nacht", "Veld", "Gekwalificeerde diefstal in/uit woning")] == 1
    assert total(fresh) == (5, 5)
    held = ask(fresh, "select status, incidenten from marts.datakwaliteit where status = 'vastgehouden'")
    assert held == [("vastgehouden", None)]

    # A stale row arrives late and changes nothing that is shown; the days stay as they were computed.
    computed = ask(fresh, "select max(berekend_op) from marts.incident_kaart")
    feed.deliver([{"incident_id": "A", "buurt": "B1", "changed_at": "2024-04-03 00:00+00"}])
    dbt.build(fresh)
    assert map_of(fresh) == second
    assert ask(fresh, "select max(berekend_op) from marts.incident_kaart") == computed
    versions = ask(
        fresh,
        f"select is_stale, is_current, known_from < known_to from core.fct_incident_version "
        f"where municipality_code = '{CODE}' and incident_id = 'A' order by row_id",
    )
    assert versions == [(False, False, True), (False, True, None), (True, False, False)]

    # The held delivery (an earlier number than the last) is accepted after all; another one is taken back;
    # the late enrichment of F arrives, and E is placed anew in another division of areas.
    held_number = ask(fresh, "select delivery_id from raw.delivery where status = 'held'")[0][0]
    feed.mark(held_number, "accepted")
    taken_back = feed.deliver([{"incident_id": "H", "buurt": "B1"}, {"incident_id": "E", "status": "withdrawn"}])
    dbt.build(fresh)
    assert total(fresh) == (6, 6)
    feed.execute(
        "update raw.delivery set status = 'held' where delivery_id = "
        "(select delivery_id from raw.incident where row_id = %s)",
        [taken_back["H"]],
    )
    feed.execute("insert into enriched.incident_place values (%s, %s, '2024', %s, %s, 'street')",
                 [CODE, ids["F"], f"{CODE}B2", f"{CODE}W1"])  # fmt: skip
    feed.execute("insert into enriched.incident_dagdeel values (%s, %s, '2024-03-31', 'nacht', 1)", [CODE, ids["F"]])
    feed.execute("update enriched.incident_place set buurt_code = %s, computed_at = now() where row_id = %s",
                 [f"{CODE}B1", ids["E"]])  # fmt: skip
    feed.execute("update enriched.area set area_name = 'Nieuwe haven' where area_code = %s", [f"{CODE}B2"])
    dbt.build(fresh)
    third = map_of(fresh)
    assert third[(date(2024, 3, 31), "nacht", "Nieuwe haven", "Gekwalificeerde diefstal in/uit woning")] == 1
    assert third[(day, "avond", "Dorp", "Fraude met betaalproducten")] == 1
    assert not any(delict.startswith("Onbekende") for _, _, _, delict in third)
    assert total(fresh) == (6, 6)

    step_by_step = contents(fresh)
    dbt.build(fresh, full_refresh=True)
    assert contents(fresh) == step_by_step


def test_marts_per_month_of_an_earlier_release_are_written_again(fresh: Settings) -> None:
    one_evening(fresh)
    marts = ("marts.dader_delict_plaats_tijd", "marts.straat_maand")
    expected = contents(fresh, marts)
    assert expected["marts.dader_delict_plaats_tijd"]
    # As they were: made anew by each build, without blocks, and without a word of what they had handled.
    with psycopg.connect(fresh.dsn("transformer")) as connection:
        connection.execute("alter table marts.straat_maand drop column blok, drop column blokcode")
        connection.execute("delete from core.handled where model in ('straat_maand', 'dader_delict_plaats_tijd')")
    dbt.build(fresh)
    assert contents(fresh, marts) == expected
    columns = "select column_name from information_schema.columns where table_name = 'straat_maand'"
    assert {"blok", "blokcode"} <= {name for (name,) in ask(fresh, columns)}


def test_a_month_that_cannot_be_written_again_stays_as_it_was(fresh: Settings) -> None:
    feed = one_evening(fresh)
    mart = "marts.dader_delict_plaats_tijd"
    before = contents(fresh, [mart])
    with psycopg.connect(fresh.dsn("transformer")) as connection:
        connection.execute(f"alter table {mart} add constraint full_disk check (incidenten is null) not valid")
    feed.deliver([{"incident_id": "B", "buurt": "B1", "parts": [("2024-01-30", "avond", 1)]}])
    with pytest.raises(dbt.DbtError, match="full_disk"):
        dbt.build(fresh)
    assert contents(fresh, [mart]) == before
    with psycopg.connect(fresh.dsn("transformer")) as connection:
        connection.execute(f"alter table {mart} drop constraint full_disk")
    dbt.build(fresh)
    assert ask(fresh, f"select sum(incidenten) from {mart}") == [(2,)]


def test_what_a_killed_build_left_at_work_counts_once(fresh: Settings) -> None:
    """Who dies lets go of the turn to build, and the dbt that it had started goes on."""
    feed = one_evening(fresh)
    feed.deliver([{"incident_id": "B", "buurt": "B1", "parts": [("2024-01-31", "avond", 1)]}])
    marts = ("incident_kaart", "dader_delict_plaats_tijd")
    with psycopg.connect(fresh.dsn("transformer")) as left_behind, ThreadPoolExecutor(1) as beside:
        for mart in marts:  # it writes what it found, and is not done yet
            left_behind.execute(f"create temporary table {mart}_copy as select * from marts.{mart}")
            left_behind.execute(f"delete from marts.{mart}")
            left_behind.execute(f"insert into marts.{mart} select * from {mart}_copy")
        build = beside.submit(dbt.build, fresh)
        waiting = "select count(distinct pid) from pg_locks where not granted"
        while not build.done() and ask(fresh, waiting, role="admin") != [(len(marts),)]:
            time.sleep(0.2)
        assert not build.done()
        left_behind.commit()
        build.result()
    assert ask(fresh, "select sum(aantal) from marts.incident_kaart") == [(2,)]
    assert ask(fresh, "select sum(incidenten) from marts.dader_delict_plaats_tijd") == [(2,)]


def test_a_day_that_is_forgotten_leaves_the_marts(fresh: Settings) -> None:
    """Whoever makes the table of days anew loses the word of a day that was emptied before the marts heard of it."""
    one_evening(fresh)
    marts = ("marts.incident_kaart", "marts.dader_delict_plaats_tijd")
    expected = contents(fresh, marts)
    for mart, column in zip(marts, ("datum", "maand"), strict=True):
        with psycopg.connect(fresh.dsn("transformer")) as connection:
            connection.execute(f"create temporary table emptied as select * from {mart}")
            connection.execute(f"update emptied set {column} = '2005-05-01'")
            connection.execute(f"insert into {mart} select * from emptied")
    dbt.build(fresh, "incident_day", full_refresh=True)
    dbt.build(fresh)
    assert contents(fresh, marts) == expected


def test_figures_trend_and_areas(fresh: Settings) -> None:
    feed = Feed(fresh)
    feed.deliver(
        [
            {"incident_id": "A", "buurt": "B1", "parts": [("2024-01-31", "avond", 0.5), ("2024-02-01", "nacht", 0.5)],
             "reported_at": "2024-02-01 10:00+00"},
            {"incident_id": "B", "buurt": "B3", "parts": [("2024-04-02", "avond", 1)],
             "reported_at": "2024-04-03 10:00+00"},
            {"incident_id": "C", "parts": [("2024-04-02", "avond", 1)], "reported_at": "2024-03-31 22:30+00"},
        ]
    )  # fmt: skip
    feed.measures(
        [("p.totaal", "BU1", "2023", 10, "definitive"), ("p.totaal", "BU1", "2023-Q2", None, "not_published")]
    )
    feed.measures([("p.totaal", "BU1", "2023", 12, "provisional")])
    feed.measures([("p.totaal", "BU1", "2023", 99, "definitive")], status="held")
    feed.execute(
        "insert into raw.address (municipality_code, source, delivery_id, row_number, row_hash, nummeraanduiding_id, "
        "adresseerbaarobject_id, street, house_number, postcode, place, x, y) "
        "select %s, 'police', min(delivery_id), n, gen_random_uuid(), 'n' || (n + 1) / 2, 'o1', "
        "case n when 3 then 'dorpsweg' else 'Dorpsweg' end, n, '1234 ab', 'Proefstad', n, 10 * n "
        "from raw.delivery, generate_series(1, 3) as n where status = 'accepted' group by n",
        [CODE],
    )
    dbt.build(fresh)

    figures = ask(fresh, "select period, period_kind, period_start, value, status from core.fct_measure order by 1")
    assert figures == [
        ("2023", "year", date(2023, 1, 1), 12, "provisional"),
        ("2023-Q2", "quarter", date(2023, 4, 1), None, "not_published"),
    ]
    months = ask(
        fresh, "select to_char(maand, 'MM'), aantal from marts.trend_maand where niveau = 'gemeente' order by 1"
    )
    # Nothing was reported in January or March: those months are not covered and hold no zeros.
    assert months == [("01", Decimal("0.5")), ("02", Decimal("0.5")), ("04", 2)]
    oost = ask(fresh, "select to_char(maand, 'MM'), aantal from marts.trend_maand where gebied = 'Oost' order by 1")
    assert oost == [("01", Decimal("0.5")), ("02", Decimal("0.5")), ("04", 0)]

    areas = ask(fresh, "select gebied, niveau, wijkcode, inwoners from marts.gebied order by 1", role="bi")
    assert areas[:2] == [("Dorp", "buurt", f"{CODE}W1", 100), ("Haven", "buurt", f"{CODE}W1", 100)]
    assert len(areas) == 6
    assert ask(fresh, "select count(*) from marts.gebied_vlak") == [(9,)]
    stand = ask(fresh, "select gemeente, fictief, incidenten, zonder_plaats, standaardpunt from marts.stand", role="bi")
    assert stand == [("Proefstad", True, 3, 1, 0)]
    assert ask(fresh, "select street, addresses, centre_x from core.dim_street") == [("Dorpsweg", 2, 2.5)]
    register = ask(fresh, "select house_number, postcode from core.dim_address order by 1", role="signals")
    assert register == [(2, "1234AB"), (3, "1234AB")]
    with psycopg.connect(fresh.dsn("signals")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from core.fct_incident")


def test_the_sums_are_watched(fresh: Settings) -> None:
    """The tests of the project can fail: a map that lost a row stops the build."""
    feed = Feed(fresh)
    feed.deliver([{"incident_id": "A", "buurt": "B1"}, {"incident_id": "B", "buurt": "B3"}])
    dbt.build(fresh)
    with psycopg.connect(fresh.dsn("transformer")) as connection:
        connection.execute("delete from marts.incident_kaart where buurt = 'Veld'")
    with pytest.raises(dbt.DbtError, match="incident_kaart_counts_every_incident"):
        dbt.build(fresh, "incident_kaart trend_maand")


def test_a_missing_schema_is_named_and_not_made(fresh: Settings) -> None:
    with psycopg.connect(fresh.dsn("admin")) as connection:
        connection.execute("drop schema staging cascade")
    with pytest.raises(dbt.DbtError, match="Schema 'staging' ontbreekt"):
        dbt.build(fresh, "stg_raw__municipality")
