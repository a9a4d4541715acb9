"""The uitdraai: how many signals stand on which address. Numbers alone; who prints it stands on it, and is logged."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from signals_service.actor import Actor
from signals_service.acts import inputs
from signals_service.acts.audit import period
from signals_service.acts.desk import Desk
from signals_service.acts.inputs import InputError
from signals_service.acts.overlaps import GONE
from signals_service.acts.search import PurposeInput, purpose_of

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class HitCountInput:
    first: str | date | None = None
    last: str | date | None = None
    department: str | None = None
    minimum: str | int | None = None


@dataclass(frozen=True, slots=True)
class HitCountRow:
    """`by_department` is in the order of `HitCountSheet.departments`."""

    address: str
    hit_count: int
    department_count: int
    by_department: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HitCountSheet:
    """One uitdraai: what was asked, by whom and when, and the rows, most signals first."""

    first: date
    last: date
    department: str | None
    minimum: int
    departments: tuple[str, ...]
    rows: tuple[HitCountRow, ...]
    made_by: str
    made_at: datetime
    municipality: str

    @property
    def total(self) -> int:
        return sum(row.hit_count for row in self.rows)

    @property
    def mark(self) -> str:
        """The words across every page."""
        return f"{self.made_by} · {self.made_at:%d-%m-%Y %H:%M}"


def sheet(desk: Desk, actor: Actor, asked: HitCountInput, purpose: PurposeInput) -> HitCountSheet:
    """Count, and have the store log that it was asked. Raises `InputError` and the errors of the store."""
    last = inputs.optional_day(asked.last, "last", "de laatste dag") or desk.today()
    first = inputs.optional_day(asked.first, "first", "de eerste dag") or last - timedelta(days=365)
    period(first, last)
    departments = desk.store.departments()
    titles = {department.code: department.title for department in departments}
    department = inputs.choice(asked.department, "department", "een afdeling", titles) if asked.department else None
    minimum = _minimum(asked.minimum)
    code, case_number = purpose_of(purpose)
    counts = desk.store.hit_counts(
        actor,
        first=first,
        last=last,
        department=department,
        minimum=minimum,
        purpose=code,
        case_number=case_number,
    )
    shown = [one.code for one in departments if department in (None, one.code)]
    rows = tuple(
        HitCountRow(
            desk.address_text(count.address_id) or GONE,
            count.hit_count,
            count.department_count,
            tuple(count.by_department.get(one, 0) for one in shown),
        )
        for count in counts
    )
    return HitCountSheet(
        first=first,
        last=last,
        department=titles[department] if department else None,
        minimum=minimum,
        departments=tuple(titles[one] for one in shown),
        rows=rows,
        made_by=f"{actor.display_name} ({titles.get(actor.department, actor.department)})",
        made_at=desk.now(),
        municipality=desk.municipality,
    )


def _minimum(value: str | int | None) -> int:
    try:
        minimum = int(value or 1)
    except ValueError:
        minimum = 0
    if not 1 <= minimum <= _MOST:
        raise InputError("minimum", "Vul bij het kleinste aantal een getal in van 1 of meer.")
    return minimum
