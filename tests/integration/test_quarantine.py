"""The way back from quarantine on a real PostgreSQL: a mended source, and the rows that it sets free."""

import shutil
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orchestration.ingest import quarantine
from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.ledger import LedgerError, accept_or_hold, ledger_balance, waiting_deliveries
from orchestration.ingest.load import LoadResult
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.tolerance import tolerance_problems, usual_rows
from orchestration.settings import Settings
from tests.unit.ingest.support import INCIDENTS, Office, changed, csv_bytes, row

KNOWS_JA = changed(INCIDENTS, values={"reported_crime": {"J": True, "N": False, "ja": True}})
CONTENT = "incident_id, street, reported_crime, begin_at, changed_at, suspects, status, extra"


def counts(result: LoadResult | None) -> tuple[int, int, int, int] | None:
    return result and (result.rows_read, result.rows_loaded, result.rows_quarantined, result.rows_duplicate)


def accept(office: Office, *problems: str) -> list[str]:
    """What the gate decides, with the source's own tolerances."""
    spec: SourceSpec = office.municipality.source("incidenten")
    statuses: list[str] = []
    with office.connection.transaction():
        for delivery in waiting_deliveries(office.connection, office.municipality.code, "incidenten", "loaded"):
            beyond = tolerance_problems(delivery, spec.tolerances, usual_rows(office.connection, delivery))
            statuses.append(accept_or_hold(office.connection, delivery, [*beyond, *problems]))
    office.check_books()
    return statuses


def deliver(office: Office, name: str, *rows: list[str]) -> int:
    """Load and accept one file; returns its number."""
    office.put(name, csv_bytes(rows))
    [result] = office.run()
    office.decide()
    return result.delivery_id


def release(office: Office, number: int, *only: int) -> LoadResult | None:
    return quarantine.release(office.connection, office.municipality, number, only)


def everything(office: Office) -> list[list[tuple[Any, ...]]]:
    tables = ("delivery", "quarantine", "incident")
    return [office.rows(f"select t.* from raw.{t} as t where municipality_code = %s order by t::text") for t in tables]


def visible(office: Office, columns: str = CONTENT) -> list[tuple[Any, ...]]:
    return office.rows(
        f"select {columns} from raw.accepted_incident where municipality_code = %s order by incident_id, received_at"
    )


def quarantined(office: Office) -> list[tuple[Any, ...]]:
    return office.rows(
        "select delivery_id, row_number, retried_in, released_at is not null from raw.quarantine "
        "where municipality_code = %s order by 1, 2"
    )


def filled(office: Office) -> int:
    """A delivery of four rows, of which 2 and 3 hold a word that the source does not know."""
    return deliver(office, "a.csv", row(1), row(2, Aangifte="ja"), row(3, Aangifte="ja"), row(4))


def test_a_mended_word_brings_the_rows_back_as_if_they_had_been_right(
    office: Office, shared_warehouse: Settings, tmp_path: Path
) -> None:
    number = filled(office)
    first = office.rows("select * from raw.delivery where delivery_id = %s", number)
    reasons = office.reasons()
    office.mend(KNOWS_JA)
    result = release(office, number)
    assert counts(result) == (2, 2, 0, 0)
    assert result is not None
    assert quarantined(office) == [(number, 2, result.delivery_id, False), (number, 3, result.delivery_id, False)]
    assert accept(office) == ["accepted"]
    assert quarantined(office) == [(number, 2, result.delivery_id, True), (number, 3, result.delivery_id, True)]
    # Of the first delivery nothing has changed: its account stays what it was.
    assert office.rows("select * from raw.delivery where delivery_id = %s", number) == first
    assert office.reasons() == reasons
    [(name, path, released_from, received)] = office.rows(
        "select file_name, landing_path, released_from, received_at from raw.delivery where delivery_id = %s",
        result.delivery_id,
    )
    assert (name, released_from) == ("a.csv (vrijgave 1)", number)
    assert [(path, received)] == office.rows(
        "select landing_path, received_at from raw.delivery where delivery_id = %s", number
    )

    right = Office(shared_warehouse, tmp_path / "right")
    right.mend(KNOWS_JA)
    filled(right)
    assert visible(office, f"row_number, row_hash, {CONTENT}") == visible(right, f"row_number, row_hash, {CONTENT}")
    right.connection.close()


def test_a_mended_format_and_a_partial_release(office: Office) -> None:
    dates = {"Begin_pleegdatum": "2024-05-01 10:00"}
    wrong = [row(number) for number in (1, 2, 3)]
    for item in wrong:
        item[2] = dates["Begin_pleegdatum"]
    number = deliver(office, "a.csv", *wrong)
    office.mend(changed(INCIDENTS, formats={"begin_at": "%Y-%m-%d %H:%M"}))
    assert counts(release(office, number, 3)) == (1, 1, 0, 0)
    accept(office)
    assert [item[1::2] for item in quarantined(office)] == [(1, False), (2, False), (3, True)]
    assert [item[0] for item in visible(office)] == ["PL0003"]
    assert counts(release(office, number)) == (2, 2, 0, 0)
    accept(office)
    assert [item[0] for item in visible(office)] == ["PL0001", "PL0002", "PL0003"]
    assert quarantine.waiting_rows(office.connection, office.municipality.code) == []


def test_releasing_twice_or_without_a_mend_changes_nothing(office: Office) -> None:
    number = filled(office)
    before = everything(office)
    assert release(office, number) is None
    assert everything(office) == before
    office.mend(KNOWS_JA)
    assert counts(release(office, number)) == (2, 2, 0, 0)
    before = everything(office)
    assert release(office, number) is None  # waits for the gate
    assert everything(office) == before
    accept(office)
    before = everything(office)
    assert release(office, number) is None
    assert release(office, number, 2) is None
    assert everything(office) == before
    assert office.run() == []


def test_two_releases_at_once_release_each_row_once(office: Office, shared_warehouse: Settings) -> None:
    number = filled(office)
    office.mend(KNOWS_JA)
    results: list[LoadResult | None] = []

    def work() -> None:
        with psycopg.connect(shared_warehouse.dsn("loader")) as connection:
            results.append(quarantine.release(connection, office.municipality, number))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, map(counts, results))) == ["(2, 2, 0, 0)", "None", "None"]
    accept(office)
    assert len(visible(office)) == 4


def test_rows_that_are_still_wrong_stay_with_their_new_reason(office: Office) -> None:
    number = deliver(office, "a.csv", row(1), row(2, Aangifte="ja"), row(3, Aangifte="ja", Verdachten="veel"))
    office.mend(KNOWS_JA)
    result = release(office, number)
    assert counts(result) == (2, 1, 1, 0)
    assert result is not None
    assert accept(office) == ["accepted"]  # half of it is wrong, but a release makes nothing worse
    assert quarantined(office) == [
        (number, 2, result.delivery_id, True),
        (number, 3, result.delivery_id, False),
        (result.delivery_id, 3, None, False),
    ]
    [waiting] = quarantine.waiting_rows(office.connection, office.municipality.code)
    assert (waiting.delivery_id, waiting.rows, waiting.groups[0].found) == (number, 1, ('"veel"',))
    [_, shown] = quarantine.quarantined_rows(office.connection, office.municipality, number)
    assert "Aangifte" in shown.first_reason
    assert "Aangifte" not in shown.reason
    assert "bestand a.csv, rij 3, " in shown.reason
    before = everything(office)
    assert release(office, number) is None
    assert everything(office) == before
    with pytest.raises(LedgerError, match=f"is zelf een vrijgave uit levering {number}"):
        release(office, result.delivery_id)


def test_what_cannot_be_released_says_why(office: Office, shared_warehouse: Settings, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="levering 999999 bestaat niet"):
        release(office, 999999)
    number = filled(office)
    with pytest.raises(LedgerError, match=f"levering {number} heeft geen rij 1, 99 in quarantaine"):
        release(office, number, 2, 99, 1)
    other = Office(shared_warehouse, tmp_path / "other")
    with pytest.raises(LedgerError, match=f"levering {number} is niet van Proef"):
        release(other, number)
    other.connection.close()
    office.put("b.csv", csv_bytes([row(5, Aangifte="ja")]))
    [result] = office.run()
    with pytest.raises(LedgerError, match="wacht nog op de poort"):
        release(office, result.delivery_id)
    assert accept(office) == ["held"]
    with pytest.raises(LedgerError, match="in haar geheel opnieuw geladen"):
        release(office, result.delivery_id)
    office.mend(KNOWS_JA)
    shutil.rmtree(office.folder / "landing")
    before = everything(office)
    with pytest.raises(RefusedDelivery, match="Herstel de landingszone"):
        release(office, number)
    assert everything(office) == before


def test_a_held_release_keeps_its_rows_and_follows_the_next_mend(office: Office) -> None:
    number = filled(office)
    office.mend(KNOWS_JA)
    result = release(office, number)
    assert result is not None
    assert accept(office, "een verwachting klopt niet") == ["held"]
    assert len(visible(office)) == 2
    assert release(office, number) is None
    assert "vastgehouden" in quarantine.rows_text(
        quarantine.quarantined_rows(office.connection, office.municipality, number), "Europe/Amsterdam"
    )
    office.mend(changed(KNOWS_JA, title="Na overleg"))
    assert [counts(again) for again in office.run()] == [(2, 2, 0, 0)]
    assert accept(office) == ["accepted"]
    assert len(visible(office)) == 4
    assert all(released for *_, released in quarantined(office))
    assert office.rows(
        "select status, count(*) from raw.delivery where municipality_code = %s and released_from is not null "
        "group by status order by status"
    ) == [("accepted", 1), ("superseded", 1)]


def test_a_version_that_came_later_stays_the_newest(office: Office) -> None:
    number = deliver(office, "a.csv", row(1), row(2, Aangifte="ja", Pleegstraatnaam="Oud"), row(3))
    deliver(office, "b.csv", row(2, Pleegstraatnaam="Nieuw"), row(3), row(4))
    office.mend(KNOWS_JA)
    assert counts(release(office, number)) == (1, 1, 0, 0)
    accept(office)
    assert [item[1] for item in visible(office) if item[0] == "PL0002"] == ["Oud", "Nieuw"]
    office.put("c.csv", csv_bytes([row(2, Pleegstraatnaam="Nieuw")]))
    assert [counts(result) for result in office.run()] == [(1, 0, 0, 1)]


def test_a_row_that_a_later_delivery_took_back_does_not_win_after_all(office: Office) -> None:
    """Without a moment of change the order of arrival decides, also when a repetition left no row behind."""
    deliver(office, "a.csv", row(1), row(2), row(3))
    number = deliver(
        office,
        "b.csv",
        row(1, Aangifte="ja", Pleegstraatnaam="Even"),
        row(2, Aangifte="ja", Pleegstraatnaam="Nieuw"),
        row(3, Aangifte="ja", Gewijzigd="03-05-2024 10:00"),
        row(4, Aangifte="ja"),
    )
    deliver(office, "c.csv", row(1), row(3), row(4, Aangifte="ja"), row(5))
    again = deliver(office, "d.csv", row(1), row(4, Aangifte="fout"))
    office.mend(KNOWS_JA)
    assert counts(release(office, number)) == (4, 2, 2, 0)
    accept(office)
    reasons = {item.row_number: item.reason for item in quarantine.quarantined_rows(
        office.connection, office.municipality, number) if item.released_at is None}  # fmt: skip
    assert f"levering {again} (d.csv, rij 1) gaf daarna weer wat al bekend was" in reasons[1]
    assert "(c.csv, rij 2)" in reasons[3]
    newest = "select distinct on (incident_id) incident_id, street from raw.accepted_incident " \
        "where municipality_code = %s order by incident_id, received_at desc, row_id desc"  # fmt: skip
    assert office.rows(newest) == [
        ("PL0001", "Straat 1"), ("PL0002", "Nieuw"), ("PL0003", "Straat 3"), ("PL0004", "Straat 4"),
        ("PL0005", "Straat 5"),
    ]  # fmt: skip
    before = everything(office)
    assert release(office, number) is None
    assert everything(office) == before


def test_a_row_that_was_sent_again_correctly_is_duplicate_and_released(office: Office) -> None:
    number = filled(office)
    deliver(office, "b.csv", row(2), row(3, Pleegstraatnaam="Anders"))
    office.mend(KNOWS_JA)
    assert counts(release(office, number)) == (2, 1, 0, 1)
    accept(office)
    assert all(released for *_, released in quarantined(office))
    assert ledger_balance(office.connection, office.municipality.code, "incidenten") == []


def test_the_balance_sees_a_release_that_left_a_row_behind(office: Office) -> None:
    number = filled(office)
    office.mend(KNOWS_JA)
    release(office, number)
    accept(office)
    with office.connection.transaction():
        office.connection.execute(
            "update raw.quarantine set released_at = null where delivery_id = %s and row_number = 2", [number]
        )
    [wrong] = ledger_balance(office.connection, office.municipality.code, "incidenten")
    assert "2 rijen vrijgegeven, in de quarantaine 1 als vrijgegeven vermeld" in wrong


def test_rows_that_contradict_each_other_do_not_slip_through_one_by_one(office: Office) -> None:
    number = deliver(office, "a.csv", row(1), row(2), row(2, Pleegstraatnaam="Elders"), row(3, Aangifte="ja"), row(3))
    assert release(office, number, 2) is None
    office.mend(KNOWS_JA)
    # Rows 4 and 5 turn out to be the same incident twice: 5 was loaded, 4 is its copy.
    assert counts(release(office, number, 2, 4)) == (2, 0, 1, 1)
    accept(office)
    assert [item[0] for item in visible(office)] == ["PL0001", "PL0003"]


def test_of_equal_rows_the_one_that_is_asked_for_is_loaded(office: Office) -> None:
    number = deliver(office, "a.csv", row(1), row(2, Aangifte="ja"), row(2, Aangifte="ja"))
    office.mend(KNOWS_JA)
    assert counts(release(office, number, 3)) == (1, 1, 0, 0)
    accept(office)
    assert counts(release(office, number)) == (1, 0, 0, 1)
    accept(office)
    assert [item[0] for item in visible(office)] == ["PL0001", "PL0002"]


def test_a_release_does_not_make_the_source_look_small(office: Office) -> None:
    number = deliver(office, "a.csv", *[row(n) for n in range(1, 100)], row(100, Aangifte="ja"))
    office.mend(KNOWS_JA)
    release(office, number)
    assert accept(office) == ["accepted"]
    office.put("b.csv", csv_bytes([row(n) for n in range(1, 60)]))
    office.run()
    assert accept(office) == ["held"]


def test_other_rows_than_before_are_refused(office: Office) -> None:
    number = deliver(office, "a.csv", row(1), row(2, Aangifte='"ja'), row(3))
    path = Path(office.scalar("select landing_path from raw.delivery where delivery_id = %s", number)[7:])
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"\r\n".join([csv_bytes([row(9)]).splitlines()[1], b""]))
    before = everything(office)
    with pytest.raises(RefusedDelivery, match="gevonden 4 rijen; verwacht 3 rijen"):
        release(office, number)
    assert everything(office) == before


WIDE: dict[str, Any] = {
    "source": "cijfers",
    "title": "Een breed bestand",
    "shape": "measure",
    "owner": {"department": "Onderzoek", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/cijfers", "pattern": "*.csv"},
    "columns": {"area_code": "buurt", "period": "jaar"},
    "unpivot": {
        "woningen": {"indicator_code": "w", "unit": "aantal"},
        "bewoners": {"indicator_code": "b", "unit": "aantal"},
    },
}


def test_a_figure_of_a_wide_file_comes_back_as_itself(shared_warehouse: Settings, tmp_path: Path) -> None:
    office = Office(shared_warehouse, tmp_path, WIDE)
    office.put("a.csv", b"buurt;jaar;woningen;bewoners\nBU1;2023;10;.\nBU2;2023;11;21\n", "cijfers")
    [result] = office.run("cijfers")
    office.decide()
    assert counts(result) == (4, 3, 1, 0)
    mended = changed(WIDE, not_published=["", "."])
    moved = mended | {"unpivot": dict(reversed(WIDE["unpivot"].items()))}
    office.mend(moved)
    with pytest.raises(RefusedDelivery, match='gevonden kolom "woningen" als nummer 2; verwacht kolom "bewoners"'):
        quarantine.release(office.connection, office.municipality, result.delivery_id)
    office.mend(mended)
    released = quarantine.release(office.connection, office.municipality, result.delivery_id)
    assert counts(released) == (1, 1, 0, 0)
    assert released is not None
    assert office.rows(
        "select area_code, indicator_code, value, status from raw.measure where delivery_id = %s", released.delivery_id
    ) == [("BU1", "b", None, "not_published")]
    office.connection.close()


def test_the_loader_may_note_what_became_of_a_row_and_nothing_else(office: Office) -> None:
    filled(office)
    for column, value in (("reason", "''"), ("record", "''"), ("row_number", "0"), ("delivery_id", "0")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), office.connection.transaction():
            office.connection.execute(f"update raw.quarantine set {column} = {value}")  # type: ignore[call-overload]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), office.connection.transaction():
        office.connection.execute("delete from raw.quarantine")
