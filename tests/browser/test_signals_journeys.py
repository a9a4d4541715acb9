"""A journey per role through the signaleringstool in a real browser, with what each page and state looks like."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.accessibility import NARROW, assert_accessible
from tests.browser.superset_page import chromium
from tests.signals_app import SignalsApp, Visit, visit

BSN = "123456782"
WHY = {"purpose": "samenwerking", "caseNumber": "Z-2026-00123"}
MET = "Burgemeester van Dijkplein 20"
Shot = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
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
    opened: list[object] = []

    def begin(who: str) -> Page:
        context = visit(browser, tool.url)
        one: Visit = context.__enter__()
        opened.append(context)
        tool.sign_in(one.page, who)
        return one.page

    yield begin
    for context in opened:
        context.__exit__(None, None, None)  # type: ignore[attr-defined]


def go(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name=title, exact=True).click()


def why(page: Page, purpose: str = "Waarvoor zoekt u?") -> None:
    page.get_by_label(purpose).select_option("samenwerking")
    page.get_by_label("Zaaknummer").fill("Z-2026-00123")


def search(page: Page, address: str) -> None:
    page.get_by_label("Adres", exact=True).fill(address)
    why(page)
    page.get_by_role("button", name="Zoeken", exact=True).click()


def test_raadpleger_searches_addresses(journey: Callable[[str], Page], looked: Shot) -> None:
    page = journey("raadpleger")
    looked(page, "begin")
    go(page, "Zoeken op adres")
    looked(page, "zoeken")
    page.get_by_role("button", name="Zoeken", exact=True).click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(1)
    looked(page, "zoeken-fout")

    search(page, MET)
    expect(page.get_by_role("heading", name="Er zijn 2 signalen op dit adres")).to_be_visible()
    table = page.get_by_role("table", name="Wie u kunt bellen")
    expect(table.get_by_role("row")).to_have_count(3)
    row = table.get_by_role("row", name="Toezicht en Handhaving")
    expect(row).to_contain_text("Bram Verzonnen")
    expect(row.get_by_role("link", name="036-0100102")).to_have_attribute("href", "tel:0360100102")
    expect(row).to_contain_text("Open")
    expect(page.locator("main")).not_to_contain_text("geheime reden")
    expect(page.locator("main")).not_to_contain_text("Overlast")
    looked(page, "hit")

    search(page, "Burgemeester van Dijkplein 21")
    expect(page.get_by_role("heading", name="Geen signaal gevonden op dit adres")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Dit is geen bewijs dat er niets is")
    expect(page.locator("main")).to_contain_text("Stand van het adressenregister")
    looked(page, "no-hit")

    search(page, "Burgemeester van Dijkplein 12")
    beside = page.get_by_role("region", name="Andere adressen op dit huisnummer")
    expect(beside.get_by_role("listitem").filter(has_text="12-A: 1 signaal van 1 afdeling")).to_have_count(1)
    looked(page, "beside")
    beside.get_by_role("button", name="Zoek Burgemeester van Dijkplein 12-A").click()
    expect(page.get_by_role("heading", name="Er is 1 signaal op dit adres")).to_be_visible()

    search(page, "Dorpsstraat 7")
    expect(page.get_by_role("heading", name="Welk adres bedoelt u?")).to_be_visible()
    looked(page, "ambiguous")
    page.get_by_role("button", name="Demodorp").click()
    expect(page.get_by_text("Dorpsstraat 7, ").first).to_contain_text("Demodorp")

    search(page, "Kerkweg 999")
    expect(page.get_by_role("heading", name="Dit adres is niet gevonden")).to_be_visible()
    expect(page.get_by_text("Er is dus niet gekeken of er een signaal is.")).to_be_visible()
    expect(page.get_by_role("heading", name="Bedoelde u misschien")).to_be_visible()
    looked(page, "not-found")
    assert "Kerkweg" not in page.url


def test_raadpleger_searches_a_person(journey: Callable[[str], Page], tool: SignalsApp, looked: Shot) -> None:
    with closing(tool.client("belastingen")) as client:
        given = {"bsn": BSN, "kind": "belasting", "reason": "Een geheime reden"} | WHY
        assert client.post("/api/v1/signals", json=given).status_code == 201
    page = journey("raadpleger")
    go(page, "Zoeken op persoon")
    looked(page, "persoon")
    page.get_by_label("Burgerservicenummer").fill("123456789")
    why(page)
    page.get_by_role("button", name="Zoeken", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("kan niet bestaan")
    expect(page.get_by_label("Burgerservicenummer")).to_have_value("")
    looked(page, "persoon-fout")
    page.get_by_label("Burgerservicenummer").fill(BSN)
    page.get_by_role("button", name="Zoeken", exact=True).click()
    expect(page.get_by_role("heading", name="op deze persoon")).to_be_visible()
    assert BSN not in page.content()
    looked(page, "persoon-hit")
    page.get_by_label("Achternaam").fill("Zonderling")
    page.get_by_label("Geboortedatum").fill("1-2-1980")
    page.get_by_role("button", name="Zoeken", exact=True).click()
    expect(page.get_by_role("heading", name="Geen signaal gevonden op deze persoon")).to_be_visible()
    expect(page.get_by_text("is geplaatst, vindt u hiermee niet")).to_be_visible()
    assert "Zonderling" not in page.content()


def test_plaatser_places_renews_and_closes(journey: Callable[[str], Page], looked: Shot) -> None:
    page = journey("plaatser")
    go(page, "Signalen")
    looked(page, "signalen")
    page.get_by_role("link", name="Signaal plaatsen").click()
    looked(page, "nieuw")
    page.get_by_label("Soort signaal").select_option("overlast")
    page.get_by_label("Reden").fill(f"Het gaat om {BSN}")
    why(page, "Waarvoor plaatst u het signaal?")
    page.get_by_label("Adres (hoeft niet)").fill("Dorpsstraat 9")
    page.get_by_role("button", name="Signaal plaatsen").click()
    expect(page.get_by_role("alert")).to_contain_text("burgerservicenummer")
    looked(page, "nieuw-fout")
    page.get_by_label("Reden").fill("Melding van de buren")
    page.get_by_role("button", name="Signaal plaatsen").click()
    expect(page.get_by_text("Het signaal is nog niet geplaatst")).to_be_visible()
    looked(page, "nieuw-keuze")
    page.get_by_role("radio", name="Demodorp").check()
    page.get_by_role("button", name="Signaal plaatsen").click()
    expect(page.get_by_role("heading", name="Het signaal is geplaatst")).to_be_visible()
    expect(page.get_by_role("heading", name="Er was nog geen signaal op dit adres")).to_be_visible()
    expect(page.get_by_text("Dit is geen bewijs dat er niets is")).to_have_count(0)
    looked(page, "geplaatst")
    page.get_by_role("link", name="Bekijk het signaal").click()
    looked(page, "signaal")
    page.get_by_label("Waarom is het nog nodig?").fill("")
    page.get_by_role("button", name="Verlengen").click()
    expect(page.get_by_role("alert")).to_contain_text("Vul de reden in.")
    page.get_by_label("Waarom is het nog nodig?").fill("Loopt nog")
    page.get_by_label("Herzien op").fill(f"{date.today() + timedelta(days=200)}")
    page.get_by_role("button", name="Verlengen").click()
    expect(page.get_by_role("status")).to_contain_text("Het signaal is verlengd.")
    expect(page.get_by_role("table", name="Verlengingen")).to_contain_text("Loopt nog")
    looked(page, "verlengd")
    page.get_by_label("Waarom kan het dicht?").fill("Opgelost")
    page.get_by_role("button", name="Sluiten").click()
    expect(page.get_by_role("status")).to_contain_text("Het signaal is gesloten.")
    expect(page.get_by_role("button", name="Verlengen")).to_have_count(0)
    looked(page, "gesloten")
    page.get_by_role("link", name="Terug naar de signalen").click()
    page.get_by_role("link", name="Gesloten").click()
    expect(page.get_by_role("link", name="Dorpsstraat 9")).to_be_visible()

    page.get_by_role("link", name="Signaal plaatsen").click()
    page.get_by_label("Adres (hoeft niet)").fill("Burgemeester van Dijkplein 12")
    page.get_by_label("Soort signaal").select_option("overlast")
    page.get_by_label("Reden").fill("Melding van de buren")
    why(page, "Waarvoor plaatst u het signaal?")
    page.get_by_role("button", name="Signaal plaatsen").click()
    beside = page.get_by_role("region", name="Andere adressen op dit huisnummer")
    expect(beside.get_by_role("listitem").filter(has_text="12-A: 1 signaal van 1 afdeling")).to_have_count(1)
    looked(page, "geplaatst-ernaast")
    beside.get_by_role("button", name="Zoek Burgemeester van Dijkplein 12-A").click()
    expect(page.get_by_role("heading", name="Er is 1 signaal op dit adres")).to_be_visible()
    for gone in ("Uitdraai", "Logboek", "Beheer"):
        expect(page.get_by_role("link", name=gone)).to_have_count(0)


def test_plaatser_acknowledges_and_the_coordinator_settles(
    journey: Callable[[str], Page], tool: SignalsApp, looked: Shot
) -> None:
    page = journey("plaatser")
    go(page, "Meldingen")
    looked(page, "meldingen")
    go(page, "Samenloop")
    met = page.get_by_role("article").filter(has_text=MET)
    expect(met).to_contain_text("Noor Bedacht")
    looked(page, "samenloop")
    met.get_by_role("button", name="Wij hebben dit gezien").click()
    expect(page.get_by_role("status")).to_contain_text("uw afdeling heeft deze samenloop gezien")
    expect(met.get_by_role("button", name="Wij hebben dit gezien")).to_have_count(0)

    page = journey("coordinator")
    go(page, "Samenloop")
    met = page.get_by_role("article").filter(has_text=MET)
    met.get_by_text("Vertellen wat eruit kwam").click()
    met.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_role("alert")).to_contain_text("Kies wat eruit kwam.")
    looked(page, "samenloop-fout")
    met.get_by_label("We hebben gebeld").check()
    met.get_by_label("Toelichting").fill("Samen afgesproken wie er gaat")
    met.get_by_role("button", name="Opslaan").click()
    expect(met).to_contain_text("We hebben gebeld")
    looked(page, "samenloop-uitkomst")


def test_coordinator_makes_an_uitdraai(journey: Callable[[str], Page], looked: Shot, artifacts: Path) -> None:
    page = journey("coordinator")
    go(page, "Uitdraai")
    looked(page, "uitdraai-vraag")
    page.get_by_role("button", name="Toon op het scherm").click()
    expect(page.get_by_role("alert")).to_be_visible()
    why(page, "Waarvoor maakt u de uitdraai?")
    page.get_by_role("button", name="Toon op het scherm").click()
    table = page.get_by_role("table", name="Aantal signalen per adres en afdeling")
    expect(table.get_by_role("row", name=MET)).to_contain_text("2")
    expect(page.locator(".watermark span").first).to_have_attribute("data-mark", re.compile("Daan Verbeeld.*:"))
    expect(page.locator("main")).not_to_contain_text("geheime reden")
    looked(page, "uitdraai")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Download als CSV")).to_be_hidden()
    page.screenshot(path=artifacts / "signals-uitdraai-print.png", full_page=True)
    page.pdf(path=artifacts / "signals-uitdraai-print.pdf", format="A4", landscape=True)
    page.emulate_media(media="screen")
    for name, start in (("CSV", b"\xef\xbb\xbfAdres;Signalen;"), ("PDF", b"%PDF-")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Download als {name}").click()
        file = artifacts / f"signals-{waiting.value.suggested_filename}"
        waiting.value.save_as(file)
        assert file.read_bytes().startswith(start)


def test_auditor_reads_and_verifies_the_log(journey: Callable[[str], Page], looked: Shot) -> None:
    page = journey("auditor")
    expect(page.get_by_role("link", name="Zoeken op adres")).to_have_count(0)
    go(page, "Logboek")
    looked(page, "logboek")
    page.get_by_label("Gebruiker").fill("demo-toezicht")
    page.get_by_role("button", name="Toon", exact=True).click()
    rows = page.get_by_role("table", name="Wat er is gebeurd").get_by_role("row")
    assert rows.count() > 1
    for text in rows.all_inner_texts()[1:]:
        assert "demo-toezicht" in text
        assert "Toezicht en Handhaving" in text
    assert "demo-toezicht" not in page.url
    page.get_by_label("Handeling").select_option("place-signal")
    page.get_by_role("button", name="Toon", exact=True).click()
    for text in rows.all_inner_texts()[1:]:
        assert "Plaatste een signaal" in text
    page.get_by_label("Van").fill("2999-01-01")
    page.get_by_role("button", name="Toon", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Draai ze om")
    looked(page, "logboek-fout")
    page.get_by_role("button", name="Controleer het hele logboek").click()
    expect(page.get_by_text("De ketens sluiten aan", exact=True)).to_be_visible()
    looked(page, "controle")


def test_beheerder_sees_numbers_and_lists_only(journey: Callable[[str], Page], tool: SignalsApp, looked: Shot) -> None:
    page = journey("beheerder")
    go(page, "Beheer")
    expect(page.get_by_role("table", name="Doelen")).to_contain_text("Gemeentewet")
    expect(page.locator("main")).not_to_contain_text("Dijkplein")
    looked(page, "beheer")
    for path in ("/zoeken", "/signalen", "/samenloop", "/uitdraai", "/logboek"):
        answer = page.goto(tool.url + path)
        assert answer
        assert answer.status == 403, path
    looked(page, "verboden")


def test_searching_with_the_keyboard_alone(journey: Callable[[str], Page], artifacts: Path) -> None:
    page = journey("raadpleger")
    go(page, "Zoeken op adres")
    box = page.get_by_role("combobox", name="Adres", exact=True)
    box.focus()
    page.keyboard.type("van dijkpl 2")
    expect(page.locator("[role=option]").first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    active = page.locator("[role=option][aria-selected=true]")
    expect(active).to_have_count(1)
    expect(box).to_have_attribute("aria-activedescendant", str(active.get_attribute("id")))
    page.screenshot(path=artifacts / "signals-combobox.png")
    page.keyboard.press("Escape")
    expect(page.locator("[role=option]")).to_have_count(0)
    expect(box).to_have_value("van dijkpl 2")
    page.keyboard.type("0")
    expect(page.get_by_role("option", name=MET)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value(page.locator("#query").input_value())
    expect(box).to_be_focused()
    assert page.locator("#query").input_value().startswith(MET)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.type("Z-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Er zijn 2 signalen op dit adres")).to_be_visible()


def test_what_was_chosen_is_forgotten_when_the_text_changes(journey: Callable[[str], Page]) -> None:
    page = journey("raadpleger")
    go(page, "Zoeken op adres")
    box = page.get_by_label("Adres", exact=True)
    box.press_sequentially("dijkplein 20")
    page.get_by_role("option", name=MET).click()
    assert page.locator("[name=address_id]").input_value()
    box.press_sequentially("1")
    assert page.locator("[name=address_id]").input_value() == ""


@pytest.fixture
def plain(browser: Browser, tool: SignalsApp) -> Iterator[Callable[[str], Page]]:
    """As `journey`, in a browser that runs no scripts."""
    with ExitStack() as opened:

        def begin(who: str) -> Page:
            one: Visit = opened.enter_context(visit(browser, tool.url, java_script_enabled=False))
            tool.sign_in(one.page, who)
            return one.page

        yield begin


def test_without_scripts_one_searches(plain: Callable[[str], Page]) -> None:
    page = plain("raadpleger")
    go(page, "Zoeken op adres")
    search(page, MET)
    expect(page.get_by_role("heading", name="Er zijn 2 signalen op dit adres")).to_be_visible()
    search(page, "Dorpsstraat 7")
    page.get_by_role("button", name="Demostad").click()
    expect(page.get_by_role("heading", name="op dit adres")).to_be_visible()
    go(page, "Zoeken op persoon")
    page.get_by_label("Achternaam").fill("Zonderling")
    page.get_by_label("Geboortedatum").fill("1-2-1980")
    why(page)
    page.get_by_role("button", name="Zoeken", exact=True).click()
    expect(page.get_by_role("heading", name="Geen signaal gevonden op deze persoon")).to_be_visible()


def test_without_scripts_one_places_renews_and_closes(plain: Callable[[str], Page]) -> None:
    page = plain("plaatser")
    go(page, "Signalen")
    page.get_by_role("link", name="Signaal plaatsen").click()
    page.get_by_label("Adres (hoeft niet)").fill("Dorpsstraat 8")
    page.get_by_label("Soort signaal").select_option("overlast")
    page.get_by_label("Reden").fill("Melding van de buren")
    why(page, "Waarvoor plaatst u het signaal?")
    page.get_by_role("button", name="Signaal plaatsen").click()
    page.get_by_role("radio", name="Demodorp").check()
    page.get_by_role("button", name="Signaal plaatsen").click()
    expect(page.get_by_role("heading", name="Het signaal is geplaatst")).to_be_visible()
    page.get_by_role("link", name="Bekijk het signaal").click()
    page.get_by_label("Waarom is het nog nodig?").fill("Loopt nog")
    page.get_by_role("button", name="Verlengen").click()
    expect(page.get_by_role("status")).to_contain_text("Het signaal is verlengd.")
    page.get_by_label("Waarom kan het dicht?").fill("Opgelost")
    page.get_by_role("button", name="Sluiten").click()
    expect(page.get_by_role("status")).to_contain_text("Het signaal is gesloten.")


def test_without_scripts_departments_meet_and_the_others_do_their_work(
    plain: Callable[[str], Page], tool: SignalsApp
) -> None:
    where = "Lange Kerkweg 2"
    for who, kind in (("toezicht", "overlast"), ("belastingen", "belasting")):
        with closing(tool.client(who)) as client:
            given = {"query": where, "kind": kind, "reason": "Een geheime reden"} | WHY
            assert client.post("/api/v1/signals", json=given).status_code == 201
    page = plain("plaatser")
    go(page, "Samenloop")
    met = page.get_by_role("article").filter(has_text=f"{where},")
    met.get_by_role("button", name="Wij hebben dit gezien").click()
    expect(page.get_by_role("status")).to_contain_text("uw afdeling heeft deze samenloop gezien")

    page = plain("coordinator")
    go(page, "Samenloop")
    met = page.get_by_role("article").filter(has_text=f"{where},")
    met.get_by_text("Vertellen wat eruit kwam").click()
    met.get_by_label("We hebben gebeld").check()
    met.get_by_role("button", name="Opslaan").click()
    expect(met).to_contain_text("We hebben gebeld")
    go(page, "Uitdraai")
    why(page, "Waarvoor maakt u de uitdraai?")
    page.get_by_role("button", name="Toon op het scherm").click()
    table = page.get_by_role("table", name="Aantal signalen per adres en afdeling")
    expect(table.get_by_role("row", name=where).first).to_contain_text("2")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download als CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")

    page = plain("auditor")
    go(page, "Logboek")
    page.get_by_label("Handeling").select_option("place-signal")
    page.get_by_role("button", name="Toon", exact=True).click()
    expect(page.get_by_role("table", name="Wat er is gebeurd")).to_contain_text("Plaatste een signaal")
    page.get_by_role("button", name="Controleer het hele logboek").click()
    expect(page.get_by_text("De ketens sluiten aan", exact=True)).to_be_visible()

    page = plain("beheerder")
    go(page, "Beheer")
    expect(page.get_by_role("table", name="Doelen")).to_contain_text("Gemeentewet")


def test_on_a_phone_one_taps_to_call(browser: Browser, tool: SignalsApp) -> None:
    with visit(browser, tool.url, viewport=NARROW, has_touch=True, is_mobile=True) as one:
        page = one.page
        tool.sign_in(page, "raadpleger")
        go(page, "Zoeken op adres")
        search(page, MET)
        link = page.get_by_role("link", name="036-0100102")
        link.scroll_into_view_if_needed()
        size = link.bounding_box()
        assert size
        assert size["height"] >= 24
        assert_accessible(page)
