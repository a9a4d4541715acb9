"""Pages of the signaleringstool in a real browser, opened by somebody with a role."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.accessibility import assert_accessible
from tests.browser.signals.steps import MET, WHY, Shot
from tests.browser.superset_page import chromium
from tests.signals_app import SignalsApp, Visit, visit


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def tool(signals_app: SignalsApp) -> SignalsApp:
    """With signals of two departments on one address, and of one on the address beside another."""
    signals_app.rows("update signals.settings set quota_hour = 100000, quota_day = 100000 returning 1")
    for who, kind, addresses in (
        ("toezicht", "overlast", (MET, "Burgemeester van Dijkplein 12-A")),
        ("belastingen", "belasting", (MET,)),
    ):
        with closing(signals_app.client(who)) as client:
            for address in addresses:
                given = {"query": address, "kind": kind, "reason": "Een geheime reden"} | WHY
                assert client.post("/api/v1/signals", json=given).status_code == 201
    return signals_app


@pytest.fixture
def looked(artifacts: Path) -> Shot:
    """Judge a page and keep a picture of it, wide and as on a phone."""

    def look(page: Page, name: str) -> None:
        assert_accessible(page)
        page.screenshot(path=artifacts / f"signals-{name}.png", full_page=True)
        size = page.viewport_size
        page.set_viewport_size({"width": 360, "height": 740})
        page.screenshot(path=artifacts / f"signals-{name}-phone.png", full_page=True)
        page.set_viewport_size(size)  # type: ignore[arg-type]

    return look


@pytest.fixture
def journey(browser: Browser, tool: SignalsApp) -> Iterator[Callable[[str], Page]]:
    """`journey("plaatser")` is a page of somebody with that role."""
    with ExitStack() as opened:
        yield lambda who: _signed_in(opened, browser, tool, who, scripts=True)


@pytest.fixture
def plain(browser: Browser, tool: SignalsApp) -> Iterator[Callable[[str], Page]]:
    """As `journey`, in a browser that runs no scripts."""
    with ExitStack() as opened:
        yield lambda who: _signed_in(opened, browser, tool, who, scripts=False)


def _signed_in(opened: ExitStack, browser: Browser, tool: SignalsApp, who: str, *, scripts: bool) -> Page:
    one: Visit = opened.enter_context(visit(browser, tool.url, java_script_enabled=scripts))
    tool.sign_in(one.page, who)
    return one.page
