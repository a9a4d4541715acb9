"""The uitdraai as CSV and PDF: texts stay texts, and who made it stands on it."""

import csv
import io
import re
import zlib
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from signals_service.acts import printout
from signals_service.acts.hitcounts import HitCountRow, HitCountSheet

SHEET = HitCountSheet(
    first=date(2026, 1, 1),
    last=date(2026, 11, 25),
    department=None,
    minimum=2,
    departments=("Burgerzaken", "Belastingen"),
    rows=(
        HitCountRow("Dorpsstraat 12-A, 1234 AB Demostad", 3, 2, (2, 1)),
        HitCountRow("'s-Gravenweg 1, 1234 AC Demostad", 2, 1, (0, 2)),
    ),
    made_by="Daan Verbeeld (Openbare Orde en Veiligheid)",
    made_at=datetime(2026, 11, 25, 14, 5, tzinfo=ZoneInfo("Europe/Amsterdam")),
    municipality="Demostad",
)
FORMULAS = ['=HYPERLINK("http://x";"y")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "|cmd", "%0"]


def _rows(sheet: HitCountSheet) -> list[list[str]]:
    return list(csv.reader(io.StringIO(printout.as_csv(sheet).decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_opens_in_a_dutch_spreadsheet() -> None:
    body = printout.as_csv(SHEET)
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\r\n") == body.count(b"\n")
    rows = _rows(SHEET)
    assert rows[0] == ["Adres", "Signalen", "Afdelingen", "Burgerzaken", "Belastingen"]
    assert rows[1] == ["Dorpsstraat 12-A, 1234 AB Demostad", "3", "2", "2", "1"]
    assert rows[2][0] == "'s-Gravenweg 1, 1234 AC Demostad"
    assert "Daan Verbeeld" in rows[-1][0]
    assert "25-11-2026 om 14:05" in rows[-1][0]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    sheet = replace(
        SHEET,
        rows=(HitCountRow(formula, 1, 1, (1, 0)),),
        departments=(formula, "Belastingen"),
        made_by=formula,
    )
    for row in _rows(sheet):
        for cell in row:
            assert not cell.startswith(printout._FORMULA), cell
    assert f"'{formula}" in [cell for row in _rows(sheet) for cell in row]


def _pdf_text(body: bytes) -> bytes:
    """Everything in the file, its compressed streams included."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", body, re.DOTALL)
    return body + b"".join(zlib.decompress(part) for part in streams if part[:1] == b"x")


def test_pdf_is_tagged_dutch_and_says_who_made_it() -> None:
    body = printout.as_pdf(SHEET)
    assert body.startswith(b"%PDF-")
    inside = _pdf_text(body)
    assert b"pdfuaid:part" in inside
    assert b"/StructTreeRoot" in inside
    assert re.search(rb"/Lang\s*\(nl", inside)
    assert b"Uitdraai signalen per adres" in inside
    assert b"Daan Verbeeld" in inside  # as author


def test_what_stands_in_an_address_is_no_markup_in_a_pdf() -> None:
    evil = '#import "x": y; $ ] *_`<b> #read("/etc/passwd")'
    sheet = replace(SHEET, rows=(HitCountRow(evil, 1, 1, (1, 0)),), made_by=evil, municipality=evil)
    assert printout.as_pdf(sheet).startswith(b"%PDF-")


@pytest.mark.parametrize("count", [0, 1, 600])
def test_pdf_of_few_and_many_rows(count: int) -> None:
    sheet = replace(SHEET, rows=SHEET.rows[:1] * count)
    assert printout.as_pdf(sheet).startswith(b"%PDF-")
    assert len(_rows(sheet)) == count + 4


def test_pdf_with_every_department() -> None:
    names = tuple(f"Afdeling {number}" for number in range(6))
    sheet = replace(SHEET, departments=names, rows=(HitCountRow("Dorpsstraat 1", 6, 6, (1,) * 6),))
    assert printout.as_pdf(sheet).startswith(b"%PDF-")
