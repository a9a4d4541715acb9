"""The command line: `vis …`. Thin: each command calls one function."""

import argparse
import os
import sys
import warnings
import xmlrpc.client
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import yaml

from orchestration.settings import REPOSITORY, load_settings


def main(arguments: list[str] | None = None) -> None:
    """Entry point; exits with 1 and one clear message on an expected error."""
    # Dagster's look-up of a runtime folder; of no use to who types a command.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    os.umask(0o077)  # logs, state and deliveries are for their owner alone
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int | None] = options.run
    try:
        sys.exit(command(options) or 0)
    except (RuntimeError, ValueError, OSError, psycopg.Error, yaml.YAMLError, xmlrpc.client.Fault) as error:
        if options.traceback:
            raise
        sys.stderr.write(f"\nvis: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vis", description="Veiligheids Informatie Systeem")
    parser.add_argument("--traceback", action="store_true", help="toon bij een fout waar in de code zij ontstond")
    commands = parser.add_subparsers(required=True, metavar="OPDRACHT")

    def add(name: str, run: Callable[[argparse.Namespace], int | None], help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.set_defaults(run=run)
        return command

    add("up", _up, "bouw, laad en start alles (zoals `make up`)")
    add("down", _down, "stop alle diensten")
    add("status", _status, "gezondheid per dienst")
    add("logs", _logs, "volg de logboeken")
    deliver = add("deliver", _deliver, "leg een levering in de inbox van een bron")
    deliver.add_argument("source", metavar="BRON")
    deliver.add_argument("file", metavar="BESTAND", type=Path)
    again = add("process", _process, "verwerk nu alles wat wacht, zonder de daemon")
    again.add_argument("--rebuild", action="store_true", help="bouw de marts ook als er niets nieuws is")
    years = add("backfill", _backfill, "neem van dagelijkse bronnen alles op wat over deze dagen wacht, in één run")
    years.add_argument("--from", dest="first", metavar="DATUM", type=date.fromisoformat, required=True)
    years.add_argument("--to", dest="last", metavar="DATUM", type=date.fromisoformat, required=True)
    years.add_argument("sources", metavar="BRON", nargs="*", help="alleen deze dagelijkse bronnen")
    quarantine = add("quarantine", _quarantine, "rijen in quarantaine: tonen, en opnieuw proberen na een verbetering")
    acts = quarantine.add_subparsers(dest="act", required=True, metavar="HANDELING")
    acts.add_parser("list", help="per bron en levering: hoeveel rijen, waarom en sinds wanneer")
    show = acts.add_parser("show", help="de rijen van een levering, met reden en tekst")
    show.add_argument("delivery", metavar="LEVERING", type=int)
    show.add_argument("row", metavar="RIJ", type=int, nargs="*")
    release = acts.add_parser("release", help="probeer de rijen van een levering opnieuw met de bron zoals die nu is")
    release.add_argument("delivery", metavar="LEVERING", type=int)
    release.add_argument("--row", metavar="RIJ", type=int, nargs="+", action="extend", default=[], help="alleen deze")
    trust = add("accept", _accept, "neem een levering op die is geweigerd om haar omvang of vastgehouden om haar dag")
    trust.add_argument("delivery", metavar="LEVERING", type=int)
    trust.add_argument(
        "--because", metavar="REDEN", required=True, help="waarom zij klopt; blijft bij de levering staan"
    )
    add("doctor", _doctor, "wat is er mis met deze installatie, en hoe herstelt u het")
    env = add("env", _env, "toon de instellingen als SLEUTEL=waarde")
    env.add_argument("--secrets", action="store_true", help="ook de geheimen")
    add("bootstrap", _bootstrap, "maak rollen, databases en schema's op een eigen server, en de gemeente daarin")
    audit = add("audit", _audit, "het auditlog van de signaleringstool: klopt de keten nog?")
    audit.add_argument("act", choices=("verify",), help="loop de hele keten na, ook tegen de dagelijkse hashes")
    audit.add_argument("--heads", metavar="MAP", type=Path, help="map met de hashes; standaard $VIS_HOME/audit-heads")
    dashboards = add("dashboards", _dashboards, "Superset: metadatabase bijwerken, of de dashboards plaatsen")
    dashboards.add_argument("act", choices=("prepare", "deploy"))
    add("check", _check, "kijk de bronnen en verwachtingen van de gemeente na, zonder database")
    return parser


def _home() -> Path:
    return load_settings().home


def _up(_: argparse.Namespace) -> None:
    from orchestration.operations.platform import up

    up(_home())


def _down(_: argparse.Namespace) -> None:
    from orchestration.operations.platform import down

    down(_home())


def _status(_: argparse.Namespace) -> int:
    from orchestration.operations.platform import status

    return 0 if status(_home()) else 1


def _logs(_: argparse.Namespace) -> int:
    from orchestration.operations.platform import logs

    return logs(_home())


def _deliver(options: argparse.Namespace) -> None:
    from orchestration.ingest.deliver import deliver
    from orchestration.municipality import load_municipality

    settings = load_settings()
    spec = load_municipality(settings.municipality).source(options.source)
    print(f"In de inbox gelegd: {deliver(spec, options.file, settings)}")


def _process(options: argparse.Namespace) -> int:
    from orchestration.process import process

    return 0 if process(load_settings(), rebuild=options.rebuild) else 1


def _backfill(options: argparse.Namespace) -> int:
    from orchestration.backfill import backfill
    from orchestration.ingest.days import Days

    return 0 if backfill(load_settings(), Days(options.first, options.last), options.sources) else 1


def _quarantine(options: argparse.Namespace) -> int:
    import psycopg

    from orchestration.ingest import quarantine
    from orchestration.municipality import load_municipality
    from orchestration.process import process

    settings = load_settings()
    municipality = load_municipality(settings.municipality)
    zone = municipality.time_zone
    with psycopg.connect(settings.dsn("loader")) as connection:
        if options.act == "list":
            print(quarantine.list_text(quarantine.waiting_rows(connection, municipality.code), zone))
            return 0
        if options.act == "show":
            rows = quarantine.quarantined_rows(connection, municipality, options.delivery, options.row)
            print(quarantine.rows_text(rows, zone))
            return 0
        released = quarantine.release(connection, municipality, options.delivery, options.row)
    if released is None:
        print("Er is niets veranderd: geen rij die wacht, laadt met de bron zoals die nu is.")
        return 0
    print(f"Levering {released.delivery_id}, {released.message}")
    return 0 if process(settings) else 1


def _accept(options: argparse.Namespace) -> int:
    import psycopg

    from orchestration.ingest.accept import accept
    from orchestration.municipality import load_municipality
    from orchestration.process import process

    settings = load_settings()
    municipality = load_municipality(settings.municipality)
    with psycopg.connect(settings.dsn("loader")) as connection:
        again = accept(connection, municipality, options.delivery, options.because)
    print(f"Levering {options.delivery} ({again.file_name}) wordt opnieuw geladen, als levering {again.delivery_id}.")
    return 0 if process(settings) else 1


def _doctor(_: argparse.Namespace) -> int:
    from orchestration.operations.doctor import examine, show

    return show(examine(load_settings()))


def _env(options: argparse.Namespace) -> None:
    from orchestration.operations.secrets import NAMES
    from orchestration.operations.services import public_environment

    settings = load_settings()
    for name, value in public_environment(settings).items():
        print(f"{name}={value}")
    if options.secrets:
        for name in NAMES:
            print(f"VIS_{name.upper()}={settings.secret(name)}")


def _bootstrap(_: argparse.Namespace) -> None:
    from orchestration import dbt
    from orchestration.municipality import load_municipality
    from orchestration.operations import postgres, warehouse
    from orchestration.operations.dagster_home import write_dagster_home

    settings = load_settings()
    postgres.wait_until_ready(settings)
    warehouse.bootstrap(settings)
    load_municipality(settings.municipality).register(settings)
    write_dagster_home(settings)
    dbt.parse(settings)


def _audit(options: argparse.Namespace) -> int:
    from orchestration.municipality import load_municipality
    from signals_service.relay.verify import verify
    from signals_service.store.relaying import relay_store

    settings = load_settings()
    code = load_municipality(settings.municipality).code
    with relay_store(settings.dsn("relay"), code) as store:
        found = verify(store, options.heads or settings.audit_heads_path, code)
    print(found.text)
    return 1 if found.problems else 0


def _dashboards(options: argparse.Namespace) -> None:
    from orchestration.operations import superset

    if options.act == "prepare":
        superset.prepare(load_settings())
    else:
        print(superset.deploy(load_settings()))


def _check(_: argparse.Namespace) -> None:
    from expectations.runner import load_all_suites
    from orchestration.municipality import load_municipality, municipality_names

    for name in dict.fromkeys([*municipality_names(), load_settings().municipality]):
        municipality = load_municipality(name)
        print(f"{name}: {municipality.name}, {len(municipality.sources)} bronnen")
    load_all_suites()


if __name__ == "__main__":
    os.chdir(REPOSITORY)
    main()
