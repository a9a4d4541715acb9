"""What an act refuses is told in Dutch, says what to do, and never repeats a value or a detail of the database."""

import pytest
from flask import Flask

from signals_service.acts.explain import explain
from signals_service.acts.inputs import InputError
from signals_service.acts.register import RegisterNotReadyError
from signals_service.store import (
    ConflictError,
    ForbiddenError,
    InvalidPurposeError,
    InvalidValueError,
    NotFoundError,
    QuotaExceededError,
    StoreUnavailableError,
)

SECRET = "geheim 123456782"
ERRORS = [
    (InputError("query", "Vul het adres in."), 422, {"query"}, None),
    (InvalidPurposeError(SECRET), 422, {"purpose"}, None),
    (InvalidValueError("review_on"), 422, {"review_on"}, None),
    (InvalidValueError("text"), 422, {"text"}, None),
    (ForbiddenError(SECRET), 403, set(), None),
    (NotFoundError(SECRET), 404, set(), None),
    (ConflictError(SECRET), 409, set(), None),
    (QuotaExceededError(0), 429, set(), 1),
    (QuotaExceededError(61), 429, set(), 61),
    (StoreUnavailableError(SECRET), 503, set(), 10),
    (RegisterNotReadyError(SECRET), 503, set(), 30),
]


@pytest.mark.parametrize(("error", "status", "fields", "retry_after"), ERRORS, ids=lambda value: type(value).__name__)
def test_every_refusal_is_explained(error: Exception, status: int, fields: set[str], retry_after: int | None) -> None:
    told = explain(error)  # type: ignore[arg-type]
    assert (told.status, set(told.fields), told.retry_after) == (status, fields, retry_after)
    assert told.title
    assert told.detail.endswith((".", "?"))
    assert SECRET not in f"{told}"


@pytest.mark.parametrize(
    ("seconds", "wait"), [(1, "een minuut"), (61, "2 minuten"), (3600, "60 minuten"), (7300, "2 uur")]
)
def test_when_one_may_search_again(seconds: int, wait: str) -> None:
    assert f"Over {wait} " in explain(QuotaExceededError(seconds)).detail


@pytest.mark.parametrize(("error", "status", "fields", "retry_after"), ERRORS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("path", ["/", "/api/v1/openapi.json"])
def test_people_get_a_page_and_machines_a_problem(
    offline: Flask,
    path: str,
    error: Exception,
    status: int,
    fields: set[str],
    retry_after: int | None,
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise error

    endpoint = "pages.front" if path == "/" else "openapi.spec"
    fail.access = frozenset({"*"})  # type: ignore[attr-defined]
    offline.view_functions[endpoint] = fail
    response = offline.test_client().get(path)
    assert response.status_code == status
    assert response.headers.get("Retry-After") == (None if retry_after is None else str(retry_after))
    assert SECRET not in response.text
    if path == "/":
        assert "<h1" in response.text
    else:
        assert response.mimetype == "application/problem+json"
        body = response.get_json(force=True)
        assert body["status"] == status
        assert [fault["field"] for fault in body.get("errors", [])] == [_camel(name) for name in fields]


def test_an_act_that_may_have_been_kept_is_not_said_to_be_lost() -> None:
    unavailable = StoreUnavailableError(SECRET)
    assert "Mogelijk is uw invoer al opgeslagen. Kijk eerst in de lijst." in explain(unavailable, writes=True).detail
    told = explain(unavailable).detail
    assert "Er is niets getoond." in told
    assert "opgeslagen" not in told


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
