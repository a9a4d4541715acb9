"""What is usual: a day is measured by the days before it, whatever the history that a daily source began with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.ingest.ledger import waiting_deliveries
from orchestration.ingest.tolerance import truncated, usual_rows
from orchestration.settings import Settings
from tests.unit.ingest.support import INCIDENTS, Office, changed, csv_bytes, offices, row

DAILY = changed(
    INCIDENTS, fetch={"pattern": "*.csv", "day": "incidenten_%Y-%m-%d*.csv"}, tolerances={"max_drop_fraction": 0.5}
)


@pytest.fixture
def office(shared_warehouse: Settings, tmp_path: Path) -> Iterator[Office]:
    for made in offices(shared_warehouse, tmp_path):
        made.mend(DAILY)
        yield made


@pytest.fixture
def judged(office: Office) -> Callable[[str, int, int], tuple[float | None, bool]]:
    """Deliver rows and accept them; what was usual before it, and whether the file passes for cut off."""

    def deliver(name: str, first: int, rows: int) -> tuple[float | None, bool]:
        office.put(name, csv_bytes([row(number) for number in range(first, first + rows)]))
        office.run()
        spec = office.municipality.source("incidenten")
        [delivery] = waiting_deliveries(office.connection, office.municipality.code, "incidenten", "loaded")
        usual = usual_rows(office.connection, delivery)
        found = usual, bool(truncated(delivery, spec.tolerances, usual))
        office.decide()
        return found

    return deliver


def test_a_day_is_measured_by_days_and_a_history_by_histories(
    judged: Callable[[str, int, int], tuple[float | None, bool]],
) -> None:
    assert judged("alles.csv", 1, 200) == (None, False)
    # The history is no measure of the first day, and a day none of what comes without one.
    assert judged("incidenten_2024-05-01.csv", 1_000, 20) == (None, False)
    assert judged("incidenten_2024-05-02.csv", 2_000, 22) == (20, False)
    assert judged("incidenten_2024-05-03.csv", 3_000, 24) == (21, False)
    assert judged("incidenten_2024-05-04.csv", 4_000, 11) == (22, False)
    assert judged("incidenten_2024-05-05.csv", 5_000, 8) == (21, True)
    assert judged("alles_opnieuw.csv", 6_000, 80) == (200, True)


def test_a_history_is_measured_by_the_last_one_however_many_days_came_since(
    judged: Callable[[str, int, int], tuple[float | None, bool]], office: Office
) -> None:
    assert judged("alles.csv", 1, 200) == (None, False)
    for day in range(1, 31):
        office.put(f"incidenten_2024-05-{day:02d}.csv", csv_bytes([row(10_000 + day)]))
        office.put(f"incidenten_2024-06-{day:02d}.csv", csv_bytes([row(20_000 + day)]))
    office.run()
    office.decide()
    assert judged("alles_opnieuw.csv", 30_000, 80) == (200, True)
