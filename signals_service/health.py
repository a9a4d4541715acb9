"""Health for machines: is the process alive, can it work?"""

from flask import Blueprint, Response, current_app, jsonify

from signals_service.current import desk
from signals_service.database import Database, DatabaseUnavailableError
from signals_service.errors import problem

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """200 whenever this process answers; asks nothing of others, so that a broken database restarts nothing."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> Response:
    """200 when the database answers in time, with whether this process has an index of addresses; else 503."""
    database: Database = current_app.extensions["vis_database"]
    try:
        database.check()
    except DatabaseUnavailableError as error:
        current_app.logger.warning("not ready: %s", error)
        response = problem(
            503, "De database is niet bereikbaar", f"Geen antwoord binnen {database.seconds:g} seconden."
        )
        response.headers["Retry-After"] = "5"
        return response
    # A municipality may have no addresses yet: that is said, and is no reason to keep the other pages away.
    return jsonify(status="ok", addresses="ready" if desk().register.ready() else "none yet")
