"""Which failures are tried again: those of the machinery, never those of a delivery."""

from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration import resources
from orchestration.assets import ingest, retries
from orchestration.assets.automation import automation_definitions
from orchestration.assets.ingest import source_keys
from orchestration.assets.retries import is_technical
from orchestration.ingest.source import SourceError
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings

SOURCE = "police_incidents"


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "DELAY_SECONDS", 0.01)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def municipality(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> Municipality:
    monkeypatch.setattr(resources, "get_settings", lambda: fresh)
    return load_municipality("demo")


def run_ingest(
    settings: Settings, municipality: Municipality, instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions.merge(
        ingest.ingest_definitions(municipality),
        automation_definitions(municipality),
        dg.Definitions(
            assets=[dg.AssetSpec(["marts", "x"], group_name="marts")], resources=resources.resources(settings)
        ),
    )
    keys = source_keys([municipality.source(SOURCE)])
    return definitions.resolve_job_def("ingest").execute_in_process(
        instance=instance, raise_on_error=False, asset_selection=keys
    )


def retried(result: dg.ExecuteInProcessResult) -> list[str]:
    return [event.step_key or "" for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]


def test_a_database_that_drops_the_line_is_tried_again(
    fresh: Settings, municipality: Municipality, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    land, calls = ingest.land, []

    def interrupted(connection: psycopg.Connection, *rest: object) -> object:
        calls.append(1)
        if len(calls) < 3:
            with psycopg.connect(fresh.dsn("admin"), autocommit=True) as admin:
                admin.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
        return land(connection, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ingest, "land", interrupted)
    (fresh.inbox_path / SOURCE).mkdir(parents=True)
    (fresh.inbox_path / SOURCE / "leeg.csv").write_bytes(b"x")
    result = run_ingest(fresh, municipality, instance)
    assert retried(result) == [f"ingest__{SOURCE}"] * 2
    with psycopg.connect(fresh.dsn("loader")) as connection:
        assert connection.execute("select status from raw.delivery").fetchall() == [("refused",)]


def test_it_is_not_tried_for_ever(
    fresh: Settings, municipality: Municipality, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(ingest, "land", gone)
    result = run_ingest(fresh, municipality, instance)
    assert not result.success
    assert len(retried(result)) == retries.MAX_RETRIES


def test_a_refused_file_fails_the_gate_once(
    fresh: Settings, municipality: Municipality, instance: dg.DagsterInstance
) -> None:
    (fresh.inbox_path / SOURCE).mkdir(parents=True)
    (fresh.inbox_path / SOURCE / "fout.csv").write_bytes(b"Een kop;Nog een\n1;2\n")
    result = run_ingest(fresh, municipality, instance)
    assert not result.success
    assert retried(result) == []
    (failure,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    assert failure.step_key == f"ingest__{SOURCE}"
    assert failure.step_failure_data.error
    assert failure.step_failure_data.error.cls_name == "DagsterAssetCheckFailedError"


def test_what_a_person_must_mend_is_told_at_once(
    fresh: Settings, municipality: Municipality, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> None:
        raise SourceError("de map bestaat niet")

    monkeypatch.setattr(ingest, "land", wrong)
    result = run_ingest(fresh, municipality, instance)
    assert not result.success
    assert retried(result) == []
    (failure,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    assert failure.step_failure_data.error
    assert "SourceError: de map bestaat niet" in failure.step_failure_data.error.to_string()


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.AdminShutdown(), True),
        (OSError(28, "No space left on device"), True),
        (psycopg.errors.UndefinedTable(), False),
        (SourceError("x"), False),
        (DagsterDbtCliRuntimeError("Database Error in model x: deadlock detected"), True),
        (DagsterDbtCliRuntimeError('connection to server at "127.0.0.1", port 5432 failed: Connection refused'), True),
        (DagsterDbtCliRuntimeError("Failure in test not_null_x: Got 3 results, configured to fail if != 0"), False),
        (DagsterDbtCliRuntimeError("Database Error in model x: column y does not exist"), False),
    ],
)
def test_only_what_may_mend_itself(error: Exception, again: bool) -> None:
    assert is_technical(error) is again


def test_every_step_that_moves_data_has_the_policy(municipality: Municipality) -> None:
    assets = ingest.ingest_definitions(municipality).assets or ()
    for asset in assets:
        if isinstance(asset, dg.AssetsDefinition) and asset.is_executable:
            policy = asset.op.retry_policy
            assert policy
            assert (policy.max_retries, policy.backoff) == (3, dg.Backoff.EXPONENTIAL)
