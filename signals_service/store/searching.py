"""Searching across departments: the one way to learn that another department placed a signal."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from signals_service.actor import Actor
from signals_service.persons import matching_keys
from signals_service.store.answers import BesideHit, Hit, Placed, SearchAnswer
from signals_service.store.directory import Directory
from signals_service.store.errors import ForbiddenError, InvalidPurposeError, QuotaExceededError
from signals_service.store.session import Row

_ANSWER = (
    "processing_id, refusal, retry_after, status, hits, hit_count, department_count, register_at, beside, signal_id"
)
_SEARCH = (
    f"select {_ANSWER} from signals.search("  # noqa: S608
    "%s, %s, %s, %s::text[], %s::text[], %s::text[], %s::bytea[], %s, %s, %s)"
)
_PLACE = (
    f"select {_ANSWER} from signals.place("  # noqa: S608
    "%s, %s, %s, %s::text[], %s, %s, %s::text[], %s::bytea[], %s::bytea[], %s, %s, %s::date, %s, %s)"
)


class Searching(Directory):
    """Search by address or person, and placing, which is a search as well."""

    def search_address(
        self,
        actor: Actor,
        *,
        address_ids: Sequence[str],
        beside_ids: Sequence[str],
        purpose: str,
        case_number: str,
        outcome: Literal["found", "ambiguous", "not-found"],
    ) -> SearchAnswer:
        """Who placed a signal on these addresses. Without address (ambiguous, not-found) it is audited all the same.

        Raises `InvalidPurposeError` and `QuotaExceededError`.
        """
        asked = [list(address_ids), list(beside_ids), None, storable(purpose), storable(case_number), outcome]
        return self._answer(self._row(_SEARCH, [*self._as(actor), *asked]))

    def search_person(self, actor: Actor, *, keys: Sequence[bytes], purpose: str, case_number: str) -> SearchAnswer:
        """Who placed a signal on the person with one of these keys (`signals_service.persons`)."""
        asked = [[], [], matching_keys(list(keys)), storable(purpose), storable(case_number), "found"]
        return self._answer(self._row(_SEARCH, [*self._as(actor), *asked]))

    def place_signal(
        self,
        actor: Actor,
        *,
        address_id: str | None,
        nummeraanduiding_id: str | None,
        beside_ids: Sequence[str],
        person_keys: Sequence[bytes],
        kind: str,
        reason: str,
        review_on: date | None,
        purpose: str,
        case_number: str,
    ) -> Placed:
        """Place a signal on an address, a person or both. Official and phone come from the directory, not from a form.

        `review_on` None means after `review_days()`. Raises `InvalidValueError` (kind, reason, review_on, address_id;
        official when the actor has not signed in), `InvalidPurposeError` and `QuotaExceededError`.
        """
        keys = list(person_keys)
        where: list[Any] = [address_id, nummeraanduiding_id, list(beside_ids)]
        what: list[Any] = [keys, matching_keys(keys), kind, reason, review_on]
        row = self._row(_PLACE, [*self._as(actor), *where, *what, storable(purpose), storable(case_number)])
        return Placed(answer=self._answer(row), signal_id=row[9])

    def _answer(self, row: Row) -> SearchAnswer:
        processing_id, refusal, retry_after, status, hits, hit_count, department_count, register_at, beside, _ = row
        if refusal == "purpose":
            raise InvalidPurposeError("purpose or case number")
        if refusal == "quota":
            raise QuotaExceededError(retry_after)
        if refusal is not None:
            raise ForbiddenError(refusal)
        return SearchAnswer(
            processing_id=processing_id,
            status=status,
            hits=tuple(Hit(hit[0], self._title(hit[0]), *hit[1:]) for hit in hits),
            hit_count=hit_count,
            department_count=department_count,
            data_date=register_at,
            beside=tuple(BesideHit(*item) for item in beside),
        )


def storable(text: str) -> str:
    """What PostgreSQL cannot hold becomes a sign that the rules refuse, so that the refusal is audited."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
