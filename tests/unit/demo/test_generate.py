"""The same seed gives the same bytes; what is there is not made again; the sources read what is written."""

import hashlib
from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration.demo import generate, read_truth, write_demo
from orchestration.demo.truth import DemoTruth
from orchestration.municipality import load_municipality
from tests.unit.demo.conftest import UNTIL, read


def test_same_seed_same_bytes(truth: DemoTruth, inbox: Path, tmp_path: Path) -> None:
    again = generate(tmp_path, until=UNTIL)
    assert again == truth
    for name, digest in truth.files.items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == sorted(truth.files)


def test_another_seed_is_another_town(truth: DemoTruth, tmp_path: Path) -> None:
    other = generate(tmp_path, seed=1, until=UNTIL, incidents_per_year=1_000)
    assert not set(other.files.values()) & set(truth.files.values())


@pytest.mark.parametrize("until", [date(2024, 2, 29), date(2025, 1, 2), date(2026, 3, 30)])
def test_any_last_day(until: date, tmp_path: Path) -> None:
    made = generate(tmp_path, until=until, incidents_per_year=2_000, scale=0.4)
    assert made.counts.active > 5_000
    assert made.inhabitants == 24_000
    assert len(made.clock_changes) in {5, 6}
    assert len(read(tmp_path / "politie_misdrijven/misdrijven_buurt_jaar_demostad.csv")) in {80, 120}


def test_scale_out_of_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"scale must be from 0\.4 to 1"):
        generate(tmp_path, until=UNTIL, scale=20)


def test_write_demo_leaves_what_is_there_and_takes_away_only_its_own(tmp_path: Path) -> None:
    inbox, truth_dir = tmp_path / "inbox", tmp_path / "truth"
    first = write_demo(inbox, truth_dir, UNTIL)
    file = inbox / "adressen/adressen_demostad.csv"
    written = file.stat().st_mtime_ns
    assert write_demo(inbox, truth_dir, UNTIL) == first == read_truth(truth_dir / "truth.json")
    assert file.stat().st_mtime_ns == written
    foreign = inbox / "police_incidents/van_een_ander.csv"
    foreign.write_text("x")
    later = write_demo(inbox, truth_dir, date(2026, 11, 24))
    assert foreign.read_text() == "x"
    present = {p.relative_to(inbox).as_posix() for p in inbox.rglob("*") if p.is_file()}
    assert present == set(later.files) | {"police_incidents/van_een_ander.csv"}


def test_write_demo_survives_a_truth_of_another_layout(tmp_path: Path) -> None:
    (tmp_path / "gebieden").mkdir()
    (tmp_path / "gebieden/oud.geojson").write_text("{}")
    (tmp_path / "truth.json").write_text('{"generator_version": "0", "files": {"gebieden/oud.geojson": "0"}}')
    write_demo(tmp_path, tmp_path, UNTIL)
    assert not (tmp_path / "gebieden/oud.geojson").exists()
    assert read_truth(tmp_path / "truth.json").until == UNTIL.isoformat()


def test_sources_name_headings_that_are_there(inbox: Path, truth: DemoTruth) -> None:
    municipality = load_municipality("demo")
    assert municipality.fictional
    assert {spec.source for spec in municipality.sources} == {name.split("/")[0] for name in truth.files}
    for spec in municipality.sources:
        assert "fictief" in spec.title
        if spec.fetch.format == "geojson":
            assert spec.constants["vintage"] == municipality.area_vintage
            continue
        for file in (inbox / spec.source).glob(spec.fetch.pattern):
            table = read(file)
            assert set(spec.columns.values()) | set(spec.unpivot) | set(spec.sensitive) <= set(table.columns)
            for column, form in spec.formats.items():
                for text in table[spec.columns[column]]:
                    datetime.strptime(text, form)
            for column, words in spec.values.items():
                assert set(table[spec.columns[column]]) <= set(words)
