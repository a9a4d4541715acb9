"""The uitdraai as a file: CSV that a spreadsheet takes for text and numbers alone, and a tagged PDF (PDF/UA-1)."""

import csv
import io
import json
from pathlib import Path

import typst

from signals_service.acts.hitcounts import HitCountSheet

_TEMPLATE = Path(__file__).with_name("printout.typ")
# A cell that begins so is a formula to a spreadsheet; an apostrophe in front makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def as_csv(sheet: HitCountSheet) -> bytes:
    """UTF-8 with a byte order mark and `;`, as Dutch spreadsheets open it. Who made it stands in the last line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_safe(cell) for cell in ("Adres", "Signalen", "Afdelingen", *sheet.departments))
    for row in sheet.rows:
        writer.writerow([_safe(row.address), row.hit_count, row.department_count, *row.by_department])
    writer.writerow([])
    for line in (_about(sheet), f"Gemaakt door {sheet.made_by} op {sheet.made_at:%d-%m-%Y om %H:%M}"):
        writer.writerow([_safe(line)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_pdf(sheet: HitCountSheet) -> bytes:
    """A4, tagged, with the maker and the time across every page. Texts are data to the template, never markup."""
    data = {
        "title": "Uitdraai signalen per adres",
        "municipality": sheet.municipality,
        "about": _about(sheet),
        "made_by": sheet.made_by,
        "made_at": f"{sheet.made_at:%d-%m-%Y om %H:%M}",
        "mark": sheet.mark,
        "departments": list(sheet.departments),
        "total": sheet.total,
        "rows": [
            [row.address, str(row.hit_count), str(row.department_count), *map(str, row.by_department)]
            for row in sheet.rows
        ],
    }
    result = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,  # the same page on every machine
        sys_inputs={"data": json.dumps(data)},
        pdf_standards=["ua-1"],
    )
    if not isinstance(result, bytes):  # with one document and no output file it always is
        raise TypeError(f"typst gave {type(result).__name__}")
    return result


def _about(sheet: HitCountSheet) -> str:
    whose = f"van {sheet.department}" if sheet.department else "van alle afdelingen"
    return (
        f"Signalen {whose}, geplaatst van {sheet.first:%d-%m-%Y} tot en met {sheet.last:%d-%m-%Y}, "
        f"op adressen met {sheet.minimum} of meer signalen"
    )


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
