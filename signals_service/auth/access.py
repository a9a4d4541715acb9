"""The access rule of every route, in one table.

A new route fails the start of the application, and with it the tests, until somebody has thought about who may reach it
and has written that down here.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from flask import Flask, request

SEARCHER: Final = "raadpleger"
PLACER: Final = "plaatser"
COORDINATOR: Final = "coordinator"
MANAGER: Final = "beheerder"
AUDITOR: Final = "auditor"

#: Every role, with what a person reads.
ROLES: Final = {
    SEARCHER: "Raadpleger",
    PLACER: "Plaatser",
    COORDINATOR: "Coördinator",
    MANAGER: "Functioneel beheerder",
    AUDITOR: "Auditor",
}

Rule = frozenset[str]
#: Anyone, also who is not signed in.
OPEN: Final[Rule] = frozenset({"*"})
#: Anyone who is signed in, whatever the role.
SIGNED_IN: Final[Rule] = frozenset(ROLES)

_SEARCH: Final[Rule] = frozenset({SEARCHER, PLACER})
_PLACE: Final[Rule] = frozenset({PLACER})
_MEET: Final[Rule] = frozenset({SEARCHER, PLACER, COORDINATOR})
_SETTLE: Final[Rule] = frozenset({PLACER, COORDINATOR})
_COUNT: Final[Rule] = frozenset({COORDINATOR})
_AUDIT: Final[Rule] = frozenset({AUDITOR})
_MANAGE: Final[Rule] = frozenset({MANAGER})

ACCESS: Final[dict[str, Rule]] = {
    # Machines and pictures: nothing of a signal, an official or a search.
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /static/<path:filename>": OPEN,
    "GET /api/v1/openapi.json": OPEN,
    # What the tool is, and the way in and out.
    "GET /": OPEN,
    "GET /aanmelden": OPEN,
    "GET /aanmelden/start": OPEN,
    "GET /aanmelden/terug": OPEN,
    "POST /aanmelden/demo": OPEN,
    "POST /afmelden": SIGNED_IN,
    "GET /afgemeld": OPEN,
    # Searching.
    "GET /zoeken": _SEARCH,
    "POST /zoeken": _SEARCH,
    "GET /zoeken/persoon": _SEARCH,
    "POST /zoeken/persoon": _SEARCH,
    "POST /api/v1/address-searches": _SEARCH,
    "POST /api/v1/person-searches": _SEARCH,
    "POST /api/v1/address-resolutions": _SEARCH,
    # Signals of the own department.
    "GET /signalen": _PLACE,
    "GET /signalen/nieuw": _PLACE,
    "POST /signalen/nieuw": _PLACE,
    "GET /signalen/<uuid:signal_id>": _PLACE,
    "POST /signalen/<uuid:signal_id>/verlengen": _PLACE,
    "POST /signalen/<uuid:signal_id>/sluiten": _PLACE,
    "GET /api/v1/signals": _PLACE,
    "POST /api/v1/signals": _PLACE,
    "GET /api/v1/signals/<uuid:signal_id>": _PLACE,
    "POST /api/v1/signals/<uuid:signal_id>/renewals": _PLACE,
    "POST /api/v1/signals/<uuid:signal_id>/closures": _PLACE,
    # Where departments meet: a coordinator sees all, others what their own department takes part in.
    "GET /meldingen": _SEARCH,
    "GET /api/v1/notices": _SEARCH,
    "GET /samenloop": _MEET,
    "POST /samenloop/<uuid:overlap_id>/ontvangen": _SEARCH,
    "POST /samenloop/<uuid:overlap_id>/uitkomst": _SETTLE,
    "GET /api/v1/overlaps": _MEET,
    "POST /api/v1/overlaps/<uuid:overlap_id>/acknowledgements": _SEARCH,
    "POST /api/v1/overlaps/<uuid:overlap_id>/outcomes": _SETTLE,
    # Numbers per address.
    "GET /uitdraai": _COUNT,
    "POST /uitdraai": _COUNT,
    "GET /api/v1/hit-counts": _COUNT,
    # The log.
    "GET /logboek": _AUDIT,
    "POST /logboek": _AUDIT,
    "POST /logboek/controle": _AUDIT,
    "GET /api/v1/audit-events": _AUDIT,
    # Numbers and lists for who keeps the tool going: no content.
    "GET /beheer": _MANAGE,
    "POST /beheer": _MANAGE,
}


#: The routes that change what others see; of these an error cannot say that nothing was kept.
WRITES = frozenset(
    {
        "POST /signalen/nieuw",
        "POST /signalen/<uuid:signal_id>/verlengen",
        "POST /signalen/<uuid:signal_id>/sluiten",
        "POST /api/v1/signals",
        "POST /api/v1/signals/<uuid:signal_id>/renewals",
        "POST /api/v1/signals/<uuid:signal_id>/closures",
        "POST /samenloop/<uuid:overlap_id>/ontvangen",
        "POST /samenloop/<uuid:overlap_id>/uitkomst",
        "POST /api/v1/overlaps/<uuid:overlap_id>/acknowledgements",
        "POST /api/v1/overlaps/<uuid:overlap_id>/outcomes",
    }
)


class AccessError(RuntimeError):
    """A route and the table above do not agree; the message says which route and what to do."""


View = TypeVar("View", bound=Callable[..., Any])


def require(*roles: str) -> Callable[[View], View]:
    """Mark a view: only who has one of these roles may reach it. The gate enforces it before the view is called."""
    if not roles or set(roles) - set(ROLES):
        raise AccessError(f"unknown role among {roles!r}; the roles are {', '.join(ROLES)}")
    return _mark(frozenset(roles))


def require_sign_in(view: View) -> View:
    """Mark a view: whoever is signed in may reach it."""
    return _mark(SIGNED_IN)(view)


def roles_of(method: str, route: str) -> Rule | None:
    """The rule of one route; None when it is not listed."""
    return ACCESS.get(f"{'GET' if method == 'HEAD' else method} {route}")


def writes() -> bool:
    """Whether what is asked now changes what others see."""
    return request.url_rule is not None and f"{request.method} {request.url_rule.rule}" in WRITES


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """(`METHOD /route`, name of its view) for everything the application answers."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}", rule.endpoint


def verify(app: Flask) -> None:
    """Raise `AccessError` unless every route is listed, every listed route exists and each view says the same."""
    found = dict(routes(app))
    for route, endpoint in found.items():
        if route not in ACCESS:
            raise AccessError(f"{route} ({endpoint}) has no access rule: list it in signals_service/auth/access.py")
        # What is marked by nobody, such as the static files, can only be open to all.
        marked = getattr(app.view_functions[endpoint], "access", OPEN)
        if marked != ACCESS[route]:
            raise AccessError(
                f"{route}: the view says {sorted(marked)}, signals_service/auth/access.py {sorted(ACCESS[route])}"
            )
    if gone := set(ACCESS) - set(found):
        raise AccessError(f"listed in signals_service/auth/access.py but not there: {', '.join(sorted(gone))}")


def _mark(rule: Rule) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.access = rule  # type: ignore[attr-defined]
        return view

    return decorate
