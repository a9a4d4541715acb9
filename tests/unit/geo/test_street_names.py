"""Which spellings name one street, and what is no typing error however near it is."""

import pytest

from orchestration.geo.street_names import bound, edits, spelling

SAME = [
    ("KERKSTRAAT", "Kerkstraat"),
    ("  kerk   straat ", "Kerkstraat"),
    ("Anjerstr.", "Anjerstraat"),
    ("Anjerstr", "Anjerstraat"),
    ("Anjer st", "Anjerstraat"),
    ("Beukenln", "Beukenlaan"),
    ("Marktpln.", "Marktplein"),
    ("Veenwg", "Veenweg"),
    ("Herengr.", "Herengracht"),
    ("Burg. v.d. Meulenlaan", "Burgemeester van der Meulenlaan"),
    ("Burgem. vd Meulenlaan", "Burg. van den Meulenlaan"),
    ("v/d Waanstraat", "van der Waanstraat"),
    ("St. Fabianusstraat", "Sint Fabianusstraat"),
    ("St Fabianusstr", "Sint-Fabianusstraat"),
    ("Pres. Kennedylaan", "President Kennedylaan"),
    ("Prof dr ir Q X Bedachtlaan", "Prof. dr. ir. Q.X. Bedachtlaan"),
    ("Professor Doctor Ir. QX Bedachtlaan", "Prof. dr. ir. Q.X. Bedachtlaan"),
    ("Eerste Waandwarsstraat", "1e Waandwarsstraat"),
    ("1ste Waandwarsstr.", "1e Waandwarsstraat"),
    ("s-Gravenfabelweg", "'s-Gravenfabelweg"),
    ("’s Gravenfabelweg", "'s-Gravenfabelweg"),
    ("In het Veld", "In 't Veld"),
    ("Skutsjestraat", "Skûtsjestraat"),
    ("Reunielaan", "Reünielaan"),
    ("Koning Karel II straat", "Koning Karel II-straat"),
    ("JP Fabelmanstraat", "J.P. Fabelmanstraat"),
    ("Kanaal Noordzijde", "Kanaal NZ"),
    ("Kon. Wilhelminalaan", "Koningin Wilhelminalaan"),
]


@pytest.mark.parametrize(("text", "name"), SAME)
def test_the_same_street(text: str, name: str) -> None:
    assert spelling(text).forms[2] == spelling(name).forms[2]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Anjrestraat", "Anjerstraat", 1),  # two letters swapped
        ("Anjerrstraat", "Anjerstraat", 1),
        ("Ajerstraat", "Anjerstraat", 1),
        ("Anjerstaat", "Anjerstraat", 1),  # a mistyped kind of street
        ("Kerkplien", "Kerkplein", 1),
        ("Klokkenmakerslaan", "Klokkenmkaerslaan", 1),
        ("Klkkenmaakerslaan", "Klokkenmakerslaan", 2),
        ("Wilem de Zwijgerlaan", "Willem de Zwijgerlaan", None),  # too short a word before the last
        ("Burgemester Fabelmanlaan", "Burg. Fabelmanlaan", 1),
        # Never a typing error:
        ("Plein 1953", "Plein 1963", None),
        ("1e Waandwarsstraat", "2e Waandwarsstraat", None),
        ("Koning Karel II-straat", "Koning Karel III-straat", None),
        ("Anjerlaan", "Anjerstraat", None),
        ("Anjerplein", "Anjerlaan", None),
        ("Anna Fabelmanstraat", "Anne Fabelmanstraat", None),
        ("Hendrika Fabelmanstraat", "Hendrik Fabelmanstraat", None),
        ("J.P. Fabelmanstraat", "J.B. Fabelmanstraat", None),
        ("Oude Dorpsstraat", "Nieuwe Dorpsstraat", None),
        ("Kanaal NZ", "Kanaal ZZ", None),
        ("Iostraat", "Ijstraat", None),  # too short for any error
        ("Geheel iets anders", "Anjerstraat", None),
    ],
)
def test_typing_errors(text: str, name: str, expected: int | None) -> None:
    assert edits(spelling(text), spelling(name), frozenset()) == expected


def test_a_word_that_the_register_knows_is_no_typing_error() -> None:
    typed, meant = spelling("Merelstraat"), spelling("Meerelstraat")
    assert edits(typed, meant, frozenset({"meerel"})) == 1
    assert edits(typed, meant, frozenset({"meerel", "merel"})) is None


def test_the_bound_grows_with_the_name() -> None:
    assert [bound(length) for length in (1, 4, 5, 9, 10, 30)] == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("text", ["", "  ", "?", "-.-", "\U0001f6a8", "\u0301", "١٢", "x" * 5000])
def test_any_text_has_a_spelling(text: str) -> None:
    assert len(spelling(text).forms) == 3


def test_a_text_without_letters_equals_no_street() -> None:
    assert spelling("?!").forms == ("", "", "")
