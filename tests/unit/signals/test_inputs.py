"""What people type is made clean or refused with a Dutch explanation."""

from datetime import date

import pytest

from signals_service.acts import inputs
from signals_service.acts.inputs import InputError
from signals_service.acts.people import has_bsn


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  Kerkstraat \t 12 ", "Kerkstraat 12"),
        ("Kerkstraat\n12", "Kerkstraat 12"),
        ("Cafe\u0301laan 1", "Caf\u00e9laan 1"),
        ("\u200eKerkstraat\u202c 12", "Kerkstraat 12"),  # marks that a word processor leaves
        ("\u202e21 taartskreK", "21 taartskreK"),
        ("\ufeffKerkstraat 12", "Kerkstraat 12"),
        ("Kerkstraat 12 👩\u200d🚒", "Kerkstraat 12 👩\u200d🚒"),
    ],
)
def test_one_line(typed: str, clean: str) -> None:
    assert inputs.one_line(typed, "query", "het adres", maximum=200) == clean


@pytest.mark.parametrize("typed", ["a\0b", "a\x1b[31mb", "a\x7fb", "a\ud800b"])
def test_what_no_keyboard_makes_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(InputError) as caught:
        inputs.one_line(typed, "query", "het adres", maximum=200)
    assert caught.value.field == "query"
    assert typed not in caught.value.message


@pytest.mark.parametrize("typed", [None, "", "  \n ", "\u200b"])
def test_nothing_is_not_something(typed: str | None) -> None:
    with pytest.raises(InputError, match=r"Vul het adres in\."):
        inputs.one_line(typed, "query", "het adres", maximum=200)
    assert inputs.one_line(typed, "query", "het adres", maximum=200, required=False) == ""


def test_ten_thousand_characters_are_too_many() -> None:
    with pytest.raises(InputError, match="hoogstens 200 tekens"):
        inputs.one_line("a" * 10_240, "query", "het adres", maximum=200)


def test_lines_stay_in_a_text() -> None:
    assert inputs.several_lines(" een\r\ntwee  drie\u2028vier ", "reason", "de reden") == "een\ntwee drie\nvier"


@pytest.mark.parametrize("typed", ["Z-2026-00123", "2026/17", "a", "Z.1_b:2", " Z 1 "])
def test_case_numbers(typed: str) -> None:
    assert inputs.case_number(typed) == typed.strip()


@pytest.mark.parametrize("typed", ["", "-", "<b>1</b>", "1'; drop table x", "é", "1" * 61, "Z\0"])
def test_no_case_numbers(typed: str) -> None:
    with pytest.raises(InputError) as caught:
        inputs.case_number(typed)
    assert caught.value.field == "case_number"


@pytest.mark.parametrize("typed", ["123456782", "1234.56.782", " 123 456 782 "])
def test_a_bsn_is_no_case_number(typed: str) -> None:
    with pytest.raises(InputError, match="burgerservicenummer"):
        inputs.case_number(typed)


@pytest.mark.parametrize("typed", ["123456783", "Z-123456782", "12345678", "2026-00123-782"])
def test_other_digits_are(typed: str) -> None:
    assert inputs.case_number(typed) == typed


@pytest.mark.parametrize("text", ["123456782", "zie 1234.56.782", "123 456 782 is van hem", "123456782ab"])
def test_a_bsn_in_a_text_is_seen(text: str) -> None:
    assert has_bsn(text)


@pytest.mark.parametrize(
    "text", ["Houtrijkstraat 100-11 1014 AB Amsterdam", "Houtrijkstraat 100-11 1014ab", "Kerkweg 100 11, 1014 AB"]
)
def test_an_address_is_no_bsn(text: str) -> None:
    assert not has_bsn(text)


@pytest.mark.parametrize("typed", ["2026-11-25", "25-11-2026", "25/11/2026", "25.11.2026", "25 11 2026"])
def test_days(typed: str) -> None:
    assert inputs.day(typed, "first", "de eerste dag") == date(2026, 11, 25)


@pytest.mark.parametrize(
    "typed", ["31-02-2026", "2026-13-01", "vandaag", "11-2026", "1-1-26", "0-0-0000", "٢٥-١١-٢٠٢٦"]
)
def test_no_days(typed: str) -> None:
    with pytest.raises(InputError, match="dag-maand-jaar"):
        inputs.day(typed, "first", "de eerste dag")


def test_a_choice_is_one_of_the_list() -> None:
    assert inputs.choice("a", "purpose", "een doel", {"a": "A"}) == "a"
    for wrong in (None, "", "b", "A"):
        with pytest.raises(InputError):
            inputs.choice(wrong, "purpose", "een doel", {"a": "A"})
