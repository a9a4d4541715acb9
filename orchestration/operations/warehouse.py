"""Databases, roles, schemas and grants: idempotent, run as administrator before anything else."""

from pathlib import Path

import psycopg
from psycopg import sql

from orchestration.ingest.shapes import SHAPES, raw_table_ddl
from orchestration.operations.migrations import ensure_owner_roles, migrate
from orchestration.settings import Settings

_HERE = Path(__file__).parent
LOGIN_ROLES = ("loader", "transformer", "bi", "public", "signals", "relay", "dagster", "superset")


def bootstrap(settings: Settings) -> None:
    """Bring roles, the three databases, schemas, raw tables and grants to their present state.

    Raises `psycopg.Error` when the administrator may not create roles or databases.
    """
    with psycopg.connect(settings.dsn("admin"), autocommit=True) as connection:
        for role in LOGIN_ROLES:
            _ensure_role(connection, f"vis_{role}", settings.secret(f"{role}_password"))
        ensure_owner_roles(connection)
        warehouse = connection.info.dbname
        for suffix in ("dagster", "superset"):
            _ensure_database(connection, f"{warehouse}_{suffix}", owner=f"vis_{suffix}")
        _close_database(connection, warehouse)
        _set_defaults(connection, warehouse)
    with psycopg.connect(settings.dsn("admin")) as connection:
        # Two platforms starting at once must not race on `create … if not exists`.
        connection.execute("select pg_advisory_xact_lock(hashtext('vis.bootstrap'))")
        connection.execute((_HERE / "schema.sql").read_text(encoding="utf-8"))
        for shape in SHAPES.values():
            connection.execute(raw_table_ddl(shape))
        connection.execute((_HERE / "grants.sql").read_text(encoding="utf-8"))
        migrate(connection)


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    exists = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = sql.SQL("alter" if exists else "create")
    connection.execute(
        sql.SQL("{} role {} login noinherit password {}").format(verb, sql.Identifier(role), sql.Literal(password))
    )
    # The administrator of a hosted server is no superuser: it must be a member to give the role what it owns.
    connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


def _ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner)))
    _close_database(connection, name)


def _close_database(connection: psycopg.Connection, name: str) -> None:
    """Only roles named in the grants may connect."""
    database = sql.Identifier(name)
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    if not name.endswith(("_dagster", "_superset")):
        roles = sql.SQL(", ").join(
            sql.Identifier(f"vis_{role}") for role in LOGIN_ROLES if role not in ("dagster", "superset")
        )
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, roles))


def _set_defaults(connection: psycopg.Connection, name: str) -> None:
    """Dates never depend on the server's zone: the warehouse speaks UTC, the municipality's zone is data.

    And how the transformer's queries are planned.
    """
    database = sql.Identifier(name)
    connection.execute(sql.SQL("alter database {} set timezone to 'UTC'").format(database))
    # Every key begins with the municipality, of which a warehouse holds few: a merge join sorted by that alone pairs
    # each row with every area, and the planner cannot see it for the outcome of an aggregation (docs/adr/0016).
    connection.execute(
        sql.SQL("alter role vis_transformer in database {} set enable_mergejoin to off").format(database)
    )
    # A build has few queries at a time, and each counts and joins a history: in memory, not in files on the disk.
    connection.execute(sql.SQL("alter role vis_transformer in database {} set work_mem to '96MB'").format(database))
