"""Whatever arrives: rows read = loaded + quarantined + duplicate, or the delivery is refused with a reason."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.settings import Settings
from tests.unit.ingest.support import HEADINGS, Office, csv_text, offices, row

PLAIN = ["", " ", "x", "A72", "01-05-2024 10:00", "31-02-2024 10:00", "J", "0", "1,5", "233001", "582000", "NULL"]
ODD = [
    "\\N",
    "\\",
    "\t",
    '"',
    '""',
    "a\nb",
    "a\r\nb",
    "a;b",
    "é",
    "€",
    "\ufeff",
    "\u2028",
    "\x0b",
    "9" * 30,
    "1e999",
    "nan",
]
CELLS = st.sampled_from([*PLAIN, *ODD])
ROWS = st.one_of(
    st.integers(1, 6).map(row),
    st.builds(
        lambda n, at, cell: [cell if i == at else c for i, c in enumerate(row(n))],
        st.integers(1, 6),
        st.integers(0, 12),
        CELLS,
    ),
    st.lists(CELLS, max_size=15),
)
LINES = st.one_of(
    ROWS.map(lambda cells: csv_text([cells]).split("\r\n", 1)[1]),
    ROWS.map(lambda cells: ";".join(cells) + "\n"),
    st.text('";\n\r aé\\', max_size=30),
)
FILES = st.builds(
    lambda lines, junk: ";".join(HEADINGS).encode() + b"\r\n" + "".join(lines).encode() + junk,
    st.lists(LINES, max_size=25),
    st.one_of(st.just(b""), st.binary(max_size=8)),
)


@pytest.fixture(scope="module")
def office(new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    yield from offices(new_warehouse(), tmp_path_factory.mktemp("garbage"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=FILES)
def test_every_row_of_any_file_is_accounted_for(office: Office, content: bytes) -> None:
    for old in (office.folder / "inbox" / "incidenten").glob("*"):
        old.unlink()
    office.put("willekeurig.csv", content)
    for result in office.run():  # none when these bytes came before
        assert result.status in ("loaded", "refused")
        if result.status == "refused":
            assert result.rows_read == 0
            assert "bestand willekeurig.csv" in (result.reason or "")
            assert "fout in VIS" not in (result.reason or "")
        else:
            assert result.rows_read == result.rows_loaded + result.rows_quarantined + result.rows_duplicate
            numbers = office.rows(
                "select row_number from raw.incident where delivery_id = %s "
                "union all select row_number from raw.quarantine where delivery_id = %s",
                result.delivery_id,
                result.delivery_id,
            )
            assert len(numbers) == result.rows_loaded + result.rows_quarantined
            assert len(set(numbers)) == len(numbers)
            assert all(1 <= number <= result.rows_read for (number,) in numbers)


def test_the_books_are_right_after_all_of_it(office: Office) -> None:
    """And the files were no formality: all outcomes occurred."""
    office.check_books()
    [outcome] = office.rows(
        "select count(*) filter (where status = 'refused') > 0, sum(rows_loaded) > 0, sum(rows_quarantined) > 0, "
        "sum(rows_duplicate) > 0 from raw.delivery where municipality_code = %s"
    )
    assert outcome == (True, True, True, True)
