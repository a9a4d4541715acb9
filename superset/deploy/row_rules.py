"""Row rules from `roles/rijregels.yaml`: which rows of the bundle's datasets this Superset shows."""

from pathlib import Path
from string import Template
from typing import Any

import yaml

from deploy.client import Superset

FILE = Path(__file__).resolve().parents[1] / "roles" / "rijregels.yaml"


def read_row_rules(file: Path = FILE) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = yaml.safe_load(file.read_text(encoding="utf-8"))["regels"]
    return rules


def apply_row_rules(
    superset: Superset, rules: list[dict[str, str]], dataset_ids: list[int], municipality_code: str
) -> None:
    """Make each rule cover exactly these datasets, for every role."""
    path = "/api/v1/rowlevelsecurity/"
    known = {item["name"]: item["id"] for item in superset.listing(path, order="name")}
    for rule in rules:
        body: dict[str, Any] = {
            "name": rule["naam"],
            "filter_type": rule["soort"],
            "clause": Template(rule["voorwaarde"]).substitute(gemeentecode=municipality_code),
            "tables": sorted(dataset_ids),
            "roles": [],
        }
        if rule["naam"] in known:
            superset.call("PUT", f"{path}{known[rule['naam']]}", json=body)
        else:
            superset.call("POST", path, json=body)
