"""`vis doctor` on how officials sign in, with a real provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.operations.doctor import Finding, _sign_in
from orchestration.settings import Settings
from tests.installation import free_port
from tests.openid import CLIENT, RunningProvider, running_provider


@pytest.fixture(scope="module")
def running() -> Iterator[RunningProvider]:
    with running_provider(["https://signalen.voorbeeld.nl"]) as provider:
        yield provider


def _found(tmp_path: Path, **changes: object) -> list[Finding]:
    values = {"home": tmp_path, "demo": False, "signals_url": "https://signalen.voorbeeld.nl"} | changes
    return list(_sign_in(Settings(**values)))  # type: ignore[arg-type]


def test_a_provider_that_answers_is_well(tmp_path: Path, running: RunningProvider) -> None:
    (finding,) = _found(tmp_path, oidc_issuer=running.issuer, oidc_client_id=CLIENT)
    assert finding.remedy == ""
    assert finding.observed.endswith("terug op https://signalen.voorbeeld.nl/aanmelden/terug")


def test_what_is_wrong_comes_with_its_remedy(tmp_path: Path, running: RunningProvider) -> None:
    for changes, remedy in (
        ({}, "VIS_OIDC_ISSUER"),
        ({"oidc_issuer": running.issuer}, "de provider de signaleringstool noemt"),
        ({"oidc_issuer": f"{running.issuer}/"}, f"VIS_OIDC_ISSUER={running.issuer}"),
        ({"oidc_issuer": f"http://localhost:{free_port()}"}, "kan bereiken"),
        ({"oidc_issuer": f"{running.issuer}/elders"}, "kan bereiken"),
    ):
        (finding,) = _found(tmp_path, **changes)  # type: ignore[arg-type]
        assert remedy in finding.remedy, changes


def test_the_demo_needs_no_provider(tmp_path: Path) -> None:
    (finding,) = _found(tmp_path, demo=True, signals_url=None)
    assert (finding.observed, finding.remedy) == ("demo-accounts, alleen op 127.0.0.1", "")
