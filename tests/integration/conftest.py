"""A warehouse for the tests of one file, and for each of them an office: a municipality with an inbox of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.unit.ingest.support import Office, offices


@pytest.fixture(scope="module")
def shared_warehouse(new_warehouse: Callable[..., Settings]) -> Settings:
    return new_warehouse()


@pytest.fixture
def office(shared_warehouse: Settings, tmp_path: Path) -> Iterator[Office]:
    yield from offices(shared_warehouse, tmp_path)
