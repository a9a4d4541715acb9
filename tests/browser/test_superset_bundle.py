"""`deploy check` says what is wrong with a bundle before any Superset sees it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SUPERSET = REPOSITORY / "superset"
MARTS = REPOSITORY / "dbt_project" / "models" / "marts"

Change = Callable[[str], str]


def run_check(assets: Path, marts: Path = MARTS) -> subprocess.CompletedProcess[str]:
    command = [
        str(SUPERSET / ".venv/bin/python"),
        "-m",
        "deploy",
        "check",
        "--assets",
        str(assets),
        "--marts",
        str(marts),
    ]
    return subprocess.run(command, cwd=SUPERSET, capture_output=True, text=True)


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SUPERSET / "assets", tmp_path / "assets"))


def test_the_bundle_of_the_repository_is_right() -> None:
    result = run_check(SUPERSET / "assets")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "charts/top_buurten.yaml",
            "groupby: [buurt",
            "groupby: [buurd",
            "kolom buurd bestaat niet in dataset kaart_buurt",
        ),
        ("charts/incidenten.yaml", "metric: incidenten", "metric: incident", "maatstaf incident bestaat niet"),
        ("charts/kw_per_dag.yaml", "[dag_te_laat", "[dag_telaat", "maatstaf dag_telaat bestaat niet"),
        ("charts/incidenten.yaml", "3d1c01", "3d1c02", "komt in 2 bestanden voor"),
        ("charts/incidenten.yaml", "dataset_uuid: 5e", "dataset_uuid: 6e", "bestaat niet in datasets/"),
        ("charts/incidenten.yaml", "subject: datum", "subject: dag", "filter op dag"),
        ("datasets/vis/gebied.yaml", "SUM(inwoners)", "SUM(bewoners)", "kolommen die de dataset niet heeft: bewoners"),
        (
            "datasets/vis/gebied.yaml",
            "column_name: niveau",
            "column_name: laag",
            "kolommen die de bron niet heeft: laag",
        ),
        ("datasets/vis/kaart_buurt.yaml", "kaart.aantal)", "kaart.getal)", "de query klopt niet met de marts"),
        (
            "datasets/vis/kaart_buurt.yaml",
            "['dagdeel', 'thema', 'delict']",
            "['dagdeel']",
            "filter Thema werkt niet op",
        ),
        ("dashboards/kaart_en_dagdeel.yaml", "[CHART-trend]", "[CHART-tred]", "CHART-tred"),
        ("dashboards/kaart_en_dagdeel.yaml", "${gemeente}", "${stad}", "Onbekende plaatshouder 'stad'"),
    ],
)
def test_what_is_wrong_is_named(assets: Path, file: str, old: str, new: str, said: str) -> None:
    path = assets / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} bevat {old!r} niet meer; pas deze test aan"
    path.write_text(text.replace(old, new), encoding="utf-8")
    result = run_check(assets)
    assert result.returncode == 1
    assert said in result.stderr, result.stderr


def test_a_column_that_leaves_a_mart_is_noticed(tmp_path: Path) -> None:
    marts = Path(shutil.copytree(MARTS, tmp_path / "marts"))
    contract = marts / "marts.yml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("- name: is_hic", "- name: is_hoog"), encoding="utf-8")
    result = run_check(SUPERSET / "assets", marts)
    assert result.returncode == 1
    assert "datasets/vis/incident_kaart.yaml: kolommen die de bron niet heeft: is_hic" in result.stderr
