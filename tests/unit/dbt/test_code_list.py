"""Our own form of the MK code list against the published lists."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from orchestration.dbt import PROJECT_FOLDER


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def codes() -> dict[str, dict[str, str]]:
    listed = rows(PROJECT_FOLDER / "seeds" / "seed_mk_code.csv")
    by_code = {row["offence_code"]: row for row in listed}
    assert len(by_code) == len(listed), "a code stands twice in seed_mk_code.csv"
    return by_code


def test_counts(codes: dict[str, dict[str, str]]) -> None:
    assert len(codes) == 648
    assert Counter(row["crime"] for row in codes.values()) == {"yes": 411, "no": 207, "": 30}
    nuisance = {code for code, row in codes.items() if row["nuisance"] == "yes"}
    assert nuisance == {"E33", "E35", "E38", "E41", "F010", "M061", "M062", "M22"}
    assert len(rows(PROJECT_FOLDER / "seeds" / "seed_published_category.csv")) == 59


def test_one_code_stands_in_two_categories(codes: dict[str, dict[str, str]]) -> None:
    double = {code: row for code, row in codes.items() if row["also_category_code"]}
    assert set(double) == {"F614"}
    assert (double["F614"]["published_category"], double["F614"]["also_category_code"]) == ("3.9.1", "3.9.3")


def test_a_theme_has_one_name_and_a_name_one_theme() -> None:
    categories = rows(PROJECT_FOLDER / "seeds" / "seed_inp_category.csv")
    pairs = {(row["theme_code"], row["theme"]) for row in categories}
    assert len(pairs) == len({code for code, _ in pairs}) == len({name for _, name in pairs})
    assert {row["category_code"] for row in categories if row["core_hic"] == "yes"} == {"1.1.1", "1.4.6", "1.4.7"}


def test_same_codes_categories_and_labels_as_the_code_list(codes: dict[str, dict[str, str]], shared_dir: Path) -> None:
    label = {"J": "yes", "N": "no", "": ""}
    published = {
        row["mk"]: (row["inp3"], label[row["delict_jn"]])
        for row in rows(shared_dir / "codes" / "mk_codes_inp2013_bvh.csv")
    }
    assert {code: (row["category_code"], row["crime"]) for code, row in codes.items()} == published


def test_same_published_categories(codes: dict[str, dict[str, str]], shared_dir: Path) -> None:
    published = {
        (row["soort_misdrijf"], row["mk"]) for row in rows(shared_dir / "codes" / "soort_misdrijf_naar_mk.csv")
    }
    ours = {(row["published_category"], code) for code, row in codes.items() if row["published_category"]}
    ours |= {(row["also_category_code"], code) for code, row in codes.items() if row["also_category_code"]}
    assert ours == published
    keys = {row["key"] for row in rows(shared_dir / "codes" / "soort_misdrijf_47022ned.csv")}
    assert {row["published_category"] for row in rows(PROJECT_FOLDER / "seeds" / "seed_published_category.csv")} == keys


def test_descriptions_are_written_for_readers(codes: dict[str, dict[str, str]]) -> None:
    for code, row in codes.items():
        text = row["offence"]
        assert text == text.strip(), code
        assert text[0].isupper(), code
        assert not text.isupper() or len(text) < 6, code
        assert "gekwal." not in text.lower(), code
