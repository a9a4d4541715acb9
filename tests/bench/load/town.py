"""A municipality with many addresses and signals, and officials who are signed in."""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from flask import session

from orchestration.municipality import load_municipality
from orchestration.settings import Settings
from signals_service import create_app
from signals_service.actor import Actor
from signals_service.auth import csrf
from signals_service.auth import session as sessions
from signals_service.configuration import configuration
from tests.signals_app import prepare

FOLDER = Path(__file__).parents[1] / "municipalities" / "signals"
SEED = 20260628
_PLACE = "Drukstad"
_ON_A_STREET = 50  # house numbers
_DEPARTMENTS = ("burgerzaken", "belastingen", "sociale-zaken", "vergunningen", "toezicht-handhaving", "openbare-orde")
_PURPOSE = "samenwerking"
_FIRST = (
    "Ab",
    "Ber",
    "Cor",
    "Dor",
    "Eik",
    "Fre",
    "Gel",
    "Hol",
    "Ing",
    "Jas",
    "Kor",
    "Lin",
    "Mee",
    "Noor",
    "Oos",
    "Pop",
)
_SECOND = ("del", "gen", "ken", "men", "ster", "ren", "sen", "ven", "wer", "zen")
_THIRD = ("bos", "dal", "horst", "hout", "mark", "veld", "voort", "wijk", "zicht")
_KINDS = ("straat", "laan", "weg", "hof", "plein")


def addresses(number: int) -> list[dict[str, Any]]:
    """So many addresses on streets of fifty, each street with a name of its own."""
    names = [f"{a}{b}{c}{kind}" for a, b, c, kind in itertools.product(_FIRST, _SECOND, _THIRD, _KINDS)]
    random.Random(SEED).shuffle(names)
    rows = []
    for at in range(number):
        street, house = divmod(at, _ON_A_STREET)
        rows.append({
            "nummeraanduiding_id": f"9998200000{at:06d}",
            "adresseerbaarobject_id": address_id(at),
            "street": names[street],
            "house_number": house + 1,
            "postcode": f"{1000 + street // 676} {chr(65 + street // 26 % 26)}{chr(65 + street % 26)}",
            "place": _PLACE,
            "x": 120_000 + street,
            "y": 480_000 + house,
        })  # fmt: skip
    return rows


def address_id(at: int) -> str:
    return f"9998010000{at:06d}"


@dataclass
class SignalsTown:
    """`with_signal` are the numbers of the addresses that have a signal, `without` of as many that have none."""

    settings: Settings
    rows: list[dict[str, Any]]
    with_signal: list[int]
    without: list[int]
    signals: int

    @classmethod
    def made(cls, settings: Settings, number: int, signals: int) -> "SignalsTown":
        """A register of `number` addresses, built by dbt, and `signals` signals on half of them at most."""
        prepare(settings, rows := addresses(number))
        return cls.filled(settings, rows, signals)

    @classmethod
    def filled(cls, settings: Settings, rows: list[dict[str, Any]], signals: int) -> "SignalsTown":
        """On a register that is there already. Ten times the signals also means answers with more hits."""
        order = list(range(len(rows)))
        random.Random(SEED).shuffle(order)
        half = len(order) // 2
        chosen = order[: min(half, signals)]
        rng, code = random.Random(SEED + 1), load_municipality(settings.municipality).code
        with psycopg.connect(settings.dsn("admin")) as connection:
            with connection.cursor().copy(
                "copy signals.signal (municipality_code, signal_id, department, official_name, official_phone, "
                "address_id, kind, reason, placed_on, review_on, status) from stdin"
            ) as copy:
                for number in range(signals):
                    copy.write_row([
                        code, f"00000000-0000-4000-8000-{number:012d}", rng.choice(_DEPARTMENTS), "M. Meting",
                        "036-0000000", address_id(chosen[number % len(chosen)]), "aandacht",
                        "Reden van gewone lengte " * 5, "2026-06-01", "2027-06-01", "open",
                    ])  # fmt: skip
            connection.commit()
            connection.autocommit = True
            connection.execute("vacuum analyze signals.signal")
            connection.execute("checkpoint")
        return cls(settings, rows, chosen, order[half:], signals)

    def query(self, at: int) -> str:
        row = self.rows[at]
        return f"{row['street']} {row['house_number']}, {row['place']}"

    def users(
        self, number: int, searches: int, rng: random.Random, path: str = "/api/v1/address-searches"
    ) -> Iterator[list[tuple[str, bytes]]]:
        """Of each user the requests, half of them about an address with a signal; marked hit and no-hit."""
        for cookie, token in self._signed_in(number):
            requests = []
            for _ in range(searches):
                mark, among = rng.choice((("hit", self.with_signal), ("no-hit", self.without)))
                case = f"Z-{rng.randrange(10**6)}"
                body = json.dumps(
                    {"query": self.query(rng.choice(among)), "purpose": _PURPOSE, "caseNumber": case}
                ).encode()
                requests.append((mark, request(path, cookie, token, body)))
            yield requests

    def _signed_in(self, number: int) -> Iterator[tuple[str, str]]:
        """(Cookie, CSRF token) of fresh sessions, made by the code that makes them at a sign-in."""
        app = create_app(configuration(self.settings))
        try:
            for user in range(number):
                department = _DEPARTMENTS[user % len(_DEPARTMENTS)]
                person = Actor(f"user-{user}", "M. Meting", department, "036-0000000", frozenset({"raadpleger"}))
                with app.test_request_context("/"):
                    sessions.begin(person)
                    token = csrf.token()
                    response = app.response_class()
                    app.session_interface.save_session(app, session, response)  # type: ignore[arg-type]
                yield response.headers["Set-Cookie"].partition(";")[0], token
        finally:
            app.extensions["vis_database"].close()


def request(path: str, cookie: str, token: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"Cookie: {cookie}\r\nX-CSRF-Token: {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("latin-1") + body
