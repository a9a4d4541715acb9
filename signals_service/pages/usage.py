"""Beheer, for the functional administrator: numbers and lists, no content."""

from flask import Blueprint, render_template

from signals_service.acts import overlaps, usage
from signals_service.auth import MANAGER, actor, require
from signals_service.current import desk
from signals_service.pages.forms import ACT_ERRORS, Answer, faulty, field, kept

blueprint = Blueprint("usage", __name__, url_prefix="/beheer")

_PAGE = "usage/sheet.html"


@blueprint.get("")
@require(MANAGER)
def recent() -> Answer:
    """The last 30 days."""
    return _show(None, None)


@blueprint.post("")
@require(MANAGER)
def chosen() -> Answer:
    try:
        return _show(field("first"), field("last"))
    except ACT_ERRORS as error:
        return faulty(error, _PAGE, {"first", "last"}, form=kept("first", "last"))


def _show(first: str | None, last: str | None) -> Answer:
    sheet = usage.sheet(desk(), actor(), first=first, last=last)
    form = {"first": sheet.first.isoformat(), "last": sheet.last.isoformat()}
    return render_template(_PAGE, sheet=sheet, form=form, errors={}, outcome_titles=overlaps.OUTCOMES), 200
