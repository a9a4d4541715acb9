"""Health against a real PostgreSQL: there, not there, and there but silent."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from flask import Flask

from orchestration.settings import Settings
from signals_service import Config, create_app
from tests.installation import free_port

BOUND = 4.0  # seconds: twice what the service promises, for a busy machine


def _moved(dsn: str, port: int) -> str:
    parts = urlsplit(dsn)
    address = parts.netloc.rpartition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{address}:{port}"))


@pytest.fixture
def unreachable(config: Config) -> Iterator[Flask]:
    app = create_app(replace(config, dsn=_moved(config.dsn, free_port())))
    yield app
    app.extensions["vis_database"].close()


def test_alive_and_ready(app: Flask) -> None:
    client = app.test_client()
    response = client.get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok"})
    response = client.get("/readyz")
    # No address was ever delivered here.
    assert (response.status_code, response.get_json()) == (200, {"status": "ok", "addresses": "none yet"})


def test_alive_but_not_ready_without_a_database(unreachable: Flask, config: Config) -> None:
    client = unreachable.test_client()
    began = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - began < BOUND
    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    body = response.get_json(force=True)
    assert body["status"] == 503
    assert body["title"] == "De database is niet bereikbaar"
    assert "127.0.0.1" not in response.text
    assert response.headers["Retry-After"] == "5"
    assert client.get("/healthz").status_code == 200


def test_a_wrong_password_is_not_ready_and_is_not_told(
    config: Config, fresh: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    password = fresh.secret("signals_password")
    app = create_app(replace(config, dsn=config.dsn.replace(password, f"{password}-not")))
    try:
        response = app.test_client().get("/readyz")
        assert response.status_code == 503
        assert password not in response.text + caplog.text
    finally:
        app.extensions["vis_database"].close()


def test_not_ready_when_the_database_falls_silent(app: Flask, fresh: Settings) -> None:
    """The session is accepted, and then nothing comes back: no time-out of the protocol helps here."""
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    query = "select pid from pg_stat_activity where application_name = 'vis-signals' and datname = current_database()"
    with psycopg.connect(fresh.dsn("admin")) as connection:
        pids = [pid for (pid,) in connection.execute(query).fetchall()]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        response = client.get("/readyz")
        assert time.monotonic() - began < BOUND
        assert response.status_code == 503
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_ready_again_after_the_sessions_were_ended(app: Flask, fresh: Settings) -> None:
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    with psycopg.connect(fresh.dsn("admin"), autocommit=True) as connection:
        ended = connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where application_name = 'vis-signals' and datname = current_database()"
        ).fetchall()
    assert ended
    assert client.get("/readyz").status_code == 200
