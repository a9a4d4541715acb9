"""A new register of addresses is taken into use without a restart, and a database that is away takes nothing away."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest

from signals_service import create_app
from signals_service.acts import search
from signals_service.acts.desk import Desk
from signals_service.configuration import configuration
from tests.signals_app import SignalsApp


@pytest.fixture
def desk(tool: SignalsApp) -> Iterator[Desk]:
    """Of an application that looks at the register all the time."""
    app = create_app(replace(configuration(tool.settings), register_seconds=0.05))
    yield app.extensions["vis_desk"]
    app.extensions["vis_database"].close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_new_address_is_found_without_a_restart(tool: SignalsApp, desk: Desk) -> None:
    assert search.resolve(desk, "Nieuwelaan 1") == ("not-found", ())
    with psycopg.connect(tool.settings.dsn("admin")) as connection:
        # As a build after a delivery leaves it.
        connection.execute(
            "insert into core.dim_address (municipality_code, nummeraanduiding_id, adresseerbaarobject_id, street, "
            "house_number, postcode, place) values ('GM9999', '9999200000009999', '9999010000009999', 'Nieuwelaan', "
            "1, '9999ZZ', 'Demostad')"
        )
        connection.execute("update core.address_register set received_at = now(), addresses = addresses + 1")
    until(lambda: search.resolve(desk, "Nieuwelaan 1")[0] == "found")
    assert desk.address_text("9999010000009999") == "Nieuwelaan 1, 9999 ZZ Demostad"


def test_the_old_index_serves_while_the_database_is_away(
    tool: SignalsApp, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    assert search.resolve(desk, "Kerkweg 7")[0] == "found"
    with psycopg.connect(tool.settings.dsn("admin"), autocommit=True) as connection:
        connection.execute("alter table core.address_register rename to address_register_away")
        try:
            until(lambda: search.resolve(desk, "Kerkweg 7")[0] == "found" and "could not be read" in caplog.text)
        finally:
            connection.execute("alter table core.address_register_away rename to address_register")
    assert "address_register" not in caplog.text
