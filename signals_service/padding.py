"""Answers to a search come in few sizes: encrypted or not, a length is seen, and a hit is longer than no hit.

White space at the end means nothing in HTML or JSON. It makes the lengths equal up to a step; the fixed work of the
database makes the times equal.
"""

from flask import Flask, Response, request

_STEPS = {
    "search.search_address": 16 * 1024,
    "search.search_person": 16 * 1024,
    "signals.place": 16 * 1024,
    "api.search_address": 8 * 1024,
    "api.search_person": 8 * 1024,
    "api.place_signal": 8 * 1024,
}


def register(app: Flask) -> None:
    app.after_request(_pad)


def _pad(response: Response) -> Response:
    step = _STEPS.get(request.endpoint or "")
    if step and request.method == "POST" and response.status_code < 300:
        body = response.get_data()
        response.set_data(body + b" " * (-len(body) % step))
    return response
