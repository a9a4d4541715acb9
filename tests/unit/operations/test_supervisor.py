"""What supervisord is told, without starting it."""

from pathlib import Path

import pytest

from orchestration.operations import supervisor
from orchestration.operations.secrets import NAMES, write_missing_secrets
from orchestration.operations.services import services
from orchestration.settings import load_settings


@pytest.fixture(autouse=True)
def _no_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*NAMES, "database_url"]:
        monkeypatch.delenv(f"VIS_{name.upper()}", raising=False)


def test_the_configuration_holds_every_service_and_no_secret(tmp_path: Path) -> None:
    write_missing_secrets(tmp_path)
    settings = load_settings(tmp_path)
    text = supervisor.configuration(settings)
    for service in services(settings):
        assert f"[program:{service.name}]" in text
    assert not [name for name in NAMES if settings.secret(name) in text]


def test_an_own_server_is_not_supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIS_DATABASE_URL", "postgresql://baas:x@db/vis")
    assert "postgres" not in [service.name for service in services(load_settings(tmp_path))]


def test_a_long_home_still_has_a_socket_that_fits(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / ("diep/" * 30))
    assert len(str(supervisor._socket(settings))) <= supervisor._SOCKET_LIMIT


def test_another_setting_or_secret_is_noticed(tmp_path: Path) -> None:
    write_missing_secrets(tmp_path)
    settings = load_settings(tmp_path)
    first = supervisor._settings_text(settings)
    assert supervisor._settings_text(settings.model_copy(update={"municipality": "almere"})) != first
    (tmp_path / "secrets.env").unlink()
    write_missing_secrets(tmp_path)
    assert supervisor._settings_text(load_settings(tmp_path)) != first
