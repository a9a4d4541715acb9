"""Keys of persons: which texts mean the same person, and that no clear value comes out."""

from datetime import date

import pytest

from signals_service.persons import PersonError, PersonKeys, matching_keys, normal_bsn, surname_parts

KEY = "een sleutel van ten minste zestien"
BORN = date(1970, 1, 31)


@pytest.mark.parametrize("text", ["111222333", " 1112 22 333 ", "111.222.333", "111-222-333"])
def test_a_bsn_is_its_nine_digits(text: str) -> None:
    assert normal_bsn(text) == "111222333"


def test_a_bsn_of_eight_digits_has_a_nought_before_it() -> None:
    assert normal_bsn("10000008") == "010000008"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "111222334",
        "1112223330",
        "1112223",
        "000000000",
        "11122233a",
        "１１１２２２３３３",
        "x" * 10_000,
        "\0",
        "🏠",
    ],
)
def test_what_cannot_be_a_bsn_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(PersonError) as error:
        normal_bsn(text)
    assert str(error.value) == "bsn"


@pytest.mark.parametrize(
    ("surname", "parts"),
    [
        ("Maassen", ("maassen",)),
        ("van Maassen", ("maassen",)),
        ("Maassen, van", ("maassen",)),
        ("Maas", ("maas",)),
        ("VAN DEN BERG", ("berg",)),
        ("v.d. Berg", ("berg",)),
        ("Berg, van den", ("berg",)),
        ("'t Hart", ("hart",)),
        ("’t Hart", ("hart",)),
        ("in 't Veld", ("veld",)),
        ("Jansen-de Vries", ("jansen", "vries")),
        ("Jansen – de Vries", ("jansen", "vries")),
        ("de Vries-Jansen", ("vries", "jansen")),
        ("Çelik", ("celik",)),
        ("Müller", ("muller",)),
        ("Groß", ("gross",)),
        ("O'Brien", ("obrien",)),
        ("d'Hondt", ("hondt",)),
        ("van der Van", ("van",)),
        ("De", ("de",)),
        ("Ĳzerman", ("ijzerman",)),
        ("Kara Mustafa", ("karamustafa",)),
        ("Ñuñez", ("nunez",)),
        ("Nun\u0303ez", ("nunez",)),
    ],
)
def test_a_surname_without_its_ornaments(surname: str, parts: tuple[str, ...]) -> None:
    assert surname_parts(surname) == parts


@pytest.mark.parametrize("text", ["", "  ", "-", "123", "\u202e", "🏠", "x" * 201])
def test_what_is_no_surname_is_refused(text: str) -> None:
    with pytest.raises(PersonError, match=r"^name$"):
        surname_parts(text)


def test_keys_depend_on_the_key_the_municipality_and_the_date() -> None:
    keys = PersonKeys(KEY, "GM9999")
    (same,) = keys.of_name("van Maassen", BORN)
    assert keys.of_name("Maassen", BORN) == (same,)
    assert len({same, *keys.of_name("Maassen", date(1970, 1, 30)), *keys.of_name("Maas", BORN),
                *PersonKeys(KEY, "GM0001").of_name("Maassen", BORN),
                *PersonKeys(KEY + "x", "GM9999").of_name("Maassen", BORN),
                *keys.of_bsn("111222333")}) == 6  # fmt: skip


def test_two_double_names_that_share_a_part_do_not_meet() -> None:
    keys = PersonKeys(KEY, "GM9999")
    stored = set(keys.of_name("Jansen-de Vries", BORN))
    assert len(stored) == 3

    def meets(name: str) -> bool:
        return bool(stored & set(matching_keys(keys.of_name(name, BORN))))

    assert [meets(name) for name in ("Jansen", "de Vries", "Vries-Jansen", "Jansen-Bakker", "Bakker")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_nothing_clear_is_shown() -> None:
    keys = PersonKeys(KEY, "GM9999")
    assert KEY not in repr(keys)
    with pytest.raises(ValueError, match="16"):
        PersonKeys("kort", "GM9999")
    with pytest.raises(ValueError, match="not a key"):
        matching_keys([b"111222333"])
