"""The signaleringstool as it is served, with one route more that does nothing: what any route of it costs.

A request to `/empty` passes all that a search passes before and after its view: session, rights, CSRF, count, headers
and log. It is added where the application's own routes are, and none of them is touched.
"""

from signals_service.auth import PLACER, SEARCHER, require
from signals_service.auth.access import ACCESS
from signals_service.health import blueprint


@blueprint.post("/empty")
@require(SEARCHER, PLACER)
def empty() -> str:
    return ""


ACCESS["POST /empty"] = ACCESS["POST /api/v1/address-searches"]

from signals_service.wsgi import app  # noqa: E402 - makes the application, so the route must be there

__all__ = ["app"]
