"""Meldingen: which departments met the own one. An e-mail leads to the front page, and that leads here."""

from flask import Blueprint, render_template

from signals_service.acts import overlaps
from signals_service.auth import PLACER, SEARCHER, actor, require
from signals_service.current import desk
from signals_service.pages.forms import offset_asked

blueprint = Blueprint("notices", __name__, url_prefix="/meldingen")


@blueprint.get("")
@require(SEARCHER, PLACER)
def listed() -> str:
    offset = offset_asked()
    found, total = overlaps.notices(desk(), actor(), offset=offset)
    return render_template("overlaps/notices.html", notices=found, total=total, limit=overlaps.PAGE, offset=offset)
