"""What gunicorn serves when the database cannot: an honest 503 in time, without a hit, and nothing typed in the log."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from tests.integration.signals.served.test_api import WHY, ask, place
from tests.signals_app import SignalsApp, token_in

CASE = "Z-2026-GEHEIM"
BSN = "246813593"
OFFICIAL = ("Bram Verzonnen", "036-0100102", "Toezicht en Handhaving")
#: More than the threads that serve, and than two pools of connections may keep waiting.
MANY = 100


@contextmanager
def _changed(tool: SignalsApp, *there: str, back: str) -> Iterator[None]:
    with psycopg.connect(tool.settings.dsn("admin"), autocommit=True) as connection:
        try:
            for statement in there:
                connection.execute(statement)  # type: ignore[call-overload]
            yield
        finally:
            connection.execute(back)  # type: ignore[call-overload]


@contextmanager
def _no_audit(tool: SignalsApp) -> Iterator[None]:
    rights = "insert on audit.event"
    with _changed(
        tool,
        f"revoke {rights} from vis_signals_across",
        back=f"grant {rights} to vis_signals_across",
    ):
        yield


@contextmanager
def _no_connection(tool: SignalsApp) -> Iterator[None]:
    """None is left of the pool, and the server gives no other."""
    with _changed(
        tool,
        "alter role vis_signals connection limit 0",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'vis_signals'",
        back="alter role vis_signals connection limit -1",
    ):
        yield


def _questions(client: httpx.Client, address: str) -> list[Callable[[], httpx.Response]]:
    """Of an address and of a person, by the page and by the API."""
    why = WHY | {"caseNumber": CASE}
    token = token_in(client.get("/zoeken").text)
    form = {"csrf_token": token, "purpose": WHY["purpose"], "case_number": CASE}
    by_address = form | {"query": address, "address_id": ""}
    by_person = form | {"bsn": BSN, "name": "", "birth_date": ""}
    return [
        lambda: client.post("/zoeken", data=by_address),
        lambda: client.post("/zoeken/persoon", data=by_person),
        lambda: client.post("/api/v1/address-searches", json={"query": address} | why),
        lambda: client.post("/api/v1/person-searches", json={"bsn": BSN} | why),
    ]


def _is_an_honest_refusal(answer: httpx.Response) -> None:
    machine = answer.request.url.path.startswith("/api/")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (
        503,
        "application/problem+json" if machine else "text/html",
    )
    assert int(answer.headers["Retry-After"]) > 0
    words = answer.json()["detail"] if machine else answer.text
    assert "Er is niets getoond." in words
    for secret in (*OFFICIAL, "treffer", "hitCount", CASE, BSN):
        assert secret not in answer.text, secret


@pytest.mark.parametrize("broken", [_no_audit, _no_connection])
def test_without_audit_or_connection_there_is_no_answer_and_no_hit(
    tool: SignalsApp, searcher: httpx.Client, placer: httpx.Client, address: str, broken: Callable[..., Iterator[None]]
) -> None:
    place(placer, address)
    place(placer, bsn=BSN)
    questions = _questions(searcher, address)
    for question in questions:
        found = question()
        assert found.status_code in (200, 201), found.text
        assert OFFICIAL[0] in found.text
    written = len(tool.log.read_bytes())
    events = tool.rows("select count(*) from audit.event")
    with broken(tool), ThreadPoolExecutor(MANY) as pool:
        # The client gives up before gunicorn would: nobody waits for ever.
        answers = list(pool.map(lambda number: questions[number % len(questions)](), range(MANY)))
        kept = placer.post(
            "/api/v1/signals", json={"query": address, "kind": "overlast", "reason": "Een geheime reden"} | WHY
        )
    for answer in answers:
        _is_an_honest_refusal(answer)
    assert kept.status_code == 503
    assert "Mogelijk is uw invoer al opgeslagen. Kijk eerst in de lijst." in kept.json()["detail"]
    assert tool.rows("select count(*) from audit.event") == events
    logged = tool.log.read_bytes()[written:].decode()
    assert "no answer: StoreUnavailableError" in logged
    for typed in (address, address.partition(" ")[0], CASE, BSN, "geheime", WHY["caseNumber"]):
        assert typed not in logged, typed
    # The service was not started again.
    deadline = time.monotonic() + 60
    while searcher.post("/api/v1/address-searches", json={"query": address} | WHY).status_code != 201:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert ask(searcher, "address-searches", query=address, **WHY)["hitCount"] == 1
