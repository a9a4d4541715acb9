"""The same acts as the pages, for machines: `/api/v1`, described by `/api/v1/openapi.json`."""

from apiflask import APIBlueprint, APIFlask
from flask import Response, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from signals_service.api import audit, description, overlaps, searches, signals

#: Of the interface, not of the product: the first number is the one in the path.
VERSION = "1.0.0"


def register(app: APIFlask) -> None:
    """Everything below `/api/v1`, and its description."""
    app.register_blueprint(_blueprint())
    description.register(app)
    # Not of the blueprint: also an answer about a path that does not exist says which version it is of.
    app.after_request(_versioned)


def _blueprint() -> APIBlueprint:
    api = APIBlueprint("api", __name__, url_prefix="/api/v1", tag="Signaleringstool")
    for module in (searches, signals, overlaps, audit):
        module.register(api)
    api.before_request(_json_alone)
    return api


def _json_alone() -> None:
    """Other kinds of body would be read as an empty one, and so be answered with what is missing."""
    if not request.content_length:
        return
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        request.get_json()
    except RecursionError:  # brackets within brackets, without end
        raise BadRequest from None


def _versioned(response: Response) -> Response:
    if request.path.startswith("/api/v1/"):
        response.headers["API-Version"] = VERSION
    return response
