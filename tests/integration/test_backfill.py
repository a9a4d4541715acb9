"""`vis backfill`: daily files of three calendar years in one run, by the real command line."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.installation import run_vis
from tests.integration.town import Town, incident

FIRST, DAYS, ROWS = date(2022, 12, 1), 487, 5
MISSING = {date(2023, 3, 5), date(2023, 3, 6), date(2023, 3, 7), date(2023, 12, 30), date(2024, 2, 29)}


@pytest.mark.timeout(900)
def test_years_in_one_run(new_warehouse: Callable[..., Settings], tmp_path: Path) -> None:
    town = Town(new_warehouse, tmp_path)
    run_vis(town.settings, "process")
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    # Copied in the wrong order, as a hurried hand does: the names have to tell.
    for number, day in sorted(enumerate(days), reverse=True):
        if day not in MISSING:
            rows = [incident(number * ROWS + index, day) for index in range(ROWS)]
            if day == FIRST + timedelta(days=10):
                # Without a moment of change the order decides, and this one came after that of the day before.
                rows.append(incident((number - 1) * ROWS, day, street="Verbeterd", changed=None))
            if day == FIRST + timedelta(days=9):
                rows[0] = incident(number * ROWS, day, changed=None)
            town.day(day, rows)
    town.day(date(2025, 2, 1), [incident(99_999, date(2025, 2, 1))])
    last = days[-1]
    ran = run_vis(town.settings, "backfill", "--from", str(FIRST), "--to", str(last))
    runs, there = town.history()
    assert runs == [("ingest", "SUCCESS"), ("build", "SUCCESS")] * 2  # the areas, then all days together
    expected = {day.isoformat() for day in days} - {day.isoformat() for day in MISSING}
    assert there['["raw", "politie"]'] == there['["landing", "politie"]'] == expected
    # The order of the days, whatever that of the copying was.
    order = town.rows("select delivery_day from raw.delivery where source = 'politie' order by delivery_id")
    assert order == sorted(order)
    assert len(order) == DAYS - len(MISSING)
    corrected = f"PL{9 * ROWS:05d}"
    assert town.rows("select street from core.fct_incident where incident_id = %s", corrected) == [("Verbeterd",)]
    table = re.sub(r"[│┃]", " ", ran.stdout)
    assert re.search(r"politie +2023-03 +28 +28 +0 +140 +0 +5-7", table)
    assert re.search(r"politie +2024-02 +28 +28 +0 +140 +0 +29", table)
    assert re.search(r"politie +2024-01 +31 +31 +0 +155 +0 +-", table)
