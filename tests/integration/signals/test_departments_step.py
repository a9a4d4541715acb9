"""Demostad's registers through Dagster: landing, the gate in, and the step that takes them over."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration import resources
from orchestration.assets.automation import automation_definitions
from orchestration.assets.ingest import ingest_definitions, source_keys
from orchestration.assets.signals import COMPLETE, SIGNALS, signals_definitions
from orchestration.demo import write_demo
from orchestration.municipality import load_municipality
from orchestration.settings import Settings


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def test_the_gate_lets_them_through_and_the_step_takes_them_over(
    fresh: Settings, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = fresh.model_copy(update={"inbox": tmp_path / "inbox", "landing": (tmp_path / "landing").as_uri()})
    monkeypatch.setattr(resources, "get_settings", lambda: settings)
    municipality = load_municipality("demo")
    municipality.register(settings)
    truth = write_demo(settings.inbox_path, tmp_path / "truth", until=date(2026, 6, 30)).signals
    definitions = dg.Definitions.merge(
        ingest_definitions(municipality),
        signals_definitions(municipality),
        automation_definitions(municipality),
        dg.Definitions(
            assets=[dg.AssetSpec(["marts", "x"], group_name="marts")], resources=resources.resources(settings)
        ),
    )
    keys = source_keys(spec for spec in municipality.sources if spec.shape in ("signal", "address"))
    taken_in = definitions.resolve_job_def("ingest").execute_in_process(instance=instance, asset_selection=keys)
    assert taken_in.success
    failed = [e.check_name for e in taken_in.get_asset_check_evaluations() if not e.passed]
    assert failed == []
    assert not list((tmp_path / "inbox").glob("signalen_*/*.csv"))  # persons are gone from the inbox

    build = definitions.resolve_job_def("build")
    taken_over = build.execute_in_process(instance=instance, asset_selection=[SIGNALS])
    assert taken_over.success
    (check,) = taken_over.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.severity) == (COMPLETE, False, dg.AssetCheckSeverity.WARN)
    told = " ".join(str(value.value) for value in check.metadata.values())
    assert all(key in told for key in truth.unresolved)
    with psycopg.connect(settings.dsn("admin")) as connection:
        counts = connection.execute("select department, count(*) from signals.signal group by 1").fetchall()
        assert dict(counts) == truth.by_department

    again = build.execute_in_process(instance=instance, asset_selection=[SIGNALS])
    assert again.success
    assert again.get_asset_check_evaluations() == []
