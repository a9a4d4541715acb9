"""One line per request: method, route, status, duration. Never the address as asked, its query string or a body.

The route is the declared pattern, such as `/api/v1/signals/<id>`; an address that no route knows is logged as `-`.
"""

import logging
import time

from flask import Flask, Response, g, request

_log = logging.getLogger("vis.signals.request")


def route_of_request() -> str:
    return request.url_rule.rule if request.url_rule else "-"


def register(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_write)


def _begin() -> None:
    g.began = time.monotonic()


def _write(response: Response) -> Response:
    milliseconds = 1000 * (time.monotonic() - g.began) if "began" in g else 0.0
    # A caller may invent a method; only those that HTTP knows are repeated.
    method = request.method if request.method in _METHODS else "?"
    _log.info("%s %s %d %.1f ms", method, route_of_request(), response.status_code, milliseconds)
    return response


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
