"""The dashboard *Datakwaliteit* in a real browser: every chart is drawn, and shows the numbers of the marts.

The demo's feed has no day without a delivery and no row that cannot be read. So a feed of this test's own stands
beside it in the two marts that no other dashboard reads, and leaves with it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from playwright.sync_api import Response

from tests.browser.superset_page import SupersetPage, chromium
from tests.conftest import REPOSITORY, Platform

DASHBOARD = "/superset/dashboard/datakwaliteit/"
ASSETS = REPOSITORY / "superset" / "assets"
TABS = ["Leveringen", "Quarantaine", "Plaats en tijd", "Aansluiting op de politiecijfers"]
FEED = "Proefbron (fictief)"
PER_DAY = "Incidenten per dag van levering (zonder dagen met meer dan tien keer het gebruikelijke)"
REASONS = "Waarom staan rijen in quarantaine?"
DIFFERENCES = "De grootste verschillen buiten de tolerantie"
PIVOT = "Verschil buiten de tolerantie, per gebied en maand (eigen min gepubliceerd)"
BESIDE = "Eigen telling naast de gepubliceerde, per maand"
POINTS = "Standaardpunten: coördinaten die zijn ingevuld omdat de plaats niet bekend was"
DAYS = "marts.datakwaliteit_dag"
TOTAL = "marts.aansluiting where niveau = 'buurt' and misdrijf = 'Totaal misdrijven'"
COMPARED = "count(*) filter (where status in ('sluit aan', 'wijkt af'))"
COUNTS = {
    "Ontbrekende dagen": f"select count(*) from {DAYS} where ontbreekt",
    "Niet goedgekeurd": f"select sum(niet_goedgekeurd) from {DAYS}",
    "Wacht in quarantaine": "select sum(rijen_quarantaine - rijen_vrijgegeven) from marts.quarantaine_reden",
    "Te laat geleverd": f"select sum(te_laat) from {DAYS}",
    "Verbeterde incidenten": f"select sum(verbeterd) from {DAYS}",
    "Ingetrokken incidenten": f"select sum(ingetrokken) from {DAYS}",
    "Vergeleken": f"select {COMPARED} from {TOTAL}",
    "Wijkt af": f"select count(*) filter (where status = 'wijkt af') from {TOTAL}",
    "Nog voorlopig": f"select count(*) filter (where voorlopig) from {TOTAL}",
}
SHARES = {
    "Zonder plaats": "zonder_plaats",
    "Op een standaardpunt": "standaardpunt",
    "Dagdeel onbekend": "dagdeel_onbekend",
    "Begin precies 00:00 of 12:00": "standaardtijd",
}


class Opened(SupersetPage):
    """The dashboard with every answer that its charts were given, by the name of the dataset's column."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answers: list[dict[str, Any]] = []
        self.page.on("response", self._remember)

    def _remember(self, response: Response) -> None:
        if "/api/v1/chart/data" in response.url and response.ok and "dashboard_id" in response.url:
            self.answers += response.json()["result"]

    def rows_with(self, *columns: str) -> list[dict[str, Any]]:
        """The rows of the one answer that has all these columns."""
        return next(answer["data"] for answer in self.answers if set(columns) <= set(answer["colnames"]))


@pytest.fixture(scope="module")
def feed(platform: Platform) -> Iterator[None]:
    """A quiet day, one with late and refused files, one without a delivery; and rows in quarantine."""
    code, last = platform.expected(f"select min(gemeentecode), max(datum) from {DAYS}")[0]
    quiet, busy, missing = (last - timedelta(days=back) for back in (6, 5, 4))
    columns = (
        "gemeentecode, bron, datum, ontbreekt, leveringen, niet_goedgekeurd, rijen_gelezen, rijen_geladen, "
        "rijen_quarantaine, rijen_dubbel, incidenten, verbeterd, ingetrokken, te_laat, punt_in_buurt, zonder_plaats, "
        "buiten_gemeente, standaardpunt, dagdeel_onbekend, standaardtijd, standaardtijd_verwacht"
    )
    days: list[list[Any]] = [
        [quiet, False, 1, 0, 15, 15, 0, 0, 15, 0, 0, 0, 15, 0, 0, 0, 0, 1, 1],
        [busy, False, 2, 1, 32, 25, 5, 2, 25, 6, 2, 4, 20, 4, 1, 3, 2, 9, 2],
        [missing, True, *([None] * 17)],
    ]
    reasons = [("Kolom Begin: ongeldige waarde", 4, 1), ("Kolom Nummer: leeg", 1, 0)]
    with psycopg.connect(platform.settings.dsn("transformer"), autocommit=True) as connection:
        for day in days:
            marks = ", ".join(["%s"] * 21)
            connection.execute(f"insert into {DAYS} ({columns}) values ({marks})", [code, FEED, *day])  # type: ignore[call-overload]
        for reason, rows, released in reasons:
            connection.execute(
                "insert into marts.quarantaine_reden (gemeentecode, leveringsnummer, bron, datum, reden, "
                "rijen_quarantaine, rijen_vrijgegeven) values (%s, 99999, %s, %s, %s, %s, %s)",
                [code, FEED, busy, reason, rows, released],
            )
        yield
        connection.execute("delete from marts.datakwaliteit_dag where bron = %s", [FEED])
        connection.execute("delete from marts.quarantaine_reden where bron = %s", [FEED])


@pytest.fixture(scope="module")
def dashboard(platform: Platform, feed: None) -> Iterator[Opened]:
    """As the viewer, who reaches the data through the dashboard alone; every tab has been opened once."""
    with chromium() as browser:
        opened = Opened(browser.new_page(locale="nl-NL"), platform.superset_url)
        opened.log_in("raadpleger", platform.settings.secret("superset_viewer_password"))
        opened.open_dashboard(DASHBOARD)
        for number, tab in enumerate(TABS, 1):
            opened.open_tab(tab)
            opened.page.screenshot(path=platform.artifacts / f"datakwaliteit-{number}.png")
        yield opened


def charts_of_the_bundle() -> list[str]:
    def read(path: Path) -> Any:
        return yaml.safe_load(path.read_text(encoding="utf-8"))

    names = {chart["uuid"]: chart["slice_name"] for chart in map(read, (ASSETS / "charts").glob("*.yaml"))}
    position = read(ASSETS / "dashboards" / "datakwaliteit.yaml")["position"]
    return [
        names[item["meta"]["uuid"]]
        for item in position.values()
        if isinstance(item, dict) and "uuid" in item.get("meta", {})
    ]


def digits(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def cells(dashboard: SupersetPage, chart: str) -> list[list[str]]:
    """The texts of a table's rows; Superset fills a short page up with empty ones."""
    rows = dashboard.chart(chart).locator("tbody tr")
    texts = [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in rows.all()]
    return [row for row in texts if any(row)]


def test_every_chart_is_drawn_without_an_error(dashboard: Opened) -> None:
    found = dashboard.page.locator("[data-test=chart-grid-component]")
    names = [name for item in found.all() if (name := item.get_attribute("data-test-chart-name"))]
    assert sorted(names) == sorted(charts_of_the_bundle())
    for name in names:
        chart = dashboard.chart(name)
        assert chart.locator("[role=alert], .ant-alert, .missing-chart-container").count() == 0, chart.inner_text()
        assert chart.locator("canvas, table, .header-line").count() > 0, f"{name} is leeg"
    assert dashboard.faults == []


def test_the_tiles_show_the_numbers_of_the_marts(dashboard: Opened, platform: Platform) -> None:
    for tile, query in COUNTS.items():
        assert digits(platform.expected(query)[0][0]) == dashboard.chart(tile).locator(".header-line").text_content(), (
            tile
        )
    for tile, column in SHARES.items():
        share = platform.expected(f"select 100.0 * sum({column}) / sum(incidenten) from {DAYS}")[0][0]
        assert dashboard.chart(tile).locator(".header-line").text_content() == f"{share:.1f}%".replace(".", ","), tile
    assert platform.expected(COUNTS["Wijkt af"])[0][0] > 0, "the demo has planted differences"


def test_a_day_without_a_delivery_shows_as_missing_and_not_as_zero(dashboard: Opened, platform: Platform) -> None:
    days = platform.expected(
        f"select to_char(datum, 'DD-MM-YYYY'), bron from {DAYS} where ontbreekt order by datum desc"
    )
    dashboard.open_tab(TABS[0])
    assert cells(dashboard, "Welke dagen ontbreken?") == [list(day) for day in days]
    bars, marks = dashboard.rows_with("nieuw"), dashboard.rows_with("dag_zonder_levering")
    marked = [row["datum"] for row in marks if row["dag_zonder_levering"] is not None]
    missing = platform.expected(f"select distinct datum from {DAYS} where ontbreekt order by 1")
    assert sorted(marked) == [(day - date(1970, 1, 1)) // timedelta(milliseconds=1) for (day,) in missing]
    query = (
        f"select sum(incidenten - verbeterd - ingetrokken), sum(te_laat) from {DAYS} as d "
        "where incidenten is not null and incidenten <= 10 * "
        f"(select percentile_cont(0.5) within group (order by e.incidenten) from {DAYS} as e where e.bron = d.bron)"
    )
    assert (sum(row["nieuw"] or 0 for row in bars), sum(row["dag_te_laat"] or 0 for row in marks)) == platform.expected(
        query
    )[0]


def test_reasons_of_quarantine_stand_with_what_still_waits_and_the_way_back(
    dashboard: Opened, platform: Platform
) -> None:
    dashboard.open_tab(TABS[1])
    rows = platform.expected(
        "select bron, reden, sum(rijen_quarantaine)::text, sum(rijen_vrijgegeven)::text, "
        "sum(rijen_quarantaine - rijen_vrijgegeven)::text, max(leveringsnummer)::text from marts.quarantaine_reden "
        "group by bron, reden order by sum(rijen_quarantaine - rijen_vrijgegeven) desc"
    )
    assert cells(dashboard, REASONS) == [list(row) for row in rows]
    texts = " ".join(dashboard.page.locator("[data-test=dashboard-markdown-editor]").all_inner_texts())
    assert "vis quarantine release" in texts
    assert "Vastgehouden" in texts


def test_default_points_stand_with_what_somebody_says_of_them(dashboard: Opened, platform: Platform) -> None:
    points = platform.expected(
        "select round(x) || ', ' || round(y), coalesce(oordeel, 'nog niet bekeken') from marts.standaardpunt "
        "order by incidenten desc"
    )
    dashboard.open_tab(TABS[2])
    assert [(row[0], row[-1]) for row in cells(dashboard, POINTS)] == points


def test_differences_beyond_the_tolerance_stand_out(dashboard: Opened, platform: Platform) -> None:
    dashboard.open_tab(TABS[3])
    beyond = platform.expected(
        f"select gebied, to_char(maand, 'YYYY-MM'), eigen_aantal::text, gepubliceerd_aantal::text from {TOTAL} "
        "and status = 'wijkt af' order by abs(verschil) desc, maand desc"
    )
    assert [tuple(row[:4]) for row in cells(dashboard, DIFFERENCES)] == beyond
    # Within the tolerance is nought, not to be compared is empty.
    by_area = dashboard.rows_with("buiten_tolerantie")
    assert sum(row["buiten_tolerantie"] not in (None, 0) for row in by_area) == len(beyond)
    assert sum(row["buiten_tolerantie"] is not None for row in by_area) == platform.expected(COUNTS["Vergeleken"])[0][0]
    own, published = platform.expected(
        "select sum(eigen_aantal) filter (where gepubliceerd_aantal is not null), sum(gepubliceerd_aantal) "
        f"from {TOTAL}"
    )[0]
    lines = dashboard.rows_with("eigen", "gepubliceerd")
    assert (sum(row["eigen"] or 0 for row in lines), sum(row["gepubliceerd"] or 0 for row in lines)) == (own, published)
    texts = " ".join(dashboard.page.locator("[data-test=dashboard-markdown-editor]").all_inner_texts())
    assert "onder haar zwaarste misdrijf" in texts
    assert "niet de som van de soorten" in texts


def test_another_kind_of_offence_is_compared_by_itself(dashboard: Opened, platform: Platform) -> None:
    dashboard.open_tab(TABS[3])
    dashboard.choose("NATIVE_FILTER-kw-misdrijf", "Mishandeling")
    kind = "marts.aansluiting where niveau = 'buurt' and misdrijf = 'Mishandeling'"
    assert dashboard.big_number("Vergeleken") == platform.expected(f"select {COMPARED} from {kind}")[0][0] > 0
    assert (
        dashboard.big_number("Wijkt af")
        == platform.expected(f"select count(*) from {kind} and status = 'wijkt af'")[0][0]
    )


def test_a_source_can_be_looked_at_alone(dashboard: Opened) -> None:
    dashboard.open_tab(TABS[0])
    dashboard.choose("NATIVE_FILTER-kw-bron", FEED)
    shown = {name: dashboard.big_number(name) for name in list(COUNTS)[:6]}
    assert list(shown.values()) == [1, 1, 4, 4, 6, 2]
    assert dashboard.faults == []
