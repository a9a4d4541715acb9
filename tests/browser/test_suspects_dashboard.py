"""The dashboard *Dader, delict, plaats, tijd* in a real browser: it shows the numbers of the mart, in Dutch."""

from collections.abc import Iterator

import pytest

from tests.browser.superset_page import SupersetPage, chromium
from tests.conftest import Platform

DASHBOARD = "/superset/dashboard/dader-delict-plaats-tijd/"
PIVOT = "Wie en wanneer: keren verdacht per leeftijd en jaar"
TILES = {
    "Opgeloste incidenten": "opgelost",
    "Pogingen": "pogingen",
    "Verdachten": "verdachten",
    "Aanhoudingen": "aanhoudingen",
}


@pytest.fixture(scope="module")
def dashboard(platform: Platform) -> Iterator[SupersetPage]:
    """As the viewer, who reaches the data through the dashboard alone."""
    with chromium() as browser:
        opened = SupersetPage(browser.new_page(locale="nl-NL"), platform.superset_url)
        opened.log_in("raadpleger", platform.settings.secret("superset_viewer_password"))
        opened.open_dashboard(DASHBOARD)
        opened.page.screenshot(path=platform.artifacts / "dader-delict-plaats-tijd.png")
        yield opened


def test_every_chart_is_drawn_without_an_error(dashboard: SupersetPage) -> None:
    charts = dashboard.page.locator("[data-test=chart-grid-component]")
    assert charts.count() == 8
    for chart in charts.all():
        assert chart.locator("[role=alert], .ant-alert, .missing-chart-container").count() == 0, chart.inner_text()
        assert chart.locator("canvas, table, .header-line").count() > 0
    assert dashboard.faults == []


def test_the_tiles_show_what_the_incidents_count(dashboard: SupersetPage, platform: Platform) -> None:
    for tile, column in TILES.items():
        query = f"select round(sum({column})) from marts.dader_delict_plaats_tijd"
        assert dashboard.big_number(tile) == platform.expected(query)[0][0] > 0


def test_the_pivot_counts_every_suspicion_once(dashboard: SupersetPage, platform: Platform) -> None:
    total = platform.expected("select sum(verdachten_in_groep) from marts.dader_delict_plaats_tijd")[0][0]
    shown = [text.strip() for text in dashboard.chart(PIVOT).locator("td").all_inner_texts()]
    assert f"{total:,}".replace(",", ".") in shown
    labels = " ".join(dashboard.chart(PIVOT).locator("th").all_inner_texts())
    assert "niet uitgesplitst" in labels
    assert "18-24" in labels
