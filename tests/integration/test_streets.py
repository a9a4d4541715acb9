"""Streets, addresses and blocks on a real PostgreSQL: the demo from delivery to mart, and what renews them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
import shapely

from orchestration import dbt
from orchestration.demo import generate
from orchestration.demo.truth import DemoTruth
from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import EnrichResult, enrich_incidents
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings
from tests.integration.raw_rows import insert_delivery
from tests.integration.test_default_points import take_in
from tests.integration.test_geo import X, Y, deliver_areas, deliver_incidents, incident, read, snapshot, square

Demo = tuple[Settings, DemoTruth, EnrichResult]

# -- the demo, to the mart ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(new_warehouse: Callable[..., Settings]) -> Demo:
    settings, municipality = new_warehouse(), load_municipality("demo")
    truth = generate(settings.inbox_path, until=date(2026, 11, 23))
    municipality.register(settings)
    result = take_in(settings, municipality, "gebieden", "adressen", "police_incidents")
    dbt.build(settings)
    return settings, truth, result


def test_every_street_and_address_of_an_incident_is_one_of_the_dimensions(demo: Demo) -> None:
    """The law of the key stands in one place; were it written twice, this is what would notice."""
    settings, _, _ = demo
    [(known, unknown, addresses, no_address)] = read(
        settings,
        """
        select count(street.street_key), count(*) filter (where street.street_key is null),
          count(address.nummeraanduiding_id), count(place.nummeraanduiding_id) - count(address.nummeraanduiding_id)
        from enriched.incident_place as place
        left join core.dim_street as street using (municipality_code, street_key)
        left join core.dim_address as address using (municipality_code, street_key, nummeraanduiding_id)
        where place.street_key is not null
        """,
    )
    assert (unknown, no_address) == (0, 0)
    assert known > 16_000
    assert addresses > 11_000


def test_the_right_street_is_found_and_no_wrong_one(demo: Demo) -> None:
    """Of incidents with a street of the register at least 99% get it, at most 0.1% another; outsiders get none."""
    settings, truth, _ = demo
    spelt_otherwise = {item.incident_id: (item.street, item.place) for item in truth.spellings}
    assert len(spelt_otherwise) > 1_000
    outside = set(truth.counts.outside)
    rows = read(
        settings,
        """
        select i.incident_id, i.street, i.place, d.street, d.place
        from enriched.incident_place as p inner join raw.incident as i using (municipality_code, row_id)
        left join core.dim_street as d using (municipality_code, street_key)
        """,
    )
    right = wrong = meant = otherwise = 0
    for incident_id, text, place, street, of_place in rows:
        if incident_id in outside:
            assert street is None
            continue
        meant += 1
        expected = spelt_otherwise.get(incident_id, (text, place))
        right += (street, of_place) == expected
        wrong += street is not None and (street, of_place) != expected
        otherwise += incident_id in spelt_otherwise and (street, of_place) == expected
    assert right >= 0.99 * meant
    assert wrong <= 0.001 * meant
    assert otherwise >= 0.95 * len(spelt_otherwise)


def test_incidents_without_a_point_are_placed_by_their_street(demo: Demo) -> None:
    settings, truth, result = demo
    rows = read(
        settings,
        """
        select p.place_quality, p.buurt_code is not null, p.block_code is null
        from enriched.incident_place as p inner join raw.incident as i using (row_id) where i.x is null
        """,
    )
    assert len(rows) == result.placed_by_words == len(truth.counts.without_place)
    assert {(quality, no_block) for quality, _, no_block in rows} == {("street", True)}
    assert sum(known for _, known, _ in rows) >= 0.9 * len(rows)


def test_each_exact_incident_has_a_block_and_no_other_but_at_an_address(demo: Demo) -> None:
    settings, _, _ = demo
    kinds = read(
        settings,
        r"""
        select place_quality, case when block_code ~ '^E\d+N\d+$' then 'cell'
          when block_code ~ '^[0-9a-f]{32}:\d+-\d+$' then 'face' end as kind, count(*)
        from enriched.incident_place group by 1, 2 order by 1, 2
        """,
    )
    assert [(quality, kind) for quality, kind, _ in kinds] == [
        ("default_point", None), ("exact", "cell"), ("exact", "face"), ("outside", None), ("street", None),
    ]  # fmt: skip
    # A face is one side of one street: its numbers are all even or all odd, and lie within the range it names.
    [(strange,)] = read(
        settings,
        """
        select count(*) from enriched.incident_place as p
        inner join core.dim_address as a using (municipality_code, nummeraanduiding_id)
        where p.block_code not like 'E%' and not (
          split_part(p.block_code, ':', 1) = a.street_key
          and a.house_number between split_part(split_part(p.block_code, ':', 2), '-', 1)::integer
            and split_part(p.block_code, '-', 2)::integer
          and a.house_number % 2 = split_part(p.block_code, '-', 2)::integer % 2)
        """,
    )
    assert strange == 0


def test_the_mart_holds_the_planted_street_and_only_places_to_trust(demo: Demo) -> None:
    settings, truth, _ = demo
    [(in_mart, in_fact)] = read(
        settings,
        """
        select (select sum(aantal) from marts.straat_maand), (
          select count(*) from core.fct_incident where street_key is not null and place_quality in ('exact', 'street'))
        """,
    )
    assert in_mart == in_fact
    hot = truth.hot_street
    # As the truth counts: numbered, not at the default point, since the planted period began.
    busiest = read(
        settings,
        f"""
        select street.street, street.place, count(*)
        from core.fct_incident as i inner join core.dim_street as street using (municipality_code, street_key)
        inner join raw.incident as given using (row_id)
        where given.house_number_text is not null and i.place_quality = 'exact'
          and i.begin_at at time zone 'Europe/Amsterdam' >= '{hot.first_day}'
        group by street.street, street.place order by 3 desc limit 1
        """,
    )
    assert busiest == [(hot.street, hot.place, hot.observed)]


def test_a_second_build_leaves_the_mart_as_it_is(demo: Demo) -> None:
    settings, _, _ = demo
    before = read(settings, "select xmin, ctid from marts.straat_maand order by ctid")
    dbt.build(settings, select="core.incident_day straat_maand")
    assert read(settings, "select xmin, ctid from marts.straat_maand order by ctid") == before


# -- what renews the places --------------------------------------------------------------------------------------------


@pytest.fixture
def demo_town() -> Municipality:
    return load_municipality("demo")


def deliver(settings: Settings, shape: str, source: str, *rows: dict[str, Any], status: str = "accepted") -> int:
    delivery = insert_delivery(settings, "GM9999", shape, rows, source=source, status=status)
    with psycopg.connect(settings.dsn("loader")) as connection:
        connection.execute("update raw.delivery set rows_loaded = %s where delivery_id = %s", [len(rows), delivery])
    return delivery


def address(identifier: str, street: str, number: int, x: float, **more: Any) -> dict[str, Any]:
    return {
        "nummeraanduiding_id": identifier, "adresseerbaarobject_id": identifier, "street": street, "place": "Dorp",
        "house_number": number, "x": x, "y": Y + 500,
    } | more  # fmt: skip


def small_town(settings: Settings, town: Municipality) -> None:
    geometry = shapely.to_geojson(shapely.box(X, Y, X + 1_000, Y + 1_000))  # this source delivers RD metres
    area = square("BU99990001", 0, vintage=town.area_vintage, parent_code="WK999900", geometry=geometry)
    deliver(settings, "area", "gebieden", area)
    deliver(
        settings,
        "incident",
        "police_incidents",
        incident("a", X + 500, Y + 500, street="Kerkstr.", house_number_text="1"),
    )
    enrich_areas(settings, town)


def places(settings: Settings) -> list[tuple[Any, ...]]:
    return read(
        settings,
        "select incident_id, place_quality, nummeraanduiding_id, block_code like 'E%', place_note"
        " from enriched.incident_place join raw.incident using (row_id) order by 1, row_id",
    )


def test_a_new_register_places_every_incident_anew_and_the_same_does_not(
    fresh: Settings, demo_town: Municipality
) -> None:
    small_town(fresh, demo_town)
    enrich_incidents(fresh, demo_town)
    assert places(fresh) == [("a", "exact", None, True, None)]
    held = deliver(fresh, "address", "adressen", address("1", "Kerkstraat", 1, X + 490), status="held")
    before = snapshot(fresh)
    enrich_incidents(fresh, demo_town)
    assert snapshot(fresh) == before
    with psycopg.connect(fresh.dsn("loader")) as connection:
        connection.execute("update raw.delivery set status = 'accepted' where delivery_id = %s", [held])
    assert enrich_incidents(fresh, demo_town).recomputed == 1
    assert places(fresh) == [("a", "exact", "1", False, "abbreviation")]
    # The latest version of an address counts: it is at the other end of the municipality now.
    deliver(fresh, "address", "adressen", address("1", "Kerkstraat", 1, X + 9_000))
    assert enrich_incidents(fresh, demo_town).recomputed == 1
    assert places(fresh) == [("a", "exact", None, True, "too_far")]
    before = snapshot(fresh)
    enrich_incidents(fresh, demo_town)
    assert snapshot(fresh) == before


def test_places_of_before_the_streets_are_found_anew_once(fresh: Settings, demo_town: Municipality) -> None:
    """A warehouse of an earlier version has places without a street, and nothing says what they were found with."""
    small_town(fresh, demo_town)
    deliver(fresh, "address", "adressen", address("1", "Kerkstraat", 1, X + 490))
    enrich_incidents(fresh, demo_town)
    with psycopg.connect(fresh.dsn("admin")) as connection:
        connection.execute("update enriched.incident_place set street_key = null, block_code = null, place_note = null")
        connection.execute("delete from raw.progress where stage = 'place'")
    assert enrich_incidents(fresh, demo_town).recomputed == 1
    assert places(fresh) == [("a", "exact", "1", False, "abbreviation")]
    assert enrich_incidents(fresh, demo_town).recomputed == 0


def test_another_limit_places_anew(fresh: Settings, demo_town: Municipality) -> None:
    small_town(fresh, demo_town)
    deliver(fresh, "address", "adressen", address("1", "Kerkstraat", 1, X + 900))
    enrich_incidents(fresh, demo_town)
    assert places(fresh) == [("a", "exact", "1", False, "abbreviation")]
    strict = demo_town.model_copy(update={"street_limit_m": 399.0})
    strict._folder = demo_town.folder
    assert enrich_incidents(fresh, strict).recomputed == 1
    assert places(fresh) == [("a", "exact", None, True, "too_far")]


def test_a_municipality_without_a_register_has_cells_and_no_streets(fresh: Settings) -> None:
    groningen = load_municipality("groningen")
    deliver_areas(fresh, square("BU00140001", 0))
    deliver_incidents(
        fresh, incident("a", X + 500, Y + 500, street="Kerkstraat"), incident("b", None, None, street="Kerkstraat")
    )
    enrich_areas(fresh, groningen)
    enrich_incidents(fresh, groningen)
    assert read(fresh, "select place_quality, street_key, block_code, place_note from enriched.incident_place") == [
        ("exact", None, "E2335N5825", None), ("none", None, None, None),
    ]  # fmt: skip
