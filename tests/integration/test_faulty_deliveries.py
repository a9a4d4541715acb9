"""A faulty delivery through the whole pipeline: it is loud, it is kept, and nothing else waits for it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest

from orchestration.demo import write_demo
from orchestration.settings import Settings
from tests.installation import run_vis


def rows(settings: Settings, query: str, role: str = "bi") -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.dsn(role)) as connection:  # type: ignore[arg-type]
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def outcome(new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str]:
    """Demostad with three police files of which one cannot be read and one is half nonsense."""
    folder = tmp_path_factory.mktemp("faulty")
    settings = new_warehouse(inbox=folder / "inbox")
    write_demo(settings.inbox_path, folder / "truth", until=date(2026, 6, 30))
    police = settings.inbox_path / "police_incidents"
    daily = sorted(police.glob("*.csv"))
    for file in daily[2:]:
        file.unlink()
    good = daily[1].read_text(encoding="utf-8-sig")
    (police / "a_komma.csv").write_text(good.replace(";", ","), encoding="utf-8-sig")
    (police / "b_half.csv").write_text(good.replace("-2026 ", "-20X6 "), encoding="utf-8-sig")
    (settings.inbox_path / "adressen" / "leeg.csv").write_bytes(b"")
    result = run_vis(settings, "process", check=False)
    assert result.returncode == 1, "a refused delivery must make the command fail"
    return settings, result.stdout


def test_the_command_says_which_file_and_why(outcome: tuple[Settings, str]) -> None:
    _, said = outcome
    assert "a_komma.csv" in said
    assert "delimiter" in said
    assert "b_half.csv" in said
    assert "leeg.csv" in said


def test_what_the_gates_let_through_is_built(outcome: tuple[Settings, str]) -> None:
    settings, _ = outcome
    counts = rows(settings, "select count(*) from core.fct_incident", "transformer")[0][0]
    assert counts > 15_000
    assert rows(settings, "select sum(aantal) from marts.incident_kaart")[0][0] == counts
    assert rows(settings, "select count(*) from core.dim_address", "transformer")[0][0] > 20_000


def test_the_analyst_sees_what_was_refused_and_held(outcome: tuple[Settings, str]) -> None:
    settings, _ = outcome
    found = rows(
        settings,
        "select bestand, status from marts.datakwaliteit where status <> 'goedgekeurd' order by bestand",
    )
    assert found == [("a_komma.csv", "geweigerd"), ("b_half.csv", "vastgehouden"), ("leeg.csv", "geweigerd")]


def test_every_row_of_every_file_is_accounted_for(outcome: tuple[Settings, str]) -> None:
    settings, _ = outcome
    wrong = """
        select bestand from marts.datakwaliteit
        where rijen_gelezen <> rijen_geladen + rijen_quarantaine + rijen_dubbel
    """
    assert rows(settings, wrong) == []


def test_the_sensitive_project_labels_are_nowhere(outcome: tuple[Settings, str]) -> None:
    settings, _ = outcome
    for table in ("raw.incident", "raw.quarantine", "raw.delivery"):
        assert rows(settings, f"select count(*) from {table} as t where t::text like '%FICTIEF-%'", "admin") == [(0,)]


def test_a_mended_file_goes_through(outcome: tuple[Settings, str]) -> None:
    settings, _ = outcome
    police = settings.inbox_path / "police_incidents"
    original = next(police.glob("incidenten_2026-*.csv"))
    text = original.read_text(encoding="utf-8-sig").replace("PL9999_", "PL9998_")
    (police / "c_hersteld.csv").write_text(text, encoding="utf-8-sig")
    before = rows(settings, "select sum(aantal) from marts.incident_kaart")[0][0]
    run_vis(settings, "process")  # what was told once and answered by a good file makes nothing red any more
    status = rows(settings, "select status from marts.datakwaliteit where bestand = 'c_hersteld.csv'")
    assert status == [("goedgekeurd",)]
    assert rows(settings, "select sum(aantal) from marts.incident_kaart")[0][0] > before
