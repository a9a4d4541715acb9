"""A GeoJSON FeatureCollection, feature by feature, as chunks of text."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from orchestration.ingest.chunk import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Malformed, cut
from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.header import check_headings, mapped_headings
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.text_blocks import BrokenGzip, NulByte, StreamProblem, TextBlocks, Undecodable

MAX_FEATURE = 50_000_000  # characters of one feature; a larger one is held to be a broken file
_SPACE = re.compile(r"[ \t\r\n]*")


def read_geojson(stream: BinaryIO, spec: SourceSpec, file: str, crs: str) -> Iterator[Chunk]:
    """Read a FeatureCollection in chunks, at least one; properties are columns, beside `geometry` and `id`.

    A feature without some property has an empty text there. Whole numbers lose their ".0", since JSON does not tell
    them apart. Raises `RefusedDelivery`, also when the file declares another CRS than `crs`.
    """
    return _GeoJsonReader(stream, spec, file, crs).chunks()


class _GeoJsonReader:
    def __init__(self, stream: BinaryIO, spec: SourceSpec, file: str, crs: str) -> None:
        self._spec, self._file, self._crs = spec, file, crs
        self._json = _JsonStream(TextBlocks(stream, "utf-8"))
        self._number = 0
        self._sensitive = frozenset(spec.sensitive)
        self._mapped = frozenset(mapped_headings(spec))

    def chunks(self) -> Iterator[Chunk]:
        rows: list[dict[str, str]] = []
        numbers: list[int] = []
        malformed: list[Malformed] = []
        characters, yielded = 0, False
        for feature in self._features():
            self._number += 1
            row = _row(feature)
            if isinstance(row, str):
                text = None if self._spec.sensitive else cut(json.dumps(feature))
                malformed.append(Malformed(self._number, row, text))
            else:
                if self._number == 1:
                    check_headings(self._file, self._spec, list(row))
                rows.append(row)
                numbers.append(self._number)
                characters += sum(map(len, row.values()))
            if len(rows) + len(malformed) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
                yield self._chunk(rows, numbers, malformed)
                rows, numbers, malformed, characters, yielded = [], [], [], 0, True
        if rows or malformed or not yielded:
            yield self._chunk(rows, numbers, malformed)

    def _chunk(self, rows: list[dict[str, str]], numbers: list[int], malformed: list[Malformed]) -> Chunk:
        names = [name for name in dict.fromkeys(n for row in rows for n in row) if name not in self._sensitive]
        needed = dict.fromkeys([*self._mapped, *names])
        unmapped = tuple(name for name in names if name not in self._mapped and name not in ("geometry", "id"))
        return Chunk(numbers, {n: [row.get(n, "") for row in rows] for n in needed}, malformed, unmapped)

    def _features(self) -> Iterator[Any]:
        """The features, one by one; checks the collection around them."""
        seen = False
        try:
            self._json.expect("{")
            while True:
                if self._json.peek() == "}":
                    break
                name = self._json.value()
                self._json.expect(":")
                if name == "features":
                    seen = True
                    yield from self._elements()
                else:
                    self._check_member(name, self._json.value())
                if self._json.peek() != ",":
                    self._json.expect("}")
                    break
                self._json.expect(",")
        except _BrokenJson as broken:
            self._refuse_broken(broken)
        except StreamProblem as problem:
            self._refuse_stream(problem)
        if not seen:
            self._refuse_kind('een JSON-object zonder "features"')

    def _elements(self) -> Iterator[Any]:
        self._json.expect("[")
        if self._json.peek() == "]":
            self._json.expect("]")
            return
        while True:
            yield self._json.value()
            if self._json.peek() == "]":
                self._json.expect("]")
                return
            self._json.expect(",")

    def _check_member(self, name: Any, value: Any) -> None:
        if name == "type" and value != "FeatureCollection":
            self._refuse_kind(f"type {value!r}")
        if name == "crs" and (declared := _declared_crs(value)) not in (None, self._crs):
            raise RefusedDelivery(
                self._file,
                f"coördinaten in {declared}",
                expected=self._crs,
                action=f"Zet crs: {declared!r} in de bron {self._spec.source}, of vraag het bestand in {self._crs}.",
            )

    def _refuse_kind(self, found: str) -> NoReturn:
        raise RefusedDelivery(
            self._file,
            found,
            expected='een GeoJSON-bestand van type "FeatureCollection"',
            action="Vraag de leverancier een FeatureCollection te leveren.",
        )

    def _refuse_broken(self, broken: "_BrokenJson") -> NoReturn:
        if broken.is_empty:
            raise RefusedDelivery(
                self._file,
                "een leeg bestand (0 bytes)",
                expected='een GeoJSON-bestand van type "FeatureCollection"',
                action="Vraag de leverancier het bestand opnieuw te maken.",
            )
        raise RefusedDelivery(
            self._file,
            f"JSON die niet te lezen is, na {self._number} hele objecten ({broken})",
            row=self._number + 1,
            expected='een heel GeoJSON-bestand van type "FeatureCollection"',
            action="Het bestand is waarschijnlijk afgebroken; vraag het opnieuw aan.",
        )

    def _refuse_stream(self, problem: StreamProblem) -> NoReturn:
        found = {
            BrokenGzip: "een afgebroken of beschadigd gzip-bestand",
            NulByte: "een NUL-byte",
            Undecodable: "bytes die geen UTF-8 zijn",
        }[type(problem)]
        raise RefusedDelivery(
            self._file,
            f"{found}, na {self._number} hele objecten",
            row=self._number + 1,
            expected="GeoJSON in UTF-8",
            action="Vraag de leverancier het bestand opnieuw te maken.",
        )


class _BrokenJson(Exception):  # noqa: N818 - turned into a refusal at once
    def __init__(self, text: str, *, is_empty: bool = False) -> None:
        super().__init__(text)
        self.is_empty = is_empty


class _JsonStream:
    """Reads one JSON value at a time from blocks of text, keeping no more than that value."""

    def __init__(self, blocks: TextBlocks) -> None:
        self._source = blocks
        self._blocks = iter(blocks)
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        self._text, self._at, self._ended = "", 0, False

    def peek(self) -> str:
        """The next character that is no white space; raises `_BrokenJson` at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                raise _BrokenJson("het bestand houdt te vroeg op", is_empty=self._source.is_empty)
            self._more(1)

    def expect(self, character: str) -> None:
        found = self.peek()
        if found != character:
            raise _BrokenJson(f"{found!r} op de plaats van {character!r}")
        self._at += 1

    def value(self) -> Any:
        self.peek()
        blocks = 1
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
                # A number at the very end of the buffer may have more digits to come.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except RecursionError as error:
                raise _BrokenJson("te diep genest") from error
            except ValueError as error:
                if self._ended or isinstance(error, _NoConstantError):
                    raise _BrokenJson(str(error)) from error
            if len(self._text) - self._at > MAX_FEATURE:
                raise _BrokenJson(f"een waarde van meer dan {MAX_FEATURE} tekens")
            self._more(blocks)
            blocks *= 2

    def _more(self, blocks: int) -> None:
        parts = [self._text[self._at :]]
        for _ in range(blocks):
            block = next(self._blocks, None)
            if isinstance(block, StreamProblem):
                raise block
            if block is None:
                self._ended = True
                break
            parts.append(block)
        self._text, self._at = "".join(parts), 0


class _NoConstantError(ValueError):
    """`NaN` and `Infinity` are no JSON."""


def _no_constant(name: str) -> NoReturn:
    raise _NoConstantError(f"{name} is geen JSON")


def _row(feature: Any) -> dict[str, str] | str:
    """The texts of one feature by heading, or what is wrong with it."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return 'gevonden een element dat geen object van type "Feature" is'
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        return 'gevonden "properties" die geen object zijn'
    row = {name.strip(): _text(value) for name, value in properties.items()}
    row["geometry"] = _text(feature.get("geometry"))
    if "id" in feature:
        row.setdefault("id", _text(feature["id"]))
    for name, text in row.items():
        if "\0" in text or "\0" in name or not _is_storable(name + text):
            return "gevonden een NUL-teken of een half teken (losse surrogaat), verwacht gewone tekst"
    return row


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _declared_crs(member: Any) -> str | None:
    """`EPSG:n` of a GeoJSON `crs` member; None when it has none that is understood."""
    try:
        name = str(member["properties"]["name"])
    except (TypeError, KeyError):
        return None
    if name.upper().endswith("CRS84"):
        return "EPSG:4326"
    match = re.search(r"EPSG(?:/[\d.]+/|:[\d.]*:|:)(\d+)$", name, re.IGNORECASE)
    return f"EPSG:{match[1]}" if match else None
