"""The fictional suspects: one for each that the incidents count, and nothing else of the demo moved for them."""

import hashlib
from collections import Counter
from pathlib import Path

from orchestration.demo.suspects import COLUMNS, KEY_PREFIX
from orchestration.demo.truth import DemoTruth
from tests.unit.demo.conftest import read


def rows(inbox: Path, source: str) -> list[dict[str, str]]:
    return [row for file in sorted((inbox / source).glob("*.csv")) for row in read(file).to_dict("records")]


def test_every_suspect_that_an_incident_counts_is_delivered_once(truth: DemoTruth, inbox: Path) -> None:
    delivered = rows(inbox, "verdachten")
    versions = rows(inbox, "police_incidents")
    known: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {}
    for row in versions:
        moment = row["Mutatiedatum/tijd"]
        order = (moment[6:10], moment[3:5], moment[0:2], moment[11:])
        if row["Incident Identificatie"] not in known or order >= known[row["Incident Identificatie"]][0]:
            known[row["Incident Identificatie"]] = (order, row)
    expected = {number: int(row["Verdachten"]) for number, (_, row) in known.items() if row["Verdachten"] != "0"}
    assert Counter(row[COLUMNS[0]] for row in delivered) == expected
    assert len({(row[COLUMNS[0]], row[COLUMNS[1]]) for row in delivered}) == len(delivered)
    assert all(row[COLUMNS[1]].startswith(KEY_PREFIX) for row in delivered)
    withdrawn = {number for number, (_, row) in known.items() if row["Status"] == "vervallen"}
    counted = [row for row in delivered if row[COLUMNS[0]] not in withdrawn]
    assert truth.suspects.suspects == len(counted)
    assert truth.suspects.persons == len({row[COLUMNS[1]] for row in counted})
    for parts in (truth.suspects.by_age_band, truth.suspects.by_occasion, truth.suspects.by_residence):
        assert sum(parts.values()) == len(counted)
    assert truth.suspects.by_occasion["herhaald"] > 100


def test_a_file_per_police_delivery_that_brings_suspects(truth: DemoTruth, inbox: Path) -> None:
    suspects = {file.name[-14:] for file in (inbox / "verdachten").glob("verdachten_20??-*.csv")}
    police = {file.name[-14:] for file in (inbox / "police_incidents").glob("incidenten_20??-*.csv")}
    assert suspects <= police
    assert len(suspects) > 20


def test_the_incidents_are_what_they_were_without_suspects(truth: DemoTruth, inbox: Path) -> None:
    """The very bytes that the generator wrote before it knew suspects."""
    content = b"".join(file.read_bytes() for file in sorted((inbox / "police_incidents").glob("*.csv")))
    assert hashlib.sha256(content).hexdigest() == "c5885a8886398042a4d71a551caedf7b8a49d186321761f4ff84a18cd02f3135"
