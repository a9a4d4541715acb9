"""What an analysis should find, planted among the ordinary incidents; and what should not mislead it.

Each function takes and returns frames of incidents (see `incidents`). The column `plan` says what a row was planted
for; `scoring` turns it into the truth once the incidents have their identifiers.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import shapely

from orchestration.demo.arrays import Integers, Moments, column, plus_minutes, stream
from orchestration.demo.incidents import World, choose_addresses, complete, coordinates, reported_within
from orchestration.demo.moments import clock_changes, existing
from orchestration.demo.offences import CATEGORIES, index_of

BURGLARY, BIKE, FROM_CAR, DAMAGE = "1.1.1", "1.2.3", "1.2.1", "2.2.1"
CHAINS = 6
STEP_METRES = 150.0
STEP_DAYS = 7
OUTBREAK_WIJK, OUTBREAK_WEEKS, OUTBREAK_SIZE = 3, 5, 30
HOT_BUURT, HOT_DAYS, HOT_SIZE = "Schijnburen-Midden", 365, 80
HOT_CATEGORIES = ("E35", "E38", "E16", "1.4.5", "1.4.4", "2.2.1")
DEFAULT_POINT, DEFAULT_SHARE = "standaardpunt", 0.04
STATION_BUURT = "Luchtkasteel-Zuid"
WITHOUT_PLACE, OUTSIDE, REVERSED = 40, 25, 5
BEFORE_BEGIN_SHARE, SAME_REGISTRATION_SHARE = 0.0017, 0.012


@dataclass(frozen=True)
class Action:
    """An intervention: `keep` is the share of the category that it leaves."""

    intervention_id: str
    title: str
    category: str
    wijk: int
    begins_on: date
    keep: float


def actions(until: date) -> tuple[Action, ...]:
    """Two interventions, each on the first of a month, with at least a year of data after it."""
    return (
        Action("DEMO-INT-1", "Bewaakte stalling (fictief, werkt)", BIKE, 1, _month_start(until, 15), 0.5),
        Action("DEMO-INT-2", "Posters tegen vernieling (fictief, werkt niet)", DAMAGE, 4, _month_start(until, 14), 1.0),
    )  # fmt: skip


def _month_start(until: date, months_back: int) -> date:
    months = until.year * 12 + until.month - 1 - months_back
    return date(months // 12, months % 12 + 1, 1)


def outbreak_days(until: date) -> tuple[date, date]:
    """Whole weeks from a Monday on, ended at least two weeks before the last day."""
    last = until - timedelta(days=14)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return sunday - timedelta(days=7 * OUTBREAK_WEEKS - 1), sunday


def hot_street_row(world: World) -> int:
    """The longest ordinary street of its buurt that does not run on into another one."""
    table = world.streets.table
    buurt = world.town.index_of(HOT_BUURT)
    of_one_buurt = table.groupby(["straat", "plaats"])["buurt"].transform("size") == 1
    rows = np.flatnonzero((table["buurt"] == buurt) & (table["rol"] == "woon") & ~table["dwars"] & of_one_buurt)
    houses = np.bincount(world.addresses["straatrij"], minlength=len(table))
    return int(rows[houses[rows].argmax()])


def station_row(world: World) -> int:
    """The address of the (fictional) police station: a plain number in its buurt."""
    addresses = world.addresses
    plain = (addresses["huisletter"] == "") & (addresses["toevoeging"] == "") & ~addresses["nevenadres"]
    here = addresses["buurt"] == world.town.index_of(STATION_BUURT)
    rank = (addresses["gebruik"] == "maatschappelijk").to_numpy() * 1 + (plain & here).to_numpy() * 2
    return int(rank.argmax())


def plant(world: World, base: pd.DataFrame) -> pd.DataFrame:
    """All incidents: the ordinary ones, what is planted, the odd ones, and the effect of the interventions on them."""
    rng = stream(world.seed, "gepland")
    extra = [
        _chains(rng, world), _outbreak(rng, world), _hot_street(rng, world), _clock_changes(rng, world),
    ]  # fmt: skip
    base = _at_default_point(rng, world, base)
    base = _misplaced(rng, world, base)
    base = _odd_times(rng, world, base)
    extra.append(_same_registration(rng, world, base))
    frame = pd.concat([base, *extra], ignore_index=True)
    frame = frame[reported_within(world, frame["kennis"].to_numpy())].reset_index(drop=True)
    frame = _with_effects(rng, world, frame)
    return frame.sort_values("kennis", kind="stable", ignore_index=True)


def _with_effects(rng: np.random.Generator, world: World, frame: pd.DataFrame) -> pd.DataFrame:
    """Take ordinary incidents away until each intervention shows its true effect, to the nearest incident.

    Left to chance, the useless one would seem to work on one last day in twenty, and a score would depend on that.
    """
    gone = np.zeros(len(frame), dtype=bool)
    wijk = world.town.buurten["wijk"].to_numpy()[frame["buurt"]]
    free = (frame["plan"] == "").to_numpy() & (frame["registratie"] < 0).to_numpy()
    for action in actions(world.until):
        counted = (frame["soort"] == index_of(action.category)).to_numpy() & (frame["buurt"] >= 0).to_numpy()
        counted &= (frame["plan"] != DEFAULT_POINT).to_numpy() & (
            frame["begin"] >= pd.Timestamp(world.first)
        ).to_numpy()
        after = (frame["begin"] >= pd.Timestamp(action.begins_on)).to_numpy()
        here = counted & (wijk == action.wijk)
        elsewhere = counted & (wijk != action.wijk)
        change = (elsewhere & after).sum() / (elsewhere & ~after).sum() * action.keep
        too_many = (here & after).sum() - (here & ~after).sum() * change
        side, surplus = (here & after, too_many) if too_many > 0 else (here & ~after, -too_many / change)
        candidates = np.flatnonzero(side & free)
        gone[rng.choice(candidates, size=min(round(surplus), candidates.size), replace=False)] = True
    return frame[~gone].reset_index(drop=True)


def _chains(rng: np.random.Generator, world: World) -> pd.DataFrame:
    """Burglaries that follow each other from house to house; the last chain is fresh."""
    homes = np.flatnonzero(world.pull["home"] > 0)
    at = world.addresses[["x", "y"]].to_numpy()[homes]
    wijk = world.town.buurten["wijk"].to_numpy()[world.addresses["buurt"].to_numpy()[homes]]
    days = (world.until - world.first).days
    starts = np.append(np.linspace(0.1, 0.85, CHAINS - 1) * days, days - 38).astype(int)
    frames = []
    for number, start in enumerate(starts):
        links = int(rng.integers(4, 7))
        chain = [int(rng.choice(np.flatnonzero(wijk == 2 + number % 5)))]
        while len(chain) < links:
            metres = np.hypot(*(at - at[chain[-1]]).T)
            near = np.flatnonzero((metres > 15) & (metres < STEP_METRES - 2) & ~np.isin(np.arange(len(at)), chain))
            chain.append(int(rng.choice(near)))
        day = np.datetime64(world.first) + int(start) + np.cumsum(rng.integers(1, STEP_DAYS, links))
        begin = plus_minutes(day.astype("datetime64[m]"), 60 * rng.integers(10, 20, links))
        frames.append(_precise(rng, world, BURGLARY, existing(begin), address=homes[chain], plan=f"keten {number + 1}"))
    return pd.concat(frames)


def _precise(
    rng: np.random.Generator, world: World, category: str, begin: Moments, *, address: Integers, plan: str
) -> pd.DataFrame:
    """Incidents at a known address with a window of some hours, reported within two days."""
    frame = complete(rng, world, np.full(begin.size, index_of(category)), begin, address, plan=plan)
    item = CATEGORIES[index_of(category)]
    frame["code"], frame["tekst"] = item.codes[0][:2]
    frame["eind"] = existing(plus_minutes(begin, 30 * rng.integers(1, 13, begin.size)))
    frame["kennis"] = existing(plus_minutes(column(frame, "eind"), rng.integers(5, 2000, begin.size)))
    return _numbered(world, frame)


def _numbered(world: World, frame: pd.DataFrame) -> pd.DataFrame:
    frame["genummerd"] = True
    frame[["x", "y"]] = coordinates(world, frame["adres"].to_numpy(), np.ones(len(frame), dtype=bool))
    return frame


def _outbreak(rng: np.random.Generator, world: World) -> pd.DataFrame:
    first, _ = outbreak_days(world.until)
    within = np.isin(world.addresses["buurt"], world.town.in_wijk(OUTBREAK_WIJK))
    category = np.full(OUTBREAK_SIZE, index_of(FROM_CAR))
    day = np.datetime64(first) + rng.integers(0, 7 * OUTBREAK_WEEKS - 1, OUTBREAK_SIZE)
    begin = plus_minutes(day.astype("datetime64[m]"), 60 * rng.integers(17, 24, OUTBREAK_SIZE))
    address = choose_addresses(rng, world, category, within)
    return _precise(rng, world, FROM_CAR, existing(begin), address=address, plan="uitbraak")


def _hot_street(rng: np.random.Generator, world: World) -> pd.DataFrame:
    main = ~world.addresses["nevenadres"].to_numpy(dtype=bool)
    homes = np.flatnonzero((world.addresses["straatrij"] == hot_street_row(world)).to_numpy() & main)
    category = np.array([index_of(c) for c in HOT_CATEGORIES])[rng.integers(0, len(HOT_CATEGORIES), HOT_SIZE)]
    day = np.datetime64(world.until) - rng.integers(3, HOT_DAYS, HOT_SIZE)
    hours = (19 + rng.integers(0, 8, HOT_SIZE)) % 24
    begin = existing(plus_minutes(day.astype("datetime64[m]"), 60 * hours + 5 * rng.integers(0, 12, HOT_SIZE)))
    # A few doors draw most of it.
    doors = 1.0 / np.arange(1, homes.size + 1) ** 0.8
    address = rng.permutation(homes)[rng.choice(homes.size, HOT_SIZE, p=doors / doors.sum())]
    frame = _numbered(world, complete(rng, world, category, begin, address, plan="straat"))
    frame["kennis"] = np.minimum(frame["kennis"], np.datetime64(world.until, "m") + np.timedelta64(23, "h"))
    return frame


def _clock_changes(rng: np.random.Generator, world: World) -> pd.DataFrame:
    """Four incidents per clock change: before it, across it, in the doubled hour, and a window over the night."""
    frames = []
    margin = timedelta(days=3)
    for day in clock_changes(world.first + margin, world.until - margin):
        autumn = day.month == 10
        times = ((-2, 0, 7, 0), (1, 30, 3, 30), (2, 30, 2, 30), (2, 10, 2, 50)) if autumn else (
            (-2, 0, 7, 0), (1, 30, 3, 30), (1, 50, 3, 10), (3, 0, 3, 0))  # fmt: skip
        midnight = np.datetime64(day, "m")
        begin = np.array([midnight + np.timedelta64(60 * h + m, "m") for h, m, _, _ in times])
        end = np.array([midnight + np.timedelta64(60 * h + m, "m") for _, _, h, m in times])
        category = np.array([index_of(c) for c in (FROM_CAR, DAMAGE, "1.4.5", "E16")])
        frame = complete(rng, world, category, begin, choose_addresses(rng, world, category), plan=f"klok {day}")
        frame["eind"] = end
        frame["kennis"] = plus_minutes(np.maximum(end, begin), rng.integers(300, 1200, len(times)))
        frames.append(_numbered(world, frame))
    return pd.concat(frames) if frames else pd.DataFrame()


def _at_default_point(rng: np.random.Generator, world: World, base: pd.DataFrame) -> pd.DataFrame:
    """Move a share of all kinds of incidents to the police station."""
    row = station_row(world)
    moved = np.flatnonzero(rng.random(len(base)) < DEFAULT_SHARE)
    at = world.addresses.loc[row]
    base.loc[moved, "adres"] = row
    base.loc[moved, "genummerd"] = rng.random(moved.size) < 0.6
    base.loc[moved, ["x", "y"]] = [np.rint(at["x"]), np.rint(at["y"])]
    base.loc[moved, "buurt"] = at["buurt"]
    base.loc[moved, "plan"] = DEFAULT_POINT
    return base


def _ordinary(rng: np.random.Generator, base: pd.DataFrame, count: int) -> Integers:
    """Row numbers of `count` incidents that serve no plan yet."""
    free = np.flatnonzero(base["plan"] == "")
    return rng.choice(free, size=min(count, free.size // 10), replace=False).astype(np.int64)


def _misplaced(rng: np.random.Generator, world: World, base: pd.DataFrame) -> pd.DataFrame:
    """Some incidents have no coordinate, some lie outside the municipality."""
    nowhere = _ordinary(rng, base, WITHOUT_PLACE)
    base.loc[nowhere, ["x", "y"]] = np.nan
    base.loc[nowhere, "genummerd"] = False
    base.loc[nowhere, "buurt"] = -1
    base.loc[nowhere, "plan"] = "zonder plaats"
    area = shapely.coverage_union_all(world.town.polygons)
    west, south, east, north = area.bounds
    tries = np.column_stack(
        [rng.uniform(west - 4000, east + 4000, 4000), rng.uniform(south - 4000, north + 4000, 4000)]
    )
    far = tries[shapely.distance(area, shapely.points(tries)) > 300]
    away = _ordinary(rng, base, OUTSIDE)
    base.loc[away, ["x", "y"]] = np.rint(far[: away.size])
    base.loc[away, "genummerd"] = False
    base.loc[away, "buurt"] = -1
    base.loc[away, "plan"] = "buiten"
    return base


def _odd_times(rng: np.random.Generator, world: World, base: pd.DataFrame) -> pd.DataFrame:
    early = _ordinary(rng, base, round(len(base) * BEFORE_BEGIN_SHARE))
    before = existing(plus_minutes(column(base, "begin")[early], -rng.integers(1, 600, early.size)))
    kept = reported_within(world, before)
    base.loc[early[kept], "kennis"] = before[kept]
    base.loc[early[kept], "plan"] = "kennis voor begin"
    wrong = _ordinary(rng, base, REVERSED)
    # Hours apart, so that no change of the clock can undo it.
    base.loc[wrong, "eind"] = existing(plus_minutes(column(base, "begin")[wrong], -rng.integers(300, 2000, wrong.size)))
    base.loc[wrong, "plan"] = "omgekeerd"
    return base


def _same_registration(rng: np.random.Generator, world: World, base: pd.DataFrame) -> pd.DataFrame:
    """Now and then one registration holds several incidents: the same moment and place, another offence."""
    first = _ordinary(rng, base, round(len(base) * SAME_REGISTRATION_SHARE))
    base.loc[first, "registratie"] = np.arange(first.size)
    second = base.loc[first].copy()
    damage = index_of(DAMAGE)
    other = np.where(second["soort"] == damage, index_of("1.4.4"), damage)
    second["soort"] = other
    second["code"] = [CATEGORIES[i].codes[0][0] for i in other]
    second["tekst"] = [CATEGORIES[i].codes[0][1] for i in other]
    return second
