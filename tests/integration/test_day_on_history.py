"""A day's delivery costs a day: finished deliveries are passed over, and whoever deletes makes them unfinished."""

from typing import Any

import psycopg
import pytest

from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import EnrichResult, enrich_incidents
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings
from tests.integration.raw_rows import insert_delivery
from tests.integration.test_geo import X, Y, deliver_areas, incident, square

HISTORY = 400


@pytest.fixture
def groningen() -> Municipality:
    return load_municipality("groningen")


def deliver(settings: Settings, first: int, number: int) -> int:
    rows = [incident(f"I{first + i}", X + (first + i) % 900, Y + 10 + i % 700) for i in range(number)]
    return insert_delivery(settings, "GM0014", "incident", rows, source="police_incidents")


def run(settings: Settings, municipality: Municipality) -> EnrichResult:
    enrich_areas(settings, municipality)
    return enrich_incidents(settings, municipality)


def ask(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.dsn("loader")) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


def change(settings: Settings, *statements: str) -> None:
    with psycopg.connect(settings.dsn("admin")) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


FINISHED = "select stage, delivery_id from enriched.finished_delivery order by 1, 2"
LACKING = """
    select
      (select count(*) from raw.incident as i where not exists (
        select from enriched.incident_place as p where p.row_id = i.row_id
      )),
      (select count(*) from raw.incident as i where not exists (
        select from enriched.incident_dagdeel as d where d.row_id = i.row_id
      ))
"""


@pytest.fixture
def history(fresh: Settings, groningen: Municipality) -> tuple[int, int]:
    """Two deliveries, placed and weighed."""
    deliver_areas(fresh, square("BU00140001", 0))
    numbers = (deliver(fresh, 0, HISTORY // 2), deliver(fresh, HISTORY // 2, HISTORY // 2))
    assert run(fresh, groningen).rows == HISTORY
    return numbers


def test_each_stage_marks_what_it_finished(fresh: Settings, history: tuple[int, int]) -> None:
    assert ask(fresh, FINISHED) == [(stage, number) for stage in ("dagdeel", "place") for number in history]


def test_a_finished_delivery_is_not_looked_at_again(
    fresh: Settings, groningen: Municipality, history: tuple[int, int]
) -> None:
    # Behind the trigger's back: only who looks through the finished delivery would find that something lacks.
    change(
        fresh,
        "set local session_replication_role = replica",
        "delete from enriched.incident_place where row_id = (select min(row_id) from raw.incident)",
        "delete from enriched.incident_dagdeel where row_id = (select min(row_id) from raw.incident)",
    )
    deliver(fresh, HISTORY, 3)
    result = run(fresh, groningen)
    assert (result.rows, result.recomputed) == (3, 0)
    assert ask(fresh, LACKING) == [(1, 1)]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("delete from enriched.incident_place where row_id = (select min(row_id) from raw.incident)", {"place": 1}),
        ("delete from enriched.incident_dagdeel where row_id = (select max(row_id) from raw.incident)", {"dagdeel": 1}),
        ("delete from enriched.incident_place", {"place": 0}),
        ("truncate enriched.incident_place", {"place": 0}),
        ("truncate enriched.incident_dagdeel", {"dagdeel": 0}),
    ],
)
def test_what_is_deleted_is_made_again(
    fresh: Settings, groningen: Municipality, history: tuple[int, int], statement: str, left: dict[str, int]
) -> None:
    change(fresh, statement)
    marked = dict(ask(fresh, "select stage, count(*) from enriched.finished_delivery group by 1"))
    assert {stage: marked.get(stage, 0) for stage in ("place", "dagdeel")} == {"place": 2, "dagdeel": 2} | left
    run(fresh, groningen)
    assert ask(fresh, LACKING) == [(0, 0)]
    assert len(ask(fresh, FINISHED)) == 4


def test_default_points_are_searched_anew_once_the_history_grew_by_a_hundredth(
    fresh: Settings, groningen: Municipality, history: tuple[int, int]
) -> None:
    searched = "select state, recorded_at from raw.progress where stage = 'default_point'"
    first = ask(fresh, searched)
    assert first
    deliver(fresh, HISTORY, 3)
    assert run(fresh, groningen).rows == 3
    assert ask(fresh, searched) == first
    deliver(fresh, HISTORY + 3, 1)
    run(fresh, groningen)
    assert ask(fresh, searched) != first


def test_what_is_new_bears_the_moment_of_its_run(
    fresh: Settings, groningen: Municipality, history: tuple[int, int]
) -> None:
    tables = ("incident_place", "incident_dagdeel")
    before = {table: ask(fresh, f"select max(computed_at) from enriched.{table}")[0][0] for table in tables}
    deliver(fresh, HISTORY, 3)
    run(fresh, groningen)
    for table, moment in before.items():
        newer = f"select count(distinct row_id) from enriched.{table} where computed_at > '{moment.isoformat()}'"
        assert ask(fresh, newer) == [(3,)]
