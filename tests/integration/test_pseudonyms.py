"""The clear key of a person never comes further than the inbox: not to a disk, the database, a message or a log."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from orchestration.ingest.load import LoadResult
from orchestration.ingest.pseudonyms import Pseudonyms
from orchestration.ingest.shapes import SHAPES
from orchestration.ingest.source import SourceError
from orchestration.settings import Settings
from tests.unit.ingest.support import Office, changed

SUSPECTS: dict[str, Any] = {
    "source": "verdachten",
    "title": "Verdachten voor de test",
    "shape": "suspect",
    "owner": {"department": "Veiligheid", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {
        "kind": "directory",
        "path": "${VIS_INBOX}/verdachten",
        "pattern": "*.csv*",
        "remove_after_landing": True,
    },
    "columns": {
        "incident_id": "Incident",
        "person_key": "Persoonssleutel",
        "birth_year": "Geboortejaar",
        "sex": "Geslacht",
        "home_municipality": "Woongemeente",
    },
    "values": {"sex": {"M": "man", "V": "vrouw"}},
    "pseudonymise": ["person_key"],
}
# Every one of them must never be found again; in any capitals, since they are normalised.
KEYS = [f"BVH-PERS-{number:05d}" for number in range(1, 8)]
HEADER = "Incident;Persoonssleutel;Geboortejaar;Geslacht;Woongemeente;Naam en sleutel"


@pytest.fixture
def office(fresh: Settings, tmp_path: Path) -> Iterator[Office]:
    made = Office(fresh, tmp_path, SUSPECTS)
    yield made
    made.connection.close()


def text(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode("utf-8-sig")


def row(number: int, key: str, year: str = "1990") -> str:
    return f"PL{number};{key};{year};M;Proef;Jansen {key.strip()}"


def deliver(office: Office, content: bytes, name: str = "verdachten.csv") -> list[LoadResult]:
    office.put(name, content, "verdachten")
    return office.run("verdachten")


def found_anywhere(office: Office) -> list[str]:
    """Where a clear key stands: in any file below the test's folder, or in any row of any table."""
    pattern = re.compile("|".join(KEYS), re.IGNORECASE)
    places = []
    for file in office.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            if content.startswith(b"\x1f\x8b"):
                content = zlib.decompressobj(wbits=31).decompress(content)
            if pattern.search(content.decode("latin-1")) or pattern.search(file.name):
                places.append(str(file.relative_to(office.folder)))
    with psycopg.connect(office.settings.dsn("admin")) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            for (found,) in connection.execute(
                sql.SQL("select t::text from {} as t").format(sql.Identifier(schema, table))
            ):
                if pattern.search(found):
                    places.append(f"{schema}.{table}")
    return places


def pseudonyms(office: Office) -> list[str]:
    return [key for (key,) in office.rows("select person_key from raw.suspect where municipality_code = %s order by 1")]


def test_every_row_lands_under_a_pseudonym_and_the_clear_keys_are_gone(office: Office) -> None:
    rows = [row(number, key) for number, key in enumerate(KEYS[:4], 1)]
    rows += [row(8, f"  {KEYS[0].lower()} ")]  # the same person, written otherwise
    [result] = deliver(office, text(*rows))
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (5, 5, 0)
    assert found_anywhere(office) == []
    assert not any((office.folder / "inbox" / "verdachten").iterdir())
    known = pseudonyms(office)
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in known)
    assert len(set(known)) == 4
    maker = Pseudonyms(office.settings.secret("suspect_key"), office.municipality.code)
    assert set(known) == {maker.of("person_key", key) for key in KEYS[:4]}
    assert office.scalar("select count(*) from raw.suspect where extra is not null") == 0


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_rows_that_cannot_be_loaded_keep_their_number_and_no_clear_key(office: Office, pack: Any) -> None:
    content = text(
        row(1, KEYS[0]),
        f"PL2;{KEYS[1]};19x0;M;Proef;{KEYS[1]}",  # a birth year that is no number
        "PL3;  ;1990;M;Proef;zonder sleutel",
        f"PL4;{KEYS[2]};1990",  # cannot be split
        f'PL5;"{KEYS[3]}"x;1990;M;Proef;aanhalingsteken in een cel',
        row(6, KEYS[4]),
        f"PL7;{KEYS[5]};1990;X;Proef;",  # an unknown sex
    )
    [result] = deliver(office, pack(content), "verdachten.csv.gz")
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (7, 2, 5)
    assert sorted(office.reasons()) == [2, 3, 4, 5, 7]
    reasons = office.reasons()
    assert "19x0" in reasons[2]
    assert "Persoonssleutel" in reasons[3]
    records = dict(office.rows("select row_number, record from raw.quarantine"))
    assert "3 velden, verwacht 6" in records[4]
    assert "aanhalingsteken" in records[5]
    assert found_anywhere(office) == []


@pytest.mark.parametrize(
    "content",
    [
        text(*(row(number, key) for number, key in enumerate(KEYS)), header=row(9, KEYS[0])),
        text(row(1, KEYS[0])).replace(b";", b","),
        text(row(1, KEYS[0])) + b"PL2;\xff" + KEYS[1].encode(),
        text(row(1, KEYS[0]), f'PL2;"{KEYS[1]}'),
        gzip.compress(text(*(row(number, key) for number, key in enumerate(KEYS * 400))))[:-60],
    ],
    ids=["no heading", "delimiter", "encoding", "open quote", "broken gzip"],
)
def test_an_unreadable_file_is_refused_without_a_word_of_it_and_is_not_kept(office: Office, content: bytes) -> None:
    deliver(office, content)
    [(status, reason, path)] = office.rows("select status, reason, landing_path from raw.delivery")
    assert (status, path) == ("refused", "")
    assert "verdachten.csv" in reason
    assert "Incident;Persoonssleutel" in reason
    kept = [place for place in found_anywhere(office) if not place.startswith("inbox")]
    assert kept == []
    assert (office.folder / "inbox/verdachten/verdachten.csv").is_file(), "what did not land stays where it was"
    office.run("verdachten")
    assert office.scalar("select count(*) from raw.delivery") == 1


def test_a_mended_source_reads_the_refused_file_again(office: Office) -> None:
    deliver(office, text(row(1, KEYS[0])).replace(b";", b","))
    office.mend(changed(SUSPECTS, fetch={"delimiter": ","}))
    [result] = office.run("verdachten")
    assert (result.status, result.rows_loaded) == ("loaded", 1)
    assert [status for (status,) in office.rows("select status from raw.delivery order by 1")] == [
        "loaded",
        "superseded",
    ]
    assert found_anywhere(office) == []


def test_the_same_bytes_change_nothing_and_a_later_file_is_a_new_version(office: Office) -> None:
    content = text(row(1, KEYS[0]), row(2, KEYS[1]))
    deliver(office, content)
    office.decide()
    assert deliver(office, content, "nog_eens.csv") == []
    assert not any((office.folder / "inbox" / "verdachten").iterdir()), "the second copy holds clear keys too"
    [result] = deliver(office, text(row(1, KEYS[0]), row(2, KEYS[1], year="1991")))
    assert (result.rows_loaded, result.rows_duplicate) == (1, 1)
    office.check_books()


def test_another_key_is_refused_before_anything_is_read(office: Office) -> None:
    deliver(office, text(row(1, KEYS[0])))
    before = pseudonyms(office)
    office.settings = office.settings.model_copy(update={"suspect_key": SecretStr("een andere sleutel, lang genoeg")})
    with pytest.raises(SourceError, match="VIS_SUSPECT_KEY is een andere sleutel"):
        deliver(office, text(row(2, KEYS[0])), "later.csv")
    assert pseudonyms(office) == before
    assert office.scalar("select count(*) from raw.delivery") == 1
    assert (office.folder / "inbox/verdachten/later.csv").is_file()


def test_a_short_key_is_refused(office: Office) -> None:
    office.settings = office.settings.model_copy(update={"suspect_key": SecretStr("kort")})
    with pytest.raises(SourceError, match="4 tekens, verwacht ten minste 16"):
        deliver(office, text(row(1, KEYS[0])))


def test_two_municipalities_know_a_person_under_different_pseudonyms() -> None:
    key = "sleutel van de installatie"
    assert Pseudonyms(key, "GM0001").of("person_key", KEYS[0]) != Pseudonyms(key, "GM0002").of("person_key", KEYS[0])
    assert Pseudonyms(key, "GM0001").of("person_key", " ") == ""


def test_a_file_that_cannot_be_removed_is_loud(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.implementations.local import LocalFileSystem

    def read_only(self: Any, path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    # Root may remove anything anywhere, so a read-only folder cannot be had in every place where tests run.
    monkeypatch.setattr(LocalFileSystem, "rm_file", read_only)
    with pytest.raises(SourceError, match="is ontvangen, maar kan niet uit de inbox worden verwijderd"):
        deliver(office, text(row(1, KEYS[0])))
    assert office.scalar("select count(*) from raw.delivery") == 1


def test_a_suspect_source_without_pseudonyms_is_no_source(tmp_path: Path) -> None:
    from tests.unit.ingest.support import write_source

    for wrong, said in [
        (changed(SUSPECTS, pseudonymise=None), "vraagt person_key"),
        (changed(SUSPECTS, pseudonymise=["person_key", "birth_year"]), "birth_year moet een tekstkolom zijn"),
        (changed(SUSPECTS, values={"person_key": {KEYS[0]: "x"}}), "person_key moet een tekstkolom zijn"),
        (changed(SUSPECTS, fetch={"format": "geojson"}), "alleen voor CSV"),
    ]:
        with pytest.raises(SourceError, match=said):
            write_source(tmp_path, wrong)
    assert SHAPES["suspect"].pseudonymous == ("person_key",)
