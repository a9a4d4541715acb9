"""Rows, their numbers and their text, whatever the sizes of blocks, batches and chunks."""

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.ingest import chunk as chunk_module
from orchestration.ingest import csv_reader, text_blocks
from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.text_blocks import open_bytes
from tests.unit.ingest.support import EVENTS, changed, chunks, write_source


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> SourceSpec:
    return write_source(tmp_path_factory.mktemp("bron"), changed(EVENTS, fetch={"delimiter": ";"}))


HEADER = b"id;soort;gemaakt;meer\n"
PIECES = st.sampled_from(["a", ";", ";", ";", '"', '""', "\n", "\n", "\r\n", "\r", "é", " ", ";;;\n", 'a;"b\nc";d;e\n'])
Outcome = tuple[list[tuple[int, tuple[str, ...]]], list[tuple[int, str | None]], str | None]


def outcome(content: bytes, spec: SourceSpec) -> Outcome:
    rows: list[tuple[int, tuple[str, ...]]] = []
    malformed: list[tuple[int, str | None]] = []
    try:
        for part in chunks(content, spec):
            rows += zip(part.numbers, zip(*part.columns.values(), strict=True), strict=True)
            malformed += [(item.number, item.text) for item in part.malformed]
    except RefusedDelivery as refusal:
        return [], [], refusal.reason
    return rows, malformed, None


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=60), st.integers(1, 40), st.integers(1, 5), st.integers(1, 5))
def test_sizes_of_blocks_batches_and_chunks_make_no_difference(
    spec: SourceSpec, pieces: list[str], block: int, batch: int, chunk_rows: int
) -> None:
    content = HEADER + "".join(pieces).encode()
    expected = outcome(content, spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "BLOCK", block)
        patch.setattr(csv_reader, "_BATCH_LINES", batch)
        patch.setattr(csv_reader, "CHUNK_ROWS", chunk_rows)
        assert outcome(content, spec) == expected
    numbers = sorted([number for number, _ in expected[0]] + [number for number, _ in expected[1]])
    assert numbers == list(range(1, len(numbers) + 1))


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])), min_size=4, max_size=4)
    )
)
def test_what_is_written_well_is_read_back(spec: SourceSpec, rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    found, malformed, refusal = outcome(HEADER + out.getvalue().encode(), spec)
    assert (malformed, refusal) == ([], None)
    assert [list(cells) for _, cells in found] == rows


def test_blank_lines_are_no_rows_and_are_not_counted(spec: SourceSpec) -> None:
    rows, malformed, _ = outcome(HEADER + b"\n1;a;b;c\n\r\n   \n2;a;b;c\n;;;\n", spec)
    assert [(number, cells[0]) for number, cells in rows] == [(1, "1"), (2, "2"), (3, "")]
    assert malformed == []


@pytest.mark.parametrize(
    ("lines", "loaded", "set_aside"),
    [
        # never closed where it should be, and an odd text follows the quote that ends it
        ('2;"a;b;c|3;a;b;c|4;a"x;b;c|5;a;b;c', [3, 4, 5], [2]),
        # closed by another stray quote: valid CSV in which rows 3 and 4 would vanish into a cell
        ('2;"a;b;c|3;a;b;c|4;a";b;c|5;a;b;c', [3, 4, 5], [2]),
        ('2;"a;b;c|3;a";b;c', [3], [2]),
        ('"2;a;b;c|3";a;b;c', [3], [2]),
        ('2;a;b;"c|3;a;b;c"', [3], [2]),
        # what a cell of several lines looks like when it is meant
        ('2;"a|b";c;d|3;"a;b|c;d";e;f', [2, 3], []),
        ('2;a;b;"c|c|c"|3;"||";b;c', [2, 3], []),
    ],
)
def test_a_stray_quote_gives_back_the_rows_it_swallowed(
    spec: SourceSpec, lines: str, loaded: list[int], set_aside: list[int]
) -> None:
    rows, malformed, _ = outcome(HEADER + b"1;a;b;c\n" + lines.replace("|", "\n").encode() + b"\n", spec)
    assert [number for number, _ in rows] == [1, *loaded]
    assert [number for number, _ in malformed] == set_aside


def test_a_long_line_amid_a_quote(spec: SourceSpec) -> None:
    long = b"x" * 5_000_000
    rows, malformed, _ = outcome(HEADER + b'1;a;b;c\n2;"a;b;c\n' + long + b"\n4;a;b;c\n", spec)
    assert [number for number, _ in rows] == [1, 4]
    assert [(number, text[-19:]) for number, text in malformed if text] == [
        (2, '2;"a;b;c'),
        (3, "xxx… [5000000 tekens]"[-19:]),
    ]


def test_mapped_and_other_columns(spec: SourceSpec) -> None:
    [part] = chunks(b"id;;soort;gemaakt;meer;meer;\n1;2;3;4;5;6;7\n", spec)
    assert part.columns == {
        "id": ["1"],
        "(kolom 2)": ["2"],
        "soort": ["3"],
        "gemaakt": ["4"],
        "meer": ["5"],
        "meer (2)": ["6"],
        "(kolom 7)": ["7"],
    }
    assert part.unmapped == ("(kolom 2)", "meer", "meer (2)", "(kolom 7)")


def test_a_file_that_ends_within_a_character(spec: SourceSpec) -> None:
    with pytest.raises(RefusedDelivery, match=r'rij 1, kolom "meer".*houdt midden in een teken op'):
        chunks(HEADER + "1;a;b;é".encode()[:-1], spec)


def test_gzip_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "naam.csv"
    file.write_bytes(gzip.compress(b"een ") + gzip.compress(b"twee"))
    with open_bytes(file.as_uri()) as stream:
        assert stream.read() == b"een twee"


def test_chunks_are_bounded_by_size_too(spec: SourceSpec) -> None:
    line = b"1;" + b"x" * 900_000 + b";b;c\n"
    parts = chunks(HEADER + line * 100, spec)
    assert len(parts) >= 2
    assert max(len(part.numbers) for part in parts) * 900_000 <= chunk_module.CHUNK_CHARACTERS + 250 * 900_000
