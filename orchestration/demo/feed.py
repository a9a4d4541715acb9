"""From incidents to what the police deliver: identifiers, the other columns, and later versions.

`describe` fills in what no analysis of place and time depends on; `change` makes the corrections and withdrawals
that the daily deliveries bring.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from orchestration.demo.arrays import Integers, Moments, Texts, column, plus_minutes, stream, weighted
from orchestration.demo.incidents import World, coordinates
from orchestration.demo.moments import existing, hour
from orchestration.demo.offences import CATEGORIES, PLACES, object_shares

DAILY_DAYS = 30  # the last days come in a file each
CORRECTED, WITHDRAWN = 70, 18
ACTIVE, WITHDRAWN_WORD = "actief", "vervallen"
# Codes of the real column tell of domestic violence and the like; these are invented and easy to search for.
PROJECTS = ("FICTIEF-HG Huiselijk", "FICTIEF-MB Mobiel", "FICTIEF-JO Jeugdgroep")
_PROJECT_SHARE = 0.012
_WEATHER = ("Bewolkt", "Onbewolkt", "Halfbewolkt", "Regen", "Mist", "Sneeuw")
CLOCK = "%d-%m-%Y %H:%M"


@dataclass(frozen=True)
class Feed:
    """`first`: every incident as first delivered. `later`: new versions, with `rij` its row in `first`.

    Both have the columns of `incidents` plus those of `describe`, `status` and `mutatie` (local minutes).
    `changes`: row, heading, old and new value per correction.
    """

    first: pd.DataFrame
    later: pd.DataFrame
    changes: tuple[tuple[int, str, str, str], ...]

    @property
    def now(self) -> pd.DataFrame:
        """The newest version of every incident, in the order of `first`; the withdrawn are still in it."""
        frame = self.first.copy()
        frame.loc[self.later["rij"]] = self.later.set_index("rij")[frame.columns]
        return frame


def bulk_end(until: date) -> date:
    """The last day that the bulk file holds."""
    return until - timedelta(days=DAILY_DAYS)


def build_feed(world: World, frame: pd.DataFrame) -> Feed:
    """Give the incidents their identifiers and other columns, then make the later versions."""
    first = describe(world, frame)
    return change(world, first)


def describe(world: World, frame: pd.DataFrame) -> pd.DataFrame:
    """Add identifiers, chances (reported crime, attempt, solved), suspects, object, project and weather."""
    rng = stream(world.seed, "kenmerken")
    frame = frame.copy()
    size = len(frame)
    category = frame["soort"].to_numpy()
    number = 3_000_000 + np.cumsum(rng.integers(1, 9, size))
    frame["incident"] = [f"PL9999_BVH_{n}" for n in number]
    frame["bron"] = _registrations(rng, frame)
    for name in ("reported_crime", "attempt", "solved"):
        chance = np.array([getattr(item, name) for item in CATEGORIES])[category]
        frame[name] = rng.random(size) < chance
    # Suspects are known where it is solved; sometimes elsewhere, and not everyone is arrested.
    known = frame["solved"] | (rng.random(size) < 0.04)
    frame["verdachten"] = np.where(known, np.minimum(1 + rng.poisson(0.25, size), 4), 0)
    frame["aanhoudingen"] = rng.binomial(frame["verdachten"], 0.55)
    frame["object"] = _objects(rng, category)
    project = rng.random(size) < _PROJECT_SHARE
    frame["project"] = np.where(project, np.array(PROJECTS, dtype=object)[rng.integers(0, len(PROJECTS), size)], "")
    frame["temperatuur"], frame["weer"] = _weather(world, frame["begin"].to_numpy())
    frame["huisnummer"] = _house_numbers(rng, world, frame["adres"].to_numpy())
    frame["status"] = ACTIVE
    reported = column(frame, "kennis")
    entered = existing(plus_minutes(reported, np.rint(np.exp(rng.normal(3.0, 1.0, size)))))
    day_end = plus_minutes(reported.astype("datetime64[D]").astype("datetime64[m]"), 1439)
    frame["mutatie"] = np.minimum(entered, day_end)
    return frame


def _registrations(rng: np.random.Generator, frame: pd.DataFrame) -> list[str]:
    """A number per registration, counted per year; incidents with the same `registratie` share theirs."""
    shared = frame["registratie"].to_numpy()
    year = frame["kennis"].dt.year.to_numpy()
    serial = 1000 + np.cumsum(rng.integers(1, 12, len(frame)))
    names = np.array([f"PL9999_BVH_{y}{s:06d}" for y, s in zip(year, serial, strict=True)], dtype=object)
    together = np.flatnonzero(shared >= 0)
    leader = pd.Series(together).groupby(shared[together]).transform("first").to_numpy()
    names[together] = names[leader]
    return list(names)


def _objects(rng: np.random.Generator, category: Integers) -> Texts:
    kinds = np.array([PLACES[item.place].objects for item in CATEGORIES], dtype=object)
    return kinds[category, weighted(rng, object_shares(), category.size)]


def _weather(world: World, begin: Moments) -> tuple[list[str], Texts]:
    """A temperature in degrees Celsius that follows season, day and hour, and the sky of that day."""
    rng = stream(world.seed, "kenmerken")
    day = begin.astype("datetime64[D]").astype(np.int64)
    start = int(day.min()) if day.size else 0
    shift = np.zeros(int(day.max()) - start + 1 if day.size else 1)
    for i, step in enumerate(rng.normal(0, 1.9, shift.size)):
        shift[i] = 0.75 * shift[i - 1] + step if i else step
    of_year = (begin.astype("datetime64[D]") - begin.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    warmth = 10.6 - 7.6 * np.cos(2 * np.pi * (of_year - 20) / 365.25) - 3.2 * np.cos(2 * np.pi * (hour(begin) - 3) / 24)
    degrees = np.round(warmth + shift[day - start], 1)
    sky = weighted(rng, np.array([0.4, 0.2, 0.17, 0.16, 0.05, 0.02]), shift.size)[day - start]
    sky = np.where((sky == 5) & (degrees > 3), 0, sky)
    return [f"{value:.1f}" for value in degrees], np.array(_WEATHER, dtype=object)[sky]


def _house_numbers(rng: np.random.Generator, world: World, address: Integers) -> list[str]:
    """Number, letter and addition in one cell, as each clerk writes it: `15 A`, `15A`, `15a`, `12 3`, `12-3`."""
    rows = world.addresses[["huisnummer", "huisletter", "toevoeging"]].to_numpy()[address]
    style = rng.choice(4, size=address.size, p=[0.72, 0.14, 0.09, 0.05])
    texts = []
    for (number, letter, suffix), kind in zip(rows, style, strict=True):
        tail = f"{letter} {suffix}".strip()
        if not tail:
            texts.append(str(number))
        elif kind == 0:
            texts.append(f"{number} {tail}")
        elif kind == 3:
            texts.append(f"{number}-{tail.replace(' ', '')}")
        else:
            glued = f"{number}{tail}" if not tail[0].isdigit() else f"{number} {tail}"
            texts.append(glued.lower() if kind == 2 else glued)
    return texts


def change(world: World, first: pd.DataFrame) -> Feed:
    """Corrections and withdrawals on the last `DAILY_DAYS` days, of incidents that are at least a day old."""
    rng = stream(world.seed, "mutaties")
    daily_start = np.datetime64(bulk_end(world.until), "D") + 1
    reported = first["kennis"].to_numpy().astype("datetime64[D]")
    recent = (first["plan"] == "").to_numpy() & (first["registratie"] < 0).to_numpy()
    recent &= (reported > daily_start - 150) & (reported < np.datetime64(world.until, "D") - 1)
    candidates = rng.permutation(np.flatnonzero(recent))
    wanted = min(CORRECTED, candidates.size // 3)
    rows: list[int] = []
    changes: list[tuple[int, str, str, str]] = []
    frames: list[pd.DataFrame] = []
    for row in candidates:
        if len(changes) == wanted:
            break
        version = first.loc[[row]].copy()
        if (made := _corrected(rng, world, version)) is not None:
            changes.append((int(row), *made))
            frames.append(version)
            rows.append(int(row))
    free = candidates[~np.isin(candidates, rows)][: min(WITHDRAWN, candidates.size // 6)]
    withdrawn = first.loc[free].assign(status=WITHDRAWN_WORD)
    later = pd.concat([*frames, withdrawn]).reset_index(names="rij")
    earliest = np.maximum(reported[later["rij"]] + 1, daily_start)
    days = (np.datetime64(world.until, "D") - earliest).astype(np.int64) + 1
    day = earliest + (rng.random(len(later)) * days).astype(np.int64)
    later["mutatie"] = plus_minutes(day.astype("datetime64[m]"), rng.integers(8 * 60, 17 * 60, len(later)))
    return Feed(first, later, tuple(changes))


def _corrected(rng: np.random.Generator, world: World, version: pd.DataFrame) -> tuple[str, str, str] | None:
    """Change one thing in a frame of one row; returns heading, old and new value, or None if it cannot be done."""
    row = version.index[0]
    was: dict[Any, Any] = version.to_dict("records")[0]
    kind = int(rng.integers(0, 4))
    codes = CATEGORIES[was["soort"]].codes
    if kind == 0 and len(codes) > 1:
        old = str(was["code"])
        code, text, _ = next(item for item in codes if item[0] != old)
        version.loc[row, ["code", "tekst"]] = [code, text]
        return "Incidentsoort code", old, code
    if kind == 1 and not was["solved"]:
        version.loc[row, "solved"] = True
        version.loc[row, "verdachten"] = max(1, was["verdachten"])
        return "Opgehelderd", "N", "J"
    window = was["eind"] - was["begin"]
    if kind == 2 and window > pd.Timedelta(hours=2):
        sooner = existing(np.array([was["begin"] + window / 2], dtype="datetime64[m]"))[0]
        version.loc[row, "eind"] = pd.Timestamp(sooner)
        return "Eind-pleegdatum/tijd", f"{was['eind']:{CLOCK}}", f"{pd.Timestamp(sooner):{CLOCK}}"
    if kind == 3 and not was["genummerd"]:
        version.loc[row, "genummerd"] = True
        version.loc[row, ["x", "y"]] = coordinates(world, version["adres"].to_numpy(), np.array([True]))[0]
        return "Pleeghuisnummer met toev.", "", str(was["huisnummer"])
    return None
