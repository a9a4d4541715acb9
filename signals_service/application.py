"""The application factory: binds the parts, does nothing at import."""

from dataclasses import dataclass, field

from flask import Flask

from signals_service import errors, health, metrics, pages, request_log, security
from signals_service.database import Database


@dataclass(frozen=True)
class Config:
    """What the service needs to know. `dsn` is a PostgreSQL URL of the service's own role."""

    dsn: str = field(repr=False)
    secret_key: str = field(repr=False)
    municipality: str
    fictional: bool
    attribution: str
    readiness_seconds: float = 2.0


def create_app(config: Config) -> Flask:
    """A new application. Opens no connection: the first question about readiness does, in the worker that gets it."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=64 * 1024,
        # Cookies do not tell ports apart: without a name of its own this one would overwrite Superset's.
        SESSION_COOKIE_NAME="vis_signals",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
    )
    app.extensions["vis_database"] = Database(config.dsn, seconds=config.readiness_seconds)
    app.register_blueprint(pages.blueprint(config.municipality, config.attribution, fictional=config.fictional))
    app.register_blueprint(health.blueprint)
    security.register(app)
    errors.register(app)
    request_log.register(app)
    # Last: it counts by route, so it must know them all.
    metrics.register(app)
    return app
