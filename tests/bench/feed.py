"""A police feed of any size in the demo's format: the demo's own incidents, drawn again in other weeks.

Drawing with replacement keeps what makes the work real: the mix of offences, the from-to windows, the snapped
coordinates, the share without a house number, the delay of the report. A draw moves by whole weeks, so that the
columns for the day of the week and the day part stay right. The same arguments give the same bytes.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.demo.extract import COLUMNS, VERSION_COLUMNS, extract
from orchestration.demo.feed import Feed, build_feed
from orchestration.demo.incidents import World, draw_incidents
from orchestration.demo.planted import plant

PER_DAY = 150
CORRECTED, WITHDRAWN = 0.06, 0.02  # of the rows of a delivery: a later version of an incident, the end of one
_EPOCH = date(1970, 1, 1)
_SEED = 20260101
_DATES = ("Begin-pleegdatum/tijd", "Eind-pleegdatum/tijd", "Kennisnamedatum/tijd", "Mutatiedatum/tijd")
_HEAD = "\ufeff" + ";".join([*COLUMNS, *VERSION_COLUMNS]) + "\r\n"
Days = NDArray[np.int64]


@dataclass(frozen=True)
class Delivered:
    """What a delivery holds: incidents by serial number, with the local days (since 1970) of their windows."""

    file: Path
    rows: int
    incidents: int
    days: int


class PoliceFeed:
    """Files that follow one another: a history, then a day at a time."""

    def __init__(self, world: World, until: date) -> None:
        feed: Feed = build_feed(world, plant(world, draw_incidents(world, 5_500)))
        frame = feed.first.reset_index(drop=True)
        table = extract(world, frame)
        self._until = until
        self._rng = np.random.default_rng(_SEED)
        self._day = {
            heading: frame[column].to_numpy().astype("datetime64[D]").astype(np.int64)
            for heading, column in zip(_DATES, ("begin", "eind", "kennis", "mutatie"), strict=True)
        }
        reported = self._day["Kennisnamedatum/tijd"]
        self._by_weekday = [np.flatnonzero(reported % 7 == weekday) for weekday in range(7)]
        corrected = table.assign(Opgehelderd="J", Verdachten="1")
        withdrawn = table.assign(Status="vervallen")
        self._pieces = [_pieces(part) for part in (table, corrected, withdrawn)]
        # Per incident so far: the row of the demo that it was drawn from and the weeks that it was moved.
        self._drawn: Days = np.empty(0, np.int64)
        self._weeks: Days = np.empty(0, np.int64)
        self._ended: NDArray[np.bool_] = np.empty(0, dtype=bool)
        self._days_delivered = 0

    def history(self, rows: int, file: Path) -> Delivered:
        """One file of `rows` rows that ends on the last day of the feed, `PER_DAY` rows a day."""
        changed = round(rows * CORRECTED)
        new = rows - changed - round(rows * WITHDRAWN)
        last = (self._until - _EPOCH).days // 7
        first = last - max(rows // PER_DAY // 7, 1)
        drawn = self._rng.integers(0, len(self._day[_DATES[0]]), new)
        weeks = self._rng.integers(first, last, new) - self._day["Kennisnamedatum/tijd"][drawn] // 7
        order = np.argsort(self._day["Kennisnamedatum/tijd"][drawn] + 7 * weeks, kind="stable")
        return self._deliver(file, drawn[order], weeks[order], changed, rows - new - changed, recent=new)

    def next_day(self, file: Path) -> Delivered:
        """The delivery of the day after the last: new incidents, corrections and withdrawals, `PER_DAY` rows."""
        self._days_delivered += 1
        day = (self._until + timedelta(days=self._days_delivered) - _EPOCH).days
        changed, ended = round(PER_DAY * CORRECTED), round(PER_DAY * WITHDRAWN)
        drawn = self._rng.choice(self._by_weekday[day % 7], PER_DAY - changed - ended)
        weeks = (day - self._day["Kennisnamedatum/tijd"][drawn]) // 7
        # What changes is mostly of the last month.
        return self._deliver(file, drawn, weeks, changed, ended, recent=30 * PER_DAY, on=day)

    def _deliver(
        self, file: Path, drawn: Days, weeks: Days, changed: int, ended: int, *, recent: int, on: int | None = None
    ) -> Delivered:
        start = len(self._drawn) if on is not None else 0
        known = start or len(drawn)
        new = np.arange(len(self._drawn), len(self._drawn) + len(drawn))
        self._drawn, self._weeks = np.r_[self._drawn, drawn], np.r_[self._weeks, weeks]
        self._ended = np.r_[self._ended, np.zeros(len(drawn), dtype=bool)]
        pool = np.arange(max(known - recent, 0), known)
        later = self._rng.choice(pool[~self._ended[pool]], changed + ended, replace=False)
        self._ended[later[changed:]] = True
        lines = [_HEAD]
        for kind, serial in enumerate((new, later[:changed], later[changed:])):
            delay = 0 if kind == 0 else 3
            lines += self._lines(kind, serial, None if kind == 0 else on, delay)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(lines), encoding="utf-8", newline="")
        every = np.r_[new, later]
        return Delivered(file, len(every), len(new), self._touched(every))

    def _lines(self, kind: int, serial: Days, on: int | None, delay: int) -> list[str]:
        """Rows as text; the change of a later version is `delay` days after the first, or on day `on`."""
        drawn, shift = self._drawn[serial], 7 * self._weeks[serial]
        moved = [self._day[heading][drawn] + shift for heading in _DATES]
        moved[-1] = moved[-1] + delay if on is None else np.full(len(serial), on)
        texts = [_day_texts(days) for days in moved]
        pieces = [piece[drawn].tolist() for piece in self._pieces[kind]]
        return [
            f"BENCH_{number};REG_{number // 2};{a}{begin}{b}{end}{c}{known}{d}{changed}{e}\r\n"
            for number, a, begin, b, end, c, known, d, changed, e in zip(
                serial.tolist(), pieces[0], texts[0], pieces[1], texts[1], pieces[2], texts[2], pieces[3], texts[3],
                pieces[4], strict=True,
            )
        ]  # fmt: skip

    def _touched(self, serial: Days) -> int:
        """How many local days the windows of these incidents touch (windows beyond a week: the first day)."""
        shift = 7 * self._weeks[serial]
        first, last = (self._day[heading][self._drawn[serial]] + shift for heading in _DATES[:2])
        last = np.where((last < first) | (last - first > 7), first, last)
        return len(set().union(*(range(a, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True))))


def _pieces(table: pd.DataFrame) -> list[NDArray[np.object_]]:
    """The text of a row between its four dates: after the two keys, and then from each time on."""
    columns = [name for name in table.columns if name not in ("Incident Identificatie", "Bronregistratie")]
    cuts = [columns.index(heading) for heading in _DATES]
    bounds = [(0, cuts[0]), *pairwise(cuts)]
    pieces = []
    for number, (start, stop) in enumerate(bounds):
        # From the second on a piece begins with the time of day of the date before it.
        part = table[columns[start:stop]].copy()
        if number:
            part[columns[start]] = part[columns[start]].str[10:]
        pieces.append(_rendered(part))
    return [*pieces, table[_DATES[-1]].str[10:].to_numpy(dtype=object)]


def _rendered(part: pd.DataFrame) -> NDArray[np.object_]:
    """Each row of some columns as CSV text, with the delimiter before what follows."""
    texts = []
    for row in part.itertuples(index=False, name=None):
        out = io.StringIO()
        csv.writer(out, delimiter=";").writerow(row)
        texts.append(out.getvalue().removesuffix("\r\n") + ";")
    return np.array(texts, dtype=object)


def _day_texts(days: Days) -> Sequence[str]:
    """`31-12-2024` per day since 1970."""
    first = int(days.min()) if len(days) else 0
    span = np.arange(first, int(days.max()) + 1 if len(days) else 0)
    known = [f"{t[8:10]}-{t[5:7]}-{t[:4]}" for t in span.astype("datetime64[D]").astype(str).tolist()]
    return [known[index] for index in (days - first).tolist()]
