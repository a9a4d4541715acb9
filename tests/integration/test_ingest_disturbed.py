"""Loading that is killed, doubled, or finds that something is gone: nothing is lost and nothing is there twice."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from orchestration.ingest import load_sql
from orchestration.ingest.errors import AccountingError
from orchestration.ingest.landing import land
from orchestration.ingest.ledger import (
    Delivery,
    ledger_balance,
)
from orchestration.ingest.load import LoadResult, load_delivery, process
from orchestration.ingest.shapes import Shape
from tests.integration.test_ingest import counts, rows, statuses
from tests.unit.ingest.support import Office, csv_bytes, row

REPOSITORY = Path(__file__).resolve().parents[2]


KILLED = """
import os, signal, sys
import psycopg
from orchestration.ingest import load, load_sql
from orchestration.ingest.ledger import waiting_deliveries
from orchestration.municipality import load_municipality

dsn, folder, moment = sys.argv[1:]
municipality = load_municipality(folder)
spec = municipality.source("incidenten")
where = {"after copy": (load_sql, "judge"), "before commit": (load, "_result")}[moment]
setattr(*where, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
with psycopg.connect(dsn) as connection:
    [delivery] = waiting_deliveries(connection, municipality.code, spec.source, "landed")
    load.load_delivery(connection, municipality, spec, delivery)
"""


@pytest.mark.parametrize("moment", ["after copy", "before commit"])
def test_killed_halfway_a_rerun_gives_the_same_end(office: Office, moment: str) -> None:
    office.put("a.csv", csv_bytes([*rows(1, 500), row(501, Begin="x"), row(1)]))
    spec = office.municipality.source("incidenten")
    land(office.connection, office.municipality, spec, office.settings)
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            KILLED,
            office.settings.dsn("loader"),
            str(office.folder / "gemeente"),
            moment,
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert statuses(office) == [("a.csv", "landed")]
    assert office.incidents() == []
    assert office.reasons() == {}
    assert [counts(result) for result in office.run()] == [(502, 500, 1, 1)]
    office.check_books()


def test_two_loaders_at_once_do_not_double(office: Office) -> None:
    for number in range(6):
        office.put(f"{number}.csv", csv_bytes(rows(number * 50, number * 50 + 99)))
    start = threading.Barrier(3)

    def work(_: int) -> None:
        with psycopg.connect(office.settings.dsn("loader")) as connection:
            start.wait()
            process(connection, office.municipality, office.municipality.source("incidenten"), office.settings)

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(work, range(3)))  # raises what one of them raised
    assert [status for _, status in statuses(office)] == ["loaded"] * 6
    assert len(office.incidents()) == 350
    assert len(set(office.incidents())) == 350
    office.check_books()


def test_a_second_loader_waits_for_the_first_and_then_knows_its_rows(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is stopped halfway; without a lock the second would load the same rows meanwhile."""
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.put("b.csv", csv_bytes(rows(1, 4)))
    spec = office.municipality.source("incidenten")
    first, second = land(office.connection, office.municipality, spec, office.settings)
    halfway, second_done = threading.Event(), threading.Event()
    judge = load_sql.judge

    def stop_halfway(connection: psycopg.Connection, shape: Shape, delivery: Delivery) -> None:
        judge(connection, shape, delivery)
        if delivery.delivery_id == first.delivery_id:
            halfway.set()
            assert not second_done.wait(0.7)

    monkeypatch.setattr(load_sql, "judge", stop_halfway)
    results: dict[int, LoadResult] = {}

    def work(delivery: Delivery) -> None:
        with psycopg.connect(office.settings.dsn("loader")) as connection:
            results[delivery.delivery_id] = load_delivery(connection, office.municipality, spec, delivery)

    one, two = (threading.Thread(target=work, args=[delivery]) for delivery in (first, second))
    one.start()
    halfway.wait(10)
    two.start()
    two.join()
    second_done.set()
    one.join()
    assert counts(results[first.delivery_id]) == (3, 3, 0, 0)
    assert counts(results[second.delivery_id]) == (4, 1, 0, 3)


def test_bytes_that_are_gone_from_the_landing_zone_refuse_that_delivery_alone(office: Office) -> None:
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.put("b.csv", csv_bytes(rows(4, 5)))
    spec = office.municipality.source("incidenten")
    first, _ = land(office.connection, office.municipality, spec, office.settings)
    Path(first.landing_path.removeprefix("file://")).unlink()
    assert [result.status for result in office.run()] == ["refused", "loaded"]


def test_a_row_that_gets_lost_stops_the_load(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.ingest.convert import Converter

    convert = Converter.convert
    monkeypatch.setattr(Converter, "convert", lambda *a: (c := convert(*a)) and replace(c, lines=c.lines[1:]))
    office.put("a.csv", csv_bytes(rows(1, 3)))
    with pytest.raises(AccountingError, match=r"a\.csv.*gelezen 3, geladen 2"):
        office.run()
    assert statuses(office) == [("a.csv", "landed")]


def test_the_balance_sees_a_row_that_was_taken_away(office: Office) -> None:
    office.put("a.csv", csv_bytes(rows(1, 3)))
    office.run()
    with psycopg.connect(office.settings.dsn("admin")) as admin:
        admin.execute(
            "delete from raw.incident where municipality_code = %s and row_number = 2", [office.municipality.code]
        )
    [line] = ledger_balance(office.connection, office.municipality.code, "incidenten")
    assert "a.csv" in line
    assert "geladen 3 (in de tabel 2)" in line


def test_a_delivery_that_is_loaded_already_is_left_alone(office: Office) -> None:
    office.put("a.csv", csv_bytes(rows(1, 3)))
    spec = office.municipality.source("incidenten")
    [delivery] = land(office.connection, office.municipality, spec, office.settings)
    first = load_delivery(office.connection, office.municipality, spec, delivery)
    second = load_delivery(office.connection, office.municipality, spec, delivery)
    assert counts(first) == counts(second) == (3, 3, 0, 0)
    assert len(office.incidents()) == 3


def test_a_small_delivery_looks_up_its_own_keys_only(office: Office) -> None:
    """Counted in index and table reads of the server, on a table of 20,000 rows without statistics."""
    office.put("groot.csv", csv_bytes(rows(1, 20_000)))
    office.run()
    office.decide()
    office.put("klein.csv", csv_bytes([*rows(1, 49), row(50, Pleegstraatnaam="Anders")]))

    def reads() -> tuple[int, int]:
        with psycopg.connect(office.settings.dsn("admin"), autocommit=True) as admin:
            admin.execute("select pg_stat_force_next_flush()")
            admin.execute("select pg_stat_clear_snapshot()")
            found = admin.execute(
                "select seq_tup_read, coalesce(idx_tup_fetch, 0) from pg_stat_user_tables "
                "where schemaname = 'raw' and relname = 'incident'"
            ).fetchone()
        assert found is not None
        return found

    office.connection.execute("select pg_stat_force_next_flush()")
    office.connection.commit()
    before = reads()
    [result] = office.run()
    assert counts(result) == (50, 1, 0, 49)
    office.connection.execute("select pg_stat_force_next_flush()")
    office.connection.commit()
    after = reads()
    assert after[0] == before[0]
    assert 50 <= after[1] - before[1] <= 200


def test_what_postgresql_refuses_is_told_without_the_value(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason stands in the ledger, which more roles read than the rows of every shape."""
    monkeypatch.setattr(load_sql, "judge", lambda connection, *_: connection.execute("select 'geheim'::int"))
    office.put("a.csv", csv_bytes(rows(1, 3)))
    [result] = office.run()
    assert result.status == "refused"
    assert result.reason
    assert "PostgreSQL weigert de inhoud (InvalidTextRepresentation)" in result.reason
    assert "geheim" not in result.reason
