"""The only reader of the environment.

Every setting is a variable `VIS_<NAME>`; an empty one counts as not given. Secrets come, in this order, from the
environment, from `$VIS_HOME/secrets.env` (written with random values and mode 600 by `vis up`), or from files
named after the variable in `/run/secrets` (containers). No password has a default: a missing secret is an error.
"""

import os
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[1]
SECRETS_DIRECTORY = Path("/run/secrets")

_CREDENTIALS = {"user", "password", "passfile", "service"}

Role = Literal["admin", "loader", "transformer", "bi", "public", "signals", "relay", "dagster", "superset"]


class SettingsError(RuntimeError):
    """A setting is missing or contradicts another; the message says which and how to mend it."""


class Settings(BaseSettings):
    """All settings of one installation. Paths are absolute; ports are TCP ports on `host`."""

    model_config = SettingsConfigDict(
        env_prefix="VIS_", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(default=REPOSITORY / ".vis", description="State of this installation; ignored by git")
    municipality: str = Field(default="demo", description="Name of a municipality folder, or a path to one")
    data: Path | None = Field(default=None, description="Folder with open data that a municipality refers to")
    inbox: Path | None = Field(default=None, description="Where deliveries arrive; default below $VIS_HOME/inbox")
    landing: str | None = Field(default=None, description="fsspec URL of the landing zone; default below $VIS_HOME")
    demo: bool | None = Field(default=None, description="Demo accounts; `vis up` decides where nothing is said")

    host: str = Field(default="127.0.0.1", description="Address the services listen on")
    database_url: SecretStr | None = Field(default=None, description="An own PostgreSQL, as an administrator")
    pg_port: int = 54329
    dagster_port: int = 3000
    superset_port: int = 8088
    signals_port: int = 5080
    docs_port: int = 8090
    signals_url: str | None = Field(default=None, description="Where officials open the signaleringstool")
    map_tiles_url: str | None = Field(default=None, description="XYZ base tiles below the maps; none works offline")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    oidc_issuer: str | None = Field(default=None, description="Your OpenID Connect provider, as it calls itself")
    oidc_client_id: str | None = Field(default=None, description="What the provider calls the signaleringstool")
    oidc_client_secret: SecretStr | None = None
    oidc_audience: str | None = Field(default=None, description="Of access tokens; default the signaleringstool's URL")
    oidc_groups_claim: str = Field(default="groups", description="The claim that names the groups of an official")
    session_minutes: int = Field(default=15, ge=1, le=120, description="Without use, then one must sign in again")
    ldv_endpoint: str | None = Field(
        default=None, description="OTLP address of the Logboek Dataverwerkingen; else files"
    )
    ldv_register: str | None = Field(default=None, description="URI of your register of processing activities")
    dagster_url: str | None = Field(default=None, description="Where a reader of a notice opens Dagster")
    docs_url: str | None = Field(default=None, description="Where a reader of a check opens the pages of the gates")
    smtp_host: str | None = Field(default=None, description="Mail server for notices; none sends no mail")
    smtp_port: int = 587
    smtp_starttls: bool = True
    smtp_user: str | None = Field(default=None, description="Signs in at the mail server; needs STARTTLS")
    smtp_password: SecretStr | None = None
    notice_from: str | None = Field(default=None, description="Sender of notices")
    notice_to: str | None = Field(default=None, description="Receivers of notices, with a comma between them")

    admin_password: SecretStr | None = None
    loader_password: SecretStr | None = None
    transformer_password: SecretStr | None = None
    bi_password: SecretStr | None = None
    public_password: SecretStr | None = None
    signals_password: SecretStr | None = None
    relay_password: SecretStr | None = None
    dagster_password: SecretStr | None = None
    superset_password: SecretStr | None = None
    superset_secret_key: SecretStr | None = None
    superset_admin_password: SecretStr | None = None
    superset_analyst_password: SecretStr | None = None
    superset_viewer_password: SecretStr | None = None
    signals_secret_key: SecretStr | None = None
    signals_demo_password: SecretStr | None = None
    suspect_key: SecretStr | None = Field(default=None, description="Makes pseudonyms of persons; keep it for ever")
    person_key: SecretStr | None = Field(default=None, description="Makes keys of persons in signals; keep it for ever")

    @field_validator("home", "data", "inbox", mode="after")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("municipality", mode="after")
    @classmethod
    def _absolute_folder(cls, municipality: str) -> str:
        """A folder is meant from where the command was given; services run elsewhere."""
        folder = Path(municipality).expanduser()
        return str(folder.absolute()) if (folder / "municipality.yaml").is_file() else municipality

    @property
    def embedded(self) -> bool:
        """True when the PostgreSQL from the wheel is used instead of a server of the user's own."""
        return self.database_url is None

    @property
    def demo_accounts(self) -> bool:
        """True only where VIS_DEMO says so. Raises `SettingsError` when they may not exist here."""
        if self.demo and (obstacle := self.demo_obstacle):
            raise SettingsError(
                f"VIS_DEMO=1 kan hier niet: {obstacle}. Demo-accounts mogen alleen op de eigen machine. "
                "Zet VIS_DEMO=0 en richt aanmelden in (VIS_OIDC_ISSUER), of haal weg wat in de weg staat"
            )
        return bool(self.demo)

    @property
    def demo_obstacle(self) -> str | None:
        """In Dutch, why demo accounts may not exist here; None where only this machine can reach them."""
        if self.oidc_issuer:
            return "VIS_OIDC_ISSUER staat er ook, dus ambtenaren melden zich hier echt aan"
        if not _is_loopback(self.host):
            return f"VIS_HOST is {self.host}, en daar kunnen anderen bij"
        if not _is_loopback(urlsplit(self.signals_address).hostname or ""):
            return f"VIS_SIGNALS_URL is {self.signals_url}, en daar kunnen anderen bij"
        return None

    @property
    def inbox_path(self) -> Path:
        """Each municipality has its own: made-up deliveries must never be read as those of a real one."""
        return self.inbox or self.home / "inbox" / Path(self.municipality).name

    @property
    def landing_url(self) -> str:
        return self.landing or str(self.home / "landing")

    @property
    def logbook_path(self) -> Path:
        """The Logboek Dataverwerkingen where no OTLP address is given: a file a day."""
        return self.home / "logboek"

    @property
    def audit_heads_path(self) -> Path:
        """The daily heads of the audit's chain, outside the database."""
        return self.home / "audit-heads"

    @property
    def relay_heartbeat(self) -> Path:
        """Written by the relay of the signals service each time it goes round."""
        return self.home / "run" / "signals-relay.json"

    @property
    def docs_path(self) -> Path:
        """Pages with the results of the gates: counts, never a value."""
        return self.home / "gate-docs"

    @property
    def docs_address(self) -> str:
        return (self.docs_url or f"http://{self.host}:{self.docs_port}").rstrip("/")

    @property
    def signals_address(self) -> str:
        return (self.signals_url or f"http://{self.host}:{self.signals_port}").rstrip("/")

    def secret(self, name: str) -> str:
        """The value of one secret field; raises `SettingsError` naming the variable when it is missing."""
        value: SecretStr | None = getattr(self, name)
        if value is None or not value.get_secret_value():
            raise SettingsError(
                f"VIS_{name.upper()} ontbreekt: zet de variabele, "
                f"of voer `make up` uit, dat {self.home}/secrets.env maakt"
            )
        return value.get_secret_value()

    def dsn(self, role: Role, database: str | None = None, *, driver: str = "postgresql") -> str:
        """A database URL for one role, for psycopg (default) or SQLAlchemy (`driver="postgresql+psycopg2"`).

        `database` is a suffix: None is the warehouse, "dagster" and "superset" are the databases beside it.
        """
        parts = urlsplit(self.database_url.get_secret_value() if self.database_url else self._embedded_url())
        name = parts.path.lstrip("/") or "vis"
        if database is not None:
            name = f"{name}_{database}"
        given, _, address = parts.netloc.rpartition("@")
        if role != "admin":
            given = f"vis_{role}:{quote(self.secret(f'{role}_password'), safe='')}"
        elif self.embedded:
            given = f"vis_admin:{quote(self.secret('admin_password'), safe='')}"
        query = parts.query
        if role != "admin":
            # Credentials may also stand behind the question mark; they are the administrator's alone.
            query = urlencode([(key, value) for key, value in parse_qsl(query) if key not in _CREDENTIALS])
        return urlunsplit((driver, f"{given}@{address}", f"/{name}", query, ""))

    def _embedded_url(self) -> str:
        return f"postgresql://127.0.0.1:{self.pg_port}/vis"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(home: Path | None = None) -> Settings:
    """Read the environment, the secret files and `$VIS_HOME/secrets.env` anew (no cache)."""
    home = home or Path(os.environ.get("VIS_HOME") or REPOSITORY / ".vis").expanduser().absolute()
    return Settings(
        _env_file=home / "secrets.env",  # type: ignore[call-arg]  # pydantic-settings' own keyword
        _secrets_dir=SECRETS_DIRECTORY if SECRETS_DIRECTORY.is_dir() else None,
        home=home,
    )


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()
