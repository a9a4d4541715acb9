"""Roles, schemas and grants on a real PostgreSQL."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from orchestration.operations import warehouse
from orchestration.operations.migrations import OWNER_ROLES
from orchestration.settings import Settings


def test_bootstrap_twice_changes_nothing(fresh: Settings) -> None:
    warehouse.bootstrap(fresh)
    with psycopg.connect(fresh.dsn("loader")) as connection:
        assert connection.execute("select count(*) from raw.delivery").fetchone() == (0,)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("loader", "delete from raw.incident"),
        ("loader", "update raw.incident set x = 0"),
        ("loader", "truncate raw.delivery"),
        ("loader", "delete from raw.quarantine"),
        ("loader", "update raw.quarantine set reason = ''"),
        ("transformer", "update raw.quarantine set released_at = now()"),
        ("loader", "create table raw.mine (a int)"),
        ("transformer", "insert into raw.quarantine values (1, 'GM0001', 1, '', '')"),
        ("transformer", "delete from enriched.area"),
        ("bi", "select * from raw.incident"),
        ("bi", "select * from enriched.area"),
        ("bi", "create table marts.mine (a int)"),
        ("public", "select * from raw.incident"),
        ("signals", "select * from raw.incident"),
    ],
)
def test_a_role_may_not_do_more_than_its_work(fresh: Settings, role: str, statement: str) -> None:
    with psycopg.connect(fresh.dsn(role)) as connection:  # type: ignore[arg-type]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload]


def test_bi_reads_marts_made_by_the_transformer(fresh: Settings) -> None:
    with psycopg.connect(fresh.dsn("transformer")) as connection:
        connection.execute("create table marts.proef as select 1 as aantal")
        connection.execute("create table core.proef as select 1 as aantal")
    with psycopg.connect(fresh.dsn("bi")) as connection:
        assert connection.execute("select aantal from marts.proef").fetchone() == (1,)
    with psycopg.connect(fresh.dsn("bi")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select aantal from core.proef")


def test_passwords_are_scram_and_asked_for(fresh: Settings) -> None:
    with psycopg.connect(fresh.dsn("admin")) as connection:
        kinds = connection.execute(
            "select distinct left(rolpassword, 14) from pg_authid where rolname like 'vis\\_%' and rolcanlogin"
        ).fetchall()
    assert kinds == [("SCRAM-SHA-256$",)]
    wrong = fresh.dsn("bi").replace(fresh.secret("bi_password"), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_superset_role_cannot_reach_the_warehouse(fresh: Settings, new_warehouse: Callable[..., Settings]) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(fresh.dsn("superset"))


def test_an_administrator_without_superuser_is_enough(server: Settings) -> None:
    """A hosted PostgreSQL gives its customers the right to make roles and databases, and no more."""
    with psycopg.connect(server.dsn("admin"), autocommit=True) as connection:
        connection.execute("create role huurder login createdb createrole password 'huur'")
        connection.execute("create database vis_gehuurd owner huurder")
        # On such a server the roles are the tenant's own; here other tests made them first.
        for role in (*warehouse.LOGIN_ROLES, *OWNER_ROLES):
            connection.execute(f"grant vis_{role} to huurder with admin option")  # type: ignore[call-overload]
    url = f"postgresql://huurder:huur@127.0.0.1:{server.pg_port}/vis_gehuurd"
    settings = Settings(**(server.model_dump(exclude_none=True) | {"database_url": url}))
    warehouse.bootstrap(settings)
    warehouse.bootstrap(settings)
    with psycopg.connect(settings.dsn("loader")) as connection:
        assert connection.execute("select current_user, count(*) from raw.delivery").fetchone() == ("vis_loader", 0)


def test_deliveries_of_before_the_delivery_day_get_the_local_day_of_arrival(fresh: Settings) -> None:
    values = "'GM9999', 'a', 'incident', 'a.csv', 'x', 1, 'x', 'x', '2026-03-01 23:30+00', 'accepted'"
    with psycopg.connect(fresh.dsn("admin")) as connection:
        connection.execute("alter table raw.delivery drop column delivery_day")
        connection.execute(
            "insert into raw.delivery (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, "
            f"source_hash, received_at, status) values ({values})"
        )
    warehouse.bootstrap(fresh)
    warehouse.bootstrap(fresh)
    with psycopg.connect(fresh.dsn("loader")) as connection:
        assert connection.execute("select delivery_day from raw.delivery").fetchone() == (date(2026, 3, 2),)
