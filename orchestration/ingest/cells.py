"""One text of a file to one cell of `COPY … from stdin (format text)`, or to what is wrong with it.

A cell is canonical: equal values give equal cells, so a hash over cells is a hash over content. Nothing is guessed:
a decimal comma, a word that is not in the table of `values`, a number out of range are wrong, and said to be.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from orchestration.ingest.source import Value

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_PERSON_KEY = re.compile(r"[0-9a-f]{66}")
_REMEMBERED = 20_000  # texts per column; columns of few distinct texts are converted once per text
_NOT_PUBLISHED_COUNT = -99_990  # CBS codes at or below this mean that there is no figure


class Bad(str):
    """In the place of a cell: what was found and what was expected, in Dutch."""

    __slots__ = ()


def bad(text: str, expected: str) -> Bad:
    shown = text if len(text) <= 100 else f"{text[:100]}… [{len(text)} tekens]"
    return Bad(
        f"gevonden {json.dumps(shown, ensure_ascii=False)}, verwacht {expected}" if text else f"leeg, {expected}"
    )


def escape(text: str) -> str:
    """A text as COPY reads it. It holds no NUL: the readers refuse those."""
    return text.translate(_ESCAPES)


def person_keys(text: str) -> str:
    """The keys of a person in a signal, as the landing zone has them: nothing else than keys gets any further."""
    if not text:
        return NULL
    if all(map(_PERSON_KEY.fullmatch, text.split(" "))):
        return text
    return Bad(
        "hier staat geen persoon. Verwacht een BSN dat bestaat, of een achternaam en een geboortedatum zoals "
        "`Berg, van den; 1970-01-31`. Wat er stond is niet bewaard; verbeter het in het register van de afdeling"
    )


class Cells(list[str]):
    """The cells of one column of a chunk; `wrong` are the indices at which a `Bad` stands."""

    def __init__(self, cells: Iterable[str], wrong: Iterable[int] = ()) -> None:
        super().__init__(cells)
        self.wrong = tuple(wrong)


class ColumnConverter(Protocol):
    """Anything that turns the texts of a column into cells."""

    def cells(self, texts: Sequence[str]) -> Cells: ...


class Remembering(dict[str, str]):
    """Converts a text once and remembers the cell; forgets all when it knows too many. Texts come stripped or not."""

    def __init__(self, convert: Callable[[str], str]) -> None:
        super().__init__()
        self._convert = convert
        self._has_been_wrong = False

    def __missing__(self, text: str) -> str:
        cell = self._convert(text.strip())
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = cell
        self._has_been_wrong = self._has_been_wrong or type(cell) is Bad
        return cell

    def cells(self, texts: Sequence[str]) -> Cells:
        cells = [self[text] for text in texts]
        if not self._has_been_wrong:
            return Cells(cells)
        return Cells(cells, (index for index, cell in enumerate(cells) if type(cell) is Bad))


class PlainText:
    """Text as it is, without outer white space; empty is NULL."""

    def __init__(self, *, required: bool, default: str | None) -> None:
        self._empty = NULL if default is None else escape(default)
        if required and default is None:
            self._empty = bad("", "deze kolom is verplicht")

    def cells(self, texts: Sequence[str]) -> Cells:
        stripped = list(map(str.strip, texts))
        whole = "\0".join(stripped)
        if "\\" in whole or "\t" in whole or "\n" in whole or "\r" in whole:
            stripped = whole.translate(_ESCAPES).split("\0")
        if "" not in stripped:
            return Cells(stripped)
        empty = self._empty
        wrong = [index for index, text in enumerate(stripped) if not text] if type(empty) is Bad else ()
        return Cells((text or empty for text in stripped), wrong)


def converter(
    type_: str, *, required: bool, values: Mapping[str, Value] | None, default: str | None = None
) -> Callable[[str], str]:
    """How one stripped text of a column becomes a cell. Not for dates, see `moments`.

    For text and boolean a given table of values must hold every text that is not empty; for numbers it names the
    exceptions (such as the 0 that means unknown).
    """
    table = {text.strip(): value_cell(value) for text, value in (values or {}).items()}
    words = ", ".join(f'"{word}"' for word in table if word)
    closed = values is not None and type_ in ("text", "boolean")
    parse = _PARSERS[type_]

    def convert(text: str) -> str:
        if text in table:
            cell = table[text]
        elif not text:
            cell = NULL if default is None else escape(default)
        elif closed:
            return bad(text, f"een van {words}")
        else:
            cell = parse(text)
        if required and cell == NULL:
            return bad(text, "deze kolom is verplicht")
        return cell

    return convert


def value_cell(value: Value) -> str:
    """The cell of a value from the table in a source's YAML."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    return escape(str(value)) if not isinstance(value, float) else repr(value)


def not_published_below(parse: Callable[[str], str]) -> Callable[[str], str]:
    """CBS codes for a missing count become NULL."""

    def convert(text: str) -> str:
        cell = parse(text)
        is_number = not isinstance(cell, Bad) and cell != NULL
        return NULL if is_number and int(cell) <= _NOT_PUBLISHED_COUNT else cell

    return convert


def within(parse: Callable[[str], str], low: float, high: float, crs: str) -> Callable[[str], str]:
    """A coordinate must lie in the area of use of its CRS."""

    def convert(text: str) -> str:
        cell = parse(text)
        if isinstance(cell, Bad) or cell == NULL or low <= float(cell) <= high:
            return cell
        return bad(text, f"een waarde tussen {low:.10g} en {high:.10g} ({crs})")

    return convert


def _text(text: str) -> str:
    return escape(text)


def _integer(text: str) -> str:
    if not _INTEGER.fullmatch(text) or len(text) > 20 or not -(2**31) <= int(text) < 2**31:
        return bad(text, "een geheel getal zonder punten of komma's")
    return str(int(text))


def _double(text: str) -> str:
    if _DOUBLE.fullmatch(text) and math.isfinite(value := float(text)):
        return repr(value + 0.0)  # -0.0 and 0.0 are one value
    return bad(text, "een getal met een decimale punt" + (", geen komma" if "," in text else ""))


def _boolean(text: str) -> str:
    return bad(text, "een tabel values voor deze kolom in de bron")


def _geometry(text: str) -> str:
    expected = 'een GeoJSON-geometrie met "type" en "coordinates"'
    try:
        geometry = json.loads(text)
    except (ValueError, RecursionError):
        return bad(text, expected)
    if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str) or not geometry.get("coordinates"):
        return bad(text, expected)
    return escape(text)


_PARSERS: dict[str, Callable[[str], str]] = {
    "text": _text,
    "integer": _integer,
    "double precision": _double,
    "boolean": _boolean,
    "geometry": _geometry,
}
