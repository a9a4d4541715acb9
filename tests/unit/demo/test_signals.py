"""The fictional signals: as many as the truth says, with nobody real in them, and nothing else moved for them."""

from collections import defaultdict
from pathlib import Path

from orchestration.demo.signals import FOLDER_PREFIX, REGISTERS
from orchestration.demo.truth import DemoTruth
from signals_service.persons import PersonKeys, normal_bsn, split_text
from tests.unit.demo.conftest import read


def rows(inbox: Path) -> list[dict[str, str]]:
    return [
        row | {"afdeling": register.code}
        for register in REGISTERS
        for row in read(inbox / register.source / f"{register.source}.csv").to_dict("records")
    ]


def test_as_many_as_the_truth_says(truth: DemoTruth, inbox: Path) -> None:
    delivered = rows(inbox)
    assert len(delivered) == truth.signals.total
    assert 380 < truth.signals.total < 450
    assert min(truth.signals.by_department.values()) > 40
    assert sum(row["Stand"] == "afgesloten" for row in delivered) == truth.signals.closed > 20
    assert len({(row["afdeling"], row["Kenmerk"]) for row in delivered}) == len(delivered)
    assert {name for name in truth.files if name.startswith(FOLDER_PREFIX)} == {
        f"{register.source}/{register.source}.csv" for register in REGISTERS
    }


def test_only_the_planted_addresses_are_shared(truth: DemoTruth, inbox: Path) -> None:
    departments: dict[str, set[str]] = defaultdict(set)
    for row in rows(inbox):
        departments[row["Adres"]].add(row["afdeling"])
    shared = sorted(tuple(sorted(codes)) for codes in departments.values() if len(codes) > 1)
    assert shared == sorted(meeting.departments for meeting in truth.signals.meetings)
    assert len({meeting.adresseerbaarobject_id for meeting in truth.signals.meetings}) == 28


def test_only_the_planted_persons_are_shared_and_nobody_is_real(truth: DemoTruth, inbox: Path) -> None:
    keys = PersonKeys("een sleutel voor deze toets", "GM9999")
    met: dict[bytes, list[str]] = defaultdict(list)
    for row in rows(inbox):
        if not row["Persoon"]:
            continue
        surname, birth_date = split_text(row["Persoon"])
        if birth_date is None:
            assert normal_bsn(surname).startswith("9999")  # kept free for tests
        for key in keys.of_text(row["Persoon"]):
            met[key[:-1]].append(row["afdeling"])
    shared = sorted((min(codes), max(codes)) for codes in met.values() if len(codes) > 1)
    assert shared == sorted(truth.signals.person_meetings)
