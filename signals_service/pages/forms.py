"""What the pages with a form share: the desk, the lists of a form, and a form that comes back with its faults."""

from http import HTTPStatus
from typing import Any

from flask import render_template, request

from signals_service.acts.explain import ActError, Explanation, explain
from signals_service.acts.inputs import InputError
from signals_service.acts.people import has_bsn
from signals_service.acts.register import RegisterNotReadyError
from signals_service.acts.search import PurposeInput, purposes_for
from signals_service.auth import actor
from signals_service.current import desk
from signals_service.persons import is_bsn
from signals_service.store import StoreError

#: What an act may raise, as an except clause wants it.
ACT_ERRORS = (InputError, StoreError, RegisterNotReadyError)

Answer = tuple[str, int]
_CODES = {"purpose", "case_number"}


def field(name: str) -> str:
    """One field of the posted form; "" when it is not there."""
    return request.form.get(name, "")


def purpose() -> PurposeInput:
    return PurposeInput(field("purpose"), field("case_number"))


def purpose_options() -> list[tuple[str, str]]:
    return [(one.code, one.title) for one in purposes_for(desk(), actor())]


def page(template: str, status: int = HTTPStatus.OK, **values: Any) -> Answer:
    """A page with a form that is filled as it was sent; values that must not come back are not in `form`."""
    return render_template(template, purposes=purpose_options(), **({"errors": {}, "form": {}} | values)), status


def faulty(error: ActError, template: str, fields: set[str], **values: Any) -> Answer:
    """The form again with what must be changed; raises the error on when no field of this form is at fault."""
    told: Explanation = explain(error)
    if not told.fields or not set(told.fields) & fields:
        raise error
    return page(template, told.status, errors=told.fields, **values)


def kept(*names: str) -> dict[str, str]:
    """The posted fields that a form may show again, at the length that a form takes.

    A burgerservicenummer does not come back, wherever it was typed. Nine digits within a case number may look like one.
    """
    values = {name: field(name).replace("\0", "")[:1200] for name in names}
    return {name: "" if (is_bsn if name in _CODES else has_bsn)(value) else value for name, value in values.items()}


def offset_asked() -> int:
    """From where a list is shown (`?vanaf=50`); what is no number is the begin."""
    return max(0, min(request.args.get("vanaf", 0, type=int), 1_000_000))
