"""Sixty days of a restless police feed, and what was known of it at the end of any day, by plain arithmetic.

Nothing here knows the platform's code: windows are shared out minute by minute, buurten are squares, and what holds
is found by reading the rows that were known in the order in which they arrived.
"""

import csv
import io
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
LEFT, BOTTOM, SIDE = 233_000, 582_000, 1_000  # RD metres: three by three buurten of 1 km², wijken are the columns
HIC, OTHER = "A20", ("A10", "F614", "E33", "Q99")  # Q99 is no code of the list
HEADINGS = ("nummer", "soort", "begin", "eind", "kennisname", "straat", "x", "y", "status", "gewijzigd")
_FIRST = datetime(2024, 3, 20, tzinfo=UTC)
# The clock jumps forward in the night of 31 March and back in that of 27 October.
_NIGHTS = (datetime(2024, 3, 30, 20, tzinfo=UTC), datetime(2024, 10, 26, 20, tzinfo=UTC))

Key = tuple[str | None, str | None, str, str, date, str, str, bool]

AREAS: dict[str, Any] = {
    "source": "gebieden", "title": "Vierkante buurten", "shape": "area", "legal_basis": "test",
    "owner": {"department": "Geo", "contact": "vis-beheer@voorbeeld.nl"}, "crs": "EPSG:28992",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/gebieden", "pattern": "*.geojson", "format": "geojson"},
    "columns": {"area_code": "code", "area_name": "naam", "parent_code": "wijk", "parent_name": "wijknaam",
                "geometry": "geometry"},
    "constants": {"level": "buurt", "vintage": "2024"},
}  # fmt: skip
POLICE: dict[str, Any] = {
    "source": "politie", "title": "Dagelijks uittreksel", "shape": "incident", "legal_basis": "test",
    "owner": {"department": "OOV", "contact": "vis-beheer@voorbeeld.nl"},
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/politie", "pattern": "*.csv"},
    "columns": dict(zip(("incident_id", "offence_code", "begin_at", "end_at", "reported_at", "street", "x", "y",
                         "status", "changed_at"), HEADINGS, strict=True)),
    "formats": dict.fromkeys(("begin_at", "end_at", "reported_at", "changed_at"), "%d-%m-%Y %H:%M"),
    "values": {"status": {"actief": "active", "vervallen": "withdrawn"}},
}  # fmt: skip


@dataclass(frozen=True)
class Version:
    """What a row says of an incident. Instants are UTC; no `changed`: the order of arrival decides."""

    number: str
    code: str
    begin: datetime
    end: datetime | None
    street: str
    x: float | None
    y: float | None
    withdrawn: bool = False
    changed: datetime | None = None

    def cells(self) -> list[str]:
        moments = [_local(moment) for moment in (self.begin, self.end, self.begin, self.changed)]
        point = ["" if value is None else str(value) for value in (self.x, self.y)]
        status = "vervallen" if self.withdrawn else "actief"
        return [self.number, self.code, *moments[:3], self.street, *point, status, moments[3]]


@dataclass(frozen=True)
class Arrival:
    """A row of a delivery: the day it came, its place in the file, and the day the gate let it through."""

    day: int
    position: int
    known: int
    version: Version


def _local(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(ZONE).strftime("%d-%m-%Y %H:%M")


def areas_file() -> bytes:
    features = []
    for column in range(3):
        for row in range(3):
            x, y = LEFT + column * SIDE, BOTTOM + row * SIDE
            ring = [[x, y], [x + SIDE, y], [x + SIDE, y + SIDE], [x, y + SIDE], [x, y]]
            properties = {"code": f"BU{column}{row}", "naam": f"Buurt {column}{row}", "wijk": f"WK{column}",
                          "wijknaam": f"Wijk {column}"}  # fmt: skip
            geometry = {"type": "Polygon", "coordinates": [ring]}
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}).encode()


def csv_file(versions: Iterable[Version]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([HEADINGS, *(version.cells() for version in versions)])
    return out.getvalue().encode()


class Police:
    """Makes a delivery a day, from a seed: new incidents, corrections of every kind, stale rows and doubles."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._latest: dict[str, Version] = {}
        self._written = 0
        self._clock = datetime(2024, 11, 20, tzinfo=UTC)

    def day(self) -> list[Version]:
        """One file; at most one row per incident, but for a double of a row."""
        draw = self._random
        known = draw.sample(sorted(self._latest), min(8, len(self._latest)))
        rows = [self._new() for _ in range(draw.randint(4, 8))]
        changes = (self.reclassified, self.moved, self.rewindowed, self.withdrawn)
        rows += [draw.choice(changes)(number) for number in known[: draw.randint(2, 5)]]
        if dated := [number for number in known[5:7] if self._latest[number].changed]:
            rows.append(self.stale(dated[0]))
        if known[7:]:
            rows.append(self._latest[known[7]])
        rows.append(rows[0])
        draw.shuffle(rows)
        return rows

    def incidents(self, *, withdrawn: bool = False) -> list[str]:
        """The incidents with a moment of change, in the order of their numbers."""
        return sorted(n for n, version in self._latest.items() if version.changed and version.withdrawn == withdrawn)

    def latest(self, number: str) -> Version:
        return self._latest[number]

    def reclassified(self, number: str) -> Version:
        codes = [code for code in (HIC, *OTHER) if code != self._latest[number].code]
        return self._newer(number, code=self._random.choice(codes))

    def moved(self, number: str) -> Version:
        x, y = self._point()
        return self._newer(number, x=x, y=y)

    def rewindowed(self, number: str) -> Version:
        begin, end = self._window()
        return self._newer(number, begin=begin, end=end)

    def withdrawn(self, number: str) -> Version:
        """Taken back, or brought back when it was already."""
        return self._newer(number, withdrawn=not self._latest[number].withdrawn)

    def stale(self, number: str) -> Version:
        """A version of before the last one, that comes in late."""
        last = self._latest[number]
        assert last.changed
        begin, end = self._window()
        # Even minutes are given out as moments of change, odd ones are for what comes late: no two are equal.
        changed = last.changed - timedelta(minutes=1)
        return replace(last, begin=begin, end=end, street=self._street(), changed=changed)

    def _new(self) -> Version:
        number = f"PL{len(self._latest):04d}"
        begin, end = self._window()
        x, y = self._point()
        changed = self._tick() if self._random.random() < 0.8 else None
        code = self._random.choice((HIC, *OTHER))
        version = Version(number, code, begin, end, self._street(), x, y, changed=changed)
        self._latest[number] = version
        return version

    def _newer(self, number: str, **changes: Any) -> Version:
        last = self._latest[number]
        version = replace(last, street=self._street(), changed=last.changed and self._tick(), **changes)
        self._latest[number] = version
        return version

    def _street(self) -> str:
        self._written += 1
        return f"Straat {self._written}"

    def _tick(self) -> datetime:
        self._clock += timedelta(minutes=2)
        return self._clock

    def _point(self) -> tuple[float | None, float | None]:
        kind = self._random.random()
        if kind < 0.1:
            return None, None
        if kind < 0.2:
            return LEFT - 5_000.5, BOTTOM + 500.5
        return tuple(low + self._random.randrange(3 * SIDE) + 0.5 for low in (LEFT, BOTTOM))  # type: ignore[return-value]

    def _window(self) -> tuple[datetime, datetime | None]:
        draw = self._random
        begin = _FIRST + timedelta(minutes=draw.randrange(235 * 1440))
        if draw.random() < 0.1:
            begin = draw.choice(_NIGHTS)
        length = draw.choice((0, 30, 95, 400, 610, 1500, 4000, 7 * 1440, 7 * 1440 + 1, -60, None))
        return _unmistakable(begin), None if length is None else _unmistakable(begin + timedelta(minutes=length))


def _unmistakable(moment: datetime) -> datetime:
    """Local times that come twice in the autumn night say too little in a file: three hours earlier instead."""
    local = moment.astimezone(ZONE)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return moment - timedelta(hours=3) if twice else moment


# -- what was known --------------------------------------------------------------------------------------------------


def held(arrivals: Iterable[Arrival], day: int) -> dict[str, Version]:
    """The version of each incident that was believed at the end of a day."""
    believed: dict[str, Version] = {}
    for arrival in sorted((a for a in arrivals if a.known <= day), key=lambda a: (a.day, a.position)):
        new, old = arrival.version, believed.get(arrival.version.number)
        if not (old and old.changed and new.changed and new.changed < old.changed):
            believed[new.number] = new
    return believed


@cache
def shares(begin: datetime, end: datetime | None) -> dict[tuple[date, str], Fraction]:
    """The share of a window in each local date and day part, counted by the minute."""
    if end is None or end < begin or end - begin > timedelta(days=7):
        return {(begin.astimezone(ZONE).date(), "onbekend"): Fraction(1)}
    minutes = max((end - begin) // timedelta(minutes=1), 1)
    counted: dict[tuple[date, str], int] = defaultdict(int)
    for minute in range(minutes):
        local = (begin + timedelta(minutes=minute)).astimezone(ZONE)
        counted[local.date(), ("nacht", "ochtend", "middag", "avond")[local.hour // 6]] += 1
    return {part: Fraction(count, minutes) for part, count in counted.items()}


def place(version: Version) -> tuple[str | None, str | None, str, str]:
    """Wijk code, buurt code, wijk and buurt."""
    if version.x is None or version.y is None:
        return None, None, "Geen plaats bekend", "Geen plaats bekend"
    column, row = int((version.x - LEFT) // SIDE), int((version.y - BOTTOM) // SIDE)
    if not (0 <= column < 3 and 0 <= row < 3):
        return None, None, "Buiten de gemeente", "Buiten de gemeente"
    return f"WK{column}", f"BU{column}{row}", f"Wijk {column}", f"Buurt {column}{row}"


def kaart(versions: Iterable[Version]) -> dict[Key, Fraction]:
    """The map of these versions: aantal per key."""
    found: dict[Key, Fraction] = defaultdict(Fraction)
    for version in versions:
        if not version.withdrawn:
            for (day, part), share in shares(version.begin, version.end).items():
                found[(*place(version), day, part, version.code, version.code == HIC)] += share
    return dict(found)


def touched_days(before: dict[str, Version], after: dict[str, Version]) -> set[date]:
    """The days that count anything of an incident of which another version holds now."""
    changed = {number for number in before.keys() | after.keys() if before.get(number) != after.get(number)}
    versions = [side[number] for side in (before, after) for number in changed if number in side]
    return {key[4] for key in kaart(versions)}
