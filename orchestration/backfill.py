"""`vis backfill`: years of deliveries of daily sources in one run, and what there is of each month afterwards."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
from rich.table import Table

from orchestration.ingest.calendar import days_with, each_day
from orchestration.ingest.days import Days
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality, MunicipalityError, load_municipality
from orchestration.operations.console import console
from orchestration.process import process_days
from orchestration.settings import Settings


@dataclass(frozen=True)
class Month:
    """One month of one source. `days` had a delivery; `missing` are the numbers of the days that had none."""

    source: str
    month: str
    days: int
    deliveries: int
    rows: int
    quarantined: int
    stopped: int
    missing: tuple[int, ...]


def backfill(settings: Settings, days: Days, names: Sequence[str] = ()) -> bool:
    """Take in all that waits about these days, in their order, and show what there is; False when something failed.

    `names` are sources, none means all daily ones. Raises `MunicipalityError` for a source that is not daily and
    `ValueError` for days that cannot be asked for.
    """
    municipality = load_municipality(settings.municipality)
    sources = _daily_sources(municipality, names)
    _check(days, municipality)
    succeeded = process_days(settings, municipality, sources, days)
    with psycopg.connect(settings.dsn("loader")) as connection:
        months = [month for spec in sources for month in months_of(connection, municipality, spec, days)]
    console.print(_table(months))
    return succeeded


def months_of(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, days: Days
) -> Iterator[Month]:
    """What there is of a source, by month. Days before `since` owe nothing; a try that was superseded counts once."""
    figures: dict[str, tuple[int, int, int, int, int]] = {
        row[0]: row[1:]
        for row in connection.execute(
            """
            select to_char(delivery_day, 'YYYY-MM'), count(distinct delivery_day) filter (where is_of_day), count(*),
              sum(rows_loaded + rows_duplicate)::bigint, sum(rows_quarantined)::bigint,
              count(*) filter (where status <> 'accepted')
            from raw.delivery
            where municipality_code = %s and source = %s and delivery_day between %s and %s
              and status <> 'superseded' and released_from is null
            group by 1
            """,
            [municipality.code, spec.source, days.first, days.last],
        )
    }
    delivered = days_with(connection, municipality.code, spec.source)
    missing: dict[str, list[int]] = defaultdict(list)
    for day in each_day(days):
        if spec.daily and day >= spec.daily.since and day not in delivered:
            missing[f"{day:%Y-%m}"].append(day.day)
    for month in sorted({*figures, *missing}):
        yield Month(spec.source, month, *figures.get(month, (0, 0, 0, 0, 0)), tuple(missing[month]))


def _daily_sources(municipality: Municipality, names: Sequence[str]) -> list[SourceSpec]:
    sources = [municipality.source(name) for name in names] or [spec for spec in municipality.sources if spec.daily]
    if others := [spec.source for spec in sources if spec.daily is None]:
        raise MunicipalityError(
            f"bron {', '.join(others)} heeft geen `daily` en dus geen dagen; `vis process` neemt alles op wat wacht"
        )
    if not sources:
        raise MunicipalityError(f"{municipality.name} heeft geen bron met `daily`; `vis process` neemt alles op")
    return sources


def _check(days: Days, municipality: Municipality) -> None:
    today = datetime.now(UTC).astimezone(ZoneInfo(municipality.time_zone)).date()
    first = min(spec.daily.since for spec in municipality.sources if spec.daily)
    if not first <= days.first <= days.last <= today:
        raise ValueError(
            f"--from {days.first} --to {days.last}: verwacht een eerste en een laatste dag in de goede volgorde, niet "
            f"vóór {first} (de vroegste `daily.since`) en niet na vandaag ({today})"
        )


def _table(months: Sequence[Month]) -> Table:
    table = Table("bron", "maand")
    for heading in ("dagen", "leveringen", "tegengehouden", "rijen", "quarantaine"):
        table.add_column(heading, justify="right")
    table.add_column("ontbrekende dagen")
    for month in months:
        figures = (month.days, month.deliveries, month.stopped, month.rows, month.quarantined)
        table.add_row(month.source, month.month, *map(str, figures), _ranges(month.missing) or "-")
    return table


def _ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 → `1-3, 7`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][-1] == number - 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number])
    return ", ".join("-".join(map(str, span)) for span in spans)
