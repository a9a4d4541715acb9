"""The main menu: which pages there are, in their order. Who may not reach a page does not see it."""

from signals_service.auth.wiring import may

#: (route as `access.py` lists it, without GET; what the menu says)
ITEMS: tuple[tuple[str, str], ...] = (
    ("/zoeken", "Zoeken op adres"),
    ("/zoeken/persoon", "Zoeken op persoon"),
    ("/signalen", "Signalen"),
    ("/meldingen", "Meldingen"),
    ("/samenloop", "Samenloop"),
    ("/uitdraai", "Uitdraai"),
    ("/logboek", "Logboek"),
    ("/beheer", "Beheer"),
)


def visible() -> list[tuple[str, str]]:
    """(path, title) of the pages that who looks may reach."""
    return [(path, title) for path, title in ITEMS if may("GET", path)]
