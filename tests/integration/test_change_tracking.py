"""Builds that look only at what changed: what they write, that nothing escapes them, and that their tests can fail."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from orchestration import dbt
from orchestration.ingest.ledger import ledger_state
from orchestration.ingest.progress import BUILD, look_at_everything, passed_since, record_progress
from orchestration.settings import Settings
from tests.installation import clean_environment
from tests.integration.dbt_seed import CODE, Feed, ask
from tests.integration.test_dbt import contents

TRACKED = ("core.fct_incident_version", "core.fct_incident", "core.fct_incident_dagdeel", "core.incident_day",
           "marts.incident_kaart", "marts.trend_maand")  # fmt: skip
CHAIN = "+trend_maand"


@contextmanager
def transformer(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.dsn("transformer")) as connection:
        yield connection


def followed(settings: Settings) -> dict[str, list[Any]]:
    """Every tracked table; a day that nothing is left of is remembered only by who saw it go, so not those."""
    found = contents(settings, TRACKED)
    query = "select municipality_code, local_date, parts, weight from core.incident_day where parts > 0 order by 1, 2"
    return found | {"core.incident_day": ask(settings, query)}


def written(settings: Settings, select: str = CHAIN) -> dict[str, int]:
    """Rows per table that a build wrote: those of a newer transaction than the one in which this began."""
    with transformer(settings) as connection:
        row = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
    assert row
    dbt.build(settings, select)
    with transformer(settings) as connection:
        return {
            table: connection.execute(
                f"select count(*) from {table} where xmin::text::bigint > %s",  # type: ignore[call-overload]
                row,
            ).fetchone()[0]
            for table in TRACKED
        }  # fmt: skip


def day(feed: Feed, number: int, incidents: int = 4) -> None:
    """A delivery of incidents that each happened on two days of their own month, in two buurten."""
    month = f"{2000 + number // 12}-{1 + number % 12:02d}"
    feed.deliver(
        {
            "incident_id": f"{number}-{n}", "buurt": ("B1", "B3")[n % 2], "reported_at": f"{month}-12 08:00+00",
            "parts": [(f"{month}-10", "avond", 0.5), (f"{month}-11", "nacht", 0.5)],
        }
        for n in range(incidents)
    )  # fmt: skip


@pytest.mark.timeout(900)
def test_a_build_writes_what_a_delivery_touches_however_long_the_history(fresh: Settings) -> None:
    feed = Feed(fresh)

    def delivery(name: str, corrected: int) -> None:
        month = f"{2000 + corrected // 12}-{1 + corrected % 12:02d}"
        known = {"buurt": "B3", "parts": [(f"{month}-10", "middag", 1)], "reported_at": f"{month}-12 09:00+00"}
        feed.deliver(
            [
                {"incident_id": f"{corrected}-0", **known},
                {"incident_id": f"{corrected}-1", "status": "withdrawn", "reported_at": f"{month}-12 09:00+00"},
                *({"incident_id": f"{name}-{n}", **known} for n in range(3)),
            ]
        )

    for number in range(6):
        day(feed, number)
    dbt.build(fresh, CHAIN)
    delivery("eerst", 3)
    short = written(fresh)
    # Five incidents of which two with an earlier version; four of them count; all on two days of one month.
    assert short["core.fct_incident_version"] == 7
    assert short["core.fct_incident"] == 4
    assert short["core.fct_incident_dagdeel"] == 4
    assert short["core.incident_day"] == 2
    assert 0 < short["marts.incident_kaart"] <= 6
    assert 0 < short["marts.trend_maand"] <= 3
    assert set(written(fresh).values()) == {0}, "nothing new, nothing written"

    for number in range(6, 60):
        day(feed, number)
    dbt.build(fresh, CHAIN)
    delivery("later", 40)
    assert written(fresh) == short
    assert ask(fresh, "select count(*) from core.fct_incident") == [(60 * 4 + 6 - 2,)]
    step_by_step = followed(fresh)
    dbt.build(fresh, CHAIN, full_refresh=True)
    assert followed(fresh) == step_by_step


@pytest.mark.timeout(900)
def test_every_cause_of_a_change_is_followed(fresh: Settings) -> None:
    """After each, the tables are what they would have been when made from nothing."""
    feed, other = Feed(fresh), Feed(fresh, "GM9002", "Elders")
    for number in range(3):
        day(feed, number)
    alone = [("2005-05-05", "avond", 1)]
    row_ids = feed.deliver(
        [
            {"incident_id": "fraude", "offence_code": "F614", "buurt": "B2"},
            {"incident_id": "ongewogen", "parts": None, "begin_at": "2024-03-30 23:30+00"},
            {"incident_id": "bewerkt", "buurt": "B1"},
        ]
    )
    taken_back = feed.deliver([{"incident_id": "alleen", "buurt": "B1", "parts": alone}])
    other.deliver([{"incident_id": "bewerkt", "buurt": "B1"}])
    dbt.build(fresh, CHAIN)

    # The only delivery of an incident is accepted no more: it goes, with its day and its month. And the build stopped
    # after the first table.
    feed.execute("update raw.delivery set status = 'held' where delivery_id = (select delivery_id from raw.incident "
                 "where row_id = %s)", [taken_back["alleen"]])  # fmt: skip
    feed.deliver([{"incident_id": "bewerkt", "status": "withdrawn"}])
    dbt.build(fresh, "fct_incident_version")
    dbt.build(fresh, CHAIN)
    assert ask(fresh, "select parts from core.incident_day where local_date = '2005-05-05'") == [(0,)]
    assert ask(fresh, "select count(*) from marts.incident_kaart where datum = '2005-05-05'") == [(0,)]
    assert ask(fresh, "select count(*) from marts.trend_maand where maand = '2005-05-01'") == [(0,)]
    assert ask(fresh, "select municipality_code from core.fct_incident where incident_id = 'bewerkt'") == [("GM9002",)]

    # Settings of one municipality: what counts as high impact, its zone, its division, a name of an area.
    feed.execute("update raw.municipality set hic_categories = '{3.9.1}', time_zone = 'America/New_York', "
                 "area_vintage = '2025' where municipality_code = %s", [CODE])  # fmt: skip
    feed.execute("insert into enriched.area select municipality_code, replace(area_code, 'B', 'N'), '2025', area_name, "
                 "level, parent_code, derived, geometry_geojson, area_ha from enriched.area where vintage = '2024' and "
                 "municipality_code = %s", [CODE])  # fmt: skip
    feed.execute("delete from enriched.incident_place where municipality_code = %s and buurt_code = %s",
                 [CODE, f"{CODE}B2"])  # fmt: skip
    feed.execute("insert into enriched.incident_place (municipality_code, row_id, vintage, buurt_code, wijk_code, "
                 "place_quality) values (%s, %s, '2025', %s, %s, 'exact')",
                 [CODE, row_ids["fraude"], f"{CODE}N2", f"{CODE}W1"])  # fmt: skip
    other.execute("update enriched.area set area_name = 'Oud dorp' where area_code = 'GM9002B1' and vintage = '2024'")
    dbt.build(fresh, CHAIN)
    hic = ask(fresh, "select distinct offence_code, is_hic from core.fct_incident where municipality_code = 'GM9001'")
    assert sorted(hic) == [("A20", False), ("F614", True)]
    assert ask(fresh, "select is_hic from core.fct_incident where municipality_code = 'GM9002'") == [(True,)]
    unweighed = "select local_date::text from core.fct_incident_dagdeel where incident_id = 'ongewogen'"
    assert ask(fresh, unweighed) == [("2024-03-30",)]
    shown = ask(fresh, "select distinct buurt from marts.incident_kaart where gemeentecode = 'GM9002'")
    assert shown == [("Oud dorp",)]
    settings_changed = followed(fresh)

    # Weights all made anew, and another table made from nothing by hand while an incident left it unseen.
    feed.execute("delete from enriched.incident_dagdeel where municipality_code = %s", [CODE])
    feed.execute("insert into enriched.incident_dagdeel (municipality_code, row_id, local_date, dagdeel, weight) "
                 "select municipality_code, row_id, '2001-01-01', 'middag', 1 from raw.incident "
                 "where municipality_code = %s", [CODE])  # fmt: skip
    feed.deliver([{"incident_id": "fraude", "status": "withdrawn"}])
    dbt.build(fresh, "fct_incident_version")
    dbt.build(fresh, "fct_incident", full_refresh=True)
    dbt.build(fresh, CHAIN)
    assert ask(fresh, "select distinct datum::text from marts.incident_kaart where gemeentecode = 'GM9001'") == [
        ("2001-01-01",)
    ]
    step_by_step = followed(fresh)
    assert step_by_step != settings_changed
    dbt.build(fresh, CHAIN, full_refresh=True)
    assert followed(fresh) == step_by_step


# What is wrong afterwards, in rows as a build would write them → the tests that must say so.
BREAKS = {
    "update core.fct_incident_dagdeel set weight = 0.4, computed_at = now() where incident_id = '0-0' "
    "and dagdeel = 'nacht'": ("dagdeel_weights_sum_to_one",),
    "update core.fct_incident_version set is_current = false, computed_at = now() where incident_id = '0-1'": (
        "one_current_version_per_incident",
    ),
    "insert into core.fct_incident_version select (jsonb_populate_record(v, "
    "'{\"row_id\": 999, \"is_current\": false}')).* from core.fct_incident_version as v where incident_id = '0-2'; "
    "update core.fct_incident_version set computed_at = now() where incident_id = '0-2'": (
        "versions_of_an_incident_do_not_overlap", "every_accepted_row_is_a_version",
    ),
    "update core.fct_incident set row_id = 998, municipality_code = 'GM0', computed_at = now() "
    "where incident_id = '0-3'": (
        "incident_not_enriched", "relationships_fct_incident_row_id", "relationships_fct_incident_municipality_code",
    ),
    "update core.fct_incident_dagdeel set dagdeel = 'schemer', local_date = '1890-01-01', computed_at = now() "
    "where incident_id = '1-0' and dagdeel = 'nacht'": (
        "relationships_fct_incident_dagdeel_dagdeel", "relationships_fct_incident_dagdeel_local_date",
    ),
    "update core.fct_incident_version set status = 'zoek', computed_at = now() where incident_id = '1-1'": (
        "accepted_values_fct_incident_version_status",
    ),
    "insert into marts.incident_kaart select * from marts.incident_kaart where buurt = 'Veld'; "
    "update marts.incident_kaart set berekend_op = now(); update core.incident_day set changed_at = now()": (
        "unique_combination_incident_kaart", "incident_kaart_counts_every_incident",
    ),
    "update marts.incident_kaart set buurtcode = 'BU1', berekend_op = now() where buurt = 'Dorp'": (
        "relationships_incident_kaart_buurtcode",
    ),
    "insert into marts.trend_maand select * from marts.trend_maand where niveau = 'wijk' and aantal > 0 limit 1; "
    "update marts.trend_maand set berekend_op = now()": (
        "unique_combination_trend_maand", "trend_maand_counts_every_incident",
    ),
    "delete from core.incident_day where local_date = (select min(local_date) from core.incident_day)": (
        "days_count_every_incident",
    ),
}  # fmt: skip


@pytest.mark.timeout(900)
def test_what_looks_at_new_rows_alone_can_fail(fresh: Settings) -> None:
    feed = Feed(fresh)
    for number in range(2):
        day(feed, number)
    dbt.build(fresh)
    with psycopg.connect(fresh.dsn("loader")) as connection:
        record_progress(connection, CODE, BUILD, ledger_state(connection, CODE))
        assert passed_since(connection) is not None
    tests = " ".join(f"{name}*" for names in BREAKS.values() for name in names)
    complaints = _verdict(fresh, tests)
    assert not any(_complains(complaints, name) for names in BREAKS.values() for name in names)

    # New rows break the rules: seen although the rest is not looked at. The last would hide others.
    for breaks in (list(BREAKS.items())[:-1], list(BREAKS.items())[-1:]):
        with transformer(fresh) as connection:
            _keep(connection)
            for statement, _ in breaks:
                connection.execute(statement)  # type: ignore[call-overload]
        complaints = _verdict(fresh, tests)
        assert not [name for _, names in breaks for name in names if not _complains(complaints, name)]
        with transformer(fresh) as connection:
            _put_back(connection)

    # An old one is not looked at again, until everything is.
    with transformer(fresh) as connection:
        connection.execute("update core.fct_incident_dagdeel set weight = 0.4 where dagdeel = 'nacht'")
    assert not _complains(_verdict(fresh, "dagdeel_weights_sum_to_one"), "dagdeel_weights_sum_to_one")
    with psycopg.connect(fresh.dsn("loader")) as connection:
        look_at_everything(connection, CODE)
        assert passed_since(connection) is None
    assert _complains(_verdict(fresh, "dagdeel_weights_sum_to_one"), "dagdeel_weights_sum_to_one")


def _keep(connection: psycopg.Connection) -> None:
    for table in TRACKED:
        connection.execute(f"create table core.kept_{table.replace('.', '_')} as table {table}")  # type: ignore[call-overload]


def _put_back(connection: psycopg.Connection) -> None:
    for table in TRACKED:
        copy = f"core.kept_{table.replace('.', '_')}"
        connection.execute(f"delete from {table}")  # type: ignore[call-overload]
        connection.execute(f"insert into {table} table {copy}")  # type: ignore[call-overload]
        connection.execute(f"drop table {copy}")  # type: ignore[call-overload]


def _verdict(settings: Settings, tests: str) -> str:
    """Of these tests each by itself: `dbt build` skips what stands behind a failure."""
    command = [
        dbt.EXECUTABLE,
        "test",
        "--select",
        *tests.split(),
        "--target-path",
        str(settings.home / "dbt" / "target"),
    ]
    environment = clean_environment() | dbt.dbt_environment(settings)
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=dbt.PROJECT_FOLDER).stdout


def _complains(output: str, name: str) -> bool:
    return any(name in line and (" FAIL " in line or " WARN " in line) for line in output.splitlines())
