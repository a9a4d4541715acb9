"""The bundle in `assets/`: read, fill in what is not kept by hand, and pack as Superset's import wants it."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from deploy.settings import NO_TILES, DeployError

Config = dict[str, Any]
FOLDER = Path(__file__).resolve().parents[1] / "assets"
DATABASE_FILE = "databases/vis.yaml"


@dataclass(frozen=True)
class Bundle:
    """Every file by its path inside the bundle, in order."""

    files: dict[str, Config]

    def of(self, kind: str) -> dict[str, Config]:
        """The files of one kind: databases, datasets, charts or dashboards."""
        return {path: config for path, config in self.files.items() if path.startswith(f"{kind}/")}

    def charts_of(self, dashboard: Config) -> dict[str, str]:
        """Place on the dashboard → UUID of the chart."""
        return {
            name: item["meta"]["uuid"]
            for name, item in dashboard["position"].items()
            if isinstance(item, dict) and item["type"] == "CHART"
        }


def read_bundle(folder: Path = FOLDER) -> Bundle:
    """Read all YAML below `folder`. Raises `DeployError` naming the file that cannot be read."""
    files = {}
    for path in sorted(folder.rglob("*.yaml")):
        try:
            config = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise DeployError(f"{path}: geen geldige YAML: {error}") from error
        if not isinstance(config, dict):
            raise DeployError(f"{path}: verwacht een YAML-object, gevonden {type(config).__name__}")
        files[path.relative_to(folder).as_posix()] = config
    if "metadata.yaml" not in files:
        raise DeployError(f"{folder}: metadata.yaml ontbreekt")
    return Bundle(files)


def render(bundle: Bundle, texts: dict[str, str], masked_database_url: str) -> Bundle:
    """Fill in texts, the address of the database and the parts of a dashboard's layout that follow from the rest."""
    files = {path: _substitute(config, texts) for path, config in bundle.files.items()}
    files[DATABASE_FILE] |= {"sqlalchemy_uri": masked_database_url}
    for path, config in files.items():
        if path.startswith("charts/"):
            # The list of charts marks these as kept in version control.
            marks = {"certified_by": "VIS", "certification_details": "Beheerd in versiebeheer"}
            files[path] = config | marks | {"params": _see_through(config["params"])}
        if path.startswith("dashboards/"):
            files[path] = config | {"position": dict(_layout(config["position"]))}
    return Bundle(files)


def pack(bundle: Bundle) -> bytes:
    """A zip with one folder at its root; the same bundle gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, config in bundle.files.items():
            content = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
            archive.writestr(zipfile.ZipInfo(f"vis/{path}"), content)
    return buffer.getvalue()


def fingerprint(packed: bytes, *secrets: str) -> str:
    """SHA-256 over the bundle and over whatever else the import writes."""
    digest = hashlib.sha256(packed)
    for secret in secrets:
        digest.update(b"\0" + secret.encode())
    return digest.hexdigest()


def _substitute(value: Any, texts: dict[str, str]) -> Any:
    """Replace `${name}` in every text. Values only, so no text can add structure; an unknown name is an error."""
    if isinstance(value, dict):
        return {key: _substitute(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_substitute(item, texts) for item in value]
    if isinstance(value, str) and "${" in value:
        try:
            return Template(value).substitute(texts)
        except (KeyError, ValueError) as error:
            raise DeployError(f"Onbekende plaatshouder {error} in: {value[:80]!r}") from error
    return value


def _see_through(params: Config) -> Config:
    """Over base tiles an area lets the streets shine through; on white it has exactly the colour of the legend."""
    return params | {"opacity": 70} if params.get("mapbox_style", NO_TILES) != NO_TILES else params


def _layout(position: Config) -> Iterator[tuple[str, Any]]:
    """Add `id`, `parents` and a number for each chart: the import replaces the number by the chart's own."""
    parents: dict[str, list[str]] = {"ROOT_ID": []}
    waiting = ["ROOT_ID"]
    while waiting:
        name = waiting.pop()
        for child in position[name].get("children", []):
            parents[child] = [*parents[name], name]
            waiting.append(child)
    for number, (name, item) in enumerate(position.items()):
        if not isinstance(item, dict):
            yield name, item
            continue
        filled = {"children": [], **item, "id": name, "parents": parents.get(name, [])}
        if item["type"] == "CHART":
            filled["meta"] = item["meta"] | {"chartId": number}
        yield name, filled
