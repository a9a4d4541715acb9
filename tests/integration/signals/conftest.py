"""A warehouse with Demostad's rules, and officials of several departments who have signed in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest

from orchestration.municipality import load_municipality
from orchestration.settings import Settings
from signals_service.actor import Actor
from signals_service.database import Database
from signals_service.persons import PersonKeys
from signals_service.store import Placed, SearchAnswer, Store

CODE = "GM9999"
ADDRESS = "9999010000000001"
OTHER_ADDRESS = "9999010000000002"

BURGERZAKEN = Actor("sub-anna", "Anna de Wit", "burgerzaken", "036-0000001", frozenset({"raadpleger", "plaatser"}))
BELASTINGEN = Actor("sub-bas", "Bas Vonk", "belastingen", "036-0000002", frozenset({"raadpleger", "plaatser"}))
VERGUNNINGEN = Actor("sub-vera", "Vera Kok", "vergunningen", "036-0000003", frozenset({"plaatser"}))
COORDINATOR = Actor("sub-coen", "Coen Prins", "openbare-orde", "036-0000004", frozenset({"coordinator"}))
AUDITOR = Actor("sub-fg", "Fien Groot", "burgerzaken", "036-0000005", frozenset({"auditor"}))
BEHEERDER = Actor("sub-ben", "Ben Heer", "burgerzaken", "036-0000006", frozenset({"beheerder"}))
EVERYBODY = (BURGERZAKEN, BELASTINGEN, VERGUNNINGEN, COORDINATOR, AUDITOR, BEHEERDER)
PURPOSE = "samenwerking"
CASE = "Z-2026-0001"


@dataclass
class Office:
    """The store of one municipality, and the database behind it as the administrator sees it."""

    settings: Settings
    database: Database
    store: Store
    keys: PersonKeys

    def search(self, actor: Actor = BURGERZAKEN, address: str = ADDRESS, **changes: Any) -> SearchAnswer:
        given = {
            "address_ids": [address],
            "beside_ids": [],
            "purpose": PURPOSE,
            "case_number": CASE,
            "outcome": "found",
        }
        return self.store.search_address(actor, **(given | changes))

    def place(self, actor: Actor = BELASTINGEN, address: str | None = ADDRESS, **changes: Any) -> Placed:
        given = {
            "address_id": address,
            "nummeraanduiding_id": None,
            "beside_ids": [],
            "person_keys": [],
            "kind": "overlast",
            "reason": "Melding van de buren",
            "review_on": None,
            "purpose": PURPOSE,
            "case_number": CASE,
        }
        return self.store.place_signal(actor, **(given | changes))

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the administrator, whom no policy binds."""
        with psycopg.connect(self.settings.dsn("admin"), autocommit=True) as connection:
            cursor = connection.execute(query, values or None)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def change(self, query: str, *values: Any) -> None:
        self.ask(query, *values)

    def events(self) -> list[tuple[str, str]]:
        """Action and result of every event, in order."""
        return self.ask("select action, result from audit.event order by number")  # type: ignore[return-value]


@pytest.fixture
def open_office(new_warehouse: Callable[..., Settings]) -> Iterator[Callable[..., Office]]:
    """Makes an office, on a warehouse of its own unless one is given; `rules` change those of Demostad."""
    opened: list[Office] = []

    def make(settings: Settings | None = None, **rules: Any) -> Office:
        settings = settings or new_warehouse()
        municipality = load_municipality("demo")
        changed = municipality.model_copy(update={"signals": municipality.signals.model_copy(update=rules)})
        changed._folder = municipality.folder
        changed.register(settings)
        database = Database(settings.dsn("signals"), seconds=5)
        keys = PersonKeys(settings.secret("person_key"), CODE)
        office = Office(settings, database, Store(database, CODE), keys)
        opened.append(office)
        for actor in EVERYBODY:
            office.store.signed_in(actor)
        return office

    yield make
    for office in opened:
        office.database.close()


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office()


def with_roles(actor: Actor, *roles: str) -> Actor:
    return replace(actor, roles=frozenset(roles))
