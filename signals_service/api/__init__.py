"""The same acts as the pages, for machines: `/api/v1`, described by `/api/v1/openapi.json`."""

from apiflask import APIBlueprint, APIFlask
from flask import Response

from signals_service.api import audit, description, overlaps, searches, signals

#: Of the interface, not of the product: the first number is the one in the path.
VERSION = "1.0.0"


def register(app: APIFlask) -> None:
    """Everything below `/api/v1`, and its description."""
    app.register_blueprint(_blueprint())
    description.register(app)


def _blueprint() -> APIBlueprint:
    api = APIBlueprint("api", __name__, url_prefix="/api/v1", tag="Signaleringstool")
    for module in (searches, signals, overlaps, audit):
        module.register(api)
    api.after_request(_versioned)
    return api


def _versioned(response: Response) -> Response:
    response.headers["API-Version"] = VERSION
    return response
