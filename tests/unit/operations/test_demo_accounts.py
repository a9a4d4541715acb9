"""Where `vis up` gives demo accounts by itself: what it tells the services, and that they decide nothing."""

from pathlib import Path

import pytest

from orchestration.operations.accounts import demo_accounts
from orchestration.operations.secrets import NAMES
from orchestration.operations.services import signals_environment
from orchestration.settings import Settings, SettingsError
from signals_service.configuration import configuration


def _settings(tmp_path: Path, **changes: object) -> Settings:
    values = {"home": tmp_path, "municipality": "demo"} | dict.fromkeys(NAMES, "g" * 40) | changes
    return Settings(**values)  # type: ignore[arg-type]


def _given(settings: Settings) -> tuple[str, bool]:
    """VIS_DEMO as the service gets it, and whether it gets the password."""
    environment = signals_environment(settings)
    return environment["VIS_DEMO"], "VIS_SIGNALS_DEMO_PASSWORD" in environment


def test_demostad_has_demo_accounts_by_itself(tmp_path: Path) -> None:
    assert _given(_settings(tmp_path)) == ("1", True)
    assert _given(_settings(tmp_path, demo=False)) == ("0", False)


@pytest.mark.parametrize(
    "changes",
    [
        {"municipality": "groningen"},
        {"municipality": "almere"},
        {"oidc_issuer": "https://inloggen.gemeente.nl", "oidc_client_secret": "x"},
        {"host": "0.0.0.0"},
        {"signals_url": "https://signalen.gemeente.nl"},
        {"database_url": "postgresql://baas@db.gemeente.nl/vis"},
    ],
)
def test_what_is_real_or_reachable_has_none(tmp_path: Path, changes: dict[str, str]) -> None:
    assert _given(_settings(tmp_path, **changes)) == ("0", False)


def test_who_asks_for_them_on_the_own_machine_gets_them(tmp_path: Path) -> None:
    assert _given(_settings(tmp_path, municipality="groningen", demo=True)) == ("1", True)


def test_a_contradiction_stops_up_and_the_service(tmp_path: Path) -> None:
    provider = {"oidc_issuer": "https://inloggen.gemeente.nl", "oidc_client_id": "tool", "oidc_client_secret": "x"}
    settings = _settings(tmp_path, demo=True, **provider)
    for attempt in (demo_accounts, signals_environment, configuration):
        with pytest.raises(SettingsError, match="VIS_OIDC_ISSUER"):
            attempt(settings)


def test_the_service_decides_nothing_by_itself(tmp_path: Path) -> None:
    assert configuration(_settings(tmp_path)).auth.demo_password is None
    assert configuration(_settings(tmp_path, demo=True)).auth.demo_password
