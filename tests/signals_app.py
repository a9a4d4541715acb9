"""The signaleringstool as it is really served, with a small register of addresses, for tests of every kind."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from orchestration import dbt
from orchestration.municipality import load_municipality
from orchestration.operations.services import service, signals_environment
from orchestration.settings import Settings
from signals_service.auth.demo import ACCOUNTS
from tests.installation import free_port
from tests.integration.raw_rows import insert_delivery

MUNICIPALITY = "demo"
#: role or department → the demo account with which it is tried
ACCOUNT_OF = {
    "raadpleger": "demo-burgerzaken",
    "plaatser": "demo-toezicht",
    "coordinator": "demo-openbare-orde",
    "beheerder": "demo-beheerder",
    "auditor": "demo-auditor",
    **{account.removeprefix("demo-"): account for account in ACCOUNTS},
}


def _address(number: int, street: str, house: int, place: str, letter: str = "", suffix: str = "") -> dict[str, Any]:
    return {
        "nummeraanduiding_id": f"9999200000{number:06d}",
        "adresseerbaarobject_id": f"9999010000{number:06d}",
        "street": street,
        "house_number": house,
        "house_letter": letter or None,
        "house_suffix": suffix or None,
        "postcode": f"99{10 + number // 50:02d} {chr(65 + number % 26)}{chr(65 + number // 26 % 26)}",
        "place": place,
        "x": 120_000 + 10 * number,
        "y": 480_000 + house,
    }


def small_register() -> list[dict[str, Any]]:
    """Some 250 addresses in two places: streets that look alike, letters, additions, a street in both places."""
    streets = (
        *(("Dorpsstraat", "Demostad"), ("Kerkweg", "Demostad"), ("Lange Kerkweg", "Demostad")),
        *(("'s-Gravenlaan", "Demostad"), ("Burgemeester van Dijkplein", "Demostad"), ("Dorpsstraat", "Demodorp")),
    )
    rows: list[dict[str, Any]] = []
    for street, place in streets:
        for house in range(1, 41):
            rows.append(_address(len(rows) + 1, street, house, place))
            if house == 12:
                for letter, suffix in (("A", ""), ("B", ""), ("", "bis")):
                    rows.append(_address(len(rows) + 1, street, 12, place, letter=letter, suffix=suffix))
    return rows


def prepare(settings: Settings, addresses: list[dict[str, Any]] | None = None) -> Settings:
    """Register the municipality and let dbt make the register of addresses, as the pipeline does."""
    municipality = load_municipality(settings.municipality)
    municipality.register(settings)
    insert_delivery(
        settings, municipality.code, "address", addresses or small_register(), source="adressen", time_zone="UTC"
    )
    dbt.build(settings, select="+dim_address +address_register +address_place")
    return settings


def signals_settings(settings: Settings, **changes: object) -> Settings:
    """The same installation, with the demo accounts of `make up` and a port of its own."""
    return settings.model_copy(
        update={"signals_port": free_port(), "municipality": MUNICIPALITY, "demo": True} | changes
    )


@dataclass
class SignalsApp:
    """A served application. `log` is what gunicorn and the application write."""

    settings: Settings
    log: Path
    process: subprocess.Popen[bytes]
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.signals_port}"

    @property
    def password(self) -> str:
        return self.settings.secret("signals_demo_password")

    def sign_in(self, page: Page, who: str) -> None:
        """Sign in with the page's own form as a role, a department or a demo account."""
        account = ACCOUNTS[ACCOUNT_OF.get(who, who)]
        page.goto(f"{self.url}/aanmelden")
        page.get_by_label(account.display_name).check()
        page.get_by_label("Wachtwoord").fill(self.password)
        page.locator("main").get_by_role("button", name="Aanmelden").click()
        page.get_by_text(account.display_name).first.wait_for()

    def client(self, who: str) -> httpx.Client:
        """A signed-in client without a browser; its `X-CSRF-Token` is set, so that it may post."""
        client = httpx.Client(base_url=self.url, timeout=30)
        form = {"account": ACCOUNT_OF.get(who, who), "password": self.password}
        answer = client.post("/aanmelden/demo", data=form | {"csrf_token": token_in(client.get("/aanmelden").text)})
        assert answer.status_code == 303, answer.text
        client.headers["X-CSRF-Token"] = token_in(client.get("/").text or "")
        return client

    def rows(self, query: str, *values: object, role: str = "admin") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings.dsn(role)) as connection:  # type: ignore[arg-type]
            return connection.execute(query, values or None).fetchall()  # type: ignore[call-overload]


def token_in(html: str) -> str:
    """The token of the forms on a page."""
    found = html.partition('name="csrf_token" value="')[2][:64]
    assert len(found) == 64, html[:2000]
    return found


@contextmanager
def running_signals(settings: Settings, log: Path, **environment: str) -> Iterator[SignalsApp]:
    """Started with the very command and environment of `make up`; stopped as the supervisor does."""
    one = service("signals")
    with log.open("ab") as stream:
        process = subprocess.Popen(
            one.command(settings),
            env=signals_environment(settings) | environment,
            cwd=settings.home,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    app = SignalsApp(settings, log, process)
    try:
        wait_until_ready(app)
        yield app
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def wait_until_ready(app: SignalsApp, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        assert app.process.poll() is None, app.log.read_text()
        assert time.monotonic() < deadline, app.log.read_text()
        try:
            if httpx.get(f"{app.url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass  # it is starting
        time.sleep(0.1)


@dataclass
class Visit:
    """One page of a browser; `faults` gathers what its console and network panel show in red."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    #: Other places that the browser may go to, such as the provider.
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # The browser also writes a line for each page that answers with 4xx, which may be just what is tried.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:", *self.also)):
            self.faults.append(f"verzoek naar buiten: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")


@contextmanager
def visit(browser: Browser, url: str, *, also: tuple[str, ...] = (), **context: Any) -> Iterator[Visit]:
    """A fresh browser profile; at the end nothing may have been red. `context` as Playwright's `new_context`."""
    opened = browser.new_context(locale="nl-NL", **{"viewport": {"width": 1280, "height": 900}} | context)
    try:
        one = Visit(opened.new_page(), url, also=also)
        yield one
        assert not one.faults, "\n".join(one.faults)
    finally:
        opened.close()
