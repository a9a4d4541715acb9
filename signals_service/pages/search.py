"""Zoeken: on an address and on a person. What is asked comes by POST and is answered there, never in a URL."""

from flask import Blueprint

from signals_service.acts import search
from signals_service.acts.people import PersonInput
from signals_service.acts.search import AddressInput
from signals_service.auth import PLACER, SEARCHER, actor, require
from signals_service.current import desk
from signals_service.pages.forms import ACT_ERRORS, Answer, faulty, field, kept, page, purpose

blueprint = Blueprint("search", __name__, url_prefix="/zoeken")

_ADDRESS = "search/address.html"
_PERSON = "search/person.html"


@blueprint.get("")
@require(SEARCHER, PLACER)
def address() -> Answer:
    return page(_ADDRESS)


@blueprint.post("")
@require(SEARCHER, PLACER)
def search_address() -> Answer:
    """The answer stands above the form, which keeps purpose and case number for the next question."""
    form = kept("query", "purpose", "case_number")
    try:
        answer = search.search_address(desk(), actor(), AddressInput(field("query"), field("address_id")), purpose())
    except ACT_ERRORS as error:
        return faulty(error, _ADDRESS, {"query", "purpose", "case_number"}, form=form)
    if answer.address:
        form["query"] = answer.address.label
    return page(_ADDRESS, answer=answer, form=form)


@blueprint.get("/persoon")
@require(SEARCHER, PLACER)
def person() -> Answer:
    return page(_PERSON)


@blueprint.post("/persoon")
@require(SEARCHER, PLACER)
def search_person() -> Answer:
    """A burgerservicenummer never comes back, nor does a name with an answer: a screen may be read by others."""
    given = PersonInput(field("bsn") or None, field("name") or None, field("birth_date") or None)
    try:
        answer = search.search_person(desk(), actor(), given, purpose())
    except ACT_ERRORS as error:
        fields = {"bsn", "name", "birth_date", "purpose", "case_number"}
        return faulty(error, _PERSON, fields, form=kept("name", "birth_date", "purpose", "case_number"))
    by = "bsn" if given.bsn else "name"
    return page(_PERSON, answer=answer, by=by, form=kept("purpose", "case_number"))
