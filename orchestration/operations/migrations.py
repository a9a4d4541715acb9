"""The numbered SQL files of the signals service, each applied once, in order, by the administrator."""

import hashlib

import psycopg

from orchestration.settings import REPOSITORY

# Read, not imported: what runs the platform does not depend on the web service.
FOLDER = REPOSITORY / "signals_service" / "store" / "migrations"
OWNER_ROLES = ("signals_owner", "signals_across")

_RECORD = """
create table if not exists signals.migration (
  name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp()
);
alter table signals.migration enable row level security;
alter table signals.migration force row level security;
do $$ begin
  if not exists (select from pg_policies where schemaname = 'signals' and tablename = 'migration') then
    create policy administrator on signals.migration to vis_signals_owner using (true);
  end if;
end $$;
"""


class MigrationError(RuntimeError):
    """A file that was applied before has been changed since: what stands in the database is no longer known."""


def ensure_owner_roles(connection: psycopg.Connection) -> None:
    """Roles that own things and that nobody can log in as."""
    for role in OWNER_ROLES:
        if not connection.execute("select 1 from pg_roles where rolname = %s", [f"vis_{role}"]).fetchone():
            connection.execute(f"create role vis_{role} nologin noinherit")
        connection.execute(f"grant vis_{role} to current_user")


def migrate(connection: psycopg.Connection) -> list[str]:
    """Apply what is new, in the caller's transaction, of which the caller holds the lock. Returns the names applied."""
    for schema in ("signals", "audit"):
        connection.execute(f"alter schema {schema} owner to vis_signals_owner")
    connection.execute("set local role vis_signals_owner")
    connection.execute(_RECORD)
    applied: dict[str, str] = dict(connection.execute("select name, sha256 from signals.migration").fetchall())
    new = []
    for file in sorted(FOLDER.glob("[0-9]*.sql")):
        text = file.read_text(encoding="utf-8")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        if file.name in applied:
            if applied[file.name] != sha256:
                raise MigrationError(
                    f"{file.name} is veranderd nadat het op deze database is toegepast. Zet het bestand terug en "
                    "schrijf de wijziging in een nieuw genummerd bestand"
                )
            continue
        connection.execute("reset role")
        connection.execute(text)
        connection.execute("set local role vis_signals_owner")
        connection.execute("insert into signals.migration (name, sha256) values (%s, %s)", [file.name, sha256])
        new.append(file.name)
    connection.execute("reset role")
    return new
