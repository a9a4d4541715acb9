"""Which day a delivery is about."""

from datetime import UTC, date, datetime

import pytest

from orchestration.ingest.days import delivery_day
from orchestration.ingest.source import DirectoryFetch, SourceSpec
from tests.unit.ingest.support import INCIDENTS, changed

LATE_EVENING = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # already 2 March in Amsterdam


def day_of(name: str, pattern: str | None) -> date:
    spec = SourceSpec.model_validate(changed(INCIDENTS, fetch={"day": pattern}))
    return delivery_day(spec, name, "Europe/Amsterdam", LATE_EVENING)


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("incidenten_2024-05-01.csv", "incidenten_%Y-%m-%d*.csv", date(2024, 5, 1)),
        ("incidenten_2024-05-01-2.csv", "incidenten_%Y-%m-%d*.csv", date(2024, 5, 1)),
        ("31122023.csv.gz", "%d%m%Y.csv*", date(2023, 12, 31)),
        ("a(1)-2024-05-01.csv", "a(?)-%Y-%m-%d.csv", date(2024, 5, 1)),
        # What says no existing day in full is about the local day of arrival.
        ("incidenten_20210101_20240430.csv", "incidenten_%Y-%m-%d*.csv", date(2026, 3, 2)),
        ("incidenten_2024-02-30.csv", "incidenten_%Y-%m-%d*.csv", date(2026, 3, 2)),
        ("0000-05-01.csv", "%Y-%m-%d.csv", date(2026, 3, 2)),
        ("x2024-05-01.csv", "%Y-%m-%d.csv", date(2026, 3, 2)),
        ("2024-05-01.csv", None, date(2026, 3, 2)),
    ],
)
def test_the_day_is_in_the_name_or_else_that_of_arrival(name: str, pattern: str | None, expected: date) -> None:
    assert day_of(name, pattern) == expected


@pytest.mark.parametrize("pattern", ["%Y-%m.csv", "%Y-%m-%d-%d.csv", "%Y-%m-%d %H.csv", "alles.csv", "%Y-%m-%d-%"])
def test_a_pattern_that_gives_no_one_day_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="%Y, %m en %d elk eenmaal"):
        DirectoryFetch(kind="directory", path="x", day=pattern)
