"""`python -m deploy` puts everything into Superset; `python -m deploy check` only looks whether it could.

cd superset
.venv/bin/python -m deploy check --marts ../dbt_project/models/marts     # no Superset needed
.venv/bin/python -m deploy [--force]                                     # settings and secrets from the environment
"""

import argparse
import json
import sys
import time
from pathlib import Path

from deploy import access, queries
from deploy.bundle import DATABASE_FILE, FOLDER, Bundle, fingerprint, pack, read_bundle, render
from deploy.client import Superset
from deploy.row_rules import apply_row_rules, read_row_rules
from deploy.settings import DeployError, DeploySettings, read_settings, texts
from deploy.validate import problems, read_contracts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy", description="De dashboards van VIS in Superset zetten.")
    parser.add_argument("--force", action="store_true", help="laad de bundel ook in als hij niet is veranderd")
    actions = parser.add_subparsers(dest="action")
    checking = actions.add_parser("check", help="controleer de bundel, zonder Superset")
    checking.add_argument("--marts", type=Path, help="map met de contracten van de marts (dbt)")
    checking.add_argument("--assets", type=Path, default=FOLDER, help="map met de bundel")
    given = parser.parse_args(arguments)
    try:
        if given.action == "check":
            return check(given.assets, given.marts)
        deploy(read_settings(), force=given.force)
    except DeployError as error:
        print(f"Mislukt: {error}", file=sys.stderr)
        return 1
    return 0


def check(assets: Path, marts: Path | None) -> int:
    """Print what is wrong with the bundle; returns 1 when anything is."""
    bundle = read_bundle(assets)
    contracts = read_contracts(marts) if marts else None
    if contracts == {}:
        raise DeployError(f"{marts} bevat geen contracten van marts")
    found = _problems(bundle, contracts)
    # Placeholders are part of the bundle too.
    render(bundle, texts("Gemeente", "Bron", fictional=True, tiles=""), "postgresql://")
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        charts, datasets = len(bundle.of("charts")), len(bundle.of("datasets"))
        print(f"Bundel in orde: {charts} grafieken op {datasets} datasets.")
    return 1 if found else 0


def deploy(settings: DeploySettings, force: bool = False) -> None:
    """Validate, import when something changed, set roles and users, and ask every chart for its data."""
    began = time.monotonic()
    bundle = read_bundle()
    found = _problems(bundle, None)
    if found:
        raise DeployError("de bundel klopt niet:\n  " + "\n  ".join(found))
    superset = Superset(settings.url, settings.admin, settings.admin_password)
    imported = import_bundle(superset, bundle, settings, force)
    dataset_ids = ids_of_datasets(superset)
    shown = [dataset_ids[dataset["uuid"]] for dataset in bundle.of("datasets").values()]
    apply_row_rules(superset, read_row_rules(), shown, settings.municipality_code)
    roles = access.read_roles()
    database = bundle.files[DATABASE_FILE]["database_name"]
    role_ids = access.apply_roles(superset, roles, database)
    made = access.apply_users(superset, access.read_users(), role_ids, settings.passwords)
    access.share_dashboards(superset, roles, role_ids)
    rows = ask_charts(superset, bundle, dataset_ids)
    print(f"Bundel {'ingeladen' if imported else 'was al ingeladen'} in {time.monotonic() - began:.1f} s.")
    if made:
        print(f"Gebruikers gemaakt: {', '.join(made)}.")
    for name, count in rows.items():
        print(f"  {name}: {count} rijen")


def import_bundle(superset: Superset, bundle: Bundle, settings: DeploySettings, force: bool) -> bool:
    """Import in one transaction, unless this very bundle is there already. Returns whether it was imported."""
    masked, password = settings.masked_database()
    packed = pack(render(bundle, settings.texts, masked))
    mark = settings.state / "deployed.sha256"
    current = fingerprint(packed, settings.database_url, settings.url)
    slugs = [config["slug"] for config in bundle.of("dashboards").values()]
    is_there = all(superset.exists(f"/api/v1/dashboard/{slug}") for slug in slugs)
    if not force and is_there and mark.exists() and mark.read_text(encoding="utf-8") == current:
        return False
    superset.call(
        "POST",
        "/api/v1/assets/import/",
        files={"bundle": ("vis.zip", packed, "application/zip")},
        data={"passwords": json.dumps({DATABASE_FILE: password})},
    )
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(current, encoding="utf-8")
    return True


def ids_of_datasets(superset: Superset) -> dict[str, int]:
    """UUID → the number that this Superset gave the dataset."""
    return {item["uuid"]: item["id"] for item in superset.listing("/api/v1/dataset/", order="table_name")}


def ask_charts(superset: Superset, bundle: Bundle, dataset_ids: dict[str, int]) -> dict[str, int]:
    """Ask Superset for the data of every chart; returns name → number of rows.

    Raises `DeployError` that names each chart which fails, with the database's own words.
    """
    rows, failures = {}, []
    for chart in bundle.of("charts").values():
        body = queries.query_context(chart["params"], dataset_ids[chart["dataset_uuid"]])
        try:
            result = superset.call("POST", "/api/v1/chart/data", json=body)["result"][0]
        except DeployError as error:
            failures.append(f"{chart['slice_name']}: {error}")
            continue
        if result.get("error"):
            failures.append(f"{chart['slice_name']}: {result['error']}")
        rows[chart["slice_name"]] = result["rowcount"]
    if failures:
        raise DeployError("deze grafieken geven geen gegevens:\n  " + "\n  ".join(failures))
    return rows


def _problems(bundle: Bundle, contracts: dict[str, list[str]] | None) -> list[str]:
    slugs = {config["slug"] for config in bundle.of("dashboards").values()}
    return problems(bundle, contracts) + access.role_problems(access.read_roles(), access.read_users(), slugs)


if __name__ == "__main__":
    sys.exit(main())
