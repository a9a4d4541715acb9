"""The same pages by other ways: with the keyboard alone, without scripts, on a phone."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.accessibility import NARROW, assert_accessible
from tests.browser.signals.steps import MET, WHY, go, place, search, why
from tests.signals_app import SignalsApp, visit


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
    place(page, "Dorpsstraat 8")
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
