"""A journey per role through the signaleringstool in a real browser, with what each page and state looks like."""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.signals.steps import BSN, MET, WHY, Shot, go, place, search, why
from tests.signals_app import SignalsApp


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
    looked(page, "persoon-no-hit")


def test_plaatser_places_renews_and_closes(journey: Callable[[str], Page], tool: SignalsApp, looked: Shot) -> None:
    with closing(tool.client("belastingen")) as client:
        given = {"query": "Lange Kerkweg 4", "kind": "belasting", "reason": "Een geheime reden"} | WHY
        assert client.post("/api/v1/signals", json=given).status_code == 201
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
    looked(page, "signaal-fout")
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
    looked(page, "signalen-gesloten")

    place(page, "Burgemeester van Dijkplein 12")
    beside = page.get_by_role("region", name="Andere adressen op dit huisnummer")
    expect(beside.get_by_role("listitem").filter(has_text="12-A: 1 signaal van 1 afdeling")).to_have_count(1)
    looked(page, "geplaatst-ernaast")
    beside.get_by_role("button", name="Zoek Burgemeester van Dijkplein 12-A").click()
    expect(page.get_by_role("heading", name="Er is 1 signaal op dit adres")).to_be_visible()

    go(page, "Signalen")
    place(page, "Kerkweg 999")
    expect(page.get_by_text("Het signaal is nog niet geplaatst")).to_be_visible()
    looked(page, "nieuw-niet-gevonden")
    go(page, "Signalen")
    place(page, "Lange Kerkweg 4")
    expect(page.get_by_role("table", name="Wie u kunt bellen")).to_be_visible()
    looked(page, "geplaatst-hit")
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
    looked(page, "samenloop-gezien")
    page.get_by_role("link", name="Afgehandeld").click()
    expect(page.get_by_role("article")).to_have_count(0)
    looked(page, "samenloop-leeg")

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
    looked(page, "uitdraai-fout")
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
    looked(page, "logboek-gezocht")
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
