"""A municipality is a folder."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.municipality import MunicipalityError, load_municipality, municipality_names

GOOD = """
code: GM0001
name: Proefstad
attribution: Proef
area_vintage: "2024"
offence_groups:
  - {group: hic, valid_from: 2013-01-01, categories: ["1.1.1"]}
  - {group: hic, valid_from: 2024-01-01, categories: ["1.1.1", "1.4.5"]}
"""


@pytest.mark.parametrize("name", municipality_names())
def test_every_municipality_of_the_project_loads_with_its_sources(name: str) -> None:
    assert load_municipality(name).sources


def test_a_folder_anywhere_will_do(tmp_path: Path) -> None:
    (tmp_path / "municipality.yaml").write_text(GOOD)
    assert load_municipality(str(tmp_path)).name == "Proefstad"


def test_groups_of_offences_are_versioned(tmp_path: Path) -> None:
    (tmp_path / "municipality.yaml").write_text(GOOD)
    municipality = load_municipality(str(tmp_path))
    assert municipality.hic_categories(date(2012, 1, 1)) == ()
    assert municipality.hic_categories(date(2023, 12, 31)) == ("1.1.1",)
    assert municipality.hic_categories(date(2024, 1, 1)) == ("1.1.1", "1.4.5")


def test_an_unknown_name_says_which_are_known() -> None:
    with pytest.raises(MunicipalityError, match=r"'nergens'.*almere, demo, groningen"):
        load_municipality("nergens")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("code: 34", "code: geen tekst; zet er aanhalingstekens om"),
        ("code: GM1", r"code: past niet bij \^GM"),
        (
            "time_zone: Europe/Almere",
            "time_zone: 'Europe/Almere' is geen tijdzone; verwacht een naam als Europe/Amsterdam",
        ),
        ("dagdelen: {nacht: 6, ochtend: 0}", "dagdelen moeten bij 0 beginnen"),
        ("kleur: blauw", "kleur: deze sleutel bestaat niet"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, change: str, message: str) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(change.split(":", maxsplit=1)[0] + ":")]
    (tmp_path / "municipality.yaml").write_text("\n".join([*lines, change]))
    with pytest.raises(MunicipalityError, match=message):
        load_municipality(str(tmp_path))
