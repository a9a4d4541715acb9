"""`vis doctor`: what is wrong with this installation, and how to mend it."""

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import psycopg

from orchestration.municipality import load_municipality
from orchestration.notices.mail import mail_server
from orchestration.notices.outbox import waiting
from orchestration.operations import supervisor
from orchestration.operations.accounts import demo_accounts
from orchestration.operations.console import console
from orchestration.operations.services import is_healthy, services, superset_is_installed
from orchestration.settings import Settings

_NEEDED_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` is empty when all is well."""

    subject: str
    observed: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at settings, disk, secrets, municipality, database, deliveries and services. Changes nothing."""
    findings: list[Finding] = []
    for part in (_disk, _secrets, _municipality, _superset, _services, _deliveries, _mail, _sign_in, _relay):
        try:
            findings += part(settings)
        except (RuntimeError, ValueError, OSError, psycopg.Error) as error:
            findings.append(Finding(_TITLES[part], str(error).strip(), "Los eerst bovenstaande melding op"))
    return findings


def show(findings: list[Finding]) -> int:
    """Print the findings; returns 1 when something needs mending."""
    for finding in findings:
        mark = "[red]✗[/red]" if finding.remedy else "[green]✓[/green]"
        console.print(f"{mark} {finding.subject}: {finding.observed}", soft_wrap=True)
        if finding.remedy:
            console.print(f"    → {finding.remedy}", soft_wrap=True)
    return 1 if any(finding.remedy for finding in findings) else 0


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.home if settings.home.exists() else settings.home.parent
    free = shutil.disk_usage(folder).free
    remedy = "" if free > _NEEDED_BYTES else "Maak ten minste 2 GB vrij, of zet VIS_HOME op een ruimere schijf"
    yield Finding("Schijf", f"{free / 1024**3:.1f} GB vrij bij {folder}", remedy)


def _secrets(settings: Settings) -> Iterator[Finding]:
    file = settings.home / "secrets.env"
    if not file.exists():
        yield Finding(
            "Geheimen",
            f"{file} is er niet",
            "Voer `make up` uit, of geef elk geheim als variabele of bestand",
        )
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    remedy = "" if mode == 0o600 else f"chmod 600 {file}"
    yield Finding("Geheimen", f"{file}, rechten {mode:o}", remedy)


def _municipality(settings: Settings) -> Iterator[Finding]:
    municipality = load_municipality(settings.municipality)
    yield Finding("Gemeente", f"{municipality.name} ({municipality.code}), {len(municipality.sources)} bronnen")
    needing = [spec.source for spec in municipality.sources if "${VIS_DATA}" in spec.fetch.path]
    if needing and not (settings.data and settings.data.is_dir()):
        yield Finding(
            "Open data",
            f"VIS_DATA={settings.data or ''} is geen map",
            f"Zet VIS_DATA; nodig voor {', '.join(needing)}",
        )


def _superset(settings: Settings) -> Iterator[Finding]:
    installed = superset_is_installed()
    yield Finding(
        "Superset",
        "geïnstalleerd" if installed else "niet geïnstalleerd",
        "" if installed else "Voer `make up` uit",
    )


def _services(settings: Settings) -> Iterator[Finding]:
    states = supervisor.states(settings)
    for one in services(settings):
        state = states.get(one.name, "GESTOPT")
        if state != "RUNNING":
            yield Finding(one.title, state, f"`make up`; het logboek: {settings.home}/logs/{one.name}.log")
        elif one.name != "dagster-daemon" and not is_healthy(one, settings):
            yield Finding(one.title, "draait, maar antwoordt niet", f"Zie {settings.home}/logs/{one.name}.log")
        else:
            yield Finding(one.title, "draait")


def _deliveries(settings: Settings) -> Iterator[Finding]:
    query = """
        select source, file_name, status, reason from raw.delivery
        where status in ('held', 'refused') order by delivery_id desc limit 10
    """
    with psycopg.connect(settings.dsn("loader"), connect_timeout=3) as connection:
        rows = connection.execute(query).fetchall()
    if not rows:
        yield Finding("Leveringen", "geen geweigerd of vastgehouden")
    for source, file_name, status, reason in rows:
        word = {"refused": "geweigerd", "held": "vastgehouden"}[status]
        yield Finding(
            f"Levering {source}/{file_name}",
            f"{word}: {reason}",
            f"Zie docs/beheer.md, over een levering die is {word}",
        )


def _mail(settings: Settings) -> Iterator[Finding]:
    server = mail_server(settings)
    if server is None:
        yield Finding("E-mail", "niet ingesteld (VIS_SMTP_HOST): niemand krijgt bericht van een fout")
        return
    with psycopg.connect(settings.dsn("loader"), connect_timeout=3) as connection:
        unsent = waiting(connection, load_municipality(settings.municipality).code)
    yield Finding(
        "E-mail",
        f"{server.host}:{server.port} aan {', '.join(server.receivers)}"
        + (f"; {unsent} berichten wachten" if unsent else ""),
        "Zie in Dagster de sensor `berichten` (Automation): daar staat waarom" if unsent else "",
    )


def _sign_in(settings: Settings) -> Iterator[Finding]:
    """How officials sign in at the signaleringstool; asks the provider who it is."""
    title = _TITLES[_sign_in]
    if demo_accounts(settings):
        yield Finding(title, f"demo-accounts, alleen op {settings.host}")
    if settings.oidc_issuer is None:
        if not demo_accounts(settings):
            yield Finding(title, "niet ingericht: niemand kan erin", "Zie docs/signaleringstool.md, VIS_OIDC_ISSUER")
        return
    address = f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        found = httpx.get(address, timeout=5).raise_for_status().json()["issuer"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        remedy = "Kijk VIS_OIDC_ISSUER na en of deze machine de provider kan bereiken"
        yield Finding(title, f"{address} geeft geen antwoord ({type(error).__name__})", remedy)
        return
    if found != settings.oidc_issuer:
        yield Finding(title, f"de provider noemt zich {found!r}", f"Zet VIS_OIDC_ISSUER={found}")
    elif settings.oidc_client_id is None:
        yield Finding(title, "VIS_OIDC_CLIENT_ID ontbreekt", "Zet wat de provider de signaleringstool noemt")
    else:
        yield Finding(title, f"bij {found}, terug op {settings.signals_address}/aanmelden/terug")


def _relay(settings: Settings) -> Iterator[Finding]:
    """What does not go well in the relay of the signaleringstool, in its own words."""
    file = settings.relay_heartbeat
    if not file.exists():
        yield Finding(_TITLES[_relay], "heeft nog niet gedraaid", "Voer `make up` uit")
        return
    problems = json.loads(file.read_text(encoding="utf-8"))["problems"]
    for one in problems:
        since = datetime.fromtimestamp(one["since"], UTC).astimezone()
        yield Finding(
            f"Signaleringstool, {one['duty']}",
            f"loopt achter sinds {since:%d-%m-%Y %H:%M}, {one['tries']} keer geprobeerd: {one['problem']}",
            "Er gaat niets verloren; zie docs/beheer.md, over meldingen die wachten",
        )
    heads = sorted(settings.audit_heads_path.glob("*.json"))
    if not problems:
        last = f"; laatste hashes van het auditlog: {heads[-1].stem}" if heads else ""
        yield Finding(_TITLES[_relay], f"meldingen, logboek en termijnen zijn bij{last}")


_TITLES: dict[Callable[[Settings], Iterator[Finding]], str] = {
    _disk: "Schijf",
    _secrets: "Geheimen",
    _municipality: "Gemeente",
    _superset: "Superset",
    _services: "Diensten",
    _deliveries: "Leveringen",
    _mail: "E-mail",
    _sign_in: "Aanmelden bij de signaleringstool",
    _relay: "Signaleringstool, meldingen en logboek",
}
