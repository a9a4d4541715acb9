"""The application as `make up` serves it, against the tests' PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from orchestration.settings import Settings
from signals_service import Config, create_app
from signals_service.auth import AuthConfig
from signals_service.auth.claims import default_groups

DEPARTMENTS = {"burgerzaken": "Burgerzaken", "openbare-orde": "Openbare Orde en Veiligheid"}
DEMO_PASSWORD = "not a secret either"


@pytest.fixture
def config(fresh: Settings) -> Config:
    return Config(
        dsn=fresh.dsn("signals"),
        secret_key=fresh.secret("signals_secret_key"),
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
        departments=DEPARTMENTS,
        groups=default_groups(DEPARTMENTS) | {"grp-ruimtevaart": "afdeling:ruimtevaart"},
        demo_password=DEMO_PASSWORD,
    )
    return replace(config, **changes)  # type: ignore[arg-type]
