"""What counts as the right address: a test for every sentence of the agreement about it."""

import pytest

from signals_service.addresses import Address, AddressIndex, Resolution
from tests.unit.signals.addresses.conftest import Small


def doors(addresses: tuple[Address, ...]) -> list[str]:
    return [f"{address.street} {address.number}" for address in addresses]


def found(result: Resolution) -> str:
    assert result.status == "found", result
    assert result.address
    return f"{result.address.street} {result.address.number} {result.address.place}"


def nothing(result: Resolution) -> bool:
    """Not found, and nothing that could pass for an answer."""
    return result.status == "not-found" and result.address is None and result.candidates == ()


@pytest.fixture(scope="module")
def town(small: Small) -> AddressIndex:
    return small(
        "Dorpsstraat|12||Dorp".replace("||", "|1234AB|"),
        "Dorpsstraat|12-A|1234AB|Dorp",
        "Dorpsstraat|12--bis|1234AB|Dorp",
        "Dorpsstraat|14-A|1234AB|Dorp",
        "Dorpsstraat|14-B|1234AB|Dorp",
        "Dorpsstraat|16-A|1234AB|Dorp",
        "Dorpsstraat|17|1234AC|Dorp",
        "Dorpsstraat|18|1234AB|Dorp",
        "Dorpsstraat|19|1234AC|Dorp",
        "Dorpsstraat|21|1234AC|Dorp",
        "Dorpsstraat|30|1234AD|Dorp",
        "Dorpsstraat|30--3|1234AD|Dorp",
        "Dorpsstraat|12|2345AB|Gehucht",
        "Dorpsstraat|40|2345AB|Gehucht",
        "Kerkweg|5|1234CC|Dorp",
        "Merelhoflaan|3|1234DA|Dorp",
        "Merelhofflaan|5|1234DB|Dorp",
        "Anjerlaan|1|1234EA|Dorp",
        "1e Dwarsstraat|1|1234FA|Dorp",
        "Plein 1953|1|1234GA|Dorp",
        "Koning Karel II-straat|1|1234HA|Dorp",
        "Anna Verzinselhof|1|1234JA|Dorp",
    )


def test_the_register_may_hold_more_than_one_place(town: AddressIndex) -> None:
    assert found(town.resolve("Dorpsstraat 12 Dorp")) == "Dorpsstraat 12 Dorp"
    assert found(town.resolve("Dorpsstraat 12 Gehucht")) == "Dorpsstraat 12 Gehucht"


def test_a_bare_number_that_exists_means_that_number_and_names_what_is_beside_it(town: AddressIndex) -> None:
    result = town.resolve("Dorpsstraat 12, Dorp")
    assert found(result) == "Dorpsstraat 12 Dorp"
    assert doors(result.beside) == ["Dorpsstraat 12-bis", "Dorpsstraat 12-A"]


def test_a_bare_number_with_letters_only_gives_all_of_them_to_choose_from(town: AddressIndex) -> None:
    result = town.resolve("Dorpsstraat 14, Dorp")
    assert result.status == "ambiguous"
    assert doors(result.candidates) == ["Dorpsstraat 14-A", "Dorpsstraat 14-B"]
    assert town.resolve("Dorpsstraat 16, Dorp").status == "ambiguous"


def test_a_dash_with_an_addition_of_that_name_is_that_address(town: AddressIndex) -> None:
    assert found(town.resolve("Dorpsstraat 30-3 Dorp")) == "Dorpsstraat 30-3 Dorp"


@pytest.mark.parametrize("text", ["17-19", "17 - 19", "17/19", "17 t/m 19", "17 tot en met 19", "17 en 19"])
def test_a_range_means_every_existing_number_of_that_side(town: AddressIndex, text: str) -> None:
    result = town.resolve(f"Dorpsstraat {text}, Dorp")
    assert result.status == "ambiguous"
    assert doors(result.candidates) == ["Dorpsstraat 17", "Dorpsstraat 19"]


@pytest.mark.parametrize("text", ["30 t/m 36", "30 tot en met 36", "30 en 36", "30t/m36"])
def test_the_other_end_of_a_range_is_no_addition(small: Small, text: str) -> None:
    index = small("Dorpsstraat|30|1234AB|Dorp", "Dorpsstraat|30--36|1234AB|Dorp", "Dorpsstraat|36|1234AB|Dorp")
    result = index.resolve(f"Dorpsstraat {text}, Dorp")
    assert result.status == "ambiguous"
    assert {"Dorpsstraat 30", "Dorpsstraat 36"} <= set(doors(result.candidates))


def test_no_place_is_the_one_address_or_the_list(town: AddressIndex) -> None:
    assert found(town.resolve("Dorpsstraat 40")) == "Dorpsstraat 40 Gehucht"
    result = town.resolve("Dorpsstraat 12")
    assert result.status == "ambiguous"
    assert [address.place for address in result.candidates] == ["Dorp", "Gehucht"]


def test_a_wrong_postcode_is_shown_and_does_not_change_the_address(town: AddressIndex) -> None:
    result = town.resolve("Dorpsstraat 18, 1234 CC Dorp")
    assert found(result) == "Dorpsstraat 18 Dorp"
    assert result.notes == ("De postcode klopt niet met het adres: 1234 CC hoort bij Kerkweg in Dorp.",)
    assert town.resolve("Dorpsstraat 18, 9999 ZZ Dorp").notes == (
        "Postcode 9999 ZZ staat niet in het adressenregister.",
    )
    assert town.resolve("Dorpsstraat 18, 1234 AB Dorp").notes == ()


@pytest.mark.parametrize("near", ["t.o.", "t/o", "tegenover", "nabij", "hoek", "naast", "t.h.v.", "ter hoogte van"])
def test_an_address_near_by_is_among_the_candidates(town: AddressIndex, near: str) -> None:
    result = town.resolve(f"{near} Kerkweg 5, Dorp")
    assert result.status == "ambiguous"
    assert "Kerkweg 5" in doors(result.candidates)


def test_a_corner_names_both_streets(town: AddressIndex) -> None:
    for text in ("hoek Kerkweg 5 / Dorpsstraat Dorp", "Kerkweg 5 hoek Dorpsstraat, Dorp"):
        result = town.resolve(text)
        assert result.status == "ambiguous"
        assert "Kerkweg 5" in doors(result.candidates)


@pytest.mark.parametrize(
    "text",
    [
        "Dorpsstraat 13",  # another digit of the number
        "2e Dwarsstraat 1", "11e Dwarsstraat 1", "Tweede Dwarsstraat 1",
        "Plein 1963 1", "Plein 1935 1",
        "Koning Karel III-straat 1", "Koning Karel I-straat 1", "Koning Karel 3-straat 1",
        "Anjerplein 1", "Anjerbaan 1", "Anjrbaan 1", "Anjer 1",
        "Anne Verzinselhof 1", "Hanna Verzinselhof 1", "Johanna Verzinselhof 1", "Annie Verzinselhof 1",
    ],
)  # fmt: skip
def test_what_is_never_a_typing_error(town: AddressIndex, text: str) -> None:
    assert nothing(town.resolve(text)), town.resolve(text)
    assert nothing(town.resolve(f"{text}, Dorp"))


def test_a_street_typed_exactly_wins_from_any_look_alike(town: AddressIndex) -> None:
    assert found(town.resolve("Merelhoflaan 3")) == "Merelhoflaan 3 Dorp"
    assert found(town.resolve("Merelhofflaan 5")) == "Merelhofflaan 5 Dorp"
    # Also when the number is missing there: then not found.
    assert nothing(town.resolve("Merelhoflaan 5"))
    assert nothing(town.resolve("Merelhofflaan 3, Dorp"))


def test_a_did_you_mean_is_no_answer(town: AddressIndex) -> None:
    result = town.resolve("Dorpsstraat 20, Dorp")
    assert nothing(result)
    assert "Dorpsstraat 18" in doors(result.suggestions)


def test_an_addition_written_against_the_place_is_not_lost(town: AddressIndex) -> None:
    assert town.resolve("Kerkweg5bDorp").status != "found"
    assert town.resolve("Kerkweg 5 Drop").status == "found"  # a mistyped place is


@pytest.mark.parametrize(
    "text",
    ["5 Kerkweg Dorp", "Dorp, Kerkweg 5", "kerkweg5", "KERKWEG 5", "Kerk weg 5", "Kerkwg. 5",
     "straat: Kerkweg nummer: 5", "1234 cc 5", "1234CC5", "Kerkweg 5 2e etage", "flat Kerkweg 5",
     "Kerkweg\t5\n1234CC Dorp",
     "Kerkweg nr. 5 te Dorp", "Kerkweg n° 5 Dorp", "straat Kerkweg, huisnummer 5, plaats Dorp",
     "<p>Kerkweg 5<br>1234CC&nbsp;Dorp</p>", "Kerkweg\u00a05,\u00a0Dorp", "K\u0435rkweg 5, D\u043erp",
     "Kerkweg 5, NL-1234CC Dorp", "KERKWEG,5,1234CC,DORP", "Kerkweg huisnr 5 tweede verdieping", "5, Kerkweg, Dorp",
     "Kerkweg_5_Dorp", "Kerkweg 05 Dorp"],
)  # fmt: skip
def test_many_ways_to_write_one_address(town: AddressIndex, text: str) -> None:
    assert found(town.resolve(text)) == "Kerkweg 5 Dorp"


def test_a_sign_of_a_web_page_is_no_house_number(small: Small) -> None:
    index = small("'t Zand|29|1234AB|Dorp", "'t Zand|39|1234AB|Dorp")
    assert found(index.resolve("&#39;t Zand 29")) == "'t Zand 29 Dorp"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Kuiperstraat 8", "Kuipersstraat 8"), ("Lindelaan 3", "Lindenlaan 3"),  # the sound between two parts
        ("Anna van dr Waanstraat 2", "Anna van der Waanstraat 2"),
        ("Willem d Zwetserlaan 4", "Willem de Zwetserlaan 4"),
        ("Mt. W. de Bedenkerhof 9", "Mr. W. de Bedenkerhof 9"), ("Kortsingel 5", "Kortesingel 5"),
        ("Azrustraat 7", "Azuurstraat 7"), ("Zeleptlein 1", "Zeeltplein 1"),  # two errors, and nothing else is near
        ("Karvelstraat 6", "Karveelstraat 6"),  # a letter left out, and not another vowel in Kervelstraat
    ],
)  # fmt: skip
def test_a_typing_error_that_can_be_hardly_anything_else(small: Small, text: str, meant: str) -> None:
    index = small(
        "Kuipersstraat|8|1234AA|Dorp", "Lindenlaan|3|1234AA|Dorp", "Anna van der Waanstraat|2|1234AA|Dorp",
        "Willem de Zwetserlaan|4|1234AA|Dorp", "Mr. W. de Bedenkerhof|9|1234AA|Dorp", "Kortesingel|5|1234AA|Dorp",
        "Azuurstraat|7|1234AA|Dorp", "Zeeltplein|1|1234AA|Dorp", "Karveelstraat|6|1234AA|Dorp",
        "Kervelstraat|6|1234AA|Dorp",
    )  # fmt: skip
    assert found(index.resolve(text)) == f"{meant} Dorp"


@pytest.mark.parametrize(
    "text",
    [
        "J.O. van der Waanweg 4",
        "J. van der Waanweg 4",  # another initial, one too few
        "Marmerstraat 5",
        "Slotstraat 6",  # words of the language: it may be a street elsewhere
    ],
)
def test_what_may_be_another_street_is_at_most_a_list(small: Small, text: str) -> None:
    index = small("J.P. van der Waanweg|4|1234AA|Dorp", "Karperstraat|5|1234AA|Dorp", "Slootstraat|6|1234AA|Dorp")
    assert index.resolve(text).status == "ambiguous"


def test_a_short_list_rather_than_a_wrong_answer(town: AddressIndex, small: Small) -> None:
    index = small("Jan Steenhof|3|1234AB|Dorp", "Jan Steinhof|3|1234AC|Dorp")
    result = index.resolve("Jan Steunhof 3")
    assert result.status == "ambiguous"
    assert doors(result.candidates) == ["Jan Steenhof 3", "Jan Steinhof 3"]
    # A word that is not understood can be a place far away.
    assert town.resolve("Kerkweg 5 Rotterdam").status != "found"
