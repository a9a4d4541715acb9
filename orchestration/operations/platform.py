"""The life of one installation: up, down, status."""

import os
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.table import Column, Table

from orchestration.demo import write_demo
from orchestration.municipality import Municipality, load_municipality
from orchestration.operations import postgres, superset, supervisor, warehouse
from orchestration.operations.accounts import demo_accounts
from orchestration.operations.console import console, step
from orchestration.operations.dagster_home import write_dagster_home
from orchestration.operations.fingerprint import Fingerprint
from orchestration.operations.secrets import write_missing_secrets
from orchestration.operations.services import Service, is_healthy, program, service, services
from orchestration.settings import REPOSITORY, Settings, SettingsError, load_settings

HEALTH_SECONDS = 420  # a slow machine that starts everything at once
_SAY_EVERY = 30  # seconds


class PlatformError(RuntimeError):
    """The platform does not come up; the message says what failed and where to look."""


def up(home: Path) -> Settings:
    """Build what is missing, load the municipality, start every service, wait until each is healthy.

    Idempotent: what is already there and unchanged is left alone.
    """
    write_missing_secrets(home)
    settings = load_settings(home)
    municipality = load_municipality(settings.municipality)
    console.print(
        f"[bold]VIS[/bold] · {municipality.name}" + (" · FICTIEVE GEGEVENS" if municipality.fictional else "")
    )
    _check_data_folder(municipality, settings)
    _check_ports(settings)
    demo_accounts(settings)  # a VIS_DEMO=1 that may not be stops here, before anything is started
    write_dagster_home(settings)
    with step("PostgreSQL starten, rollen en schema's bijwerken"):
        supervisor.ensure_running(settings)
        start_database(settings)
        warehouse.bootstrap(settings)
    code = _code_fingerprint(settings, municipality)
    if not code.is_current():
        for name in ("dagster-webserver", "dagster-daemon", "superset", "signals", "signals-relay"):
            supervisor.stop(settings, name)
    # Superset's first boot and the pipeline do not need each other; together they fill both cores.
    with ThreadPoolExecutor(2) as pool:
        dashboards = pool.submit(_prepare_superset, settings)
        if municipality.fictional:
            with step("Fictieve leveringen maken"):
                write_demo(settings.inbox_path, settings.home / "demo-truth", until=_demo_until(settings, municipality))
        with step("Leveringen verwerken: van bestand tot marts"):
            processed = _process(settings)
        dashboards.result()
    for one in services(settings):
        supervisor.start(settings, one.name)
    with step("Wachten tot elke dienst gezond is"):
        _wait_until_healthy(settings)
    with step("Dashboards plaatsen en nazien"):
        superset.deploy(settings)
    code.write()
    _show_addresses(settings)
    if not processed:
        # Said last and with an error code: what the gates let through is shown, and nobody can overlook the rest.
        raise PlatformError(
            "Alles draait, maar de verwerking is niet geheel gelukt: een levering is geweigerd of vastgehouden, of een "
            f"stap is mislukt. Zie hierboven, `vis doctor` en {settings.home}/logs/process.log"
        )
    return settings


def start_database(settings: Settings) -> None:
    """Start the embedded PostgreSQL (when it is used) and wait until the administrator is let in."""
    if settings.embedded:
        postgres.initialise(settings)
        supervisor.start(settings, "postgres")
    postgres.wait_until_ready(settings)


def down(home: Path) -> None:
    """Stop every service; returns when no process of this installation is left."""
    with step("Diensten stoppen"):
        stopped = supervisor.shut_down(load_settings(home))
    if not stopped:
        console.print("  Er draaide niets.")


def status(home: Path) -> bool:
    """Print a table of services; True when all are healthy."""
    settings = load_settings(home)
    states = supervisor.states(settings)
    table = Table("dienst", "toestand", "gezond", Column("adres", overflow="fold"))
    healthy = True
    for one in services(settings):
        state = states.get(one.name, "GESTOPT")
        well = state == "RUNNING" and _is_well(one, settings)
        healthy &= well
        table.add_row(one.title, state, "[green]ja[/green]" if well else "[red]nee[/red]", one.url(settings) or "")
    console.print(table)
    return healthy


def logs(home: Path) -> int:
    """Follow the logs of all services until interrupted."""
    files = sorted((home / "logs").glob("*.log"))
    if not files:
        console.print("Er zijn nog geen logboeken.")
        return 1
    try:
        return subprocess.call(["tail", "-n", "20", "-F", *map(str, files)])
    except KeyboardInterrupt:
        return 0


def _is_well(one: Service, settings: Settings) -> bool:
    if one.name == "dagster-daemon":
        return supervisor.states(settings).get(one.name) == "RUNNING"
    return is_healthy(one, settings)


def _check_data_folder(municipality: Municipality, settings: Settings) -> None:
    needing = [spec.source for spec in municipality.sources if "${VIS_DATA}" in spec.fetch.path]
    if needing and (settings.data is None or not settings.data.is_dir()):
        raise SettingsError(
            f"De bronnen {', '.join(needing)} van {municipality.name} staan in ${{VIS_DATA}}, "
            f"maar VIS_DATA={settings.data or ''} is geen map. Zet VIS_DATA op de map met de open data."
        )


def _check_ports(settings: Settings) -> None:
    """A port taken by somebody else is said at once, with the variable that moves it."""
    running = supervisor.states(settings)
    ports = {
        "superset": ("VIS_SUPERSET_PORT", settings.superset_port),
        "dagster-webserver": ("VIS_DAGSTER_PORT", settings.dagster_port),
        "signals": ("VIS_SIGNALS_PORT", settings.signals_port),
        "gate-docs": ("VIS_DOCS_PORT", settings.docs_port),
    }
    if settings.embedded:
        ports["postgres"] = ("VIS_PG_PORT", settings.pg_port)
    for name, (variable, port) in ports.items():
        if running.get(name) in ("RUNNING", "STARTING"):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise PlatformError(
                    f"Poort {port} voor {service(name).title} is bezet. Kies een andere: {variable}=… make up"
                ) from error


def _code_fingerprint(settings: Settings, municipality: Municipality) -> Fingerprint:
    rooms = [
        REPOSITORY / name for name in ("orchestration", "expectations", "dbt_project", "signals_service", "superset")
    ]
    locks = [REPOSITORY / "uv.lock", REPOSITORY / "superset" / "uv.lock"]
    return Fingerprint(
        settings.home / "run" / "started-with",
        [*rooms, municipality.folder, *locks],
        extra=settings.model_dump_json(exclude_none=True),
    )


def _demo_until(settings: Settings, municipality: Municipality) -> date:
    """The demo's last day is the one before its first start, so that a restart does not make a second town."""
    file = settings.home / "demo-truth" / "until"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        yesterday = datetime.now(ZoneInfo(municipality.time_zone)).date() - timedelta(days=1)
        file.write_text(yesterday.isoformat(), encoding="utf-8")
    return date.fromisoformat(file.read_text(encoding="utf-8").strip())


def _prepare_superset(settings: Settings) -> None:
    with step("Superset: metadatabase bijwerken"):
        superset.prepare(settings)


def _process(settings: Settings) -> bool:
    """Run the pipeline in a process of its own, so that its memory is given back before the services start.

    Returns False when it did not wholly succeed: one bad file must not keep the dashboards from coming up.
    """
    log = settings.home / "logs" / "process.log"
    with log.open("ab") as stream:
        result = subprocess.run(
            [program("vis"), "process"],
            env=os.environ | {"VIS_HOME": str(settings.home)},
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=settings.home,
        )
    if result.returncode:
        console.print("\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]), markup=False)
    return result.returncode == 0


def _wait_until_healthy(settings: Settings) -> None:
    began = said = time.monotonic()
    waiting = services(settings)
    while waiting := [one for one in waiting if not _is_well(one, settings)]:
        now = time.monotonic()
        if now > said + _SAY_EVERY:
            console.print(f"  … wachten op {', '.join(one.title for one in waiting)} ({now - began:.0f} s)")
            said = now
        if now > began + HEALTH_SECONDS:
            tails = "\n".join(f"--- {one.name}\n{supervisor.log_tail(settings, one.name)}" for one in waiting)
            raise PlatformError(f"Niet gezond na {HEALTH_SECONDS} s: {', '.join(o.title for o in waiting)}\n{tails}")
        time.sleep(0.5)


def _show_addresses(settings: Settings) -> None:
    table = Table("dienst", Column("adres", overflow="fold"))
    for one in services(settings):
        if address := one.url(settings):
            table.add_row(one.title, address)
    if settings.embedded:
        table.add_row("PostgreSQL", f"127.0.0.1:{settings.pg_port}, database vis")
    console.print(table)
    if demo_accounts(settings):
        accounts = Table("Superset-account (alleen demo)", Column("wachtwoord", no_wrap=True), "mag")
        accounts.add_row(superset.ADMIN, settings.secret("superset_admin_password"), "alles")
        accounts.add_row("analist", settings.secret("superset_analyst_password"), "grafieken maken")
        accounts.add_row("raadpleger", settings.secret("superset_viewer_password"), "dashboards bekijken")
        console.print(accounts)
        people = Table("Signaleringstool (alleen demo)", Column("wachtwoord", no_wrap=True), "wie")
        people.add_row(
            "alle demo-accounts", settings.secret("signals_demo_password"), "kies op de aanmeldpagina wie u bent"
        )
        console.print(people)
