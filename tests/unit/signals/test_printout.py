"""The uitdraai as CSV and PDF: texts stay texts, and who made it stands on it."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

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


def _pages(body: bytes) -> list[str]:
    """What can be read on each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]


def test_pdf_is_tagged_dutch_and_says_who_made_it() -> None:
    read = PdfReader(io.BytesIO(printout.as_pdf(SHEET)))
    catalog = read.root_object
    assert catalog["/Lang"] == "nl"
    assert "/StructTreeRoot" in catalog
    assert "pdfuaid:part" in catalog["/Metadata"].get_object().get_data().decode()
    assert read.metadata
    assert "Uitdraai signalen per adres" in str(read.metadata.title)
    assert "Daan Verbeeld" in str(read.metadata.author)


@pytest.mark.parametrize("departments", [2, 6])
def test_each_page_of_a_pdf_is_marked_with_who_made_it_and_when(departments: int) -> None:
    names = tuple(f"Afdeling {number}" for number in range(departments))
    rows = (HitCountRow("Dorpsstraat 12-A, 1234 AB Demostad", 3, 2, (1,) * departments),) * 120
    pages = _pages(printout.as_pdf(replace(SHEET, departments=names, rows=rows)))
    assert len(pages) > 2
    for number, text in enumerate(pages, 1):
        words = " ".join(text.split())
        # Five marks behind the text, and once more at the foot.
        assert words.count("Daan Verbeeld (Openbare Orde en Veiligheid)") == 6
        assert words.count("Daan Verbeeld (Openbare Orde en Veiligheid) · 25-11-2026 14:05") == 5
        assert words.count("25-11-2026 om 14:05") == 1
        assert f"bladzijde {number} van {len(pages)}" in words
    assert sum(text.count("Dorpsstraat 12-A") for text in pages) == 120


def test_what_stands_in_an_address_is_no_markup_in_a_pdf() -> None:
    evil = '#import "x": y; $ ] *_`<b> #read("/etc/passwd")'
    sheet = replace(SHEET, rows=(HitCountRow(evil, 1, 1, (1, 0)),), made_by=evil, municipality=evil)
    (text,) = _pages(printout.as_pdf(sheet))
    assert '#read("/etc/passwd")' in text
    assert "root:" not in text


@pytest.mark.parametrize("count", [0, 1, 600])
def test_pdf_of_few_and_many_rows(count: int) -> None:
    sheet = replace(SHEET, rows=SHEET.rows[:1] * count)
    assert printout.as_pdf(sheet).startswith(b"%PDF-")
    assert len(_rows(sheet)) == count + 4


def test_pdf_with_every_department() -> None:
    names = tuple(f"Afdeling {number}" for number in range(6))
    sheet = replace(SHEET, departments=names, rows=(HitCountRow("Dorpsstraat 1", 6, 6, (1,) * 6),))
    assert printout.as_pdf(sheet).startswith(b"%PDF-")
