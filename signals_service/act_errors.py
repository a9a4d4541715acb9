"""What an act refuses, as a page for people and as problem+json (RFC 9457) for machines."""

from flask import Flask, Response, current_app, render_template, request

from signals_service.acts.explain import ActError, explain
from signals_service.acts.inputs import InputError
from signals_service.acts.register import RegisterNotReadyError
from signals_service.auth.access import writes
from signals_service.errors import problem
from signals_service.store import StoreError


def register(app: Flask) -> None:
    for kind in (InputError, StoreError, RegisterNotReadyError):
        app.register_error_handler(kind, _answer)


def _answer(error: ActError) -> Response:
    told = explain(error, writes=writes())
    if told.status >= 500:
        # The kind alone: what an error says may hold what somebody typed.
        current_app.logger.warning("no answer: %s", type(error).__name__)
    if request.path.startswith("/api/"):
        faults = [{"field": _camel(name), "detail": text} for name, text in told.fields.items()]
        response = problem(told.status, told.title, told.detail, **({"errors": faults} if faults else {}))
    else:
        page = render_template("error.html", title=told.title, detail=told.detail, status=told.status)
        response = Response(page, told.status)
    if told.retry_after is not None:
        response.headers["Retry-After"] = str(told.retry_after)
    return response


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
