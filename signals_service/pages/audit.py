"""Het logboek, for the auditor. The filter comes by POST: it may hold who somebody is."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, request

from signals_service.acts import audit
from signals_service.acts.audit import AuditInput
from signals_service.auth import AUDITOR, actor, require
from signals_service.current import desk
from signals_service.pages.audit_words import AuditWords
from signals_service.pages.forms import ACT_ERRORS, Answer, faulty, field, kept, page

blueprint = Blueprint("audit", __name__, url_prefix="/logboek")

_PAGE = "audit/log.html"
_FIELDS = ("first", "last", "user", "action")


@blueprint.get("")
@require(AUDITOR)
def recent() -> Answer:
    """The last week."""
    return _show(AuditInput(), {})


@blueprint.post("")
@require(AUDITOR)
def filtered() -> Answer:
    before = request.form.get("before", type=int)
    asked = AuditInput(field("first"), field("last"), field("user"), field("action"), before=before)
    try:
        return _show(asked, kept(*_FIELDS))
    except ACT_ERRORS as error:
        return faulty(error, _PAGE, set(_FIELDS), form=kept(*_FIELDS), **_lists())


@blueprint.post("/controle")
@require(AUDITOR)
def verify() -> Answer:
    """Walks the whole chain of events and says whether it holds."""
    today = desk().today()
    form = {"first": (today - timedelta(days=6)).isoformat(), "last": today.isoformat()}
    return page(_PAGE, verdict=audit.verify(desk(), actor()), form=form, **_lists())


def _lists() -> dict[str, Any]:
    return {"actions": audit.ACTIONS, "words": AuditWords(audit.titles(desk()))}


def _show(asked: AuditInput, form: dict[str, str]) -> Answer:
    found = audit.events(desk(), actor(), asked)
    shown = {"first": found.first.isoformat(), "last": found.last.isoformat()} | {
        name: value for name, value in form.items() if value
    }
    return page(_PAGE, log=found, form=shown, **_lists())
