"""Landing and loading on a real PostgreSQL: what is new, what is known, what happens when things go wrong halfway."""

import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.ingest.fetch import source_state
from orchestration.ingest.landing import land
from orchestration.ingest.ledger import (
    LedgerError,
    accept_or_hold,
    ledger_state,
    waiting_deliveries,
)
from orchestration.ingest.load import LoadResult
from orchestration.ingest.source import SourceError
from orchestration.settings import Settings
from tests.unit.ingest.support import INCIDENTS, Office, changed, csv_bytes, row

REPOSITORY = Path(__file__).resolve().parents[2]


def counts(result: LoadResult) -> tuple[int, int, int, int]:
    return result.rows_read, result.rows_loaded, result.rows_quarantined, result.rows_duplicate


def rows(first: int, last: int) -> list[list[str]]:
    return [row(number) for number in range(first, last + 1)]


# --- landing ---


def test_bytes_land_once_unchanged_and_for_the_platform_only(office: Office) -> None:
    content = csv_bytes(rows(1, 3))
    office.put("a.csv", content)
    spec = office.municipality.source("incidenten")
    [delivery] = land(office.connection, office.municipality, spec, office.settings)
    assert (delivery.status, delivery.size_bytes, delivery.file_name) == ("landed", len(content), "a.csv")
    path = Path(delivery.landing_path.removeprefix("file://"))
    root = office.folder / "landing"
    assert path == root / office.municipality.code / "incidenten" / delivery.sha256[:2] / f"{delivery.sha256}-a.csv"
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    for folder in path.relative_to(root.parent).parents[:-1]:
        assert stat.S_IMODE((root.parent / folder).stat().st_mode) == 0o700
    assert land(office.connection, office.municipality, spec, office.settings) == []
    assert [file for file in root.rglob("*") if file.is_file()] == [path]


def test_the_same_bytes_under_another_name_change_nothing(office: Office) -> None:
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.run()
    before = office.rows("select * from raw.delivery where municipality_code = %s")
    office.put("b.csv", csv_bytes(rows(1, 3)))
    assert office.run() == []
    assert office.rows("select * from raw.delivery where municipality_code = %s") == before


def test_other_bytes_under_the_same_name_are_a_new_delivery(office: Office) -> None:
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.run()
    office.put("a.csv", csv_bytes(rows(1, 5)))
    [result] = office.run()
    assert counts(result) == (5, 2, 0, 3)
    assert len(office.rows("select 1 from raw.delivery where municipality_code = %s and file_name = 'a.csv'")) == 2


def test_what_a_killed_process_left_half_copied_goes_after_a_day(office: Office) -> None:
    office.put("eerste.csv", csv_bytes(rows(1, 3)))
    office.run()
    [incoming] = (office.folder / "landing").rglob(".incoming")
    left, busy = incoming / "gisteren", incoming / "bezig"
    for file in (left, busy):
        file.write_bytes(b"half")
    yesterday = time.time() - 25 * 3600
    os.utime(left, (yesterday, yesterday))
    office.run()
    assert list(incoming.iterdir()) == [busy]


def test_unfinished_files_wait(office: Office) -> None:
    for name in (".a.csv", "a.csv.part", "b.csv.tmp", "notes.txt"):
        office.put(name, csv_bytes(rows(1, 1)))
    assert office.run() == []


def test_deliveries_are_taken_in_order_of_time_then_name(office: Office) -> None:
    for name in ("b.csv", "c.csv", "a.csv"):
        file = office.put(name, csv_bytes([row(1, Pleegstraatnaam=name)]))
        os.utime(file, (1_700_000_000, 1_700_000_000 - (name == "c.csv")))
    assert [result.file_name for result in office.run()] == ["c.csv", "a.csv", "b.csv"]


def test_an_inbox_that_does_not_exist_holds_no_files(office: Office) -> None:
    assert office.run() == []


def test_open_data_that_is_asked_for_must_be_there(office: Office, tmp_path: Path) -> None:
    office.mend(changed(INCIDENTS, fetch={"path": "${VIS_DATA}/politie"}))
    with pytest.raises(SourceError, match="VIS_DATA is niet gezet"):
        office.run()
    office.settings = office.settings.model_copy(update={"data": tmp_path})
    with pytest.raises(SourceError, match=r"de map .*/politie bestaat niet"):
        office.run()
    assert source_state(office.municipality.source("incidenten"), office.settings)


def test_the_state_of_a_source_changes_with_its_files_and_its_yaml(office: Office) -> None:
    def state() -> str:
        return source_state(office.municipality.source("incidenten"), office.settings)

    states = [state()]
    office.put("a.csv", b"x")
    states.append(state())
    assert state() == states[-1]
    office.put("a.csv", b"y")
    states.append(state())
    office.mend(changed(INCIDENTS, title="Anders"))
    states.append(state())
    assert len(set(states)) == 4


# --- versions ---


def test_a_revised_incident_is_a_new_version(office: Office) -> None:
    office.load("a.csv", csv_bytes(rows(1, 3)))
    office.put("b.csv", csv_bytes([row(1), row(2, Pleegstraatnaam="Verbeterd"), row(4)]))
    [result] = office.run()
    assert counts(result) == (3, 2, 0, 1)
    assert office.incidents("incident_id, street")[-2:] == [("PL0002", "Verbeterd"), ("PL0004", "Straat 4")]


def test_without_a_moment_of_change_a_return_to_an_old_version_is_a_version(office: Office) -> None:
    """Equal to what now counts is duplicate; equal to what once counted is not."""
    streets = []
    for name, street in (("a", "Oud"), ("b", "Nieuw"), ("c", "Oud"), ("d", "Oud")):
        office.put(
            f"{name}.csv",
            csv_bytes([row(1, Pleegstraatnaam=street)]) + b"\n" * ord(name),
        )
        [result] = office.run()
        streets.append(result.rows_loaded)
    assert streets == [1, 1, 1, 0]


def test_a_stale_row_that_arrives_late_is_kept_and_known_afterwards(office: Office) -> None:
    new = row(1, Gewijzigd="03-05-2024 10:00", Pleegstraatnaam="Nieuw")
    stale = row(1, Gewijzigd="02-05-2024 10:00", Pleegstraatnaam="Oud")
    outcomes = []
    for name, content in zip("abcd", [new, stale, stale, new], strict=True):
        office.put(f"{name}.csv", csv_bytes([content]) + b"\n" * ord(name))
        [result] = office.run()
        outcomes.append((result.rows_loaded, result.rows_duplicate))
    assert outcomes == [(1, 0), (1, 0), (0, 1), (0, 1)]


def test_a_row_without_a_moment_of_change_counts_by_arriving(office: Office) -> None:
    """And is overtaken by whatever arrives after it, also by an earlier moment than those before it."""
    late = row(1, Gewijzigd="09-05-2024 10:00", Pleegstraatnaam="Laat")
    plain = row(1, Pleegstraatnaam="Zonder")
    early = row(1, Gewijzigd="01-05-2024 10:00", Pleegstraatnaam="Vroeg")
    loaded = []
    for name, content in zip("abcdef", [late, plain, plain, early, plain, plain], strict=True):
        office.put(f"{name}.csv", csv_bytes([content]) + b"\n" * ord(name))
        [result] = office.run()
        loaded.append(result.rows_loaded)
    assert loaded == [1, 1, 0, 1, 1, 0]


def test_versions_with_different_moments_in_one_file_do_not_contradict(office: Office) -> None:
    result = office.load(
        "a.csv",
        csv_bytes(
            [
                row(1, Gewijzigd="03-05-2024 10:00", Pleegstraatnaam="Nieuw"),
                row(1, Gewijzigd="02-05-2024 10:00", Pleegstraatnaam="Oud"),
                row(2, Gewijzigd="02-05-2024 10:00", Pleegstraatnaam="Een"),
                row(2, Gewijzigd="02-05-2024 10:00", Pleegstraatnaam="Twee"),
            ]
        ),
    )
    assert counts(result) == (4, 2, 2, 0)
    assert sorted(office.reasons()) == [3, 4]


def test_another_municipality_or_source_is_not_already_known(shared_warehouse: Settings, tmp_path: Path) -> None:
    for name in ("een", "twee"):
        office = Office(shared_warehouse, tmp_path / name, INCIDENTS, changed(INCIDENTS, source="kopie"))
        office.put("a.csv", csv_bytes(rows(1, 3)))
        assert [counts(result) for result in [*office.run("incidenten"), *office.run("kopie")]] == [(3, 3, 0, 0)] * 2
        office.connection.close()


def test_local_time_becomes_utc_also_on_clock_change_days(office: Office) -> None:
    moments = ["31-03-2024 02:30", "27-10-2024 02:30", "27-10-2024 03:30", "01-07-2024 00:00", "01-01-2024 00:00"]
    office.load("tijd.csv", csv_bytes([row(i, Begin=moment) for i, moment in enumerate(moments, 1)]))
    assert [value for (value,) in office.incidents("begin_at")] == [
        datetime(2024, 3, 31, 1, 30, tzinfo=UTC),  # skipped: the offset from before the gap
        datetime(2024, 10, 27, 0, 30, tzinfo=UTC),  # twice: the first, in summer time
        datetime(2024, 10, 27, 2, 30, tzinfo=UTC),
        datetime(2024, 6, 30, 22, 0, tzinfo=UTC),
        datetime(2023, 12, 31, 23, 0, tzinfo=UTC),
    ]


# --- the gate ---


def gate(office: Office, problems: dict[str, list[str]]) -> list[str]:
    code = office.municipality.code
    with office.connection.transaction():
        loaded = waiting_deliveries(office.connection, code, "incidenten", "loaded")
        return [accept_or_hold(office.connection, d, problems.get(d.file_name, [])) for d in loaded]


def statuses(office: Office) -> list[tuple[str, str]]:
    return office.rows(
        "select file_name, status from raw.delivery where municipality_code = %s and source = 'incidenten' "
        "order by delivery_id"
    )


def test_accepted_rows_are_seen_downstream_and_change_the_state_of_the_ledger(office: Office) -> None:
    code = office.municipality.code
    assert ledger_state(office.connection, code) == ""
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.run()
    visible = "select count(*) from raw.accepted_incident where municipality_code = %s"
    assert office.scalar(visible) == 0
    assert gate(office, {}) == ["accepted"]
    assert office.scalar(visible) == 3
    first = ledger_state(office.connection, code)
    office.put("b.csv", csv_bytes(rows(3, 5)))
    office.run()
    gate(office, {})
    assert ledger_state(office.connection, code) not in ("", first)


def test_rows_of_a_held_delivery_are_not_known_to_a_later_one(office: Office) -> None:
    office.put("fout.csv", csv_bytes(rows(1, 3)))
    office.run()
    assert gate(office, {"fout.csv": ["te veel"]}) == ["held"]
    office.put("goed.csv", csv_bytes(rows(1, 4)))
    [result] = office.run()
    assert counts(result) == (4, 4, 0, 0)


def test_what_leans_on_a_delivery_that_is_held_is_loaded_again(office: Office) -> None:
    """Both were loaded in one run: the second left out rows that the held first one now hides."""
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.put("b.csv", csv_bytes(rows(1, 4)))
    assert [counts(result) for result in office.run()] == [(3, 3, 0, 0), (4, 1, 0, 3)]
    assert gate(office, {"a.csv": ["fout"]}) == ["held", "superseded"]
    assert statuses(office) == [("a.csv", "held"), ("b.csv", "superseded"), ("b.csv", "landed")]
    assert [counts(result) for result in office.run()] == [(4, 4, 0, 0)]
    assert gate(office, {}) == ["accepted"]
    assert office.scalar("select count(*) from raw.accepted_incident where municipality_code = %s") == 4
    office.check_books()


def test_deliveries_are_decided_in_the_order_of_loading(office: Office) -> None:
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.put("b.csv", csv_bytes(rows(1, 4)))
    office.run()
    second = waiting_deliveries(office.connection, office.municipality.code, "incidenten", "loaded")[1]
    with pytest.raises(LedgerError, match=r"a\.csv"):
        accept_or_hold(office.connection, second, [])


# --- a mended source ---


def test_a_refused_delivery_is_tried_again_when_its_source_is_mended(office: Office) -> None:
    office.put("a.csv", csv_bytes(rows(1, 3), delimiter=","))
    assert [result.status for result in office.run()] == ["refused"]
    assert office.run() == []
    office.mend(changed(INCIDENTS, fetch={"delimiter": ","}))
    assert [counts(result) for result in office.run()] == [(3, 3, 0, 0)]
    assert statuses(office) == [("a.csv", "loaded")]
    assert office.run() == []


def test_a_held_delivery_is_tried_again_under_a_new_number_and_keeps_its_place_in_time(office: Office) -> None:
    office.put("a.csv", csv_bytes([row(1, Aangifte="ja")]))
    office.run()
    gate(office, {"a.csv": ["te veel in quarantaine"]})
    office.put("b.csv", csv_bytes([row(1, Pleegstraatnaam="Nieuwer")]))
    office.run()
    gate(office, {})
    office.mend(changed(INCIDENTS, values={"reported_crime": {"J": True, "N": False, "ja": True}}))
    assert [counts(result) for result in office.run()] == [(1, 1, 0, 0)]
    assert statuses(office) == [("a.csv", "superseded"), ("b.csv", "accepted"), ("a.csv", "loaded")]
    gate(office, {})
    now = office.scalar(
        "select street from raw.accepted_incident where municipality_code = %s order by received_at desc limit 1"
    )
    assert now == "Nieuwer"
    office.put("c.csv", csv_bytes([row(1, Pleegstraatnaam="Nieuwer")]) + b"\n")
    [result] = office.run()
    assert counts(result) == (1, 0, 0, 1)
    assert "opnieuw geladen omdat de bron is aangepast" in office.scalar(
        "select reason from raw.delivery where municipality_code = %s and status = 'superseded'"
    )
