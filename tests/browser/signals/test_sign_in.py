"""Signing in at a real OpenID Connect provider on another website, in a real browser with its own rules for cookies."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.accessibility import assert_accessible
from tests.installation import free_port
from tests.openid import CLIENT, CLIENT_SECRET, RunningProvider, running_provider
from tests.signals_app import SignalsApp, Visit, running_signals, visit


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def provider(port: int) -> Iterator[RunningProvider]:
    with running_provider([f"http://127.0.0.1:{port}"]) as running:
        yield running


@pytest.fixture(scope="module")
def tool(
    signals_app: SignalsApp, provider: RunningProvider, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignalsApp]:
    """The same database, served as a municipality does it: a provider and no demo accounts."""
    settings = signals_app.settings.model_copy(
        update={
            "signals_port": port,
            "demo": False,
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
            "oidc_audience": provider.audience,
        }
    )
    with running_signals(settings, tmp_path_factory.mktemp("provider") / "signals.log") as app:
        yield app


@pytest.fixture
def seen(browser: Browser, tool: SignalsApp, provider: RunningProvider) -> Iterator[Visit]:
    with visit(browser, tool.url, also=(provider.issuer, "http://localhost:")) as one:
        yield one


def _at_the_provider(page: Page, login: str) -> None:
    page.get_by_role("heading", name="Werkaccount").wait_for()
    page.get_by_label("Naam").fill(login)
    page.get_by_label("Wachtwoord").fill(login)
    page.get_by_role("button", name="Inloggen").click()


def _sign_in(page: Page, tool: SignalsApp, login: str) -> None:
    page.goto(f"{tool.url}/aanmelden")
    page.get_by_role("link", name="Aanmelden met werkaccount").click()
    _at_the_provider(page, login)


def test_an_official_signs_in_and_out(seen: Visit, tool: SignalsApp, artifacts: Path) -> None:
    page = seen.page
    page.goto(f"{tool.url}/aanmelden")
    assert_accessible(page)
    expect(page.get_by_label("Wachtwoord")).to_have_count(0)
    _sign_in(page, tool, "bram")
    expect(page.get_by_role("banner")).to_contain_text("Openbare Orde en Veiligheid · Raadpleger, Plaatser")
    assert page.url == f"{tool.url}/"
    page.screenshot(path=artifacts / "signals-openid.png")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies() if cookie["name"].startswith("vis_")}
    assert set(cookies) == {"vis_signals"}
    assert cookies["vis_signals"]["sameSite"] == "Strict"
    assert cookies["vis_signals"]["httpOnly"]
    page.get_by_role("button", name="Afmelden").click()
    # The provider asks once more, then sends the browser back.
    page.get_by_role("button", name="Ja").click()
    expect(page.get_by_role("heading", name="U bent afgemeld")).to_be_visible()
    # Also at the provider: it asks for the password again.
    page.goto(f"{tool.url}/aanmelden/start")
    expect(page.get_by_role("heading", name="Werkaccount")).to_be_visible()


def test_without_scripts(browser: Browser, tool: SignalsApp, provider: RunningProvider) -> None:
    with visit(browser, tool.url, also=(provider.issuer,), java_script_enabled=False) as one:
        _sign_in(one.page, tool, "sanne")
        expect(one.page.get_by_role("banner")).to_contain_text("Sanne Fictief")


@pytest.mark.parametrize(("login", "words"), [("twee-afdelingen", "meer dan één afdeling"), ("zonder-rol", "geen rol")])
def test_who_has_no_place_here_reads_why(seen: Visit, tool: SignalsApp, login: str, words: str) -> None:
    _sign_in(seen.page, tool, login)
    expect(seen.page.get_by_role("alert")).to_contain_text(words)
    expect(seen.page.get_by_role("button", name="Afmelden")).to_have_count(0)
    assert_accessible(seen.page)


@pytest.fixture
def mailbox(tool: SignalsApp) -> Iterator[str]:
    """Another website with links to the tool, as a webmail is."""
    links = "".join(f'<a href="{tool.url}{path}">naar {path}</a> ' for path in ("/", "/afgemeld"))

    server = make_server("localhost", 0, Request.application(lambda _: Response(links, mimetype="text/html")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()


def test_a_link_in_a_mail_opens_the_page_and_keeps_the_session(seen: Visit, tool: SignalsApp, mailbox: str) -> None:
    """The browser does not send a strict cookie along with a link from elsewhere; that must not sign anybody out."""
    page = seen.page
    _sign_in(page, tool, "sanne")
    expect(page.get_by_role("banner")).to_contain_text("Sanne Fictief")
    page.goto(mailbox)
    page.get_by_role("link", name="naar /", exact=True).click()
    expect(page.get_by_role("banner")).to_contain_text("Sanne Fictief")
    page.goto(f"{tool.url}/")
    expect(page.get_by_role("banner")).to_contain_text("Sanne Fictief")


def test_another_website_cannot_post_for_who_is_signed_in(seen: Visit, tool: SignalsApp, mailbox: str) -> None:
    page = seen.page
    _sign_in(page, tool, "sanne")
    expect(page.get_by_role("banner")).to_contain_text("Sanne Fictief")
    page.goto(mailbox)
    # Only after the script has answered: a page that leaves meanwhile takes the answer along.
    page.evaluate(
        """url => { const f = document.createElement('form'); f.method = 'post'; f.action = url;
                    document.body.append(f); setTimeout(() => f.submit()); }""",
        f"{tool.url}/afmelden",
    )
    page.wait_for_url(f"{tool.url}/**")
    page.wait_for_load_state("networkidle")  # it is sent on once more
    page.goto(f"{tool.url}/")
    expect(page.get_by_role("banner")).to_contain_text("Sanne Fictief")
