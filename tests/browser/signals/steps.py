"""What an official does on the pages, in one line each."""

from collections.abc import Callable

from playwright.sync_api import Page

BSN = "123456782"
WHY = {"purpose": "samenwerking", "caseNumber": "Z-2026-00123"}
MET = "Burgemeester van Dijkplein 20"
Shot = Callable[[Page, str], None]


def go(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name=title, exact=True).click()


def why(page: Page, purpose: str = "Waarvoor zoekt u?") -> None:
    page.get_by_label(purpose).select_option("samenwerking")
    page.get_by_label("Zaaknummer").fill("Z-2026-00123")


def search(page: Page, address: str) -> None:
    page.get_by_label("Adres", exact=True).fill(address)
    why(page)
    page.get_by_role("button", name="Zoeken", exact=True).click()


def place(page: Page, address: str) -> None:
    """From the list of signals of the own department."""
    page.get_by_role("link", name="Signaal plaatsen").click()
    page.get_by_label("Adres (hoeft niet)").fill(address)
    page.get_by_label("Soort signaal").select_option("overlast")
    page.get_by_label("Reden").fill("Melding van de buren")
    why(page, "Waarvoor plaatst u het signaal?")
    page.get_by_role("button", name="Signaal plaatsen").click()
