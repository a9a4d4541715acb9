"""What may stand in a source's YAML; the rest is refused with the file and the key."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.ingest.deliver import deliver
from orchestration.ingest.fetch import source_url
from orchestration.ingest.ledger import Delivery
from orchestration.ingest.source import SourceError, Tolerances
from orchestration.ingest.tolerance import tolerance_problems
from orchestration.settings import Settings
from tests.unit.ingest.support import EVENTS, INCIDENTS, changed, write_source
from tests.unit.ingest.test_convert import MEASURES


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (changed(INCIDENTS, shape="incidents"), "shape: onbekende vorm 'incidents'; verwacht een van incident, "),
        (changed(INCIDENTS, columns={"when": "X"}), "columns: vorm 'incident' heeft geen kolom when"),
        (
            changed(INCIDENTS, columns=None) | {"columns": {"incident_id": "a"}},
            "columns: vorm 'incident' vraagt offence_code, begin_at, reported_at",
        ),
        (changed(INCIDENTS, formats=None), "naar een datum wordt nooit geraden"),
        (changed(INCIDENTS, formats={"begin_at": "%d-%Q"}), "geen opmaak van strptime"),
        (changed(INCIDENTS, formats={"begin_at": "%H:%M"}), "geeft geen jaar"),
        (changed(INCIDENTS, formats={"begin_at": "%m-%Y"}), "geeft geen jaar, maand en dag"),
        (changed(INCIDENTS, values=None), "waar en onwaar van reported_crime"),
        (changed(INCIDENTS, values={"reported_crime": {"J": "ja"}}), "dat is geen boolean"),
        (changed(INCIDENTS, values={"reported_crime": {True: True}}), "zet er aanhalingstekens om"),
        (changed(INCIDENTS, values={"suspects": {"geen": True}}), "dat is geen integer"),
        (changed(INCIDENTS, values={"begin_at": {"0": None}}), "niet voor begin_at"),
        (changed(INCIDENTS, sensitive=[" X "]), "sensitive: X staat ook in"),
        (changed(INCIDENTS, not_published=["."]), "alleen voor vorm 'measure'"),
        (changed(MEASURES, sensitive=["a"]), "sensitive: a staat ook in"),
        (
            changed(INCIDENTS, own_rows={"column": "Project(en) ", "values": ["x"]}),
            "own_rows: .* is sensitive en wordt niet gelezen",
        ),
        (changed(INCIDENTS, own_rows={"column": "Weer", "values": []}), "own_rows.values: moet er ten minste 1 hebben"),
        (changed(INCIDENTS, geheim=True), "geheim: deze sleutel bestaat niet"),
        (changed(INCIDENTS, title=None) | {"title": 5}, "title: geen tekst; zet er aanhalingstekens om"),
        (changed(INCIDENTS, tolerances={"max_drop_fraction": 2}), "tolerances.max_drop_fraction: mag hoogstens 1"),
        (changed(INCIDENTS, fetch={"format": "xml"}), "fetch.format: verwacht 'csv' of 'geojson'"),
        (changed(INCIDENTS, daily={"since": "morgen"}), "daily.since: geen datum als 2026-01-31"),
        ({key: value for key, value in INCIDENTS.items() if key != "title"}, "title: ontbreekt"),
    ],
)
def test_a_wrong_source_is_refused(tmp_path: Path, source: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message) as error:
        write_source(tmp_path, source)
    assert str(tmp_path) in str(error.value)


def test_yaml_keys_of_values_are_what_the_file_holds(tmp_path: Path) -> None:
    spec = write_source(tmp_path, changed(INCIDENTS, values={"reported_crime": {1: True, 0: False}}))
    assert spec.values["reported_crime"] == {"1": True, "0": False}


def settings_in(folder: Path) -> Settings:
    return Settings(home=folder)


def test_only_two_variables_are_filled_in(tmp_path: Path) -> None:
    spec = write_source(tmp_path, changed(EVENTS, fetch={"path": "${HOME}/x"}))
    with pytest.raises(SourceError, match="onbekende variabele"):
        source_url(spec, settings_in(tmp_path))


def test_deliver_never_overwrites(tmp_path: Path) -> None:
    spec = write_source(tmp_path, changed(EVENTS, fetch={"pattern": "*.csv*"}))
    settings = settings_in(tmp_path / "home")
    file = tmp_path / "a.csv.gz"
    places = []
    for content in (b"een", b"twee", b"een"):
        file.write_bytes(content)
        places.append(deliver(spec, file, settings))
    assert [place.name for place in places] == ["a.csv.gz", "a-2.csv.gz", "a.csv.gz"]
    assert sorted(place.name for place in places[0].parent.iterdir()) == ["a-2.csv.gz", "a.csv.gz"]
    assert [place.read_bytes() for place in places[:2]] == [b"een", b"twee"]


@pytest.mark.parametrize(
    ("fetch", "name", "message"),
    [
        ({"path": "${VIS_DATA}/x"}, "a.csv", "niet de inbox"),
        ({}, "a.txt", r"ziet alleen namen als '\*\.csv'"),
        ({}, "b.csv", "bestaat niet"),
    ],
)
def test_deliver_says_why_not(tmp_path: Path, fetch: dict[str, str], name: str, message: str) -> None:
    spec = write_source(tmp_path, changed(EVENTS, fetch=fetch))
    for existing in ("a.csv", "a.txt"):
        (tmp_path / existing).write_bytes(b"x")
    with pytest.raises(SourceError, match=message):
        deliver(spec, tmp_path / name, settings_in(tmp_path))


@pytest.mark.parametrize(
    ("quarantined", "read", "allowed", "expected"),
    [(5, 100, 0.05, 0), (6, 100, 0.05, 1), (6, 100, None, 0), (0, 0, 0.0, 0), (1, 10_000, 0.0, 1)],
)
def test_tolerances(quarantined: int, read: int, allowed: float | None, expected: int) -> None:
    delivery = Delivery(
        1, "GM0001", "bron", "incident", "a.csv", "0", 1, "x", "y", datetime.now(UTC), date(2024, 5, 1), None,
        read, read - quarantined, quarantined, 0, "loaded", "de datums lijken maand-eerst",
    )  # fmt: skip
    problems = tolerance_problems(delivery, Tolerances(max_quarantine_fraction=allowed))
    assert len(problems) == expected
    assert all("a.csv" in problem and "maand-eerst" in problem for problem in problems)


@pytest.mark.parametrize(
    ("read", "usual", "allowed", "held"),
    [(40, 100, 0.3, True), (70, 100, 0.3, False), (40, 100, None, False), (40, None, 0.3, False), (0, 100, 0.3, True)],
)
def test_a_file_that_is_suddenly_much_shorter_is_held(
    read: int, usual: float | None, allowed: float | None, held: bool
) -> None:
    delivery = Delivery(
        1, "GM0001", "bron", "incident", "a.csv", "0", 1, "x", "y", datetime.now(UTC), date(2024, 5, 1), None,
        read, read, 0, 0, "loaded", None,
    )  # fmt: skip
    problems = tolerance_problems(delivery, Tolerances(max_drop_fraction=allowed), usual)
    assert bool(problems) == held
    assert all("a.csv" in problem and "100" in problem for problem in problems)
