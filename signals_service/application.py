"""The application factory: binds the parts, does nothing at import."""

from dataclasses import dataclass, field

from apiflask import APIFlask

from signals_service import auth, errors, health, metrics, navigation, pages, request_log, security
from signals_service.auth import AuthConfig
from signals_service.database import Database


@dataclass(frozen=True)
class Config:
    """What the service needs to know. `dsn` is a PostgreSQL URL of the service's own role."""

    dsn: str = field(repr=False)
    secret_key: str = field(repr=False)
    municipality: str
    fictional: bool
    attribution: str
    auth: AuthConfig
    readiness_seconds: float = 2.0


def create_app(config: Config) -> APIFlask:
    """A new application. Opens no connection: the first question about readiness does, in the worker that gets it."""
    # No page with documentation: it loads its scripts from elsewhere. The description itself stands at spec_path.
    app = APIFlask(
        __name__, title="Signaleringstool", version="v1", spec_path="/api/v1/openapi.json", docs_path=None,
        json_errors=False,
    )  # fmt: skip
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=64 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        MAX_FORM_PARTS=100,
    )
    app.extensions["vis_database"] = Database(config.dsn, seconds=config.readiness_seconds)
    request_log.register(app)
    security.register(app, secure=config.auth.secure)
    errors.register(app)
    auth.register(app, config.auth)
    app.register_blueprint(pages.blueprint(config.municipality, config.attribution, fictional=config.fictional))
    app.register_blueprint(health.blueprint)
    app.context_processor(lambda: {"navigation": navigation.visible()})
    # Last: it counts by route, so it must know them all.
    metrics.register(app)
    auth.verify(app)
    return app
