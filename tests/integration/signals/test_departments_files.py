"""Departments' files through landing, raw and the takeover: nobody's number comes further than the inbox."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql
from pydantic import SecretStr

from orchestration.demo import write_demo
from orchestration.ingest.receive_signals import Reception, receive_signals
from orchestration.ingest.source import SourceError
from orchestration.municipality import load_municipality
from orchestration.settings import Settings
from signals_service.actor import Actor
from signals_service.database import Database
from signals_service.persons import PersonKeys
from signals_service.store import Store
from tests.unit.ingest.support import Office, changed, process

SIGNALS: dict[str, Any] = {
    "source": "signalen",
    "title": "Signalen voor de test",
    "shape": "signal",
    "owner": {"department": "Belastingen", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/signalen", "pattern": "*.csv", "remove_after_landing": True},
    "columns": {
        "signal_id": "Kenmerk",
        "official_name": "Medewerker",
        "official_phone": "Telefoon",
        "placed_on": "Geplaatst",
        "kind": "Soort",
        "address_text": "Adres",
        "nummeraanduiding_id": "Id",
        "person": "Persoon",
        "status": "Stand",
    },
    "constants": {"department": "belastingen"},
    "formats": {"placed_on": "%d-%m-%Y"},
    "values": {"status": {"lopend": "open", "dicht": "closed"}},
    "pseudonymise": ["person"],
}
ADDRESSES: dict[str, Any] = {
    "source": "adressen",
    "title": "Adressen voor de test",
    "shape": "address",
    "owner": {"department": "Basisregistraties", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/adressen", "pattern": "*.csv"},
    "columns": {
        name: name
        for name in (
            "nummeraanduiding_id",
            "adresseerbaarobject_id",
            "street",
            "house_number",
            "postcode",
            "place",
            "x",
            "y",
        )
    },
}
HEADER = "Kenmerk;Medewerker;Telefoon;Geplaatst;Soort;Adres;Id;Persoon;Stand;Naam van de persoon"
BSN, NAME = "999900080", "Verborgenheid-van der Zwijg"


class Department(Office):
    """A department that delivers, and the tool that receives."""

    def addresses(self, *numbers: int) -> None:
        lines = [f"0014200000000{n:03d};0014010000000{n:03d};Kerkstraat;{n};9711AA;Proefstad;233{n:03d};582000" for n in numbers]  # fmt: skip # noqa: E501
        header = "nummeraanduiding_id;adresseerbaarobject_id;street;house_number;postcode;place;x;y"
        self.put(f"adressen_{len(numbers)}.csv", "\n".join([header, *lines, ""]).encode("utf-8-sig"), "adressen")
        self.run("adressen")
        self.decide()

    def signals(self, *rows: str, source: str = "signalen") -> None:
        content = "\n".join([HEADER, *rows, ""]).encode("utf-8-sig")
        self.put(f"{source}_{abs(hash(content))}.csv", content, source)
        self.run(source)
        self.decide()

    def receive(self) -> list[Reception]:
        return receive_signals(self.connection, self.municipality)

    def ask_keys(self) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings.dsn("admin")) as connection:
            return connection.execute("select person_key from signals.person_key").fetchall()

    def known(
        self, columns: str = "source_signal_id, status, address_id", order: str = "order by source_signal_id"
    ) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings.dsn("admin")) as connection:
            return connection.execute(f"select {columns} from signals.signal {order}").fetchall()  # type: ignore[call-overload, no-any-return]


def row(number: int, *, address: str = "Kerkstraat 1, Proefstad", known: str = "", person: str = "", status: str = "lopend") -> str:  # fmt: skip # noqa: E501
    return f"B-{number};Bas Vonk;036-0000002;01-03-2026;belasting;{address};{known};{person};{status};Geheim"


@pytest.fixture
def department(fresh: Settings, tmp_path: Path) -> Iterator[Department]:
    made = Department(fresh, tmp_path, SIGNALS, ADDRESSES)
    made.municipality.register(fresh)
    made.addresses(1, 2)
    yield made
    made.connection.close()


def test_addresses_are_found_by_id_and_by_text_and_what_is_not_found_is_kept(department: Department) -> None:
    department.signals(
        row(1),
        row(2, address="", known="0014200000000002"),
        row(3, address="Kerkstr. 2 9711 AA"),
        row(4, address="Nergensweg 9"),
        row(5, address="", known="0014200000000999"),
        row(6, address=""),
    )
    (reception,) = department.receive()
    assert (reception.placed, reception.unresolved) == (6, ("B-4", "B-5"))
    assert "B-4, B-5" in reception.problems()[0]
    with psycopg.connect(department.settings.dsn("admin")) as connection:  # the server knows how many there are
        counted = connection.execute("select reltuples from pg_class where oid = 'signals.signal'::regclass").fetchone()
    assert counted == (6,)
    assert [address for _, _, address in department.known()] == [
        "0014010000000001", "0014010000000002", "0014010000000002", None, None, None,
    ]  # fmt: skip
    assert department.known("address_text")[3:5] == [("Nergensweg 9",), ("0014200000000999",)]
    assert department.receive() == []  # nothing is new
    # The register grows: what was not found is looked for again.
    department.addresses(1, 2, 999)
    (again,) = department.receive()
    assert (again.changed, again.unchanged, again.unresolved) == (1, 5, ("B-4",))


def test_a_person_is_found_with_the_key_of_the_service_and_stands_nowhere_in_clear(
    department: Department, tmp_path: Path
) -> None:
    department.signals(row(1, person=BSN), row(2, person=f'"{NAME}; 1980-02-29"'), row(3, person=f"{BSN}1"))
    (reception,) = department.receive()
    assert reception.placed == 2
    reasons = department.rows("select reason, record from raw.quarantine where municipality_code = %s")
    assert len(reasons) == 1
    assert "hier staat geen persoon" in reasons[0][0]
    keys = PersonKeys(department.settings.secret("person_key"), department.municipality.code)
    stored = {bytes(key) for (key,) in department.ask_keys()}
    assert stored == {*keys.of_bsn(BSN), *keys.of_name("Verborgenheid-Zwijg", date(1980, 2, 29))}
    assert found_anywhere(department, tmp_path) == []


def test_what_vanishes_is_withdrawn_but_not_by_a_row_that_cannot_be_read(department: Department) -> None:
    department.signals(*(row(n) for n in range(1, 9)))
    department.receive()
    broken = row(3).replace("01-03-2026", "gisteren")
    department.signals(row(1), row(2), broken, *(row(n) for n in range(4, 8)))
    (reception,) = department.receive()
    assert (reception.withdrawn, reception.unchanged) == (1, 7)
    assert [status for _, status, _ in department.known()] == ["open"] * 7 + ["closed"]


def test_as_many_rows_of_other_signals_withdraw_nothing_until_somebody_says_so(department: Department) -> None:
    department.signals(*(row(n) for n in range(1, 9)))
    department.receive()
    before = department.known()
    department.signals(*(row(n) for n in range(5, 13)))
    with pytest.raises(SourceError, match=r"4 van 8 open signalen.*toegestaan is 30%"):
        department.receive()
    assert department.known() == before
    department.mend(changed(SIGNALS, tolerances={"max_drop_fraction": 0.6}))
    (reception,) = department.receive()
    assert (reception.placed, reception.withdrawn, reception.unchanged) == (4, 4, 4)


def test_one_departments_truncated_register_holds_up_no_other(department: Department) -> None:
    departments = {"signalen": "belastingen", "toezicht": "toezicht-handhaving", "vergunning": "vergunningen"}
    for name, code in departments.items():
        fetch = {"path": f"${{VIS_INBOX}}/{name}"}
        department.mend(changed(SIGNALS, source=name, constants={"department": code}, fetch=fetch))
        department.signals(*(row(n) for n in range(1, 9)), source=name)
    department.receive()
    for name in ("signalen", "toezicht"):
        department.signals(*(row(n) for n in range(5, 13)), source=name)
    department.signals(*(row(n) for n in range(1, 10)), source="vergunning")
    department.addresses(1, 2, 3)
    with pytest.raises(SourceError, match=r"(?s)bron signalen: .*4 van 8.*bron toezicht: .*4 van 8"):
        department.receive()
    assert department.known("department, count(*)", "group by 1 order by 1") == [
        ("belastingen", 8), ("toezicht-handhaving", 8), ("vergunningen", 9),
    ]  # fmt: skip
    # What was refused is refused again, and what was taken over is not taken over twice.
    with pytest.raises(SourceError, match=r"(?s)signalen.*toezicht"):
        department.receive()
    register = department.scalar(
        "select max(received_at) from raw.delivery where shape = 'address' and municipality_code = %s"
    )
    with psycopg.connect(department.settings.dsn("admin")) as connection:
        assert connection.execute("select register_at from signals.settings").fetchall() == [(register,)]


def test_a_department_that_is_declared_later_needs_no_new_file(department: Department) -> None:
    department.mend(changed(SIGNALS, constants={"department": "jeugd"}))
    department.signals(row(1))
    (reception,) = department.receive()
    assert (reception.placed, reception.refused) == (0, 1)
    file = department.municipality.folder / "municipality.yaml"
    declared = {"signals": {"departments": [{"code": "jeugd", "title": "Jeugd"}]}}
    file.write_text(file.read_text(encoding="utf-8") + yaml.safe_dump(declared), encoding="utf-8")
    department.municipality = load_municipality(str(department.municipality.folder))
    department.municipality.register(department.settings)
    (reception,) = department.receive()
    assert (reception.placed, reception.refused) == (1, 0)
    assert department.receive() == []


def test_another_key_is_refused(department: Department) -> None:
    department.signals(row(1, person=BSN))
    department.settings = department.settings.model_copy(update={"person_key": SecretStr("een andere, lang genoeg")})
    with pytest.raises(SourceError, match="VIS_PERSON_KEY is een andere sleutel"):
        department.signals(row(1, person=BSN), row(2))


def test_a_source_with_a_person_must_pseudonymise(department: Department) -> None:
    with pytest.raises(SourceError, match="pseudonymise: vorm 'signal' vraagt person"):
        department.mend(changed(SIGNALS, pseudonymise=None))
    without = changed(SIGNALS, pseudonymise=None)
    without["columns"] = {name: heading for name, heading in SIGNALS["columns"].items() if name != "person"}
    department.mend(without)


def test_no_model_reads_them(department: Department) -> None:
    for name in ("raw.signal", "raw.accepted_signal", "raw.quarantine"):
        with psycopg.connect(department.settings.dsn("transformer")) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("select * from {}").format(sql.SQL(name)))  # type: ignore[arg-type]


def test_a_model_learns_which_column_was_wrong_and_nothing_of_the_row(department: Department) -> None:
    department.signals(row(1).replace("01-03-2026", 'gisteren "Adres": bij Zwijg'), row(2).replace(";Bas Vonk;", ";;"))
    department.signals(row(3) + ";te veel;036-0000009")
    reasons = " ".join(reason for (reason,) in department.rows("select reason from raw.quarantine"))
    assert "gisteren" in reasons
    with psycopg.connect(department.settings.dsn("transformer")) as connection:
        rows = connection.execute("select * from raw.quarantine_column order by delivery_id, row_number").fetchall()
    assert [blamed for *_, blamed in rows] == [
        'kolom "Geplaatst" (placed_on): ', 'kolom "Medewerker" (official_name): leeg', None,
    ]  # fmt: skip
    for value in ("Vonk", "036", "Kerkstraat", "gisteren", "Zwijg", "te veel"):
        assert value not in str(rows)


def test_demostad_meets_as_the_truth_says(fresh: Settings, tmp_path: Path) -> None:
    settings = fresh.model_copy(update={"inbox": tmp_path / "inbox", "landing": (tmp_path / "landing").as_uri()})
    truth = write_demo(settings.inbox_path, tmp_path / "truth", until=date(2026, 6, 30)).signals
    municipality = load_municipality("demo")
    municipality.register(settings)
    with psycopg.connect(settings.dsn("loader")) as connection:
        for spec in municipality.sources:
            if spec.shape in ("signal", "address"):
                process(connection, municipality, spec, settings)
        connection.execute("update raw.delivery set status = 'accepted'")
        connection.commit()
        received = receive_signals(connection, municipality)
    assert sum(reception.placed for reception in received) == truth.total
    assert sum(reception.refused for reception in received) == 0
    assert sorted(key for reception in received for key in reception.unresolved) == list(truth.unresolved)
    database = Database(settings.dsn("signals"), seconds=5)
    try:
        store = Store(database, municipality.code)
        coordinator = Actor("sub-coen", "Coen", "openbare-orde", "036-1", frozenset({"coordinator"}))
        met = store.overlaps(coordinator, limit=500)
        verdict = store.verify_audit(replace(coordinator, roles=frozenset({"auditor"})))
    finally:
        database.close()
    assert sorted((m.address_id, tuple(sorted(side.department for side in m.departments))) for m in met.items) == [
        (meeting.adresseerbaarobject_id, meeting.departments) for meeting in truth.meetings
    ]
    assert verdict.ok
    with psycopg.connect(settings.dsn("admin")) as connection:
        pairs = connection.execute(
            "select department, others_by_person[1] from signals.outbox where others_by_person <> '{}' "
            "and address_ids[1] not in (select address_id from signals.overlap)"
        ).fetchall()
    assert sorted((min(pair), max(pair)) for pair in pairs) == list(truth.person_meetings)


def found_anywhere(department: Department, folder: Path) -> list[str]:
    """Where a clear value stands: in any file below the test's folder, or in any row of any table."""
    pattern = re.compile(f"{BSN}|verborgenheid|zwijg", re.IGNORECASE)
    places = [
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and pattern.search(file.read_bytes().decode("utf-8", "replace"))
    ]
    with psycopg.connect(department.settings.dsn("admin")) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname in ('raw', 'signals', 'audit', 'enriched')"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(
                sql.SQL("select t::text from {} as t").format(sql.Identifier(schema, table))
            ).fetchall()
            if any(pattern.search(text) for (text,) in rows):
                places.append(f"{schema}.{table}")
    return places
