"""Demostad through the whole pipeline: suspects in groups and under no key, and beside the published figures."""

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql

from orchestration.demo import DemoTruth, write_demo
from orchestration.demo.suspects import KEY_PREFIX
from orchestration.settings import Settings
from tests.installation import run_vis

UNTIL = date(2026, 6, 30)


@pytest.fixture(scope="module")
def demo(
    new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, DemoTruth, str]:
    folder = tmp_path_factory.mktemp("demo")
    settings = new_warehouse(inbox=folder / "inbox")
    truth = write_demo(settings.inbox_path, folder / "truth", until=UNTIL)
    return settings, truth, run_vis(settings, "process").stdout


def rows(settings: Settings, query: str, role: str = "bi") -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.dsn(role)) as connection:  # type: ignore[arg-type]
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


def test_the_suspects_are_those_of_the_truth(demo: tuple[Settings, DemoTruth, str]) -> None:
    settings, truth, _ = demo
    for column, expected in (
        ("age_band", truth.suspects.by_age_band),
        ("occasion", truth.suspects.by_occasion),
        ("residence", truth.suspects.by_residence),
    ):
        query = f"select {column}, count(*) from core.fct_suspect where has_incident group by 1"
        assert dict(rows(settings, query, "transformer")) == expected
    persons = "select count(distinct person_key) from core.fct_suspect where has_incident"
    assert rows(settings, persons, "transformer") == [(truth.suspects.persons,)]


def test_the_mart_tells_them_all_and_never_more_than_there_are(demo: tuple[Settings, DemoTruth, str]) -> None:
    settings, truth, _ = demo
    mart = "marts.dader_delict_plaats_tijd"
    assert rows(settings, f"select sum(verdachten_in_groep), sum(incidenten) from {mart}") == [
        (truth.suspects.suspects, truth.counts.active)
    ]
    for column, expected in (
        ("leeftijdsgroep", truth.suspects.by_age_band),
        ("eerste_of_herhaald", truth.suspects.by_occasion),
        ("binnen_of_buiten", truth.suspects.by_residence),
    ):
        found = dict(
            rows(
                settings, f"select {column}, sum(verdachten_in_groep) from {mart} where soort = 'verdachten' group by 1"
            )
        )
        split = {name: number for name, number in found.items() if name != "niet uitgesplitst"}
        assert all(number <= expected[name] for name, number in split.items())
        assert sum(split.values()) > 0.2 * truth.suspects.suspects, f"{column}: {found}"
    assert rows(settings, f"select min(verdachten_in_groep) >= 5 from {mart}") == [(True,)]


def test_the_planted_deviation_is_told_and_no_other(demo: tuple[Settings, DemoTruth, str]) -> None:
    settings, truth, said = demo
    planted = truth.published_deviation
    columns = "gebiedscode, to_char(maand, 'YYYY-MM'), misdrijfcode, verschil"
    deviating = rows(settings, f"select {columns} from marts.aansluiting where status = 'wijkt af' order by maand")
    assert deviating == [(planted.buurt_code, month, "0.0.0", -planted.surplus) for month in planted.months]
    assert "sluit_aan_op_gepubliceerd" in said
    # Of the other eight thousand figures a buurt's can differ by the incident that lies on its edge.
    others = "from marts.aansluiting where status = 'sluit aan'"
    assert rows(settings, f"select count(*) > 8000, max(abs(verschil)) <= 1 {others} and niveau = 'buurt'") == [
        (True, True)
    ]
    assert rows(settings, f"select count(*) > 200, max(abs(verschil)) {others} and niveau = 'gemeente'") == [(True, 0)]


def test_no_key_of_a_person_is_anywhere(demo: tuple[Settings, DemoTruth, str]) -> None:
    settings, _, said = demo
    assert KEY_PREFIX not in said
    for folder in (settings.home, settings.inbox_path.parent):
        found = [file for file in folder.rglob("*") if file.is_file() and KEY_PREFIX.encode() in file.read_bytes()]
        assert found == []
    for database in (None, "dagster"):
        with psycopg.connect(settings.dsn("admin", database)) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
            ).fetchall()
            for schema, table in tables:
                query = sql.SQL("select count(*) from {} as t where t::text like {}").format(
                    sql.Identifier(schema, table), sql.Literal(f"%{KEY_PREFIX}%")
                )
                assert connection.execute(query).fetchone() == (0,), f"{schema}.{table}"


def test_nothing_is_left_to_do_although_the_files_are_gone(demo: tuple[Settings, DemoTruth, str]) -> None:
    settings, truth, _ = demo
    assert list((settings.inbox_path / "verdachten").iterdir()) == []
    assert "Niets nieuws" in run_vis(settings, "process").stdout
    folder = settings.inbox_path.parent / "truth"
    assert write_demo(settings.inbox_path, folder, until=UNTIL) == truth
    assert list((settings.inbox_path / "verdachten").iterdir()) == [], "the demo does not deliver them anew"
