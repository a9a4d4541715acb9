"""The directory of officials, and the municipality's lists, which each process keeps for a minute."""

import time
from typing import Any

from signals_service.actor import Actor
from signals_service.database import Database
from signals_service.store.answers import Department, Kind, Purpose
from signals_service.store.errors import StoreUnavailableError
from signals_service.store.session import Session

_KEPT_SECONDS = 60


class Directory(Session):
    """Sign-in and sign-out, departments, kinds, purposes and terms."""

    def __init__(self, database: Database, municipality_code: str) -> None:
        super().__init__(database, municipality_code)
        self._kept: tuple[float, dict[str, Any]] | None = None

    def signed_in(self, actor: Actor) -> None:
        """Note the official in the directory and the sign-in in the audit log."""
        values = [*self._as(actor), actor.display_name, actor.phone]
        self._rows("select signals.sign_in(%s, %s, %s, %s::text[], %s, %s)", values)

    def signed_out(self, actor: Actor) -> None:
        self._rows("select signals.sign_out(%s, %s, %s, %s::text[])", self._as(actor))

    def kinds(self) -> tuple[Kind, ...]:
        return tuple(Kind(**item) for item in self._lists()["kinds"])

    def purposes(self) -> tuple[Purpose, ...]:
        """All purposes; `Purpose.departments` says who may give which."""
        return tuple(
            Purpose(item["code"], item["title"], item["legal_basis"], tuple(item["departments"]))
            for item in self._lists()["purposes"]
        )

    def departments(self) -> tuple[Department, ...]:
        return tuple(Department(**item) for item in self._lists()["departments"])

    def review_days(self) -> int:
        """After how many days a signal is reviewed when nobody says when."""
        return int(self._lists()["review_days"])

    def max_review_days(self) -> int:
        """The farthest a review date may lie ahead."""
        return int(self._lists()["max_review_days"])

    def _title(self, department: str) -> str:
        """A department that is no longer on the list is called by its code."""
        return next((item["title"] for item in self._lists()["departments"] if item["code"] == department), department)

    def _lists(self) -> dict[str, Any]:
        now = time.monotonic()
        if self._kept is None or self._kept[0] < now - _KEPT_SECONDS:
            lists = self._row("select signals.lists(%s)", [self._municipality_code])[0]
            if lists is None:  # the municipality was never registered
                raise StoreUnavailableError
            self._kept = (now, lists)
        return self._kept[1]
