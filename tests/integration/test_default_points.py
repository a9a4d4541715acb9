"""Default points on a real PostgreSQL: the planted one, Groningen's own, and what follows when one comes or goes."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from orchestration.demo import generate
from orchestration.demo.truth import DemoTruth
from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import EnrichResult, enrich_incidents
from orchestration.ingest.load import process
from orchestration.municipality import DefaultPointRule, ListedDefaultPoint, Municipality, load_municipality
from orchestration.settings import Settings
from tests.integration.test_geo import X, Y, deliver_areas, deliver_incidents, incident, read, snapshot, square

STATION = (X + 500, Y + 500)
CODES = ("A10", "A20", "A72", "C10", "D10", "E10", "F10", "F40", "B20", "H10")


def take_in(settings: Settings, municipality: Municipality, *sources: str) -> EnrichResult:
    """Load whole sources and enrich them. No gate: what these hold is accepted."""
    with psycopg.connect(settings.dsn("loader")) as connection:
        for source in sources:
            process(connection, municipality, municipality.source(source), settings)
        connection.execute("update raw.delivery set status = 'accepted' where status = 'loaded'")
    enrich_areas(settings, municipality)
    return enrich_incidents(settings, municipality)


@pytest.fixture(scope="module")
def demo(new_warehouse: Callable[..., Settings]) -> tuple[Settings, DemoTruth, EnrichResult]:
    settings = new_warehouse()
    truth = generate(settings.inbox_path, until=date(2026, 11, 23))
    municipality = load_municipality("demo")
    areas = next(spec.source for spec in municipality.sources if spec.shape == "area")
    return settings, truth, take_in(settings, municipality, areas, "police_incidents")


def test_the_planted_point_of_the_demo_is_found_and_no_other(demo: tuple[Settings, DemoTruth, EnrichResult]) -> None:
    settings, truth, result = demo
    planted = truth.default_point
    [(x, y, incidents, share, categories, reason)] = read(
        settings, "select x, y, incidents, share, categories, reason from enriched.default_point"
    )
    assert (x, y) == (planted.x, planted.y)
    # The address is a place as well: a few ordinary incidents happen there, and some planted ones were withdrawn.
    assert len(planted.incident_ids) <= incidents <= 1.02 * len(planted.incident_ids)
    assert share == pytest.approx(planted.share, abs=0.002)
    assert categories >= 30
    assert f"{incidents} incidenten" in reason
    assert [f"{x:.0f}, {y:.0f}: {reason}"] == result.metadata()["standaardpunten"]


def test_every_incident_of_the_planted_point_leaves_the_map(demo: tuple[Settings, DemoTruth, EnrichResult]) -> None:
    settings, truth, result = demo
    placed = read(
        settings,
        """
        select incident_id, bool_and(place_quality = 'default_point' and buurt_code is null)
        from enriched.incident_place join raw.incident as i using (municipality_code, row_id)
        where (i.x, i.y) = (select x, y from enriched.default_point)
        group by incident_id
        """,
    )
    assert {incident_id for incident_id, _ in placed} >= set(truth.default_point.incident_ids)
    assert all(left for _, left in placed)
    [(elsewhere,)] = read(
        settings,
        """
        select count(*) from enriched.incident_place join raw.incident as i using (municipality_code, row_id)
        where place_quality = 'default_point' and (i.x, i.y) <> (select x, y from enriched.default_point)
        """,
    )
    assert elsewhere == 0
    assert result.on_default_point >= len(truth.default_point.incident_ids)


def test_a_second_run_on_the_demo_writes_nothing(demo: tuple[Settings, DemoTruth, EnrichResult]) -> None:
    settings, _, first = demo
    before = snapshot(settings)
    again = enrich_incidents(settings, load_municipality("demo"))
    assert again.default_points == first.default_points
    assert again.recomputed == 0
    assert snapshot(settings) == before


def test_groningen_has_one_point_with_twenty_streets_and_no_station(
    new_warehouse: Callable[..., Settings], shared_dir: Path
) -> None:
    """Four years of real bike theft: the stalls at the station, 377 thefts, are a place; one point near it is not."""
    settings, municipality = new_warehouse(data=shared_dir / "data"), load_municipality("groningen")
    result = take_in(settings, municipality, "cbs_buurten", "police_incidents")
    found = read(settings, "select x, y, incidents, categories, streets, reason from enriched.default_point")
    # No more and no less than what the folder has a reason for.
    assert [(x, y) for x, y, *_ in found] == [(point.x, point.y) for point in municipality.listed_default_points]
    assert read(settings, "select listed_reason from enriched.default_point") == [
        (point.reason,) for point in municipality.listed_default_points
    ]
    assert found == [
        (
            233_770, 581_840, 35, 1, 20,
            "35 incidenten (0,2% van alle met een coördinaat) op één punt, met 20 verschillende straten",
        )
    ]  # fmt: skip
    assert result.on_default_point == 35
    assert read(
        settings,
        "select place_quality, count(*) from enriched.incident_place join raw.incident as i using (row_id)"
        " where (i.x, i.y) = (233604, 581121) group by 1",
    ) == [("exact", 377)]


# -- when a point comes or goes ----------------------------------------------------------------------------------------


def ordinary() -> list[dict[str, Any]]:
    """Three incidents at each of sixty points of the left square, and one at each of three hundred."""
    rng = np.random.default_rng(3)
    x, y = X + rng.integers(0, 490, 360), Y + rng.integers(0, 490, 360)
    point = np.r_[np.repeat(np.arange(60), 3), np.arange(60, 360)].tolist()
    return [
        incident(f"o{n}", int(x[p]), int(y[p]), offence_code=CODES[n % len(CODES)], street=f"straat {p}")
        for n, p in enumerate(point)
    ]


def at_station(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [
        incident(f"s{n}", *STATION, offence_code=CODES[n % len(CODES)], street="plein")
        for n in range(first, first + count)
    ]


def qualities(settings: Settings) -> dict[str, int]:
    return dict(
        read(
            settings,
            "select place_quality, count(*) from enriched.incident_place join raw.incident using (row_id)"
            " where incident_id like 's%' group by 1",
        )
    )


def test_a_municipality_can_switch_the_search_off(fresh: Settings) -> None:
    municipality = load_municipality("groningen")
    deliver_areas(fresh, square("BU00140001", 0))
    enrich_areas(fresh, municipality)
    deliver_incidents(fresh, *ordinary(), *at_station(60))
    assert enrich_incidents(fresh, municipality).on_default_point == 60
    off = municipality.model_copy(update={"default_points": None})
    assert enrich_incidents(fresh, off).default_points == ()
    assert qualities(fresh) == {"exact": 60}
    assert read(fresh, "select count(*) from enriched.default_point") == [(0,)]


@pytest.fixture
def groningen(fresh: Settings) -> Municipality:
    municipality = load_municipality("groningen")
    deliver_areas(fresh, square("BU00140001", 0))
    enrich_areas(fresh, municipality)
    return municipality


def test_the_reason_of_a_listed_point_follows_the_folder_and_moves_nothing(
    fresh: Settings, groningen: Municipality
) -> None:
    deliver_incidents(fresh, *ordinary(), *at_station(100))
    enrich_incidents(fresh, groningen)
    assert read(fresh, "select listed_reason from enriched.default_point") == [(None,)]
    before = read(fresh, "select row_id, place_quality, computed_at from enriched.incident_place order by 1")
    listed = ListedDefaultPoint(x=STATION[0], y=STATION[1], reason="het bureau")
    elsewhere = ListedDefaultPoint(x=STATION[0] + 1, y=STATION[1], reason="een ander punt")
    update = {"listed_default_points": (elsewhere, listed)}
    looked_at = groningen.model_copy(update=update)
    looked_at._folder = groningen.folder
    assert enrich_incidents(fresh, looked_at).recomputed == 0
    assert read(fresh, "select listed_reason from enriched.default_point") == [("het bureau",)]
    assert read(fresh, "select row_id, place_quality, computed_at from enriched.incident_place order by 1") == before


def test_the_coordinate_of_a_default_point_lies_in_a_buurt_all_the_same(
    fresh: Settings, groningen: Municipality
) -> None:
    nowhere = [incident("n1", None, None), incident("b1", X - 5000, Y)]
    deliver_incidents(fresh, *ordinary(), *at_station(100), *nowhere)
    result = enrich_incidents(fresh, groningen)
    assert result.on_default_point == 100
    assert result.point_in_buurt == result.placed + 100
    query = "select place_quality, count(*) filter (where point_in_buurt) from enriched.incident_place group by 1"
    in_buurt = {"exact": result.placed, "default_point": 100, "outside": 0, "none": 0}
    assert dict(read(fresh, query)) == in_buurt


def test_a_point_that_comes_takes_its_earlier_incidents_along(fresh: Settings, groningen: Municipality) -> None:
    deliver_incidents(fresh, *ordinary(), *at_station(5))
    assert enrich_incidents(fresh, groningen).default_points == ()
    assert qualities(fresh) == {"exact": 5}
    others = "select p.row_id, p.xmin from enriched.incident_place as p join raw.incident as i using (row_id)"
    others += " where i.incident_id like 'o%' order by 1"
    before = read(fresh, others)
    deliver_incidents(fresh, *at_station(95, first=5))
    result = enrich_incidents(fresh, groningen)
    assert (result.rows, result.recomputed, result.on_default_point) == (95, 5, 100)
    assert qualities(fresh) == {"default_point": 100}
    assert read(fresh, others) == before


def test_a_point_that_goes_gives_its_incidents_their_buurt_back(fresh: Settings, groningen: Municipality) -> None:
    deliver_incidents(fresh, *ordinary())
    delivery = deliver_incidents(fresh, *at_station(95, first=5))
    deliver_incidents(fresh, *at_station(5))
    enrich_incidents(fresh, groningen)
    assert qualities(fresh) == {"default_point": 100}
    with psycopg.connect(fresh.dsn("loader")) as connection:
        connection.execute("update raw.delivery set status = 'held' where delivery_id = %s", [delivery])
    assert enrich_incidents(fresh, groningen).default_points == ()
    assert read(fresh, "select count(*) from enriched.default_point") == [(0,)]
    [(accepted,)] = read(
        fresh,
        "select count(*) from enriched.incident_place join raw.accepted_incident using (row_id)"
        " where incident_id like 's%' and place_quality = 'exact' and buurt_code is not null",
    )
    assert accepted == 5


def test_the_municipality_sets_the_rule(fresh: Settings, groningen: Municipality) -> None:
    deliver_incidents(fresh, *ordinary(), *at_station(100))
    strict = groningen.model_copy(update={"default_points": DefaultPointRule(min_incidents=101)})
    strict._folder = groningen.folder
    assert enrich_incidents(fresh, strict).default_points == ()
    assert enrich_incidents(fresh, groningen).on_default_point == 100


def test_zero_zero_is_a_default_point_though_it_lies_outside(fresh: Settings, groningen: Municipality) -> None:
    nowhere = [row | {"x": 0.0, "y": 0.0} for row in at_station(100)]
    deliver_incidents(fresh, *ordinary(), *nowhere)
    enrich_incidents(fresh, groningen)
    assert qualities(fresh) == {"default_point": 100}


def test_a_moved_incident_counts_once_per_point(fresh: Settings, groningen: Municipality) -> None:
    """Versions are not incidents: resending the same ones does not make a point suspect."""
    deliver_incidents(fresh, *ordinary(), *at_station(10))
    for _ in range(12):
        deliver_incidents(fresh, *at_station(10))
    assert enrich_incidents(fresh, groningen).default_points == ()
