"""Every way in which a delivery can be wrong: a clear reason, nothing lost, the other source goes on."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.ingest.ledger import accept_or_hold, waiting_deliveries
from orchestration.ingest.tolerance import tolerance_problems
from tests.unit.ingest.support import HEADINGS, INCIDENTS, SECRET, Office, changed, csv_bytes, csv_text, row

GOOD = [row(number) for number in range(1, 6)]


def refused(office: Office, name: str, content: bytes) -> str:
    """Load what must be refused; returns the reason after checking that nothing of it is in the tables."""
    result = office.load(name, content)
    assert result.status == "refused"
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined, result.rows_duplicate) == (0, 0, 0, 0)
    assert office.incidents() == []
    assert office.reasons() == {}
    assert result.reason is not None
    assert f"bestand {name}" in result.reason
    assert "verwacht" in result.reason
    landed = office.scalar(
        "select landing_path from raw.delivery where source = 'incidenten' and municipality_code = %s"
    )
    assert Path(landed.removeprefix("file://")).read_bytes() == content
    return result.reason


def test_a_good_file_is_loaded_whole(office: Office) -> None:
    result = office.load("goed.csv", csv_bytes(GOOD))
    assert (result.status, result.rows_read, result.rows_loaded) == ("loaded", 5, 5)
    assert result.new_columns == ("Weer",)


def test_wrong_delimiter(office: Office) -> None:
    reason = refused(office, "komma.csv", csv_bytes(GOOD, delimiter=","))
    assert "één kolom" in reason
    assert "12 keer ',' (komma)" in reason
    assert "delimiter: ','" in reason


def test_wrong_delimiter_when_a_heading_holds_the_declared_one(office: Office) -> None:
    headings = [*HEADINGS[:-2], "Weer; temperatuur", "Project(en)"]
    reason = refused(office, "komma.csv", (",".join(headings) + "\n").encode())
    assert "(komma)" in reason


def test_windows_1252_where_utf8_is_declared(office: Office) -> None:
    rows = [*GOOD, row(6, Pleegstraatnaam="Café Zuid"), row(7)]
    reason = refused(office, "oud.csv", csv_text(rows).encode("cp1252"))
    assert 'rij 6, kolom "Pleegstraatnaam"' in reason
    assert "de byte(s) e9" in reason
    assert "lijkt windows-1252; zet encoding: windows-1252" in reason


def test_utf8_where_windows_1252_is_declared(office: Office) -> None:
    office.mend(changed(INCIDENTS, fetch={"encoding": "windows-1252"}))
    reason = refused(office, "nieuw.csv", csv_bytes([*GOOD, row(6, Pleegstraatnaam="Café Zuid"), row(7)]))
    assert 'rij 6, kolom "Pleegstraatnaam"' in reason
    assert "zet encoding: utf-8-sig" in reason


def test_windows_1252_as_declared_is_read_right(office: Office) -> None:
    office.mend(changed(INCIDENTS, fetch={"encoding": "windows-1252"}))
    result = office.load("oud.csv", csv_text([row(1, Pleegstraatnaam="Café ’t Hoekje €5")]).encode("cp1252"))
    assert result.status == "loaded"
    assert office.incidents("street") == [("Café ’t Hoekje €5",)]


def test_a_byte_that_windows_1252_does_not_have(office: Office) -> None:
    office.mend(changed(INCIDENTS, fetch={"encoding": "windows-1252"}))
    reason = refused(office, "oud.csv", csv_bytes(GOOD).replace(b"Straat 4", b"Straat \x81"))
    assert 'rij 4, kolom "Pleegstraatnaam": gevonden de byte(s) 81; verwacht windows-1252' in reason


def test_utf16(office: Office) -> None:
    assert "UTF-16" in refused(office, "excel.csv", csv_text(GOOD).encode("utf-16"))


def test_a_zip(office: Office) -> None:
    assert "zip- of Excel" in refused(office, "boek.csv", b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(256)) * 4)


@pytest.mark.parametrize("heading", ["Incidentsoort code", "Pleegstraatnaam"])
def test_missing_column_required_or_only_mapped(office: Office, heading: str) -> None:
    at = HEADINGS.index(heading)
    headings = [*HEADINGS[:at], *HEADINGS[at + 1 :]]
    rows = [[*cells[:at], *cells[at + 1 :]] for cells in GOOD]
    reason = refused(office, "kolom.csv", csv_bytes(rows, headings=headings))
    assert f'kopregel, kolom "{heading}"' in reason
    assert '12 kolommen: "Incident Identificatie"' in reason


def test_renamed_column_is_named_with_its_closest_match(office: Office) -> None:
    headings = ["Incidentidentificatie", *HEADINGS[1:]]
    reason = refused(office, "kolom.csv", csv_bytes(GOOD, headings=headings))
    assert '"Incident Identificatie" lijkt op "Incidentidentificatie"' in reason


def test_renamed_sensitive_column_does_not_slip_in_as_an_extra_one(office: Office) -> None:
    reason = refused(office, "project.csv", csv_bytes(GOOD, headings=[*HEADINGS[:-1], "Projecten"]))
    assert 'kolom "Project(en)"' in reason
    assert '"Projecten"' in reason


def test_a_file_without_headings_shows_nothing_of_its_first_row(office: Office) -> None:
    content = csv_bytes(GOOD).split(b"\r\n", 1)[1]
    assert SECRET not in refused(office, "kaal.csv", content)


def test_extra_column_goes_to_extra_and_is_reported(office: Office) -> None:
    rows = [[*cells, f"nieuw {number}"] for number, cells in enumerate(GOOD)]
    result = office.load("meer.csv", csv_bytes(rows, headings=[*HEADINGS, "Wijkagent"]))
    assert (result.status, result.rows_loaded, result.new_columns) == ("loaded", 5, ("Weer", "Wijkagent"))
    assert office.incidents("extra")[0] == ({"Weer": "Bewolkt", "Wijkagent": "nieuw 0"},)


def test_duplicate_heading_that_is_mapped(office: Office) -> None:
    reason = refused(office, "kop.csv", csv_bytes([[*r, "x"] for r in GOOD], headings=[*HEADINGS, "X"]))
    assert 'kopregel, kolom "X": gevonden 2 keer dezelfde kop' in reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31-02-2024 10:00", "een bestaande datum als dd-mm-jjjj uu:mm"),
        ("29-02-2023 10:00", "een bestaande datum"),
        ("01-05-2024 24:00", "een bestaande datum"),
        ("2024-05-01 10:00", "een bestaande datum"),
        ("01-05-2024 10:00:00", "een bestaande datum"),
        ("01-05-0204 10:00", "een jaar van 1900 tot en met 2100"),
        ("now", "een bestaande datum"),
        ("", "deze kolom is verplicht"),
    ],
)
def test_impossible_date(office: Office, text: str, expected: str) -> None:
    result = office.load("datum.csv", csv_bytes([*GOOD, row(6, Begin=text), row(7)]))
    assert (result.status, result.rows_read, result.rows_loaded, result.rows_quarantined) == ("loaded", 7, 6, 1)
    reason = office.reasons()[6]
    assert reason.startswith('bestand datum.csv, rij 6, kolom "Begin-pleegdatum/tijd" (begin_at): ')
    assert expected in reason
    assert (json.dumps(text) if text else "leeg") in reason


def test_several_problems_in_one_row_are_all_named(office: Office) -> None:
    office.load("veel.csv", csv_bytes([row(1, Begin="31-02-2024 10:00", Verdachten="1,5", Aangifte="ja", X="abc")]))
    reason = office.reasons()[1]
    for part in ('"Begin-pleegdatum/tijd"', '"Verdachten"', '"1,5"', 'een van "J", "N"', '"abc"', "geheel getal"):
        assert part in reason


def test_month_first_where_day_first_is_declared(office: Office) -> None:
    rows = [row(day, Begin=f"05-{day:02d}-2024 10:00") for day in range(1, 29)]
    result = office.load("usa.csv", csv_bytes(rows))
    assert (result.rows_loaded, result.rows_quarantined) == (12, 16)
    assert result.reason is not None
    assert "de datums lijken maand-eerst" in result.reason
    assert '"Begin-pleegdatum/tijd"' in result.reason
    [delivery] = waiting_deliveries(office.connection, office.municipality.code, "incidenten", "loaded")
    problems = tolerance_problems(delivery, office.municipality.source("incidenten").tolerances)
    assert accept_or_hold(office.connection, delivery, problems) == "held"
    [held] = waiting_deliveries(office.connection, office.municipality.code, "incidenten", "held")
    assert held.reason is not None
    assert "bestand usa.csv: 16 van 28 rijen (57,1%) staan in quarantaine; toegestaan is 5%" in held.reason
    assert "maand-eerst" in held.reason


def test_day_first_where_month_first_is_declared(office: Office) -> None:
    office.mend(changed(INCIDENTS, formats=dict.fromkeys(INCIDENTS["formats"], "%m-%d-%Y %H:%M")))
    result = office.load("nl.csv", csv_bytes([row(day, Begin=f"{day:02d}-05-2024 10:00") for day in range(1, 29)]))
    assert result.rows_quarantined == 16
    assert result.reason is not None
    assert "dag-eerst" in result.reason


def test_x_and_y_swapped(office: Office) -> None:
    result = office.load("xy.csv", csv_bytes([*GOOD, row(6, X="582000", Y="233006")]))
    assert (result.rows_loaded, result.rows_quarantined) == (5, 1)
    reason = office.reasons()[6]
    assert 'rij 6, kolom "X" (x): gevonden "582000"' in reason
    assert "EPSG:28992" in reason
    assert "X en Y lijken verwisseld" in reason


def test_degrees_where_metres_are_declared_are_not_called_swapped(office: Office) -> None:
    office.load("graden.csv", csv_bytes([row(1, X="6.56", Y="53.21")]))
    assert "verwisseld" not in office.reasons()[1]


def test_coordinates_outside_the_municipality_stay_in(office: Office) -> None:
    """They count in the totals; that they lie elsewhere is found by the geographic step."""
    result = office.load("buiten.csv", csv_bytes([*GOOD, row(6, X="121000", Y="487000"), row(7, X="", Y="")]))
    assert (result.rows_loaded, result.rows_quarantined) == (7, 0)


def test_duplicate_rows_in_one_file(office: Office) -> None:
    result = office.load("dubbel.csv", csv_bytes([*GOOD, GOOD[0], GOOD[0], GOOD[3]]))
    assert (result.rows_read, result.rows_loaded, result.rows_duplicate) == (8, 5, 3)
    assert office.incidents("row_number") == [(1,), (2,), (3,), (4,), (5,)]


def test_rows_that_contradict_each_other_are_all_quarantined(office: Office) -> None:
    rows = [row(1), row(2), row(1, Pleegstraatnaam="Elders"), row(3), row(1)]
    result = office.load("strijdig.csv", csv_bytes(rows))
    assert (result.rows_loaded, result.rows_quarantined, result.rows_duplicate) == (2, 3, 0)
    reasons = office.reasons()
    assert sorted(reasons) == [1, 3, 5]
    assert 'bestand strijdig.csv, rij 3, kolom "Incident Identificatie": gevonden PL0001' in reasons[3]
    records = [
        json.loads(text)
        for (text,) in office.rows("select record from raw.quarantine where municipality_code = %s order by row_number")
    ]
    assert [record["Pleegstraatnaam"] for record in records] == ["Straat 1", "Elders", "Straat 1"]
    assert all("Project(en)" not in record for record in records)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "een leeg bestand (0 bytes)"),
        (gzip.compress(b""), "een leeg bestand (0 bytes)"),
        (b"\xef\xbb\xbf\r\n\r\n  \r\n", "alleen lege regels"),
    ],
    # Named, for a compressed file holds the second it was made in, and each worker must find the same tests.
    ids=["nothing", "compressed nothing", "blank lines"],
)
def test_empty_file(office: Office, content: bytes, found: str) -> None:
    assert found in refused(office, "leeg.csv", content)


def test_a_heading_without_rows_is_a_delivery_of_nothing(office: Office) -> None:
    result = office.load("niets.csv", csv_bytes([]))
    assert (result.status, result.rows_read) == ("loaded", 0)


def test_truncated_gzip(office: Office) -> None:
    whole = gzip.compress(csv_bytes([row(number, Pleegstraatnaam=os.urandom(20).hex()) for number in range(1, 9000)]))
    reason = refused(office, "half.csv.gz", whole[: len(whole) // 2])
    assert "een afgebroken of beschadigd gzip-bestand, na " in reason
    rows = int(reason.partition(" na ")[2].partition(" hele rijen")[0])
    assert 4000 < rows < 5000


def test_corrupt_gzip(office: Office) -> None:
    whole = bytearray(gzip.compress(csv_bytes(GOOD * 200)))
    whole[len(whole) // 2] ^= 0xFF
    assert "gzip" in refused(office, "stuk.csv.gz", bytes(whole))


def test_gzip_and_bom_are_read(office: Office) -> None:
    result = office.load("goed.csv.gz", gzip.compress(b"\xef\xbb\xbf" + csv_bytes(GOOD)))
    assert (result.status, result.rows_loaded) == ("loaded", 5)


def test_unclosed_quote_to_the_end(office: Office) -> None:
    content = csv_bytes(GOOD) + b'PL0006;A72;"01-05-2024 10:00;x\r\n' + csv_bytes(GOOD).split(b"\r\n", 1)[1]
    reason = refused(office, "quote.csv", content)
    assert 'rij 6, kolom "Begin-pleegdatum/tijd"' in reason


def test_a_stray_quote_costs_its_own_row_only(office: Office) -> None:
    lines = csv_bytes([row(number) for number in range(1, 9)]).split(b"\r\n")
    lines[3] = lines[3].replace(b"Straat 3", b'"Straat 3')
    lines[6] = lines[6].replace(b"Straat 6", b'"Straat 6"')
    result = office.load("quote.csv", b"\r\n".join(lines))
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (8, 7, 1)
    assert "rij 3: gevonden een aanhalingsteken dat in deze rij niet wordt gesloten" in office.reasons()[3]


def test_nul_bytes(office: Office) -> None:
    reason = refused(office, "nul.csv", csv_bytes([*GOOD, row(6, Pleegstraatnaam="a\0b")]))
    assert 'rij 6, kolom "Pleegstraatnaam": gevonden een NUL-byte' in reason


def test_wrong_number_of_fields(office: Office) -> None:
    content = csv_bytes([*GOOD, row(6)[:5], [*row(7), "te veel"], row(8)]) + b"\r\n\r\n"
    result = office.load("velden.csv", content)
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (8, 6, 2)
    assert "bestand velden.csv, rij 6: gevonden 5 velden, verwacht 13" in office.reasons()[6]
    assert "rij 7: gevonden 14 velden" in office.reasons()[7]


def test_a_line_of_50_mb_is_one_quarantined_row(office: Office) -> None:
    content = csv_bytes(GOOD) + b"PL0006;" + b"x" * 50_000_000 + b"\r\n" + csv_bytes([row(7)]).split(b"\r\n", 1)[1]
    result = office.load("lang.csv", content)
    assert (result.status, result.rows_read, result.rows_loaded, result.rows_quarantined) == ("loaded", 7, 6, 1)
    assert "rij 6: gevonden een regel van 50000008 tekens" in office.reasons()[6]
    assert office.incidents("row_number")[-1] == (7,)


def test_a_line_of_50_mb_is_never_held_in_memory(tmp_path: Path) -> None:
    """A child reads it and reports by how much its memory grew: less than the line itself."""
    file = tmp_path / "lang.csv"
    file.write_bytes(csv_bytes(GOOD) + b"x" * 50_000_000 + b"\r\n")
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from tests.unit.ingest.support import INCIDENTS, write_source\n"
        "from orchestration.ingest.readers import read_chunks\n"
        "spec = write_source(Path(sys.argv[2]), INCIDENTS)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "malformed = [m for c in read_chunks(sys.argv[1], spec, 'lang.csv', 'EPSG:28992') for m in c.malformed]\n"
        "assert [m.number for m in malformed] == [6], malformed\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    repository = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(file), str(tmp_path)], capture_output=True, text=True, cwd=repository
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 40_000  # kilobytes


def test_a_heading_of_more_than_a_megabyte(office: Office) -> None:
    assert "kopregel van meer dan" in refused(office, "kop.csv", b"x" * 1_200_000 + b"\r\n" + csv_bytes(GOOD))


def test_a_file_without_line_ends(office: Office) -> None:
    assert "kopregel van meer dan" in refused(office, "kop.csv", b"y" * 9_000_000)


def test_old_mac_line_ends(office: Office) -> None:
    assert "CR alleen" in refused(office, "mac.csv", csv_bytes(GOOD).replace(b"\r\n", b"\r"))


def test_a_field_of_more_than_a_megabyte(office: Office) -> None:
    result = office.load("veld.csv", csv_bytes([*GOOD, row(6, Pleegstraatnaam="x" * 1_200_000), row(7)]))
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (7, 6, 1)
    assert "rij 6: gevonden een veld van meer dan 1000000 tekens" in office.reasons()[6]


def test_sensitive_values_are_nowhere_in_the_database(office: Office) -> None:
    """Not in a loaded row, nor in a well-formed, a malformed or a contradicting quarantined one."""
    secret = "Geheim-4711"
    rows = [
        row(1, Project=secret),
        row(3, Project=secret, Begin="31-02-2024 10:00"),
        [*row(5, Project=secret), "veld te veel"],
        row(7, Project=secret),
        row(7, Project=secret, Pleegstraatnaam="Elders"),
        ["", "", secret, secret],
    ]
    result = office.load("geheim.csv", csv_bytes(rows))
    assert (result.rows_loaded, result.rows_quarantined) == (1, 5)
    tables = office.rows("select table_name from information_schema.tables where table_schema = 'raw'")
    texts = [str(line) for (table,) in tables for line in office.rows(f"select t::text from raw.{table} as t")]
    assert any("PL0001" in text for text in texts)
    assert not any(secret in text for text in texts)
    records = dict(office.rows("select row_number, record from raw.quarantine where municipality_code = %s"))
    assert "zie rij 3 van file://" in records[3]


def test_malformed_rows_keep_their_text_when_nothing_is_sensitive(office: Office) -> None:
    office.mend(changed(INCIDENTS, sensitive=[]))
    office.load("tekst.csv", csv_bytes([row(1)]) + b"halve regel;" + b"z" * 20_000 + b"\r\n")
    record = office.scalar("select record from raw.quarantine where municipality_code = %s")
    assert record.startswith("halve regel;zzz")
    assert record.endswith("… [20012 tekens]")
    assert len(record) < 10_100
