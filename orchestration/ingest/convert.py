"""Chunks of text to typed rows of a shape, as lines for COPY; what does not fit becomes a quarantined row."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from json.encoder import encode_basestring
from zoneinfo import ZoneInfo

from orchestration.ingest.cells import (
    NULL,
    Bad,
    Cells,
    ColumnConverter,
    PlainText,
    Remembering,
    bad,
    converter,
    escape,
    not_published_below,
    person_keys,
    within,
)
from orchestration.ingest.chunk import Chunk, Malformed, cut
from orchestration.ingest.moments import Moments
from orchestration.ingest.places import Extent, extent_of, geometry_problem
from orchestration.ingest.shapes import Column
from orchestration.ingest.source import OwnRows, SourceError, SourceSpec
from orchestration.municipality import Municipality

_NOT_PUBLISHED = "not_published"
_DEFAULTS = {("incident", "status"): "active"}
_CBS_COUNTS = {("area", "inhabitants"), ("area", "households")}
_ISO = {"date": "%Y-%m-%d", "timestamptz": "%Y-%m-%dT%H:%M:%S"}
_FIGURES = ("value", "lower", "upper")
_OWN_ROWS = "own_rows"  # in the place of a column of the shape: looked at, not loaded


@dataclass(frozen=True)
class Quarantined:
    """A row that cannot be loaded: its number, why, and its text without sensitive columns."""

    row_number: int
    reason: str
    record: str


@dataclass(frozen=True)
class Converted:
    """`lines` for COPY into (row_number, row_hash, *columns, extra); `rows_read` counts records after unpivoting."""

    lines: list[str]
    quarantined: list[Quarantined]
    rows_read: int


class Converter:
    """Types the rows of one delivery. `columns` are the shape columns that it fills, in the shape's order.

    Raises `SourceError` when a constant of the source does not fit its column.
    """

    def __init__(self, municipality: Municipality, spec: SourceSpec, file: str, landing_path: str) -> None:
        self._spec, self._file, self._landing_path = spec, file, landing_path
        self._extent = extent_of(spec.crs or municipality.crs, municipality.crs)
        self._not_published = frozenset(text.strip() for text in spec.not_published)
        self._zone = ZoneInfo(municipality.time_zone)
        self._headings = dict(spec.columns)
        self._constants = dict(spec.constants)
        if spec.shape == "incident" and "status" not in self._headings:
            self._constants.setdefault("status", "active")
        filled = {*self._headings, *self._constants, *chain.from_iterable(spec.unpivot.values())}
        if spec.unpivot:
            filled.add("value")
        if self._not_published:
            filled.add("status")
        shape = spec.shape_definition
        self.columns = tuple(name for name in shape.column_names if name in filled)
        self._cells: dict[str, ColumnConverter] = {name: self._column(shape.column(name)) for name in self.columns}
        if spec.own_rows:
            self._headings[_OWN_ROWS] = spec.own_rows.column
            self._cells[_OWN_ROWS] = Remembering(_own(spec.own_rows))
        self._extra: dict[str, Remembering] = {}
        # The same cells under other columns are other content.
        self._salt = _hash(",".join(self.columns))[:8]
        self._check_constants()

    def convert(self, chunk: Chunk) -> Converted:
        """Type one chunk. A row with any problem is quarantined whole, with all its problems in one reason."""
        rows = len(chunk.numbers)
        times = max(len(self._spec.unpivot), 1)
        texts = self._texts(chunk)
        cells = {name: self._cells[name].cells(texts[name]) for name in texts}
        self._mark_not_published(texts, cells, rows * times)
        columns = [cells.get(name) or repeat(self._constant_cell(name), rows * times) for name in self.columns]
        extra = self._extra_cells(chunk)
        contents = list(map("\t".join, zip(*columns, _times(extra, times), strict=False))) if rows else []
        numbers = self._numbers(chunk)
        wrong = sorted(set(chain.from_iterable(column.wrong for column in cells.values())))
        salt = self._salt
        lines = [
            f"{number}\t{_hash(salt + content)}\t{content}\n" for number, content in zip(numbers, contents, strict=True)
        ]
        quarantined = [self._malformed(row, times) for row in chunk.malformed]
        for index in wrong:
            reason = self._reason(chunk.numbers[index // times], index, texts, cells)
            quarantined.append(Quarantined(numbers[index], reason, self.record(chunk, index // times)))
        self._count_failures(texts, cells)
        if wrong:
            dropped = set(wrong)
            lines = [line for index, line in enumerate(lines) if index not in dropped]
        return Converted(lines, quarantined, len(numbers) + len(chunk.malformed))

    def record(self, chunk: Chunk, index: int) -> str:
        """The text of one row of a chunk as JSON, each cell cut at a readable length."""
        return json.dumps({name: cut(texts[index]) for name, texts in chunk.columns.items()}, ensure_ascii=False)

    def keys(self, chunk: Chunk) -> list[tuple[int, tuple[str, ...]]]:
        """Per record of a chunk its number and the key of the shape, as text for COPY."""
        times = max(len(self._spec.unpivot), 1)
        texts = self._texts(chunk)
        records = len(chunk.numbers) * times
        columns = [
            self._cells[name].cells(texts[name]) if name in texts else repeat(self._constant_cell(name), records)
            for name in self._spec.shape_definition.key
        ]
        return list(zip(self._numbers(chunk), zip(*columns, strict=False), strict=True))

    def hint(self) -> str | None:
        """What the failures of this delivery have in common, for its reason; None when nothing."""
        hints = [
            hint
            for name, column in self._cells.items()
            if isinstance(column, Moments) and (hint := column.hint(self._headings[name]))
        ]
        return "; ".join(hints) or None

    def _column(self, column: Column) -> ColumnConverter:
        spec, name = self._spec, column.name
        values = spec.values.get(name)
        default = _DEFAULTS.get((spec.shape, name))
        is_figure = bool(self._not_published) and name in _FIGURES
        required = column.required and not is_figure
        if column.type in _ISO:
            format_ = spec.formats.get(name, _ISO[column.type])  # a constant may do without a declared format
            return Moments(format_, self._zone, is_date=column.type == "date", required=required)
        if (spec.shape, name) == ("signal", "person"):
            return Remembering(person_keys)
        if column.type == "text" and values is None:
            return PlainText(required=required, default=default)
        convert = converter(column.type, required=required, values=values, default=default)
        if (spec.shape, name) in _CBS_COUNTS:
            convert = not_published_below(convert)
        if name == "x":
            convert = within(convert, self._extent.west, self._extent.east, self._extent.crs)
        if name == "y":
            convert = within(convert, self._extent.south, self._extent.north, self._extent.crs)
        if column.type == "geometry":
            convert = _located(convert, self._extent)
        if is_figure:
            convert = _published(convert, self._not_published, required=column.required)
        return Remembering(convert)

    def _check_constants(self) -> None:
        for name, text in self._constants.items():
            cell = self._constant_cell(name)
            if isinstance(cell, Bad):
                raise SourceError(f"bron {self._spec.source}: constants.{name} ({text!r}): {cell}")

    def _constant_cell(self, name: str) -> str:
        return self._cells[name].cells([self._constants[name]])[0] if name in self._constants else NULL

    def _numbers(self, chunk: Chunk) -> list[int]:
        """The numbers of the records of a chunk: as many per row as there are columns to unpivot."""
        times = max(len(self._spec.unpivot), 1)
        return [(number - 1) * times + position for number in chunk.numbers for position in range(1, times + 1)]

    def _texts(self, chunk: Chunk) -> dict[str, Sequence[str]]:
        """The texts of every shape column that comes from the file, unpivoted."""
        unpivot = self._spec.unpivot
        if not unpivot:
            return {name: chunk.columns[heading] for name, heading in self._headings.items()}
        texts: dict[str, Sequence[str]] = {
            name: list(_times(chunk.columns[heading], len(unpivot))) for name, heading in self._headings.items()
        }
        texts["value"] = list(chain.from_iterable(zip(*(chunk.columns[heading] for heading in unpivot), strict=True)))
        for name in dict.fromkeys(chain.from_iterable(unpivot.values())):
            given = [constants.get(name, self._constants.get(name, "")) for constants in unpivot.values()]
            texts[name] = given * len(chunk.numbers)
        return texts

    def _mark_not_published(self, texts: Mapping[str, Sequence[str]], cells: dict[str, Cells], records: int) -> None:
        if not self._not_published:
            return
        given = cells.get("status") or Cells([self._constant_cell("status")] * records)
        marked = (
            _NOT_PUBLISHED if text.strip() in self._not_published else status
            for text, status in zip(texts["value"], given, strict=True)
        )
        cells["status"] = Cells(marked, given.wrong)

    def _extra_cells(self, chunk: Chunk) -> Sequence[str]:
        """The unmapped columns as one JSON object per row; empty cells are left out, they say nothing."""
        if not chunk.unmapped or not chunk.numbers:
            return [NULL] * len(chunk.numbers)
        members = []
        for name in chunk.unmapped:
            if name not in self._extra:
                self._extra[name] = Remembering(_member(name))
            members.append(self._extra[name].cells(chunk.columns[name]))
        # Every member brings the comma before it, so that an absent one leaves no trace.
        return [f"{{{row[1:]}}}" if row else NULL for row in map("".join, zip(*members, strict=True))]

    def _malformed(self, row: Malformed, times: int) -> Quarantined:
        record = row.text
        if record is None:
            record = (
                f"[niet opgenomen: deze bron heeft gevoelige kolommen; zie rij {row.number} van {self._landing_path}]"
            )
        reason = f"bestand {self._file}, rij {row.number}: {row.problem}"
        return Quarantined((row.number - 1) * times + 1, reason, record)

    def _reason(
        self, number: int, index: int, texts: Mapping[str, Sequence[str]], cells: Mapping[str, Sequence[str]]
    ) -> str:
        problems = {}
        for name, column in cells.items():
            cell = column[index]
            if isinstance(cell, Bad):
                problems[name] = f"{self._named(name, index)}: {cell}"
        if ("x" in problems or "y" in problems) and self._looks_swapped(index, texts):
            last = "y" if "y" in problems else "x"
            problems[last] += " (X en Y lijken verwisseld)"
        return f"bestand {self._file}, rij {number}, " + "; ".join(problems.values())

    def _named(self, name: str, index: int) -> str:
        unpivot = tuple(self._spec.unpivot)
        heading = unpivot[index % len(unpivot)] if name == "value" and unpivot else self._headings.get(name, name)
        return f'kolom "{heading}"' + (f" ({name})" if heading != name else "")

    def _looks_swapped(self, index: int, texts: Mapping[str, Sequence[str]]) -> bool:
        try:
            x, y = float(texts["x"][index]), float(texts["y"][index])
        except (KeyError, ValueError):
            return False
        return not self._extent.holds(x, y) and self._extent.holds(y, x)

    def _count_failures(self, texts: Mapping[str, Sequence[str]], cells: Mapping[str, Cells]) -> None:
        for name, column in self._cells.items():
            if isinstance(column, Moments) and name in cells:
                failed = [texts[name][index] for index in cells[name].wrong]
                column.count_failures([text for text in failed if text.strip()])


def _times(items: Sequence[str], times: int) -> Sequence[str]:
    return items if times == 1 else [item for item in items for _ in range(times)]


def _hash(content: str) -> str:
    return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()


def _member(name: str) -> Callable[[str], str]:
    key = encode_basestring(name)
    return lambda text: escape(f",{key}:{encode_basestring(text)}") if text else ""


def _own(own_rows: OwnRows) -> Callable[[str], str]:
    """What a row says of its municipality: fine, or another one's."""
    expected = " of ".join(json.dumps(value, ensure_ascii=False) for value in own_rows.values)
    wrong = f"{expected}: alleen rijen van deze gemeente. Vraag de leverancier de andere weg te laten"
    return lambda text: text if own_rows.holds(text) else bad(text, wrong)


def _located(convert: Callable[[str], str], extent: Extent) -> Callable[[str], str]:
    def located(text: str) -> str:
        cell = convert(text)
        if isinstance(cell, Bad) or cell == NULL:
            return cell
        problem = geometry_problem(text, extent)
        return cell if problem is None else Bad(f"gevonden {problem}, verwacht coördinaten in {extent.crs}")

    return located


def _published(convert: Callable[[str], str], not_published: frozenset[str], *, required: bool) -> Callable[[str], str]:
    """A figure, where some texts say that there is none; without figure and without such a text it is missing."""

    def published(text: str) -> str:
        if text in not_published:
            return NULL
        return bad("", "deze kolom is verplicht") if required and not text else convert(text)

    return published
