"""De uitdraai: numbers per address on screen, on paper, as CSV and as PDF."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response

from signals_service.acts import hitcounts, printout
from signals_service.acts.hitcounts import HitCountInput, HitCountSheet
from signals_service.auth import COORDINATOR, actor, require
from signals_service.current import desk
from signals_service.pages.forms import ACT_ERRORS, Answer, faulty, field, kept, page, purpose

blueprint = Blueprint("hitcounts", __name__, url_prefix="/uitdraai")

_PAGE = "hitcounts/sheet.html"
_FIELDS = ("first", "last", "department", "minimum", "purpose", "case_number")


@blueprint.get("")
@require(COORDINATOR)
def asked() -> Answer:
    today = desk().today()
    form = {"first": (today - timedelta(days=365)).isoformat(), "last": today.isoformat(), "minimum": "1"}
    return page(_PAGE, form=form, **_lists())


@blueprint.post("")
@require(COORDINATOR)
def made() -> Answer | Response:
    """One question, three forms: the button that was pressed says which. Each making is logged."""
    given = HitCountInput(field("first"), field("last"), field("department"), field("minimum"))
    try:
        sheet = hitcounts.sheet(desk(), actor(), given, purpose())
    except ACT_ERRORS as error:
        return faulty(error, _PAGE, set(_FIELDS), form=kept(*_FIELDS), **_lists())
    if field("as") == "csv":
        return _file(printout.as_csv(sheet), "text/csv; charset=utf-8", sheet, "csv")
    if field("as") == "pdf":
        return _file(printout.as_pdf(sheet), "application/pdf", sheet, "pdf")
    return page(_PAGE, sheet=sheet, form=kept(*_FIELDS), **_lists())


def _lists() -> dict[str, Any]:
    return {"departments": [(one.code, one.title) for one in desk().store.departments()]}


def _file(body: bytes, content_type: str, sheet: HitCountSheet, ending: str) -> Response:
    name = f"uitdraai-{sheet.first.isoformat()}-{sheet.last.isoformat()}.{ending}"
    return Response(body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
