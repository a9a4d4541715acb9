"""The load generator: what it counts is what a server answered, and a server that fails is no measurement."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.bench.load.client import LoadError, User, drive
from tests.bench.load.scenario import quantile
from tests.bench.load.town import address_id, addresses


class Server(ThreadingHTTPServer):
    """Answers 201 or, on /bad, 503; /gone closes without a word."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked[self.path] += 1
        if self.path == "/gone":
            self.close_connection = True
            return
        body = b"x" * 100_000
        self.send_response(503 if self.path == "/bad" else 201)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def ask(path: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode()


def test_every_answer_is_counted_once_by_its_mark_and_status(server: Server) -> None:
    users = [User([("good", ask("/good")), ("bad", ask("/bad"))]) for _ in range(5)]
    found = drive(("127.0.0.1", server.server_port), users, warm_up=0, seconds=60, limit=203)
    assert sum(found.statuses.values()) == 203
    assert found.statuses == {201: server.asked["/good"], 503: server.asked["/bad"]}
    assert {mark: len(values) for mark, values in found.seconds.items()} == {
        "good 201": server.asked["/good"], "bad 503": server.asked["/bad"],
    }  # fmt: skip
    assert found.ended > found.began


def test_a_connection_that_is_closed_is_an_error(server: Server) -> None:
    with pytest.raises((LoadError, ConnectionError)):
        drive(("127.0.0.1", server.server_port), [User([("x", ask("/gone"))])], warm_up=0, seconds=60, limit=10)


def test_the_town_has_as_many_different_addresses_as_it_says() -> None:
    rows = addresses(100_000)
    assert len({row["adresseerbaarobject_id"] for row in rows}) == 100_000
    assert len({(row["street"], row["house_number"]) for row in rows}) == 100_000
    assert rows[77]["adresseerbaarobject_id"] == address_id(77)


def test_the_quantile_is_a_value_that_was_measured() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 0.95) == 3.0
