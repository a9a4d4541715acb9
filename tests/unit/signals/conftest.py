"""The application as `make up` serves it, against the tests' PostgreSQL."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from orchestration.municipality import load_municipality
from orchestration.settings import Settings
from orchestration.signal_rules import SignalDepartment, SignalRules
from signals_service import Config, create_app
from signals_service.auth import AuthConfig

RULES = SignalRules(
    departments=(
        SignalDepartment(code="burgerzaken", title="Burgerzaken"),
        SignalDepartment(code="openbare-orde", title="Openbare Orde en Veiligheid"),
    )
)
DEMO_PASSWORD = "not a secret either"


@pytest.fixture
def config(fresh: Settings) -> Config:
    return _config(fresh)


@pytest.fixture(scope="session")
def registered(new_warehouse: Callable[..., Settings]) -> Settings:
    """A warehouse that knows the municipality, for all tests that sign in."""
    settings = new_warehouse(municipality="demo")
    load_municipality("demo").register(settings)
    return settings


@pytest.fixture
def online(registered: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes applications that can sign people in: `online(auth=…)`."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        made.append(create_app(replace(_config(registered), **changes)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for app in made:
        app.extensions["vis_database"].close()


def _config(settings: Settings) -> Config:
    return Config(
        dsn=settings.dsn("signals"),
        secret_key=settings.secret("signals_secret_key"),
        person_key="not a secret of the tests",
        municipality="Demostad",
        municipality_code="GM9999",
        time_zone="Europe/Amsterdam",
        fictional=True,
        attribution="Fictieve demonstratiegegevens",
        auth=auth_config(),
        readiness_seconds=2.0,
    )


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    app = create_app(config)
    yield app
    app.extensions["vis_database"].close()


@pytest.fixture
def offline() -> Flask:
    """An application that never asks its database anything."""
    return create_app(offline_config())


def offline_config(**changes: object) -> Config:
    config = Config(
        dsn="postgresql://nobody@127.0.0.1:1/none",
        secret_key="not a secret",
        person_key="not a secret of the tests",
        municipality="Demostad",
        municipality_code="GM9999",
        time_zone="Europe/Amsterdam",
        fictional=True,
        attribution="Fictieve demonstratiegegevens",
        auth=auth_config(),
    )
    return replace(config, **changes)  # type: ignore[arg-type]


def auth_config(**changes: object) -> AuthConfig:
    config = AuthConfig(
        public_url="http://127.0.0.1:5080",
        departments={department.code: department.title for department in RULES.departments},
        groups=RULES.meanings | {"grp-ruimtevaart": "afdeling:ruimtevaart"},
        demo_password=DEMO_PASSWORD,
    )
    return replace(config, **changes)  # type: ignore[arg-type]
