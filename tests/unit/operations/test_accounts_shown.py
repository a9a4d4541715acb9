"""What `make up` prints at its end: with demo accounts their password, without them none."""

import os

import pytest

from orchestration.operations import platform
from orchestration.operations.console import console
from orchestration.operations.secrets import write_missing_secrets
from orchestration.settings import Settings, load_settings
from tests.installation import clean_environment


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    write_missing_secrets(home)
    return load_settings(home)


def _shown(settings: Settings) -> str:
    with console.capture() as capture:
        platform._show_addresses(settings)
    return capture.get()


def test_the_demo_shows_its_password(settings: Settings) -> None:
    shown = _shown(settings)
    assert settings.secret("signals_demo_password") in shown
    assert "http://127.0.0.1:5080" in shown


def test_without_a_demo_no_password_is_shown(settings: Settings) -> None:
    shown = _shown(settings.model_copy(update={"demo": False}))
    for name in ("signals_demo_password", "superset_admin_password", "admin_password"):
        assert settings.secret(name) not in shown
