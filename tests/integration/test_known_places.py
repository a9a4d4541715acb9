"""What was shown is shown again, whatever came since: another default point, other areas, another register."""

from datetime import datetime
from typing import Any

import shapely

from orchestration import dbt
from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import enrich_incidents
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings
from tests.integration.test_default_points import CODES, STATION, at_station, ordinary
from tests.integration.test_geo import X, Y, incident, read, square
from tests.integration.test_streets import address, deliver

MARTS = ("incident_kaart", "trend_maand", "straat_maand")
Shown = dict[str, list[Any]]


def area(town: Municipality, number: int, name: str, left: float) -> dict[str, Any]:
    box = shapely.box(X + left, Y - 20, X + left + 1_000, Y + 980)
    geometry = shapely.to_geojson(box)  # this source delivers RD metres
    code = f"BU9999000{number}"
    more = {"vintage": town.area_vintage, "parent_code": "WK999900", "geometry": geometry}
    return square(code, 0, **more) | {"area_name": name}


def shown(settings: Settings, moment: datetime | None = None) -> Shown:
    """Every mart as it stands, or as its function says that it was."""
    at = "" if moment is None else f"_op('{moment.isoformat()}')"
    return {
        mart: read(settings, f"select to_jsonb(m) - 'berekend_op' as row from marts.{mart}{at} as m order by 1", "bi")
        for mart in MARTS
    }


def build(settings: Settings, town: Municipality, *, full_refresh: bool = False) -> tuple[datetime, Shown]:
    """Places and marts of what was delivered; the moment after, and what is shown then."""
    enrich_areas(settings, town)
    enrich_incidents(settings, town)
    dbt.build(settings, select="+trend_maand +straat_maand", full_refresh=full_refresh)
    [(moment,)] = read(settings, "select clock_timestamp()")
    return moment, shown(settings)


def names(found: Shown, mart: str, column: str) -> set[Any]:
    return {row[column] for (row,) in found[mart]}


def test_what_was_shown_is_shown_again(fresh: Settings) -> None:
    town = load_municipality("demo")
    town.register(fresh)
    deliver(fresh, "area", "gebieden", area(town, 1, "Oud", -20), area(town, 2, "Elders", 2_000))
    deliver(fresh, "address", "adressen", address("1", "Kerkstraat", 1, X + 490))
    church = [
        incident(f"k{n}", X + 480, Y + 500, offence_code=CODES[n], street="Kerkstraat", house_number_text="1")
        for n in range(3)
    ]
    deliver(fresh, "incident", "police_incidents", *ordinary(), *at_station(5), *church)
    first, as_first = build(fresh, town)
    assert "Geen plaats bekend" not in names(as_first, "incident_kaart", "buurt")
    assert names(as_first, "straat_maand", "straat") == {"Kerkstraat"}
    assert shown(fresh, first) == as_first

    # A default point comes up and takes the earlier incidents along.
    deliver(fresh, "incident", "police_incidents", *at_station(95, first=5))
    second, as_second = build(fresh, town)
    assert STATION in [tuple(point) for point in read(fresh, "select x, y from enriched.default_point")]
    assert "Geen plaats bekend" in names(as_second, "incident_kaart", "buurt")
    assert read(fresh, "select count(*) from enriched.incident_place_before") == [(5,)]

    # The areas get another name and another shape, and the only address of the street moves far away.
    deliver(fresh, "area", "gebieden", area(town, 1, "Nieuw", -3_000), area(town, 2, "Elders", -20))
    deliver(fresh, "address", "adressen", address("1", "Kerkstraat", 1, X + 9_000))
    third, as_third = build(fresh, town)
    assert names(as_third, "incident_kaart", "buurt") == {"Elders", "Geen plaats bekend"}
    assert as_third["straat_maand"] == []
    assert names(as_first, "incident_kaart", "buurt") == {"Oud"}

    moments = {first: as_first, second: as_second, third: as_third}
    assert all(shown(fresh, moment) == then for moment, then in moments.items())
    # Neither a run in which nothing changed nor tables made from nothing tell the past otherwise.
    kept = read(fresh, "select count(*) from enriched.incident_place_before")
    enrich_areas(fresh, town)
    enrich_incidents(fresh, town)
    assert read(fresh, "select count(*) from enriched.incident_place_before") == kept
    build(fresh, town, full_refresh=True)
    assert all(shown(fresh, moment) == then for moment, then in moments.items())

    # A street that left the register since has lost its name, and nothing that happened there.
    deliver(fresh, "address", "adressen", address("1", "Nieuwstraat", 1, X + 9_000))
    build(fresh, town)
    again = shown(fresh, first)
    assert {mart: rows for mart, rows in again.items() if mart != "straat_maand"} == {
        mart: rows for mart, rows in as_first.items() if mart != "straat_maand"
    }
    left = {"straat": "Straat niet meer in het register", "plaats": None, "adressen": None}
    unnamed = [row | left for (row,) in as_first["straat_maand"]]
    assert sorted(map(str, unnamed)) == sorted(str(row) for (row,) in again["straat_maand"])


def test_of_a_place_that_comes_out_the_same_nothing_is_kept(fresh: Settings) -> None:
    town = load_municipality("demo")
    deliver(fresh, "area", "gebieden", area(town, 1, "Oud", -20))
    deliver(fresh, "incident", "police_incidents", incident("a", X + 500, Y + 500, street="Kerkstr."))
    enrich_areas(fresh, town)
    enrich_incidents(fresh, town)
    # Another register: every incident is placed anew.
    deliver(fresh, "address", "adressen", address("1", "Dorpsweg", 1, X + 490))
    assert enrich_incidents(fresh, town).recomputed == 1
    assert read(fresh, "select count(*) from enriched.incident_place_before") == [(0,)]
    deliver(fresh, "address", "adressen", address("2", "Kerkstraat", 1, X + 490))
    assert enrich_incidents(fresh, town).recomputed == 1
    [(was, now)] = read(
        fresh,
        "select before.street_key, place.street_key from enriched.incident_place_before as before "
        "inner join enriched.incident_place as place using (municipality_code, row_id)",
    )
    assert was is None
    assert now is not None
