"""The dashboard *Kaart en dagdeel* in a real browser, on a real Superset, against the numbers of the marts."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from PIL import Image

from tests.browser.superset_page import SupersetPage, chromium

MAP = "Incidenten per buurt"
TREND = "Incidenten per maand, de zeven grootste thema's (de laatste maand is nog niet volledig)"
STREETS = "Straten met de meeste incidenten (hele maanden, alle dagdelen)"
BLOCKS = "Blokken met de meeste incidenten (hele maanden)"
DELIVERIES = "Kwaliteit van de gegevens: laatste leveringen (gelezen = geladen + quarantaine + dubbel)"
TILES = {
    "Incidenten": "true",
    "Waarvan misdrijven": "is_misdrijf",
    "High impact crimes": "is_hic",
    "Niet op de kaart": "buurtcode is null",
}
CHARTS = [*TILES, MAP, "Incidenten per dagdeel", "Buurten met de meeste incidenten", STREETS, BLOCKS, TREND, DELIVERIES]


class Platform(Protocol):
    """What these tests need of the fixture in tests/conftest.py."""

    superset_url: str
    superset_admin: str
    superset_password: str
    artifacts: Any

    def expected(self, query: str) -> list[tuple[Any, ...]]: ...


@pytest.fixture(scope="module")
def dashboard(platform: Platform) -> Iterator[SupersetPage]:
    """The dashboard, opened once; each test may read it, and a test that filters opens it anew."""
    with chromium() as browser:
        opened = SupersetPage(browser.new_page(locale="nl-NL"), platform.superset_url)
        opened.log_in(platform.superset_admin, platform.superset_password)
        opened.open_dashboard()
        opened.page.screenshot(path=platform.artifacts / "kaart-en-dagdeel.png")
        yield opened


def count(platform: Platform, condition: str) -> int:
    query = f"select coalesce(round(sum(aantal) filter (where {condition})), 0) from marts.incident_kaart"
    return int(platform.expected(query)[0][0])


def test_every_chart_is_drawn_without_an_error(dashboard: SupersetPage) -> None:
    drawn = dashboard.page.locator("[data-test=chart-grid-component]")
    names = [item.get_attribute("data-test-chart-name") for item in drawn.all()]
    assert sorted(filter(None, names)) == sorted(CHARTS)
    for name in CHARTS:
        chart = dashboard.chart(name)
        assert chart.locator("[role=alert], .ant-alert, .missing-chart-container").count() == 0, chart.inner_text()
        assert chart.locator("canvas, table, .header-line").count() > 0, f"{name} is leeg"


def test_the_tiles_show_the_numbers_of_the_marts(dashboard: SupersetPage, platform: Platform) -> None:
    shown = {name: dashboard.big_number(name) for name in TILES}
    assert shown == {name: count(platform, condition) for name, condition in TILES.items()}
    assert shown["Incidenten"] > 0


def test_the_map_shows_areas_in_several_colours(dashboard: SupersetPage, platform: Platform) -> None:
    picture = dashboard.chart(MAP).locator("canvas").first.screenshot(path=platform.artifacts / "kaart.png")
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    fills = fill_colours(image)
    assert len(fills) >= 3, f"verwacht minstens drie vulkleuren, gevonden {fills}"
    assert sum(fills.values()) > 0.10, f"gekleurde vlakken beslaan maar {sum(fills.values()):.1%} van de kaart"


def fill_colours(image: Image.Image) -> dict[tuple[int, ...], float]:
    """Share of the picture per warm colour (the map runs from yellow to brown) that covers at least 0.3% of it.

    White ground, grey outlines and the legend's black letters are no warm colours; anti-aliased edges are too few.
    """
    pixels = Counter(zip(*[iter(image.tobytes())] * 3, strict=True))
    total = image.width * image.height
    warm = {colour: times / total for colour, times in pixels.items() if colour[0] > colour[2] + 40}
    return {colour: share for colour, share in warm.items() if share >= 0.003}


def test_the_day_parts_stand_in_the_order_of_the_day(dashboard: SupersetPage, platform: Platform) -> None:
    with dashboard.page.expect_response(lambda answer: _asks_for(answer, "dagdeel")) as waiting:
        dashboard.page.reload()
    dashboard.wait_until_drawn()
    rows = waiting.value.json()["result"][0]["data"]
    known = ["nacht", "ochtend", "middag", "avond", "onbekend"]
    present = {row[0] for row in platform.expected("select distinct dagdeel from marts.incident_kaart")}
    assert [row["dagdeel"] for row in rows] == [name for name in known if name in present]


def _asks_for(answer: Any, column: str) -> bool:
    if "/api/v1/chart/data" not in answer.url or "dashboard_id" not in answer.url:
        return False
    query = answer.request.post_data_json["queries"][0]
    return bool(query.get("metrics")) and any(column in str(asked) for asked in query.get("columns") or [])


def test_a_filter_changes_every_number_and_keeps_every_buurt(dashboard: SupersetPage, platform: Platform) -> None:
    before = dashboard.big_number("Incidenten")
    answers = dashboard.choose("NATIVE_FILTER-dagdeel", "nacht")
    dashboard.page.screenshot(path=platform.artifacts / "kaart-en-dagdeel-nacht.png")

    assert dashboard.big_number("Incidenten") == count(platform, "dagdeel = 'nacht'") < before
    in_buurten = count(platform, "dagdeel = 'nacht' and buurtcode is not null")
    areas = next(answer["data"] for answer in answers if "polygoon" in answer["colnames"])
    by_buurt = {row["buurt"]: row["incidenten"] for row in areas}
    assert round(sum(by_buurt.values())) == in_buurten
    polygons = platform.expected(
        "select count(*) from marts.gebied_vlak "
        "join marts.gebied using (gemeentecode, gebiedscode) where niveau = 'buurt'"
    )
    assert len(areas) == polygons[0][0], "een buurt zonder incidenten hoort als lege omtrek te blijven staan"
    by_month = next(answer["data"] for answer in answers if "maand" in answer["colnames"])
    months = {datetime.fromtimestamp(row["maand"] / 1000, UTC).date() for row in by_month}
    covered = platform.expected("select distinct maand from marts.trend_maand where niveau = 'gemeente'")
    assert months == {row[0] for row in covered}, "elke gedekte maand staat er, ook met nul, en onder haar eigen naam"
    dashboard.open_dashboard()


def test_the_deliveries_are_listed_and_add_up(dashboard: SupersetPage, platform: Platform) -> None:
    newest = platform.expected("select bron from marts.datakwaliteit order by leveringsnummer desc limit 1")[0][0]
    table = dashboard.chart(DELIVERIES)
    headings = [text.strip() for text in table.locator("table").first.locator("thead th").all_inner_texts()]
    assert headings[1:8] == ["Bron", "Ontvangen", "Status", "Gelezen", "Geladen", "Quarantaine", "Dubbel"]
    assert newest in table.locator("tbody tr").first.inner_text()


def test_streets_are_listed_by_number_and_small_numbers_stand_together(
    dashboard: SupersetPage, platform: Platform
) -> None:
    rows = _rows_with(dashboard, "opgeteld")
    by_street = platform.expected(
        "select straat, plaats, sum(aantal) from marts.straat_maand group by straatcode, straat, plaats "
        "order by sum(aantal) desc, straat"
    )
    least = platform.expected("select kleine_aantallen from marts.stand limit 1")[0][0]
    shown = [(row["straat"], row["plaats"], round(row["aantal"], 6)) for row in rows[:-1]]
    assert shown == [(street, place, round(float(count), 6)) for street, place, count in by_street if count >= least]
    assert rows[-1]["straat"] == f"Overige straten, elk minder dan {least}"
    assert round(sum(row["aantal"] for row in rows)) == round(sum(count for *_, count in by_street))
    assert rows[-1]["opgeteld"] == pytest.approx(1)
    assert shown[0][0] in dashboard.chart(STREETS).locator("tbody tr").first.inner_text()


def test_blocks_are_pieces_of_streets_and_what_has_no_number_stands_last(
    dashboard: SupersetPage, platform: Platform
) -> None:
    rows = _rows_with(dashboard, "blok")
    by_block = platform.expected(
        "select straat || ', ' || blok, sum(aantal) from marts.straat_maand where blok <> 'nummer niet bekend' "
        "group by blokcode, straat, blok order by 2 desc, 1"
    )
    least = platform.expected("select kleine_aantallen from marts.stand limit 1")[0][0]
    large = [(block, round(float(count), 6)) for block, count in by_block if count >= least]
    assert large
    assert [(row["blok"], round(row["aantal"], 6)) for row in rows[: len(large)]] == large
    assert [row["blok"] for row in rows[len(large) :]] == [
        f"Overige blokken, elk minder dan {least}",
        "Huisnummer niet bekend",
    ]
    everything = platform.expected("select sum(aantal) from marts.straat_maand")[0][0]
    assert round(sum(row["aantal"] for row in rows)) == round(everything)
    assert rows[0]["blok"] in dashboard.chart(BLOCKS).locator("tbody tr").first.inner_text()


def _rows_with(dashboard: SupersetPage, column: str) -> list[dict[str, Any]]:
    """The rows that the list with this column gets when the page is drawn anew."""
    with dashboard.page.expect_response(lambda answer: _shows(answer, column)) as waiting:
        dashboard.page.reload()
    dashboard.wait_until_drawn()
    rows: list[dict[str, Any]] = waiting.value.json()["result"][0]["data"]
    return rows


def _shows(answer: Any, column: str) -> bool:
    if "/api/v1/chart/data" not in answer.url or "dashboard_id" not in answer.url:
        return False
    return any(column in (query.get("columns") or []) for query in answer.request.post_data_json["queries"])


def test_fictional_data_is_labelled(dashboard: SupersetPage, platform: Platform) -> None:
    fictional, source = platform.expected("select fictief, bronvermelding from marts.stand limit 1")[0]
    texts = dashboard.page.locator("[data-test=dashboard-markdown-editor]").all_inner_texts()
    assert any("FICTIEVE GEGEVENS" in text for text in texts) == fictional
    assert source in texts[-1]


def test_the_page_is_dutch(dashboard: SupersetPage) -> None:
    bar = dashboard.page.locator("[data-test=filter-bar]").inner_text()
    assert "Filters toepassen" in bar
    assert "options" not in bar
    for name in ("Periode", "Dagdeel", "Thema", "Delict", "Wijk"):
        assert name in bar


def test_no_fault_in_the_console_and_no_request_to_another_host(dashboard: SupersetPage) -> None:
    assert dashboard.faults == []
