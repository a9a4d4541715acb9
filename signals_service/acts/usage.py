"""How the tool is used, for the functional administrator: numbers and lists, never an address, person or content."""

from dataclasses import dataclass
from datetime import date, timedelta

from signals_service.actor import Actor
from signals_service.acts import inputs
from signals_service.acts.audit import period
from signals_service.acts.desk import Desk
from signals_service.store import Department, Kind, Purpose, UsageCounts


@dataclass(frozen=True, slots=True)
class UsageSheet:
    first: date
    last: date
    counts: UsageCounts
    departments: tuple[Department, ...]
    kinds: tuple[Kind, ...]
    purposes: tuple[Purpose, ...]
    review_days: int
    max_review_days: int


def sheet(desk: Desk, actor: Actor, *, first: str | date | None = None, last: str | date | None = None) -> UsageSheet:
    """The numbers of a period (default: the last 30 days) and the lists as they are set. Raises `InputError`."""
    until = inputs.optional_day(last, "last", "de laatste dag") or desk.today()
    since = inputs.optional_day(first, "first", "de eerste dag") or until - timedelta(days=29)
    period(since, until)
    return UsageSheet(
        first=since,
        last=until,
        counts=desk.store.usage(actor, first=since, last=until),
        departments=desk.store.departments(),
        kinds=desk.store.kinds(),
        purposes=desk.store.purposes(),
        review_days=desk.store.review_days(),
        max_review_days=desk.store.max_review_days(),
    )
