"""`/metrics`: uptime and the number of requests by route and status, as Prometheus reads it.

The workers of gunicorn count in one piece of shared memory, made before they are forked, so that it does not matter
which of them is asked. A worker that is killed while it counts leaves no lock behind: the kernel takes file locks back.
"""

import fcntl
import mmap
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence

from flask import Flask, Response

from signals_service.request_log import route_of_request

_STATUSES = range(100, 600)
_BYTES = 8


class RequestCounter:
    """Counts per route and status, shared with every process that is forked from this one later."""

    def __init__(self, routes: Sequence[str]) -> None:
        self._routes = {route: number for number, route in enumerate(routes)}
        size = _BYTES * len(_STATUSES) * len(routes)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._file.truncate(size)
        self._counts = memoryview(mmap.mmap(self._file.fileno(), size)).cast("Q")
        self._threads = threading.Lock()  # a file lock holds between processes, not between threads

    def add(self, route: str, status: int) -> None:
        place = self._routes[route] * len(_STATUSES) + status - _STATUSES.start
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                self._counts[place] += 1
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def counts(self) -> Iterator[tuple[str, int, int]]:
        """(route, status, number of requests) for what was asked at least once."""
        for route, number in self._routes.items():
            for offset, status in enumerate(_STATUSES):
                if count := self._counts[number * len(_STATUSES) + offset]:
                    yield route, status, count


def register(app: Flask) -> None:
    """Add the route; every route must have been added before."""
    began = time.time()

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(_text(counter, time.time() - began), content_type="text/plain; version=0.0.4; charset=utf-8")

    counter = RequestCounter(sorted({"-", *(rule.rule for rule in app.url_map.iter_rules())}))

    @app.after_request
    def count(response: Response) -> Response:
        counter.add(route_of_request(), response.status_code)
        return response


def _text(counter: RequestCounter, uptime: float) -> str:
    lines = [
        "# HELP vis_signals_uptime_seconds Seconds since the service was started.",
        "# TYPE vis_signals_uptime_seconds gauge",
        f"vis_signals_uptime_seconds {uptime:.3f}",
        "# HELP vis_signals_requests_total Answered requests by route and HTTP status.",
        "# TYPE vis_signals_requests_total counter",
    ]
    for route, status, count in counter.counts():
        lines.append(f'vis_signals_requests_total{{route="{route}",status="{status}"}} {count}')
    return "\n".join(lines) + "\n"
