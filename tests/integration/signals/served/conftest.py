"""The signaleringstool as gunicorn serves it, and officials who have signed in to it."""

import itertools
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from tests.signals_app import SignalsApp

_houses = itertools.count(13)


@pytest.fixture(scope="session")
def tool(signals_app: SignalsApp) -> SignalsApp:
    """With room for all searches of the tests: the quota has tests of its own."""
    signals_app.rows("update signals.settings set quota_hour = 100000, quota_day = 100000 returning 1")
    return signals_app


@pytest.fixture(scope="session")
def searcher(tool: SignalsApp) -> Iterator[httpx.Client]:
    with closing(tool.client("burgerzaken")) as client:
        yield client


@pytest.fixture(scope="session")
def placer(tool: SignalsApp) -> Iterator[httpx.Client]:
    with closing(tool.client("toezicht")) as client:
        yield client


@pytest.fixture(scope="session")
def other(tool: SignalsApp) -> Iterator[httpx.Client]:
    """A placer of another department."""
    with closing(tool.client("belastingen")) as client:
        yield client


@pytest.fixture(scope="session")
def coordinator(tool: SignalsApp) -> Iterator[httpx.Client]:
    with closing(tool.client("coordinator")) as client:
        yield client


@pytest.fixture(scope="session")
def auditor(tool: SignalsApp) -> Iterator[httpx.Client]:
    with closing(tool.client("auditor")) as client:
        yield client


@pytest.fixture(scope="session")
def manager(tool: SignalsApp) -> Iterator[httpx.Client]:
    with closing(tool.client("beheerder")) as client:
        yield client


@pytest.fixture
def address() -> str:
    """One that no other test has used."""
    return f"Lange Kerkweg {next(_houses)}"
