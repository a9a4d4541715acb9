"""A partition per delivery day: what had a delivery is there, what had none is missing, in any kind of run."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from orchestration import resources
from orchestration.assets.automation import automation_definitions
from orchestration.assets.ingest import ingest_definitions, landing_key, raw_key, source_keys
from orchestration.ingest.calendar import missing_days
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings
from tests.unit.ingest.support import EVENTS, INCIDENTS, changed, csv_bytes, row, write_municipality

DAILY = changed(
    INCIDENTS,
    fetch={"pattern": "*.csv", "day": "incidenten_%Y-%m-%d*.csv"},
    daily={"since": date(2024, 5, 1), "look_back_days": 10},
    tolerances={"freshness_hours": 30},
)
_RANGE = "dagster/asset_partition_range_"


@pytest.fixture
def municipality(fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Municipality:
    write_municipality(tmp_path / "proef", DAILY, EVENTS)
    settings = fresh.model_copy(update={"municipality": str(tmp_path / "proef")})
    monkeypatch.setattr(resources, "get_settings", lambda: settings)
    made = load_municipality(settings.municipality)
    made.register(settings)
    return made


@pytest.fixture(params=[f"{_RANGE}start", "vis/dagen_van"])
def tags(request: pytest.FixtureRequest) -> tuple[str, str]:
    """How a run is asked for a range: from the page of Dagster, or by `vis backfill`."""
    return request.param, request.param.replace("start", "end").replace("van", "tot")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def put(*days: str, first: int = 1, shift: int = 0) -> None:
    folder = resources.get_settings().inbox_path / "incidenten"
    folder.mkdir(parents=True, exist_ok=True)
    for number, day in enumerate(days, first):
        (folder / f"incidenten_{day}.csv").write_bytes(csv_bytes([row(number + shift)]))


def ingest(
    municipality: Municipality, instance: dg.DagsterInstance, tags: dict[str, str] | None = None
) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions.merge(
        ingest_definitions(municipality),
        automation_definitions(municipality),
        dg.Definitions(
            assets=[dg.AssetSpec(["marts", "x"], group_name="marts")],
            resources=resources.resources(resources.get_settings()),
        ),
    )
    return definitions.resolve_job_def("ingest").execute_in_process(
        instance=instance,
        raise_on_error=False,
        asset_selection=source_keys([municipality.source("incidenten")]),
        tags=tags,
    )


def there(municipality: Municipality, instance: dg.DagsterInstance) -> tuple[set[str], set[str]]:
    spec = municipality.source("incidenten")
    return instance.get_materialized_partitions(landing_key(spec)), instance.get_materialized_partitions(raw_key(spec))


def test_a_day_without_a_delivery_is_missing(municipality: Municipality, instance: dg.DagsterInstance) -> None:
    put("2024-05-01", "2024-05-03", "2024-04-30")
    assert ingest(municipality, instance).success
    # The day before `since` is taken in all the same: only the row of days begins there.
    days = {"2024-05-01", "2024-05-03"}
    assert there(municipality, instance) == (days, days)
    with psycopg.connect(resources.get_settings().dsn("loader")) as connection:
        found = connection.execute("select delivery_day, status from raw.delivery order by delivery_id").fetchall()
    assert found == [(date(2024, 4, 30), "accepted"), (date(2024, 5, 1), "accepted"), (date(2024, 5, 3), "accepted")]


def test_each_day_tells_of_its_own_rows(municipality: Municipality, instance: dg.DagsterInstance) -> None:
    put("2024-05-01")
    folder = resources.get_settings().inbox_path / "incidenten"
    (folder / "incidenten_2024-05-02.csv").write_bytes(csv_bytes([row(number) for number in range(100, 107)]))
    assert ingest(municipality, instance).success
    spec = municipality.source("incidenten")

    def told(key: dg.AssetKey) -> dict[str | None, tuple[Any, Any]]:
        records = instance.fetch_materializations(key, limit=10).records
        events = [record.asset_materialization for record in records]
        return {e.partition: (e.metadata["rijen_in"].value, e.metadata["rijen_uit"].value) for e in events if e}

    assert told(landing_key(spec)) == {"2024-05-01": (1, 1), "2024-05-02": (1, 1)}
    assert told(raw_key(spec)) == {"2024-05-01": (1, 1), "2024-05-02": (7, 7)}


def test_a_run_over_a_range_marks_only_days_with_a_delivery_and_leaves_the_rest_waiting(
    municipality: Municipality, instance: dg.DagsterInstance, tags: tuple[str, str]
) -> None:
    put("2024-05-02", "2024-05-04", "2024-05-09")
    assert ingest(municipality, instance, dict(zip(tags, ("2024-05-01", "2024-05-05"), strict=True))).success
    assert there(municipality, instance) == ({"2024-05-02", "2024-05-04"},) * 2
    assert ingest(municipality, instance, dict.fromkeys(tags, "2024-05-09")).success
    assert there(municipality, instance) == ({"2024-05-02", "2024-05-04", "2024-05-09"},) * 2


def test_a_refused_day_has_landed_and_is_not_in_raw(municipality: Municipality, instance: dg.DagsterInstance) -> None:
    put("2024-05-01")
    (resources.get_settings().inbox_path / "incidenten" / "incidenten_2024-05-02.csv").write_bytes(b"x;y\n1;2\n")
    assert not ingest(municipality, instance).success
    assert there(municipality, instance) == ({"2024-05-01", "2024-05-02"}, {"2024-05-01"})


def test_days_that_a_killed_run_did_not_report_are_reported_by_the_next(
    municipality: Municipality, instance: dg.DagsterInstance
) -> None:
    put("2024-05-01", "2024-05-02")
    with dg.DagsterInstance.ephemeral() as lost:
        assert ingest(municipality, lost).success
    assert there(municipality, instance) == (set(), set())
    assert ingest(municipality, instance).success
    assert there(municipality, instance) == ({"2024-05-01", "2024-05-02"},) * 2


def test_missing_days_are_listed_once_they_are_overdue(
    municipality: Municipality, instance: dg.DagsterInstance
) -> None:
    spec = municipality.source("incidenten")

    def missing(*moment: int) -> list[int]:
        with psycopg.connect(resources.get_settings().dsn("loader")) as connection:
            now = datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type]
            return [day.day for day in missing_days(connection, municipality, spec, now)]

    assert missing(2024, 5, 6) == []  # nothing ever came: that is late, not incomplete
    put("2024-05-02", "2024-05-04")
    assert ingest(municipality, instance).success
    # Due at local midnight and 30 hours: of 5 May on 7 May, 06:00 in Amsterdam.
    assert missing(2024, 5, 7, 3, 59) == [3]
    assert missing(2024, 5, 7, 4, 0) == [3, 5]
    assert missing(2024, 5, 16, 4, 0) == [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]  # ten days back
    yesterday = datetime.now(UTC) - timedelta(days=2)
    found = municipality.source("meldingen")
    with psycopg.connect(resources.get_settings().dsn("loader")) as connection:
        assert missing_days(connection, municipality, found, yesterday) == []


def look(municipality: Municipality, instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    """Run the job `freshness`; what its check on the days says."""
    definitions = dg.Definitions.merge(
        ingest_definitions(municipality),
        automation_definitions(municipality),
        dg.Definitions(
            assets=[dg.AssetSpec(["marts", "x"], group_name="marts")],
            resources=resources.resources(resources.get_settings()),
        ),
    )
    result = definitions.resolve_job_def("freshness").execute_in_process(instance=instance)
    [evaluation] = [e for e in result.get_asset_check_evaluations() if e.check_name == "dagen_compleet"]
    assert evaluation.severity == dg.AssetCheckSeverity.WARN
    return evaluation


def notices() -> list[tuple[str, str]]:
    """Subject and body of what waits about days that were passed over."""
    with psycopg.connect(resources.get_settings().dsn("loader")) as connection:
        return connection.execute(
            "select subject, body from raw.notice where notice_key like 'skipped:%' order by raised_at"
        ).fetchall()


def test_the_check_names_the_days_and_a_notice_those_that_were_passed_over(
    municipality: Municipality, instance: dg.DagsterInstance
) -> None:
    today = datetime.now(UTC).date()
    six, five, four, three = (today - timedelta(days=days) for days in (6, 5, 4, 3))
    put(six.isoformat())
    assert ingest(municipality, instance).success
    evaluation = look(municipality, instance)
    assert not evaluation.passed
    assert notices() == []  # nothing came since: that is late, and told as such
    put(four.isoformat(), first=2)
    assert ingest(municipality, instance).success
    for _ in range(2):
        evaluation = look(municipality, instance)
        named = evaluation.metadata["dagen_zonder_levering"].value
        assert five.isoformat() in named
        assert four.isoformat() not in named
        [(subject, body)] = notices()
    assert subject == "VIS Proef: levering incidenten slaat een dag over"
    assert f"{five:%d-%m-%Y}\n" in body
    assert f"{three:%d-%m-%Y}" not in body
    put(today.isoformat(), first=3)
    assert ingest(municipality, instance).success
    look(municipality, instance)
    [_, (subject, body)] = notices()
    assert "dagen over" in subject
    assert f"{five:%d-%m-%Y}, {three:%d-%m-%Y}" in body


def test_a_history_is_no_delivery_of_the_day_on_which_it_came(
    municipality: Municipality, instance: dg.DagsterInstance
) -> None:
    put("2024-05-02", "2024-05-06")
    folder = resources.get_settings().inbox_path / "incidenten"
    (folder / "alles.csv").write_bytes(csv_bytes([row(number) for number in range(100, 109)]))
    assert ingest(municipality, instance).success
    spec = municipality.source("incidenten")
    today = datetime.now(UTC).date()
    with psycopg.connect(resources.get_settings().dsn("loader")) as connection:
        connection.execute("update raw.delivery set delivery_day = '2024-05-04' where delivery_day >= %s", [today])
        late = datetime(2024, 5, 8, tzinfo=UTC)
        assert [day.day for day in missing_days(connection, municipality, spec, late)] == [3, 4, 5]
    assert there(municipality, instance) == ({"2024-05-02", "2024-05-06"},) * 2
