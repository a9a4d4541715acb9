"""A CSV to chunks of text.

Rows are numbered from 1, the heading and entirely blank lines not counted. Sensitive columns end here: no chunk
holds them, and a row that could not be split keeps no text when its source has any.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from orchestration.ingest import csv_refusals as refusals
from orchestration.ingest.chunk import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Malformed, cut
from orchestration.ingest.header import Layout, check_headings
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.text_blocks import Lines, StreamProblem, TextBlocks, TooLong

_BATCH_LINES = 250
MAX_FIELD = 1_000_000  # characters in one cell
csv.field_size_limit(MAX_FIELD)


def read_csv(stream: BinaryIO, spec: SourceSpec, file: str) -> Iterator[Chunk]:
    """Read a CSV in chunks, at least one. Raises `RefusedDelivery` at the place where it cannot go on."""
    return _CsvReader(stream, spec, file).chunks()


class _Building:
    """A chunk in the making. Cells are kept by column: a list per row would keep the garbage collector busy."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._columns: list[list[str]] = [[] for _ in layout.kept]
        self._characters = 0
        self.numbers: list[int] = []
        self.malformed: list[Malformed] = []

    @property
    def is_full(self) -> bool:
        return len(self.numbers) + len(self.malformed) >= CHUNK_ROWS or self._characters >= CHUNK_CHARACTERS

    def add(self, rows: list[list[str]], numbers: Iterable[int], characters: int) -> None:
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        for column, (position, _) in zip(self._columns, self._layout.kept, strict=True):
            column.extend(columns[position])
        self.numbers.extend(numbers)
        self._characters += characters

    def chunk(self) -> Chunk:
        names = [name for _, name in self._layout.kept]
        columns: dict[str, Sequence[str]] = dict(zip(names, self._columns, strict=True))
        return Chunk(self.numbers, columns, self.malformed, self._layout.unmapped)


class _CsvReader:
    def __init__(self, stream: BinaryIO, spec: SourceSpec, file: str) -> None:
        self._spec, self._file = spec, file
        self._blocks = TextBlocks(stream, spec.fetch.encoding)
        self._lines = Lines(self._blocks)
        self._reader = csv.reader(self._lines, delimiter=spec.fetch.delimiter, strict=True)
        self._headings: list[str] = []
        self._layout = Layout(0, (), ())
        self._number = 0  # of the row being read
        self._watches_encoding = spec.fetch.encoding == "windows-1252"
        self._first_special: tuple[int, str] | None = None

    def chunks(self) -> Iterator[Chunk]:
        self._layout = self._read_header()
        building = _Building(self._layout)
        yielded = False
        while self._read_some(building):
            if building.is_full:
                yield building.chunk()
                building, yielded = _Building(self._layout), True
        if self._blocks.is_utf8_after_all:
            refusals.refuse_utf8(self._file, self._spec, *(self._first_special or (0, None)))
        if building.numbers or building.malformed or not yielded:
            yield building.chunk()

    def _read_some(self, building: "_Building") -> bool:
        """Read some rows; False at the end. Rows that are all regular go many at a time, others one by one."""
        lines = self._lines.take(_BATCH_LINES)
        rows, used = self._regular_rows(lines)
        self._note_special(rows)
        building.add(rows, range(self._number + 1, self._number + 1 + len(rows)), sum(map(len, lines[:used])))
        self._number += len(rows)
        self._lines.pushed_back.extend(lines[used:])
        if not lines and not self._lines.pushed_back:
            return False
        while self._lines.pushed_back:
            self._read_row(building)
        return True

    def _regular_rows(self, lines: list[str]) -> tuple[list[list[str]], int]:
        """The rows up to the first that is not regular, and how many lines they are; blank lines are no row."""
        rows: list[list[str]] = []
        used = 0
        reader = csv.reader(lines, delimiter=self._spec.fetch.delimiter, strict=True)
        try:
            for row in reader:
                if len(row) == self._layout.width:
                    if reader.line_num - used > 1 and self._swallows(row):
                        break
                    rows.append(row)
                elif row:
                    break
                used = reader.line_num
        except csv.Error:
            pass  # also where the last row goes on beyond these lines
        return rows, used

    def _read_row(self, building: "_Building") -> None:
        """Read one row the careful way, regular or not."""
        consumed = self._lines.consumed
        consumed.clear()
        try:
            row = next(self._reader)
        except StopIteration:
            return
        except (csv.Error, StreamProblem) as problem:
            self._number += 1
            building.malformed.append(self._after_problem(problem))
            return
        if len(row) == self._layout.width and len(consumed) > 1 and self._swallows(row):
            self._number += 1
            building.malformed.append(self._set_aside("een aanhalingsteken dat hele rijen omvat"))
        elif len(row) == self._layout.width:
            self._note_special([row])
            self._number += 1
            building.add([row], [self._number], sum(map(len, consumed)))
        elif row and (len(row) > 1 or row[0].strip()):
            self._number += 1
            building.malformed.append(self._set_aside(f"{len(row)} velden, verwacht {self._layout.width}"))

    def _read_header(self) -> Layout:
        row: list[str] = []
        try:
            while not any(cell.strip() for cell in row):
                self._lines.consumed.clear()
                row = next(self._reader)
        except StopIteration:
            refusals.refuse_empty(self._file, no_bytes=self._blocks.is_empty)
        except TooLong:
            refusals.refuse_long_header(self._file)
        except StreamProblem as problem:
            self._refuse_stream(problem)
        except csv.Error as error:
            if self._consumed() > refusals.MAX_HEADER:
                refusals.refuse_long_header(self._file)
            if self._lines.exhausted:
                refusals.refuse_unclosed(self._file, 0, None)
            refusals.refuse_header(self._file, lone_cr="new-line character" in str(error))
        if self._consumed() > refusals.MAX_HEADER:
            refusals.refuse_long_header(self._file)
        layout = check_headings(self._file, self._spec, row)
        self._headings = [heading.strip() for heading in row]
        self._note_special([row], number=0)
        return layout

    def _after_problem(self, problem: Exception) -> Malformed:
        """Set the present row aside when reading can go on after it; else refuse the delivery."""
        lines = self._lines
        if isinstance(problem, TooLong):
            if lines.consumed:
                # The long line came while a quote was open: the row before it is the one that is wrong.
                lines.pushed_back.extendleft(reversed([*lines.consumed[1:], problem]))
                return self._malformed("een aanhalingsteken dat in deze rij niet wordt gesloten", lines.consumed[0])
            why = f"een regel van {problem.length} tekens, verwacht hoogstens {MAX_FIELD} per veld"
            return self._malformed(why, problem.before, problem.length)
        if isinstance(problem, StreamProblem):
            self._refuse_stream(problem)
        if lines.exhausted:
            column = self._column_of("".join(lines.consumed))
            refusals.refuse_unclosed(self._file, self._number, column)
        if "field larger than" in str(problem):
            return self._set_aside(f"een veld van meer dan {MAX_FIELD} tekens")
        if "new-line character" in str(problem):
            return self._set_aside("een los regeleinde (CR) buiten aanhalingstekens")
        return self._set_aside("tekst na een afsluitend aanhalingsteken, verwacht een scheidingsteken")

    def _set_aside(self, problem: str) -> Malformed:
        """The present row as unreadable. When it swallowed whole rows by a stray quote, those are read again."""
        consumed = list(self._lines.consumed)
        if len(consumed) > 1 and any(self._is_row(line) for line in consumed[1:]):
            self._lines.pushed_back.extendleft(reversed(consumed[1:]))
            return self._malformed("een aanhalingsteken dat in deze rij niet wordt gesloten", consumed[0])
        return self._malformed(problem, "".join(consumed))

    def _is_row(self, line: str) -> bool:
        try:
            row = next(csv.reader([line], delimiter=self._spec.fetch.delimiter, strict=True), ())
        except csv.Error:
            return False
        return len(row) == self._layout.width

    def _swallows(self, row: list[str]) -> bool:
        """Whether a cell of several lines is cut as whole rows are: two stray quotes took what lies between them.

        Such a row is valid CSV, but the rows within its cell would be lost without a trace.
        """
        if "\n" not in "".join(row):
            return False
        last, delimiter = self._layout.width - 1, self._spec.fetch.delimiter
        for position, cell in enumerate(row):
            if last > 1 and "\n" in cell:
                counts = [line.count(delimiter) for line in cell.split("\n")]
                if counts == [last - position, *[last] * (len(counts) - 2), position]:
                    return True
        return False

    def _malformed(self, problem: str, text: str, length: int | None = None) -> Malformed:
        kept = cut(text.rstrip("\r\n"), length)
        return Malformed(self._number, f"gevonden {problem}", None if self._spec.sensitive else kept)

    def _note_special(self, rows: list[list[str]], number: int | None = None) -> None:
        """Remember where the first special character stands; only asked when windows-1252 is declared."""
        if not self._watches_encoding or self._first_special is not None or not self._blocks.has_non_ascii:
            return
        for row_number, row in enumerate(rows, self._number + 1 if number is None else number):
            for heading, cell in zip(self._headings, row, strict=False):
                if not cell.isascii():
                    self._first_special = (row_number, heading)
                    return

    def _refuse_stream(self, problem: StreamProblem) -> None:
        place = "".join(self._lines.consumed) + problem.before
        if not self._headings and place.startswith("PK\x03\x04"):
            refusals.refuse_zip(self._file)
        refusals.refuse_stream(self._file, self._spec, problem, self._number, self._column_of(place))

    def _consumed(self) -> int:
        return sum(map(len, self._lines.consumed))

    def _column_of(self, text: str) -> str | None:
        """The heading of the cell in which an unfinished row breaks off."""
        try:
            cells = next(csv.reader(text.splitlines(keepends=True), delimiter=self._spec.fetch.delimiter), [""])
        except csv.Error:
            return None
        position = max(len(cells) - 1, 0)
        return self._headings[position] if position < len(self._headings) else None
