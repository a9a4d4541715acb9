"""Suites as files: what may stand in them and how a mistake is reported."""

import re
from pathlib import Path

import pytest

from expectations import suites
from expectations.outcome import Outcome, describe_records
from expectations.runner import ExpectationError, load_all_suites, marts_with_suite, suite_for_mart, suite_for_shape
from orchestration.ingest.shapes import SHAPES

OWN = {
    "name": "straat_ingevuld",
    "type": "expect_column_values_to_not_be_null",
    "kwargs": {"column": "street", "mostly": 0.9},
    "severity": "warning",
    "description": "Bijna elke rij heeft een straat.",
}


def test_every_shape_has_a_suite_and_every_expectation_exists_in_great_expectations() -> None:
    loaded = load_all_suites(check_types=True)
    assert {f"in/{shape}" for shape in SHAPES} == {name for name in loaded if name.startswith("in/")}
    marts = {"incident_kaart", "gebied", "trend_maand", "datakwaliteit", "datakwaliteit_dag", "aansluiting"}
    assert marts | {"dader_delict_plaats_tijd", "standaardpunt"} == set(marts_with_suite())
    # A default point that nobody looked at is told and holds nothing back.
    asking = {name: suite for name, suite in loaded.items() if name != "out/standaardpunt"}
    assert all(any(spec.severity == "blocking" for spec in suite) for suite in asking.values())


def test_columns_named_in_a_suite_exist_in_its_shape() -> None:
    beside = {"received_at", "row_number"}
    for shape in SHAPES.values():
        for spec in suite_for_shape(shape.name):
            named = {spec.kwargs[key] for key in ("column", "column_A", "column_B") if key in spec.kwargs}
            named |= set(spec.kwargs.get("column_list", []))
            assert named <= set(shape.column_names) | beside, f"{shape.name}: {spec.name}"


def test_descriptions_are_sentences() -> None:
    for suite in load_all_suites().values():
        for spec in suite:
            assert re.fullmatch(r"[A-Z].*\.", spec.description), spec.name


def test_a_source_adds_to_the_suite_of_its_shape() -> None:
    plain, more = suite_for_shape("incident"), suite_for_shape("incident", [OWN])
    assert more[:-1] == plain
    assert more[-1].name == "straat_ingevuld"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"severity": "error"}, "nummer 1 \\(straat_ingevuld\\): severity: verwacht 'blocking' of 'warning'"),
        ({"name": "Straat ingevuld"}, "nummer 1 .*: name: past niet bij"),
        ({"type": "no_expectation"}, "nummer 1 .*: type: past niet bij"),
        ({"mostly": 0.9}, "nummer 1 .*: mostly: deze sleutel bestaat niet"),
        (
            {"name": "status_bekend"},
            "incident.yaml en de expectations van de bron zelf: deze naam komt twee keer voor: status_bekend",
        ),
    ],
)
def test_a_wrong_entry_of_a_source_is_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ExpectationError, match=message):
        suite_for_shape("incident", [OWN | changes])


@pytest.mark.parametrize("text", ["", "expectations: []\n", "- name: x\n", "expectations: []\nextra: 1\n"])
def test_a_file_without_expectations_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mart.yaml").write_text(text)
    monkeypatch.setattr(suites, "_HERE", tmp_path)
    with pytest.raises(ExpectationError, match="verwacht de sleutel `expectations`"):
        suite_for_mart("mart")


def test_an_unknown_type_or_argument_is_found_by_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(suites, "_HERE", tmp_path)
    for kind, kwargs in (("expect_wonders", "{}"), ("expect_column_values_to_not_be_null", "{kolom: street}")):
        (tmp_path / "out" / "mart.yaml").write_text(
            f"expectations:\n  - name: proef\n    type: {kind}\n    kwargs: {kwargs}\n"
            "    severity: warning\n    description: Een proef met een fout.\n"
        )
        assert load_all_suites()["out/mart"][0].type == kind
        with pytest.raises(ExpectationError, match=r"out/mart\.yaml: proef:"):
            load_all_suites(check_types=True)


def test_records_show_rows_and_withhold_persons_and_places() -> None:
    records = [
        {"row_number": 7, "person": "J. Jansen", "kind": "drugs"},
        {"row_number": 9, "street": "Laan 1", "x": 1.0, "y": None},
        {"official_phone": "0612345678"},
    ]
    assert describe_records(records) == ("rij 7, kind = drugs", "rij 9")


def test_at_most_five_records_and_none_twice() -> None:
    assert describe_records([{"a": n // 2} for n in range(20)]) == tuple(f"a = {n}" for n in range(5))


def test_a_message_says_what_was_expected_and_found_and_where() -> None:
    outcome = Outcome("n", False, "blocking", "Rijen zijn goed.", "2 van 9 rijen voldoen niet", 2, ("rij 3", "rij 4"))
    assert outcome.message == "Rijen zijn goed. Gevonden: 2 van 9 rijen voldoen niet (rij 3; rij 4)."
