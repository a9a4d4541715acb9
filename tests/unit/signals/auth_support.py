"""Signing in as a test client does it: with the forms of the pages."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.signals.conftest import DEMO_PASSWORD


def csrf_token(client: FlaskClient, path: str = "/aanmelden") -> str:
    """The token that a form on this page holds."""
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', client.get(path).text)
    assert found, f"no form on {path}"
    return found[1]


def sign_in(client: FlaskClient, account: str, password: str = DEMO_PASSWORD) -> TestResponse:
    form = {"account": account, "password": password, "csrf_token": csrf_token(client)}
    return client.post("/aanmelden/demo", data=form)
