"""Whatever is typed, there is an answer: never an exception, always within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals_service.addresses import Address, AddressIndex, Resolution
from signals_service.addresses.answers import LONGEST_LIST, MOST_SUGGESTIONS
from tests.unit.signals.addresses.conftest import demo_rows

INDEX = AddressIndex(demo_rows()[::10])
_PIECES = st.sampled_from(
    [
        "Kerkstraat", "Jan Steenhof", "'t Zand", "12", "12a", "-", "/", ",", "t/m", "Demostad", "Fictiefveen",
        "8950 AB",
        "hoek", "t.o.", "bis", "II", "2 hoog", "Plein 1953", "1e", "\0", "\u202e", "\u200b", "😀", "٣", "é", "straat",
        " ",
        "\ud800", "nr", "&", "99999999999999999999", "(", "'", "½", "ﬀ", "ß", "İ",
    ]
)  # fmt: skip


def _is_sound(result: Resolution) -> bool:
    assert (result.address is not None) == (result.status == "found")
    assert bool(result.candidates) == (result.status == "ambiguous")
    assert len(result.candidates) <= LONGEST_LIST
    assert len(result.suggestions) <= MOST_SUGGESTIONS
    assert result.more >= 0
    return True


@given(st.text(st.characters(), max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert _is_sound(INDEX.resolve(text))
    assert len(INDEX.complete(text)) <= 8


@given(st.lists(_PIECES, max_size=14), st.sampled_from([" ", "", ", "]))
def test_any_heap_of_pieces_has_an_answer(pieces: list[str], joint: str) -> None:
    assert _is_sound(INDEX.resolve(joint.join(pieces)))
    assert len(INDEX.complete(joint.join(pieces))) <= 8


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0", "\0" * 10_000, "a" * 10_000, "1 " * 5_000, "kerkstraat " * 900, "8950AB" * 1_700, "-" * 10_000,
     "\u202e" * 10_000, "😀" * 2_500, "é" * 10_000, "12-" * 3_300, "𝕶𝖊𝖗𝖐" * 2_000],
)  # fmt: skip
def test_ten_kilobytes_are_no_address(text: str) -> None:
    assert INDEX.resolve(text).status == "not-found"
    assert INDEX.complete(text) == []


@given(st.sampled_from(demo_rows()[::10]))
def test_every_label_leads_back_to_its_address(row: tuple[object, ...]) -> None:
    address = INDEX.by_id(str(row[0]))
    assert isinstance(address, Address)
    result = INDEX.resolve(address.label)
    assert result.address == address or address in result.candidates


@given(
    st.sampled_from(demo_rows()[::10]), st.sampled_from(["\u200b", "\u202e", "\u2060", "\ufeff"]), st.integers(0, 20)
)
def test_invisible_characters_change_nothing(row: tuple[object, ...], mark: str, at: int) -> None:
    text = f"{row[2]} {row[3]}, {row[7]}"
    assert INDEX.resolve(text[:at] + mark + text[at:]) == INDEX.resolve(text)
