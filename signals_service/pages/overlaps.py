"""Samenloop: addresses on which departments meet."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signals_service.acts import overlaps
from signals_service.acts.explain import explain
from signals_service.auth import COORDINATOR, PLACER, SEARCHER, actor, require
from signals_service.current import desk
from signals_service.pages.forms import ACT_ERRORS, Answer, field, kept, offset_asked

blueprint = Blueprint("overlaps", __name__, url_prefix="/samenloop")


@blueprint.get("")
@require(SEARCHER, PLACER, COORDINATOR)
def listed() -> Answer:
    return _page()


@blueprint.post("/<uuid:overlap_id>/ontvangen")
@require(SEARCHER, PLACER)
def acknowledge(overlap_id: UUID) -> Response:
    overlaps.acknowledge(desk(), actor(), overlap_id)
    flash("Genoteerd: uw afdeling heeft deze samenloop gezien.")
    return redirect(url_for("overlaps.listed"), 303)


@blueprint.post("/<uuid:overlap_id>/uitkomst")
@require(PLACER, COORDINATOR)
def record(overlap_id: UUID) -> Answer | Response:
    try:
        overlaps.record_outcome(desk(), actor(), overlap_id, outcome=field("outcome"), note=field("note"))
    except ACT_ERRORS as error:
        told = explain(error)
        if not told.fields:
            raise
        return _page(told.status, faulty=overlap_id, errors=told.fields, form=kept("outcome", "note"))
    flash("Genoteerd wat eruit kwam. Dank u: zo zien we of de tool helpt.")
    return redirect(url_for("overlaps.listed"), 303)


def _page(code: int = 200, **values: Any) -> Answer:
    status = request.args.get("stand")
    chosen = status if status in overlaps.STATUSES else None
    offset = offset_asked()
    found, total = overlaps.visible(desk(), actor(), status=chosen, offset=offset)
    listing = {
        "overlaps": found,
        "total": total,
        "status": chosen,
        "statuses": overlaps.STATUSES,
        "outcomes": list(overlaps.OUTCOMES.items()),
        "outcome_titles": overlaps.OUTCOMES,
        "everywhere": "coordinator" in actor().roles,
        "limit": overlaps.PAGE,
        "offset": offset,
    }
    return render_template(
        "overlaps/listed.html", **({"errors": {}, "form": {}, "faulty": None} | listing | values)
    ), code
