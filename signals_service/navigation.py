"""The main menu: which pages there are, in their order. Who may not reach a page does not see it."""

from flask import request

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


def visible() -> list[tuple[str, str, str]]:
    """(path, title, what `aria-current` says) of the pages that who looks may reach; one of them at most is current."""
    reachable = [(path, title) for path, title in ITEMS if may("GET", path)]
    here = max((path for path, _ in ITEMS if f"{request.path}/".startswith(f"{path}/")), key=len, default="")
    return [(path, title, _current(path) if path == here else "") for path, title in reachable]


def _current(path: str) -> str:
    return "page" if request.path == path else "true"
