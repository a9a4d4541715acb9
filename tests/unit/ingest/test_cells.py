"""From one text to one cell."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ingest.cells import NULL, Bad, PlainText, Remembering, converter, escape


def cell(type_: str, text: str, **keywords: object) -> str:
    return converter(type_, required=bool(keywords.pop("required", False)), values=keywords.pop("values", None))(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", "5"), ("-3", "-3"), ("+7", "7"), ("007", "7"), ("2147483647", "2147483647"), ("", NULL)],
)
def test_integers(text: str, expected: str) -> None:
    assert cell("integer", text) == expected


@pytest.mark.parametrize("text", ["1.0", "1,5", "1.000", "2147483648", "1e3", "1_000", "٣", "x", "9" * 5000])
def test_no_integers(text: str) -> None:
    found = cell("integer", text)
    assert isinstance(found, Bad)
    assert "verwacht een geheel getal" in found
    assert len(found) < 300


@pytest.mark.parametrize("text", ["1,5", "1.000,5", "nan", "inf", "1e999", "0x10", "1_0", "1 000", "--1"])
def test_no_doubles(text: str) -> None:
    found = cell("double precision", text)
    assert isinstance(found, Bad)
    assert ("geen komma" in found) == ("," in text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_keep_every_bit(value: float) -> None:
    found = float(cell("double precision", repr(value)))
    assert struct.pack("d", found) == struct.pack("d", value + 0.0)
    assert math.copysign(1, float(cell("double precision", "-0"))) == 1


def test_equal_values_give_equal_cells() -> None:
    assert len({cell("double precision", text) for text in ("232932", "232932.0", "+232932.", "2.32932e5")}) == 1


def test_a_table_of_values_covers_every_text() -> None:
    table = {"J": True, "N": False, "?": None}
    assert [cell("boolean", text, values=table) for text in ("J", "N", "?", "")] == ["t", "f", NULL, NULL]
    assert cell("boolean", "j", values=table) == 'gevonden "j", verwacht een van "J", "N", "?"'
    assert isinstance(cell("text", "x", values={"y": "z"}), Bad)


def test_for_numbers_the_table_names_exceptions() -> None:
    table = {"0": None}
    assert [cell("double precision", text, values=table) for text in ("0", "1")] == [NULL, "1.0"]
    assert isinstance(cell("double precision", "0", values=table, required=True), Bad)


@pytest.mark.parametrize("text", ["", "null", "[]", '"x"', '{"type": "Point"}', '{"coordinates": [1, 2]}', "{"])
def test_no_geometry(text: str) -> None:
    assert isinstance(cell("geometry", text, required=True), Bad)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_escaping_can_be_undone(text: str) -> None:
    undone = escape(text).replace("\\\\", "\0").replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r")
    assert undone.replace("\0", "\\") == text
    assert not set("\t\n\r") & set(escape(text))


def test_plain_text() -> None:
    plain = PlainText(required=False, default=None)
    assert plain.cells([" a ", "", "b\tc\\N"]) == ["a", NULL, "b\\tc\\\\N"]
    assert PlainText(required=True, default=None).cells(["a", " ", "b"]).wrong == (1,)
    assert PlainText(required=False, default="active").cells([""]) == ["active"]


def test_memory_is_bounded_and_the_wrong_ones_are_found_again() -> None:
    remembering = Remembering(converter("integer", required=False, values=None))
    for start in range(0, 100_000, 10_000):
        texts = [str(number) for number in range(start, start + 10_000)]
        assert remembering.cells(texts) == texts
    assert len(remembering) <= 20_000
    assert remembering.cells(["x", "1", "x"]).wrong == (0, 2)
    assert remembering.cells(["1", "x"]).wrong == (1,)
