"""Fifty users at once on the signaleringstool as it is really served, beside two empty routes, in turns.

One is a route of the signaleringstool itself, in the very processes that search: it costs what any route there costs.
The other is that of a Flask application with nothing else in it, on the same server configuration: the stricter one.
"""

import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from orchestration.operations.services import program, service, signals_environment
from orchestration.settings import REPOSITORY, Settings
from tests.bench.load.town import FOLDER, SignalsTown, request
from tests.bench.scenarios import Bar, Scenario
from tests.installation import free_port, make_warehouse

USERS = 50
_WARM_UP = 3.0
_LIMIT = 200_000  # requests in one round: however quick the server, it ends
_SEARCHES = 400  # different ones for each user


@dataclass
class Found:
    """All rounds of one kind together: seconds per answer by mark, answers per second of each round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    p95s: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    server: list[float] = field(default_factory=list)  # milliseconds of processor per answer, of each round
    database: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)

    def add(self, result: dict[str, Any]) -> None:
        round_ = [value for values in result["seconds"].values() for value in values]
        for mark, values in result["seconds"].items():
            self.seconds.setdefault(mark, []).extend(values)
        for status, number in result["statuses"].items():
            self.statuses[status] = self.statuses.get(status, 0) + number
        self.rates.append(len(round_) / result["elapsed"])
        self.p95s.append(quantile(round_, 0.95))
        answers = sum(result["statuses"].values())
        for kept, name in ((self.server, "server"), (self.database, "database"), (self.client, "client")):
            kept.append(1000 * result["cpu"][name] / answers)

    @property
    def cpu(self) -> float:
        """Milliseconds of processor per answer, the load generator included: what two cores have to give."""
        return sum(statistics.median(part) for part in (self.server, self.database, self.client))

    @property
    def all(self) -> list[float]:
        return [value for values in self.seconds.values() for value in values]

    @property
    def errors(self) -> int:
        return sum(number for status, number in self.statuses.items() if status not in ("200", "201"))

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def load_scenario(server: Settings, *, number: int, signals: int, rounds: int, seconds: float) -> Scenario:
    """Search under load; see the bars. Rounds of the kinds take turns, so that a noisy machine is noisy for all."""
    small, large = _towns(server, number, signals)
    kinds = {name: Found() for name in ("kaal", "leeg", "klein", "groot", "alleen")}
    rng = random.Random(1)
    with _served(small.settings) as small_port, _served(large.settings) as large_port, _bare(server) as bare_port:
        nothing = [[("kaal", request("/empty", "x=" + "y" * 300, "z" * 64, b'{"query": "Straat 1"}'))]] * USERS
        for town, port in ((small, small_port), (large, large_port)):
            # Each worker makes its index of addresses at the first question; that is no part of an answer.
            _round(port, list(town.users(USERS, 5, rng)), seconds, server.home)
        before = _counts(small), _counts(large)
        for _ in range(rounds):
            kinds["kaal"].add(_round(bare_port, nothing, seconds, server.home))
            kinds["leeg"].add(_round(small_port, list(small.users(USERS, 1, rng, "/empty")), seconds, server.home))
            for name, town, port in (("klein", small, small_port), ("groot", large, large_port)):
                users = list(town.users(USERS, _SEARCHES, rng))
                kinds[name].add(_round(port, users, seconds, server.home))
            # What an answer's time tells is best seen where nobody else is in the way.
            kinds["alleen"].add(_round(small_port, list(small.users(1, 10 * _SEARCHES, rng)), seconds, server.home))
        after = _counts(small), _counts(large)
    return _scenario(kinds, small, large, [_difference(*pair) for pair in zip(before, after, strict=True)])


def _towns(server: Settings, number: int, signals: int) -> tuple[SignalsTown, SignalsTown]:
    """The same register twice, the second time with ten times the signals."""
    first = make_warehouse(server, "vis_bench_load", municipality=str(FOLDER), demo=True)
    small = SignalsTown.made(first, number, signals)
    second = make_warehouse(server, "vis_bench_load_10", municipality=str(FOLDER), demo=True)
    large = SignalsTown.made(second, number, signals * 10)
    return small, large


def _scenario(kinds: dict[str, Found], small: SignalsTown, large: SignalsTown, kept: list[tuple[int, int]]) -> Scenario:
    bare, empty, few, many, alone = (kinds[name] for name in ("kaal", "leeg", "klein", "groot", "alleen"))
    result = Scenario(f"{USERS} gebruikers tegelijk, {len(small.rows):,} adressen".replace(",", "."))
    for name, one in (
        ("lege route van een kale Flask", bare),
        ("lege route in dezelfde toepassing", empty),
        (f"{small.signals} signalen", few),
        (f"{large.signals} signalen", many),
    ):
        result.notes.append(
            f"{name}: {one.rate:.0f}/s (rondes {', '.join(f'{rate:.0f}' for rate in one.rates)}), "
            f"p50 {1000 * quantile(one.all, 0.5):.1f} ms, p95 {1000 * quantile(one.all, 0.95):.1f} ms, {one.statuses}; "
            f"processor per antwoord {one.cpu:.3f} ms: dienst {statistics.median(one.server):.3f}, "
            f"database {statistics.median(one.database):.3f}, belasting {statistics.median(one.client):.3f}"
        )
    for name, one in (("een gebruiker alleen", alone), (f"{USERS} tegelijk", few)):
        difference, (low, high) = _hit_against_none(one)
        middle = {mark: 1000 * statistics.median(values) for mark, values in one.seconds.items()}
        result.notes.append(
            f"hit min geen hit, {name}: {difference:+.3f} ms (95%-interval {low:+.3f} tot {high:+.3f}); "
            f"mediaan {middle['hit 201']:.3f} en {middle['no-hit 201']:.3f} ms"
        )
    asked = sum(few.statuses.values()) + sum(alone.statuses.values()), sum(many.statuses.values())
    result.notes.append(f"gevraagd {asked}, vastgelegd in audit en outbox {kept}")
    unkept = sum(abs(events - number) + abs(rows - number) for (events, rows), number in zip(kept, asked, strict=True))
    latency = statistics.median(b / a for a, b in zip(few.p95s, many.p95s, strict=True))
    result.bars = [
        Bar("p95 van een zoekvraag", 1000 * quantile(few.all, 0.95), 300, "ms"),
        Bar("fouten", sum(one.errors for one in kinds.values()), 0, "antwoorden"),
        Bar("zoekvragen die niet precies eenmaal zijn vastgelegd", unkept, 0, "zoekvragen"),
        Bar("lege route van een kale Flask tegen zoeken, antwoorden per seconde", bare.rate / few.rate, 2, "×"),
        Bar("lege route in dezelfde toepassing tegen zoeken, antwoorden per seconde", empty.rate / few.rate, 2, "×"),
        Bar("p95 met tien keer zoveel signalen", latency, 1.3, "×"),
        # A hit holds more text. Whoever measures from outside must not be able to tell it from the waiting around it.
        Bar("mediaan van een hit tegen geen hit, een gebruiker alleen", _told_by_time(alone), 1.1, "×"),
        Bar(f"mediaan van een hit tegen geen hit, {USERS} tegelijk", _told_by_time(few), 1.1, "×"),
    ]
    return result


def _told_by_time(one: Found) -> float:
    """How much longer the slower of a hit and no hit takes, as the ratio of their medians."""
    hit, none = (statistics.median(one.seconds[mark]) for mark in ("hit 201", "no-hit 201"))
    return max(hit, none) / min(hit, none)


def _hit_against_none(found: Found) -> tuple[float, tuple[float, float]]:
    """Milliseconds by which the mean answer to a hit takes longer, with a 95% interval (Welch)."""
    hit, none = found.seconds["hit 201"], found.seconds["no-hit 201"]
    difference = statistics.fmean(hit) - statistics.fmean(none)
    error = (statistics.variance(hit) / len(hit) + statistics.variance(none) / len(none)) ** 0.5
    return 1000 * difference, (1000 * (difference - 1.96 * error), 1000 * (difference + 1.96 * error))


def _round(port: int, users: list[list[tuple[str, bytes]]], seconds: float, folder: Path) -> dict[str, Any]:
    """One stretch of load from a process of its own, so that making it costs the server as little as can be."""
    plan, result = folder / "plan.json", folder / "result.json"
    content = {
        "host": "127.0.0.1", "port": port, "warm_up": _WARM_UP, "seconds": seconds, "limit": _LIMIT,
        "users": [[(mark, text.decode("latin-1")) for mark, text in user] for user in users],
    }  # fmt: skip
    plan.write_text(json.dumps(content), encoding="utf-8")
    command = [sys.executable, "-m", "tests.bench.load.client", str(plan), str(result)]
    before, own = _processor(port), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=REPOSITORY)
    after, now = _processor(port), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = {name: after[name] - before[name] for name in before}
    cpu["client"] = now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime
    return dict(json.loads(result.read_text(encoding="utf-8"))) | {"cpu": cpu}


def _processor(port: int) -> dict[str, float]:
    """Seconds of processor used so far by the service on this port and by PostgreSQL."""
    used = {"server": 0.0, "database": 0.0}
    for process in psutil.Process().children(recursive=True):
        try:
            kind = "database" if "postgres" in process.name() else "server"
            if kind == "database" or f"127.0.0.1:{port}" in process.cmdline():
                times = process.cpu_times()
                used[kind] += times.user + times.system
        except psutil.Error:
            continue  # it has ended since it was listed
    return used


def _counts(town: SignalsTown) -> tuple[int, int]:
    with psycopg.connect(town.settings.dsn("admin")) as connection:
        row = connection.execute(
            "select (select count(*) from audit.event where action = 'search-address'), "
            "(select count(*) from signals.outbox)"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _difference(before: tuple[int, int], after: tuple[int, int]) -> tuple[int, int]:
    return after[0] - before[0], after[1] - before[1]


@contextmanager
def _served(settings: Settings) -> Iterator[int]:
    """The service with the very command, environment and configuration of `make up`, and the empty route in it."""
    port = free_port()
    settings = settings.model_copy(update={"signals_port": port})
    command = [*service("signals").command(settings)[:-1], "--chdir", str(REPOSITORY), "tests.bench.load.served:app"]
    with _running(command, signals_environment(settings), settings.home / "signals.log"):
        _wait(f"http://127.0.0.1:{port}/readyz", settings.home / "signals.log")
        yield port


@contextmanager
def _bare(server: Settings) -> Iterator[int]:
    port = free_port()
    command = [
        program("gunicorn"), "--config", str(REPOSITORY / "signals_service" / "gunicorn.conf.py"),
        "--bind", f"127.0.0.1:{port}", "--chdir", str(REPOSITORY), "tests.bench.load.empty:app",
    ]  # fmt: skip
    log = server.home / "empty.log"
    with _running(command, {"PATH": "/usr/bin:/bin"}, log):
        _wait(f"http://127.0.0.1:{port}/ready", log)
        yield port


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, cwd=log.parent, stdout=stream, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


def _wait(address: str, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass  # it is starting
        time.sleep(0.1)
    raise RuntimeError(f"no answer from {address}:\n{log.read_text()[-2000:]}")
