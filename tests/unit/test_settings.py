"""Where settings come from, and what they refuse to guess."""

from pathlib import Path

import pytest

from orchestration import settings as module
from orchestration.operations.secrets import NAMES, write_missing_secrets
from orchestration.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _no_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [*NAMES, "database_url", "home", "municipality", "pg_port", "demo", "host"]:
        monkeypatch.delenv(f"VIS_{name.upper()}", raising=False)
    monkeypatch.setattr(module, "SECRETS_DIRECTORY", tmp_path / "no-secrets")


def test_a_missing_secret_is_an_error_that_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="VIS_LOADER_PASSWORD ontbreekt"):
        load_settings(tmp_path).dsn("loader")


def test_secrets_are_random_private_and_kept(tmp_path: Path) -> None:
    added = write_missing_secrets(tmp_path)
    file = tmp_path / "secrets.env"
    assert set(added) == set(NAMES)
    assert file.stat().st_mode & 0o777 == 0o600
    first = file.read_text()
    assert write_missing_secrets(tmp_path) == []
    assert file.read_text() == first
    values = [line.partition("=")[2] for line in first.splitlines() if "=" in line]
    assert len(set(values)) == len(NAMES)
    assert min(map(len, values)) >= 32


def test_each_role_gets_its_own_credentials_on_the_same_server(tmp_path: Path) -> None:
    write_missing_secrets(tmp_path)
    settings = load_settings(tmp_path)
    assert settings.dsn("loader") == f"postgresql://vis_loader:{settings.secret('loader_password')}@127.0.0.1:54329/vis"
    assert settings.dsn("dagster", "dagster").endswith("@127.0.0.1:54329/vis_dagster")


def test_an_own_server_is_followed_with_its_options_and_odd_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIS_DATABASE_URL", "postgresql://baas:p%40ss@db.gemeente.nl:6432/veilig?sslmode=require")
    monkeypatch.setenv("VIS_BI_PASSWORD", "a/b@c:d")
    settings = load_settings(tmp_path)
    assert not settings.embedded
    assert not settings.demo_accounts
    assert settings.dsn("bi") == "postgresql://vis_bi:a%2Fb%40c%3Ad@db.gemeente.nl:6432/veilig?sslmode=require"
    assert settings.dsn("admin").startswith("postgresql://baas:p%40ss@")


def test_an_empty_variable_does_not_hide_a_secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "vis_database_url").write_text("postgresql://baas:geheim@db/vis\n")
    monkeypatch.setattr(module, "SECRETS_DIRECTORY", folder)
    monkeypatch.setenv("VIS_DATABASE_URL", "")
    assert load_settings(tmp_path).dsn("admin") == "postgresql://baas:geheim@db/vis"


def test_no_secret_shows_in_a_printed_settings_object(tmp_path: Path) -> None:
    write_missing_secrets(tmp_path)
    settings = load_settings(tmp_path)
    assert settings.secret("bi_password") not in repr(settings)
    assert settings.secret("bi_password") not in settings.model_dump_json()


def test_nobody_gets_demo_accounts_who_did_not_ask(tmp_path: Path) -> None:
    assert not Settings(home=tmp_path).demo_accounts
    assert not Settings(home=tmp_path, demo=False, host="0.0.0.0").demo_accounts


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.9.1"])
def test_demo_accounts_may_be_on_this_machine(tmp_path: Path, host: str) -> None:
    url = f"http://[{host}]:5080" if ":" in host else f"http://{host}:5080"
    assert Settings(home=tmp_path, demo=True, host=host, signals_url=url).demo_accounts


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        *(({"host": host}, "VIS_HOST") for host in ("0.0.0.0", "10.0.0.1", "signalen.gemeente.nl", "::")),
        *(
            ({"signals_url": url}, "VIS_SIGNALS_URL")
            for url in (
                "https://signalen.gemeente.nl",
                "http://127.0.0.1.gemeente.nl",
                "http://10.0.0.1:5080",
                "elders",
            )
        ),
        ({"oidc_issuer": "https://inloggen.gemeente.nl"}, "VIS_OIDC_ISSUER"),
    ],
)
def test_demo_accounts_are_refused_where_others_can_come(tmp_path: Path, changes: dict[str, str], named: str) -> None:
    settings = Settings(home=tmp_path, demo=True, **changes)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=f"VIS_DEMO=1 kan hier niet: {named}.*Zet VIS_DEMO=0"):
        _ = settings.demo_accounts


def test_credentials_behind_the_question_mark_stay_the_administrators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIS_DATABASE_URL", "postgresql://db/vis?user=baas&password=x&sslmode=require")
    monkeypatch.setenv("VIS_BI_PASSWORD", "b")
    settings = load_settings(tmp_path)
    assert settings.dsn("bi") == "postgresql://vis_bi:b@db/vis?sslmode=require"
    assert "user=baas" in settings.dsn("admin")


def test_a_municipality_folder_is_meant_from_where_the_command_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onze").mkdir()
    (tmp_path / "onze" / "municipality.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert Settings(home=tmp_path, municipality="onze").municipality == str(tmp_path / "onze")
    assert Settings(home=tmp_path, municipality="almere").municipality == "almere"


def test_each_municipality_has_an_inbox_of_its_own(tmp_path: Path) -> None:
    inboxes = {Settings(home=tmp_path, municipality=name).inbox_path for name in ("demo", "almere", "/etc/vis/onze")}
    assert len(inboxes) == 3
