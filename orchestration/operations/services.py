"""The services of one installation: what each is, how it starts, with which environment, how its health is asked.

Each service gets only the secrets it needs. The supervisor starts `python -m orchestration.operations.run_service
NAME`, which composes that environment and becomes the service, so no secret stands in a configuration file.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from orchestration.dbt import dbt_environment
from orchestration.municipality import load_municipality
from orchestration.operations import postgres
from orchestration.operations.accounts import demo_accounts
from orchestration.settings import REPOSITORY, Settings

SUPERSET_FOLDER = REPOSITORY / "superset"
_HEARTBEAT_SECONDS = 120  # a duty may wait for a server that does not answer


@dataclass(frozen=True)
class Service:
    """One long-lived process. `url` is what a person opens, `health` what a machine asks."""

    name: str
    title: str
    command: Callable[[Settings], list[str]]
    environment: Callable[[Settings], dict[str, str]]
    url: Callable[[Settings], str | None]
    health: Callable[[Settings], str | None]
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    as_group: bool = True
    folder: Path | None = None  # where it runs; default $VIS_HOME
    heartbeat: Callable[[Settings], Path] | None = None  # a file that it writes again and again, in place of `health`


def services(settings: Settings) -> list[Service]:
    """The services this installation runs; the embedded PostgreSQL only without `VIS_DATABASE_URL`."""
    return [service for service in _ALL if service.name != "postgres" or settings.embedded]


def service(name: str) -> Service:
    return next(service for service in _ALL if service.name == name)


def is_healthy(service: Service, settings: Settings, timeout: float = 3) -> bool:
    """True when the service answers its health address with 200.

    PostgreSQL: when it accepts the administrator. A service with a heartbeat: when its file was written lately.
    """
    if service.heartbeat is not None:
        file = service.heartbeat(settings)
        return file.exists() and time.time() - file.stat().st_mtime < _HEARTBEAT_SECONDS
    address = service.health(settings)
    if address is None:
        try:
            postgres.wait_until_ready(settings, seconds=0)
        except postgres.PostgresError:
            return False
        return True
    try:
        return httpx.get(address, timeout=timeout).status_code == 200
    except httpx.HTTPError:
        return False


def program(name: str, environment: Path | None = None) -> str:
    """Absolute path of a console script in an environment (default: the running one)."""
    folder = Path(sys.executable).parent if environment is None else environment / ".venv" / "bin"
    return str(folder / name)


def base_environment(settings: Settings) -> dict[str, str]:
    """What every service gets: the ordinary variables of the system and the settings that are no secrets."""
    kept = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "SSL_CERT_FILE",
        "OPENBLAS_CORETYPE",
        "OPENBLAS_L2_SIZE",
    )
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= public_environment(settings)
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def public_environment(settings: Settings) -> dict[str, str]:
    """The settings that are no secret, as `VIS_…` variables."""
    result = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value is None or "SecretStr" in str(field.annotation):
            continue
        result[f"VIS_{name.upper()}"] = str(value)
    return result | {"VIS_DEMO": "1" if demo_accounts(settings) else "0"}


def secret_environment(settings: Settings, *names: str) -> dict[str, str]:
    return {f"VIS_{name.upper()}": settings.secret(name) for name in names}


def dagster_environment(settings: Settings) -> dict[str, str]:
    """Dagster moves data: it needs the loader's, the transformer's and the BI role's passwords, never the signals'.

    The key of the suspects' pseudonyms is its alone: nobody else may tell which person a pseudonym is of. The key of
    persons in signals it shares with the signals service, so that a search meets what a department's file brought.
    """
    mail = ("smtp_password",) if settings.smtp_user else ()
    return (
        base_environment(settings)
        | secret_environment(
            settings,
            *("loader_password", "transformer_password", "bi_password", "dagster_password"),
            *("suspect_key", "person_key"),
            *mail,
        )
        | dbt_environment(settings)
        | {
            "VIS_DATABASE_URL": settings.dsn("loader"),
            "DAGSTER_HOME": str(settings.home / "dagster"),
            "VIS_DAGSTER_DATABASE_URL": settings.dsn("dagster", "dagster"),
        }
    )


def superset_environment(settings: Settings) -> dict[str, str]:
    municipality = load_municipality(settings.municipality)
    return base_environment(settings) | {
        "PYTHONPATH": str(SUPERSET_FOLDER),
        "VIS_SUPERSET_DATABASE_URL": settings.dsn("superset", "superset", driver="postgresql+psycopg2"),
        "VIS_SUPERSET_SECRET_KEY": settings.secret("superset_secret_key"),
        "VIS_MUNICIPALITY_CODE": municipality.code,
        "VIS_MUNICIPALITY_NAME": municipality.name,
        "VIS_ATTRIBUTION": municipality.attribution,
        "VIS_FICTIONAL": "1" if municipality.fictional else "0",
    }


def signals_environment(settings: Settings) -> dict[str, str]:
    """The service sees the database as its own role only; the administrator's URL never reaches it."""
    provider = ("oidc_client_secret",) if settings.oidc_issuer else ()
    demo = ("signals_demo_password",) if demo_accounts(settings) else ()
    return (
        base_environment(settings)
        | secret_environment(settings, "signals_password", "signals_secret_key", "person_key", *provider, *demo)
        | {"VIS_DATABASE_URL": settings.dsn("signals")}
    )


def _local(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"


def relay_environment(settings: Settings) -> dict[str, str]:
    """The relay has a role of its own in the database: it sees queues, never a search, and holds no key of persons."""
    mail = ("smtp_password",) if settings.smtp_user else ()
    return (
        base_environment(settings)
        | secret_environment(settings, "relay_password", *mail)
        | {"VIS_DATABASE_URL": settings.dsn("relay")}
    )


def _docs_command(settings: Settings) -> list[str]:
    """Files without a value in them, and nothing else: for those the standard library's server is enough."""
    settings.docs_path.mkdir(parents=True, exist_ok=True)  # before the first gate there is nothing to serve
    return [
        *(sys.executable, "-m", "http.server", str(settings.docs_port)),
        *("--bind", settings.host, "--directory", str(settings.docs_path)),
    ]


def _dagster_command(name: str, *extra: str) -> list[str]:
    return [program(name), *extra, "-m", "orchestration.definitions"]


_ALL = (
    Service(
        name="postgres",
        title="PostgreSQL",
        command=postgres.server_command,
        environment=lambda settings: {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
        url=lambda settings: None,
        health=lambda settings: None,
        stop_signal="INT",  # fast shutdown: ends the sessions, checkpoints, leaves
        stop_seconds=60,
        as_group=False,
        folder=Path("/"),
    ),
    Service(
        name="dagster-webserver",
        title="Dagster",
        command=lambda settings: _dagster_command(
            "dagster-webserver", "-h", settings.host, "-p", str(settings.dagster_port)
        ),
        environment=dagster_environment,
        url=lambda settings: f"http://{settings.host}:{settings.dagster_port}",
        health=lambda settings: _local(settings.dagster_port, "/server_info"),
    ),
    Service(
        name="dagster-daemon",
        title="Dagster-daemon",
        command=lambda settings: _dagster_command("dagster-daemon", "run"),
        environment=dagster_environment,
        url=lambda settings: None,
        health=lambda settings: None,
    ),
    Service(
        name="gate-docs",
        title="Uitkomsten van de poorten",
        command=_docs_command,
        environment=base_environment,
        url=lambda settings: settings.docs_address,
        health=lambda settings: _local(settings.docs_port, "/"),
    ),
    Service(
        name="superset",
        title="Superset",
        command=lambda settings: [
            program("gunicorn", SUPERSET_FOLDER),
            *("--config", "gunicorn.conf.py", "--bind", f"{settings.host}:{settings.superset_port}"),
        ],
        environment=superset_environment,
        url=lambda settings: f"http://{settings.host}:{settings.superset_port}/superset/dashboard/kaart-en-dagdeel/",
        health=lambda settings: _local(settings.superset_port, "/health"),
        folder=SUPERSET_FOLDER,
    ),
    Service(
        name="signals",
        title="Signaleringstool",
        command=lambda settings: [
            program("gunicorn"),
            *("--config", str(REPOSITORY / "signals_service" / "gunicorn.conf.py")),
            *("--bind", f"{settings.host}:{settings.signals_port}"),
            "signals_service.wsgi:app",
        ],
        environment=signals_environment,
        url=lambda settings: f"http://{settings.host}:{settings.signals_port}",
        health=lambda settings: _local(settings.signals_port, "/readyz"),
    ),
    Service(
        name="signals-relay",
        title="Signaleringstool, meldingen en logboek",
        command=lambda settings: [sys.executable, "-m", "signals_service.relay"],
        environment=relay_environment,
        url=lambda settings: None,
        health=lambda settings: None,
        heartbeat=lambda settings: settings.relay_heartbeat,
    ),
)


def superset_is_installed() -> bool:
    return shutil.which(program("superset", SUPERSET_FOLDER)) is not None
