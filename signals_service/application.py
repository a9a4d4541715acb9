"""The application factory: binds the parts, does nothing at import."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from apiflask import APIFlask

from signals_service import (
    act_errors,
    api,
    auth,
    errors,
    health,
    metrics,
    navigation,
    padding,
    pages,
    request_log,
    security,
)
from signals_service.acts.desk import Desk
from signals_service.acts.register import AddressRegister
from signals_service.addresses import AddressIndex, load_index, register_version
from signals_service.auth import AuthConfig
from signals_service.database import Database
from signals_service.persons import PersonKeys
from signals_service.store import Store


@dataclass(frozen=True)
class Config:
    """What the service needs to know. `dsn` is a PostgreSQL URL of the service's own role."""

    dsn: str = field(repr=False)
    secret_key: str = field(repr=False)
    person_key: str = field(repr=False)
    municipality: str
    municipality_code: str
    time_zone: str
    fictional: bool
    attribution: str
    auth: AuthConfig
    readiness_seconds: float = 2.0
    register_seconds: float = 30.0


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
    database = Database(config.dsn, seconds=config.readiness_seconds)
    app.extensions["vis_database"] = database
    desk = _desk(config, database)
    app.extensions["vis_desk"] = desk
    request_log.register(app)
    security.register(app, secure=config.auth.secure)
    errors.register(app)
    auth.register(app, config.auth, desk.store)
    act_errors.register(app)
    padding.register(app)
    pages.register(app, config.municipality, config.attribution, fictional=config.fictional)
    api.register(app)
    app.register_blueprint(health.blueprint)
    app.context_processor(lambda: {"navigation": navigation.visible()})
    # Last: it counts by route, so it must know them all.
    metrics.register(app)
    auth.verify(app)
    return app


def _desk(config: Config, database: Database) -> Desk:
    def version() -> tuple[object, ...]:
        with database.connection() as connection:
            return register_version(connection, config.municipality_code)

    def build() -> AddressIndex:
        with database.connection() as connection:
            return load_index(connection, config.municipality_code)

    return Desk(
        store=Store(database, config.municipality_code),
        register=AddressRegister(version, build, seconds=config.register_seconds),
        persons=PersonKeys(config.person_key, config.municipality_code),
        municipality=config.municipality,
        zone=ZoneInfo(config.time_zone),
    )
