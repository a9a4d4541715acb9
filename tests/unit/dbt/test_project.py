"""How the dbt project is called and written; no database."""

import json
from pathlib import Path

import pytest
import yaml

from orchestration import dbt
from orchestration.settings import Settings, SettingsError

MODELS = sorted(dbt.PROJECT_FOLDER.glob("models/**/*.sql"))


def settings(home: Path, **values: str) -> Settings:
    return Settings(home=home, **values)  # type: ignore[arg-type]


def test_environment_of_the_transformer(tmp_path: Path) -> None:
    given = settings(
        tmp_path,
        database_url="postgresql://beheer:geheim@db.voorbeeld.nl:6543/veilig?sslmode=require",
        transformer_password="p@ss/w:rd %",
    )
    assert dbt.dbt_environment(given) == {
        "DBT_HOST": "db.voorbeeld.nl",
        "DBT_PORT": "6543",
        "DBT_USER": "vis_transformer",
        "DBT_PASSWORD": "p@ss/w:rd %",
        "DBT_DBNAME": "veilig",
        "DBT_THREADS": "4",
        "DBT_SSLMODE": "require",
    }


def test_no_password_is_an_error_and_no_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIS_TRANSFORMER_PASSWORD", raising=False)
    with pytest.raises(SettingsError, match="VIS_TRANSFORMER_PASSWORD"):
        dbt.dbt_environment(settings(tmp_path))


def test_the_project_parses_without_a_database_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = sorted(dbt.PROJECT_FOLDER.iterdir())
    dbt.parse(settings(tmp_path))
    assert sorted(dbt.PROJECT_FOLDER.iterdir()) == before
    manifest = json.loads((tmp_path / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    schemas = {node["schema"] for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")}
    assert schemas == {"staging", "core", "marts"}
    marts = [node for node in manifest["nodes"].values() if node["schema"] == "marts"]
    assert marts
    assert all(node["config"]["contract"]["enforced"] for node in marts if node["resource_type"] == "model")


def test_a_project_is_parsed_again_when_something_changed_and_only_then(tmp_path: Path) -> None:
    manifest = tmp_path / "dbt" / "target" / "manifest.json"
    dbt.parse(settings(tmp_path))
    manifest.write_text("van de vorige keer", encoding="utf-8")
    dbt.parse(settings(tmp_path))
    assert manifest.read_text(encoding="utf-8") == "van de vorige keer"
    # Another profile: what dbt found holds the name of the database.
    dbt.parse(settings(tmp_path, database_url="postgresql://beheer@localhost/veilig", transformer_password="een"))
    assert json.loads(manifest.read_text(encoding="utf-8"))["metadata"]["adapter_type"] == "postgres"
    manifest.unlink()
    dbt.parse(settings(tmp_path, database_url="postgresql://beheer@localhost/veilig", transformer_password="een"))
    assert manifest.exists()


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_a_model_states_its_grain_and_is_described(model: Path) -> None:
    first_line = model.read_text(encoding="utf-8").splitlines()[0]
    assert first_line.startswith(("-- One row per ", "-- Eén regel per ")), first_line
    described = {
        item["name"]: item
        for file in model.parent.glob("*.yml")
        for item in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])
    }
    assert described[model.stem]["description"]
    for column in described[model.stem].get("columns", []):
        assert column.get("description"), f"{model.stem}.{column['name']}"
