"""What starts by itself, on a real warehouse: one new file is asked for once, and only its own source."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration import dbt, resources
from orchestration.assets import orphans
from orchestration.assets.automation import automation_definitions
from orchestration.assets.ingest import landing_key, raw_key
from orchestration.demo import write_demo
from orchestration.ingest.load import process
from orchestration.ingest.progress import record_progress, sources_with_news
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings


@pytest.fixture
def demo(new_warehouse: Callable[..., Settings], tmp_path: Path) -> tuple[Settings, Municipality]:
    settings = new_warehouse(inbox=tmp_path / "inbox")
    write_demo(settings.inbox_path, tmp_path / "truth", until=date(2026, 6, 30))
    municipality = load_municipality("demo")
    # What takes long, and what the step of landing itself deletes: its state is not that of before it.
    removed = {spec.source for spec in municipality.sources if spec.fetch.remove_after_landing}
    for source in {"adressen", "police_incidents"} | removed:
        shutil.rmtree(settings.inbox_path / source)
    return settings, municipality


def evaluate(settings: Settings, municipality: Municipality, name: str, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(resources, "get_settings", lambda: settings)
    sensor = next(s for s in automation_definitions(municipality).sensors or () if s.name == name)
    assert isinstance(sensor, dg.SensorDefinition)
    return sensor(dg.build_sensor_context(resources={"warehouse": resources.Warehouse()}))


def take_in(settings: Settings, municipality: Municipality) -> None:
    with psycopg.connect(settings.dsn("loader")) as connection:
        for state, spec in sources_with_news(connection, municipality, settings).items():
            process(connection, municipality, spec, settings)
            record_progress(connection, municipality.code, f"landing/{spec.source}", state.partition(":")[2])
        connection.execute("update raw.delivery set status = 'accepted' where status = 'loaded'")


def test_a_new_file_starts_its_own_source_once(
    demo: tuple[Settings, Municipality], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, municipality = demo
    take_in(settings, municipality)
    assert isinstance(evaluate(settings, municipality, "inbox", monkeypatch), dg.SkipReason)
    folder = settings.inbox_path / "kerncijfers"
    original = next(folder.glob("*.csv"))
    (folder / "nieuw.csv").write_bytes(original.read_bytes() + b"\n")
    request = evaluate(settings, municipality, "inbox", monkeypatch)
    assert isinstance(request, dg.RunRequest)
    spec = municipality.source("kerncijfers")
    assert request.asset_selection == [landing_key(spec), raw_key(spec)]
    again = evaluate(settings, municipality, "inbox", monkeypatch)
    assert isinstance(again, dg.RunRequest)
    assert again.run_key == request.run_key
    take_in(settings, municipality)
    assert isinstance(evaluate(settings, municipality, "inbox", monkeypatch), dg.SkipReason)


def test_a_decision_of_a_gate_starts_the_build(
    demo: tuple[Settings, Municipality], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, municipality = demo
    assert isinstance(evaluate(settings, municipality, "decided", monkeypatch), dg.SkipReason)
    take_in(settings, municipality)
    assert isinstance(evaluate(settings, municipality, "decided", monkeypatch), dg.RunRequest)


def test_a_source_with_a_cron_expression_gets_a_schedule_in_local_time_and_no_sensor(
    demo: tuple[Settings, Municipality], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, municipality = demo
    timed = tuple(
        spec.model_copy(update={"schedule": "0 6 * * *"}) if spec.source == "kerncijfers" else spec
        for spec in municipality.sources
    )
    municipality.__dict__["sources"] = timed
    schedules = list(automation_definitions(municipality).schedules or ())
    assert [(s.name, s.cron_schedule, s.execution_timezone) for s in schedules] == [  # type: ignore[union-attr]
        ("take_in__kerncijfers", "0 6 * * *", "Europe/Amsterdam"),
        ("dagelijks_ingest", "0 6 * * *", "Europe/Amsterdam"),
        ("dagelijks_build", "0 6 * * *", "Europe/Amsterdam"),
    ]
    request = evaluate(settings, municipality, "inbox", monkeypatch)
    assert isinstance(request, dg.RunRequest)
    assert raw_key(municipality.source("kerncijfers")) not in (request.asset_selection or [])


def test_dbt_is_the_one_of_this_environment() -> None:
    assert Path(dbt.EXECUTABLE).is_file()


def test_a_run_whose_process_died_is_failed_and_asked_for_once_more(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "get_settings", lambda: fresh)
    monkeypatch.setattr(orphans, "_YOUNG", timedelta(0))
    municipality = load_municipality("demo")
    key = landing_key(municipality.source("adressen"))

    @dg.asset(key=key)
    def landing() -> None: ...

    definitions = dg.Definitions(assets=[landing], jobs=[dg.define_asset_job("ingest", selection=[key])])
    look = next(s for s in automation_definitions(municipality).sensors or () if s.name == "verweesde_runs")
    assert isinstance(look, dg.SensorDefinition)
    with dg.DagsterInstance.ephemeral() as instance, psycopg.connect(fresh.dsn("loader"), autocommit=True) as alive:

        def started(**tags: str) -> str:
            run = instance.create_run_for_job(
                definitions.resolve_job_def("ingest"), status=dg.DagsterRunStatus.STARTED, tags=tags,
                asset_selection=frozenset([key]),
            )  # fmt: skip
            return run.run_id

        def asked() -> list[dg.RunRequest]:
            context = dg.build_sensor_context(instance=instance, resources={"warehouse": resources.Warehouse()})
            answer = look(context)
            return list(answer.run_requests or []) if isinstance(answer, dg.SensorResult) else []

        living, dead = started(), started(**{"vis/dagen_van": "2024-01-01"})
        alive.execute("select pg_advisory_lock_shared(hashtextextended(%s, 0))", [resources.alive_lock(living)])
        [request] = asked()
        assert (request.job_name, request.asset_selection) == ("ingest", [key])
        assert request.tags["vis/dagen_van"] == "2024-01-01"
        assert instance.get_run_by_id(dead).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
        assert instance.get_run_by_id(living).status == dg.DagsterRunStatus.STARTED  # type: ignore[union-attr]
        twice = started(**{orphans.AGAIN: dead})
        assert asked() == []
        assert instance.get_run_by_id(twice).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
