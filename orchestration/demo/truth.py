"""What was planted, written so that a machine can score an analysis against it.

Moments are local time (Europe/Amsterdam) without a zone, ISO 8601 to the minute; places are RD metres (EPSG:28992);
`x` and `y` are null where the incident has no coordinate. Counts and effects describe the incidents as they are
known at the end of the last day: corrected values, without the withdrawn.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.demo.signals import Meeting, SignalTruth
from orchestration.demo.suspects import SuspectCounts

NOTE = "Fictief: Demostad bestaat niet. Alle plaatsen, personen en incidenten zijn door VIS verzonnen."


@dataclass(frozen=True)
class Incident:
    """One planted incident."""

    incident_id: str
    offence_code: str
    begin_at: str
    end_at: str
    reported_at: str
    x: int | None
    y: int | None
    buurt_code: str | None


@dataclass(frozen=True)
class NearRepeatChain:
    """Burglaries after each other, each within `max_step_m` metres and `max_step_days` days of the one before."""

    name: str
    max_step_m: float
    max_step_days: int
    incidents: tuple[Incident, ...]


@dataclass(frozen=True)
class Outbreak:
    """A category that rose in one wijk for some weeks. `planted` came on top of `expected` (ordinary level)."""

    category_code: str
    wijk_code: str
    first_day: str
    last_day: str
    expected: float
    observed: int
    planted: int
    incidents: tuple[Incident, ...]


@dataclass(frozen=True)
class HotStreet:
    """A street with far more incidents than its neighbours, all at numbered addresses."""

    street: str
    place: str
    buurt_code: str
    first_day: str
    last_day: str
    observed: int
    median_other_streets: float
    incidents: tuple[Incident, ...]


@dataclass(frozen=True)
class DefaultPoint:
    """One coordinate that the police fill in when they do not know better."""

    description: str
    x: int
    y: int
    street: str
    share: float
    offence_categories: int
    incident_ids: tuple[str, ...]


@dataclass(frozen=True)
class ClockChange:
    """Incidents in the night of a clock change. `hours` is the length of that day: 23 in March, 25 in October."""

    day: str
    hours: int
    incidents: tuple[Incident, ...]


@dataclass(frozen=True)
class Intervention:
    """An action in one wijk.

    `rate_ratio` is what it truly does to the category from `begins_on` on (1 is nothing). `counts` are (before, after)
    in the wijk and (before, after) elsewhere, by the begin of the window and without the default point.
    """

    intervention_id: str
    title: str
    works: bool
    category_code: str
    wijk_code: str
    first_day: str
    begins_on: str
    last_day: str
    rate_ratio: float
    counts: tuple[tuple[int, int], tuple[int, int]]

    @property
    def observed_ratio(self) -> float:
        """Change in the wijk divided by the change elsewhere."""
        (before, after), (before_elsewhere, after_elsewhere) = self.counts
        return (after / before) / (after_elsewhere / before_elsewhere)


@dataclass(frozen=True)
class Correction:
    """A later version of an incident. Heading and values as they stand in the extract."""

    incident_id: str
    changed_at: str
    heading: str
    old: str
    new: str


@dataclass(frozen=True)
class Spelling:
    """A street that the feed spells otherwise than the register: `written` for `street` in `place`."""

    incident_id: str
    written: str
    street: str
    place: str


@dataclass(frozen=True)
class Counts:
    """`rows` per file; the other counts are of distinct incidents.

    `active` is what is now known (not withdrawn); `without_place`, `outside`, `active_per_buurt` divide the active
    ones by their coordinate. `reversed_window` and `reported_before_begin` name the odd ones.
    """

    rows: dict[str, int]
    distinct_incidents: int
    active: int
    withdrawn: tuple[str, ...]
    corrected: tuple[Correction, ...]
    without_place: tuple[str, ...]
    outside: tuple[str, ...]
    reversed_window: tuple[str, ...]
    reported_before_begin: tuple[str, ...]
    shared_registrations: int
    active_per_buurt: dict[str, int]


@dataclass(frozen=True)
class PublishedDeviation:
    """A buurt in which the publisher counts `surplus` offences a month more than the feed holds, in the total alone."""

    buurt_code: str
    months: tuple[str, ...]
    surplus: int


@dataclass(frozen=True)
class DemoTruth:
    """Everything that is known about one generated municipality. `files`: path below the inbox → SHA-256."""

    generator_version: str
    seed: int
    first_day: str
    until: str
    municipality_code: str
    inhabitants: int
    addresses: int
    streets: int
    near_repeat_chains: tuple[NearRepeatChain, ...]
    outbreak: Outbreak
    hot_street: HotStreet
    default_point: DefaultPoint
    clock_changes: tuple[ClockChange, ...]
    interventions: tuple[Intervention, ...]
    spellings: tuple[Spelling, ...]
    published_deviation: PublishedDeviation
    counts: Counts
    suspects: SuspectCounts
    signals: SignalTruth
    files: dict[str, str]
    note: str = NOTE

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


def read_truth(file: Path) -> DemoTruth:
    """The truth as `write_demo` left it; raises `ValueError` when the file is of another layout."""
    try:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return DemoTruth(
            **data
            | {
                "near_repeat_chains": tuple(_with_incidents(NearRepeatChain, c) for c in data["near_repeat_chains"]),
                "outbreak": _with_incidents(Outbreak, data["outbreak"]),
                "hot_street": _with_incidents(HotStreet, data["hot_street"]),
                "default_point": DefaultPoint(**_tuples(data["default_point"])),
                "clock_changes": tuple(_with_incidents(ClockChange, c) for c in data["clock_changes"]),
                "interventions": tuple(
                    Intervention(**i | {"counts": tuple(tuple(pair) for pair in i["counts"])})
                    for i in data["interventions"]
                ),
                "spellings": tuple(Spelling(**s) for s in data["spellings"]),
                "published_deviation": PublishedDeviation(**_tuples(data["published_deviation"])),
                "suspects": SuspectCounts(**data["suspects"]),
                "signals": SignalTruth(
                    **_tuples(data["signals"])
                    | {
                        "meetings": tuple(Meeting(**_tuples(m)) for m in data["signals"]["meetings"]),
                        "person_meetings": tuple((a, b) for a, b in data["signals"]["person_meetings"]),
                    }
                ),
                "counts": Counts(
                    **_tuples(data["counts"])
                    | {"corrected": tuple(Correction(**c) for c in data["counts"]["corrected"])}
                ),
            }
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{file}: is no truth of this version of the demo ({error}); make the demo anew") from error


def _with_incidents(kind: Any, data: dict[str, Any]) -> Any:
    return kind(**data | {"incidents": tuple(Incident(**item) for item in data["incidents"])})


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
