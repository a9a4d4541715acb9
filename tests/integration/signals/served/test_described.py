"""The API does what its description says: schemathesis makes questions out of it, good and bad ones."""

from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from signals_service import create_app
from signals_service.auth import csrf
from signals_service.configuration import configuration
from tests.signals_app import ACCOUNT_OF, SignalsApp, token_in

# What fits the description may still be no purpose of this municipality, or a date that lies behind us: 422.
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 409, 422, 429]},
            "negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]},
        }
    }
)
BOUNDED = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session")
def application(tool: SignalsApp) -> Iterator[Flask]:
    """The application within this process, on the database of the served one."""
    app = create_app(configuration(tool.settings))
    yield app
    app.extensions["vis_database"].close()


@pytest.fixture(scope="session")
def described(application: Flask) -> BaseSchema:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, config=CONFIG)


def _signed_in(application: Flask, tool: SignalsApp, role: str) -> dict[str, str]:
    """The headers with which somebody of a role asks."""
    client = application.test_client()
    form = {"account": ACCOUNT_OF[role], "password": tool.password}
    form["csrf_token"] = token_in(client.get("/aanmelden").text)
    assert client.post("/aanmelden/demo", data=form).status_code == 303
    cookie = client.get_cookie("vis_signals")
    assert cookie
    return {"Cookie": f"vis_signals={cookie.value}", csrf.HEADER: token_in(client.get("/").text)}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("role", ["plaatser", "coordinator", "auditor", "beheerder"])
def test_every_answer_is_as_described(
    application: Flask, described: BaseSchema, tool: SignalsApp, role: str, mode: GenerationMode
) -> None:
    headers = _signed_in(application, tool, role)
    asked = 0
    for result in described.get_all_operations():
        operation = result.ok()

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            case.call_and_validate(headers=headers)

        try:
            ask()
        except Unsatisfiable:
            assert mode.is_negative, operation.label  # where nothing can be wrong
        asked += 1
    assert asked >= 14
