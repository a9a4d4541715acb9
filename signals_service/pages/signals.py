"""Signalen: the list of the own department, and placing, renewing and closing one."""

from typing import Any, Literal, cast
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signals_service.acts import signals
from signals_service.acts.inputs import InputError
from signals_service.acts.people import PersonInput
from signals_service.acts.search import AddressInput
from signals_service.acts.signals import PAGE, SignalInput, SignalPlaced
from signals_service.auth import PLACER, actor, require
from signals_service.current import desk
from signals_service.pages.forms import ACT_ERRORS, Answer, faulty, field, kept, offset_asked, page, purpose

blueprint = Blueprint("signals", __name__, url_prefix="/signalen")

_NEW = "signals/new.html"
_ONE = "signals/one.html"
_NEW_FIELDS = {"query", "bsn", "name", "birth_date", "kind", "reason", "review_on", "purpose", "case_number"}


@blueprint.get("")
@require(PLACER)
def mine() -> str:
    """The one to be reviewed first stands in front."""
    status = request.args.get("stand", "open")
    chosen = cast(Literal["open", "closed"], status) if status in ("open", "closed") else None
    offset = offset_asked()
    found, total = signals.own(desk(), actor(), status=chosen, offset=offset)
    return render_template(
        "signals/mine.html", signals=found, total=total, status=chosen or "all", limit=PAGE, offset=offset
    )


@blueprint.get("/nieuw")
@require(PLACER)
def new() -> Answer:
    return _new_page(form={"review_on": signals.default_review_day(desk()).isoformat()})


@blueprint.post("/nieuw")
@require(PLACER)
def place() -> Answer:
    """Placing is also a search: the answer says who else placed a signal."""
    # A burgerservicenummer is asked again rather than shown again.
    form = kept("query", "name", "birth_date", "kind", "reason", "review_on", "purpose", "case_number")
    given = SignalInput(
        address=AddressInput(field("query"), _chosen()),
        person=PersonInput(field("bsn") or None, field("name") or None, field("birth_date") or None),
        kind=field("kind"),
        reason=field("reason"),
        review_on=field("review_on"),
    )
    try:
        result = signals.place(desk(), actor(), given, purpose())
    except ACT_ERRORS as error:
        return faulty(error, _NEW, _NEW_FIELDS, form=form, **_lists())
    if isinstance(result, SignalPlaced):
        return render_template("signals/placed.html", result=result, form=form), 201
    return _new_page(form=form, choice=result, had_bsn=bool(given.person.bsn))


@blueprint.get("/<uuid:signal_id>")
@require(PLACER)
def one(signal_id: UUID) -> Answer:
    return _one_page(signal_id, form={"review_on": signals.default_review_day(desk()).isoformat()})


@blueprint.post("/<uuid:signal_id>/verlengen")
@require(PLACER)
def renew(signal_id: UUID) -> Answer | Response:
    try:
        signals.renew(desk(), actor(), signal_id, review_on=field("review_on"), reason=field("reason"))
    except ACT_ERRORS as error:
        form = kept("review_on", "reason")
        return faulty(error, _ONE, {"review_on", "reason"}, form=form, **_one_values(signal_id))
    flash("Het signaal is verlengd.")
    return redirect(url_for("signals.one", signal_id=signal_id), 303)


@blueprint.post("/<uuid:signal_id>/sluiten")
@require(PLACER)
def close(signal_id: UUID) -> Answer | Response:
    try:
        signals.close(desk(), actor(), signal_id, reason=field("closing_reason"))
    except InputError as error:
        # The page also holds the form to renew, with a reason of its own.
        fault = InputError("closing_reason", error.message)
        return faulty(fault, _ONE, {"closing_reason"}, form=kept("closing_reason"), **_one_values(signal_id))
    flash("Het signaal is gesloten. Het blijft nog een tijd zichtbaar als gesloten signaal.")
    return redirect(url_for("signals.one", signal_id=signal_id), 303)


def _chosen() -> str:
    """The address of the list, unless the text it was given for has been changed since."""
    return field("address_id") if field("chosen_for") in ("", field("query")) else ""


def _new_page(**values: Any) -> Answer:
    return page(_NEW, **_lists(), **values)


def _lists() -> dict[str, Any]:
    return {
        "kinds": [(kind.code, kind.title) for kind in desk().store.kinds()],
        "last_review_day": signals.last_review_day(desk()),
    }


def _one_page(signal_id: UUID, **values: Any) -> Answer:
    return page(_ONE, **_one_values(signal_id), **values)


def _one_values(signal_id: UUID) -> dict[str, Any]:
    return {"view": signals.one(desk(), actor(), signal_id), "last_review_day": signals.last_review_day(desk())}
