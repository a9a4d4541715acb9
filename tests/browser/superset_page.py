"""Superset's dashboard as a person meets it: a headless Chromium that logs in, reads, filters and notes every fault."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
DASHBOARD = "/superset/dashboard/kaart-en-dagdeel/"
ARGUMENTS = [
    "--no-sandbox",
    # WebGL without a graphics card: the map is drawn by deck.gl.
    "--enable-unsafe-swiftshader",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    # Nothing of the browser's own may reach the network.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The first drawing compiles shaders in software; on two busy cores that takes a while.
PATIENCE = 60_000


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class SupersetPage:
    """One page, logged in as one user. `faults` gathers what a browser's console and network panel show in red."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def log_in(self, user: str, password: str) -> None:
        self.page.goto(f"{self.url}/login/")
        self.page.locator("input[type=password]").wait_for()
        self.page.locator("#username, input[name=username]").first.fill(user)
        self.page.locator("input[type=password]").fill(password)
        with self.page.expect_navigation(url=re.compile(r"/superset/welcome/|/dashboard/")):
            self.page.locator("button[type=submit]").click()

    def open_dashboard(self, path: str = DASHBOARD) -> None:
        """Open it on a page so tall that every chart is in view: Superset draws only what is seen."""
        self.page.set_viewport_size({"width": 1600, "height": 2800})
        self.page.goto(f"{self.url}{path}")
        self.wait_until_drawn()

    def wait_until_drawn(self) -> None:
        """Return once no chart is loading any more and the browser has had time to paint."""
        charts = self.page.locator("[data-test=chart-grid-component]")
        # The first one of all may be on a tab that was left.
        charts.locator("visible=true").first.wait_for()
        expect(self.page.locator("[data-test=chart-grid-component] [data-test=loading-indicator]")).to_have_count(
            0, timeout=PATIENCE
        )
        expect(self.page.locator("[data-test=slice-container]")).to_have_count(charts.count(), timeout=PATIENCE)
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(2000)

    def chart(self, name: str) -> Locator:
        return self.page.locator(f'[data-test-chart-name="{name}"]')

    def open_tab(self, name: str) -> None:
        """Go to a tab of the dashboard; what is on it is drawn from then on."""
        tab = self.page.get_by_role("tab").filter(has=self.page.get_by_text(name, exact=True))
        tab.click()
        self.page.wait_for_timeout(1000)
        self.wait_until_drawn()

    def big_number(self, name: str) -> int:
        """The number of a tile, read as a Dutchman reads it: 6.810 is six thousand eight hundred and ten."""
        text = self.chart(name).locator(".header-line").inner_text()
        assert re.fullmatch(r"\d{1,3}(\.\d{3})*", text), f"{name} toont {text!r}: geen Nederlands geheel getal"
        return int(text.replace(".", ""))

    def choose(self, filter_id: str, value: str) -> list[dict[str, Any]]:
        """Choose a value in a filter of the bar and apply; returns what every chart was answered, in no fixed order."""
        answers: list[Response] = []

        def remember(response: Response) -> None:
            if "/api/v1/chart/data" in response.url and "dashboard_id" in response.url:
                answers.append(response)

        box = self.page.locator(f'[data-test="{filter_id}"]')
        box.click()
        box.locator("input").fill(value)
        self.page.locator(".ant-select-dropdown:visible").get_by_title(value, exact=True).click()
        self.page.keyboard.press("Escape")
        self.page.on("response", remember)
        self.page.locator("[data-test=filter-bar__apply-button]").click()
        self.page.wait_for_timeout(1000)
        self.wait_until_drawn()
        self.page.remove_listener("response", remember)
        return [answer.json()["result"][0] for answer in answers]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.faults.append(f"verzoek naar buiten: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")
