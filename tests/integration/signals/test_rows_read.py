"""How many rows a search and a sign-in read in a register with many signals: those that they are about, not all."""

from typing import Any

import psycopg

from tests.integration.signals.conftest import ADDRESS, BELASTINGEN, CASE, CODE, PURPOSE, Office
from tests.integration.signals.test_reception import receive, row

MANY = 600
_READ = (
    "select (select seq_tup_read from pg_stat_user_tables where relid = 'signals.signal'::regclass)::bigint "
    "+ (select sum(idx_tup_read) from pg_stat_user_indexes where relid = 'signals.signal'::regclass)::bigint"
)


def rows_read(office: Office, statement: str, values: list[Any]) -> int:
    """Of signals.signal, by one statement in a session of its own, which makes its plans anew."""
    with psycopg.connect(office.settings.dsn("admin"), autocommit=True) as connection:
        counts = []
        for number in range(2):
            if number:
                connection.execute(statement, values)  # type: ignore[call-overload]
            connection.execute("select pg_stat_force_next_flush()")
            found = connection.execute(_READ).fetchone()
            assert found is not None
            counts.append(int(found[0]))
    return counts[1] - counts[0]


def filled(office: Office) -> None:
    office.place(BELASTINGEN, address="9999010000000099")
    receive(office, *(row(n, address_id=f"99990100{n:08d}") for n in range(1, MANY + 1)))
    with psycopg.connect(office.settings.dsn("loader")) as connection:
        connection.execute("select signals.count_anew()")


def test_a_search_directly_after_a_file_reads_what_it_finds(office: Office) -> None:
    filled(office)
    asked = [CODE, "sub-x", "burgerzaken", ["raadpleger"], [ADDRESS], [], None, PURPOSE, CASE, "found"]
    read = rows_read(
        office,
        "select * from signals.search(%s, %s, %s, %s::text[], %s::text[], %s::text[], %s::bytea[], %s, %s, %s)",
        asked,
    )
    assert 1 <= read <= 3


def test_a_sign_in_reads_the_signals_of_one_official(office: Office) -> None:
    filled(office)
    who = [CODE, BELASTINGEN.user_id, BELASTINGEN.department, ["plaatser"], "Bas Vonk-Smit", "036-0000022"]
    read = rows_read(office, "select signals.sign_in(%s, %s, %s, %s::text[], %s, %s)", who)
    assert 1 <= read <= 3
    assert office.search(address="9999010000000099").hits[0].official == "Bas Vonk-Smit"
