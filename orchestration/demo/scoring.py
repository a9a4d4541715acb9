"""From the plan and the feed to the truth."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from orchestration.demo.extract import clock_text, written_streets
from orchestration.demo.feed import WITHDRAWN_WORD, Feed
from orchestration.demo.incidents import World
from orchestration.demo.moments import clock_changes
from orchestration.demo.offences import index_of
from orchestration.demo.places import MUNICIPALITY_CODE
from orchestration.demo.planted import (
    CHAINS,
    DEFAULT_POINT,
    FROM_CAR,
    HOT_DAYS,
    OUTBREAK_WEEKS,
    OUTBREAK_WIJK,
    STEP_DAYS,
    STEP_METRES,
    Action,
    actions,
    hot_street_row,
    outbreak_days,
    station_row,
)
from orchestration.demo.published import published_deviation
from orchestration.demo.signals import build_signals
from orchestration.demo.suspects import count_suspects, draw_suspects
from orchestration.demo.truth import (
    ClockChange,
    Correction,
    Counts,
    DefaultPoint,
    DemoTruth,
    HotStreet,
    Incident,
    Intervention,
    NearRepeatChain,
    Outbreak,
    Spelling,
)


def build_truth(
    world: World, feed: Feed, generator_version: str, rows: dict[str, int], files: dict[str, str]
) -> DemoTruth:
    """The truth of one feed; `rows` and `files` describe what was written."""
    now = feed.now
    active = now[now["status"] != WITHDRAWN_WORD].copy()
    active["wijk"] = np.where(active["buurt"] >= 0, world.town.buurten["wijk"].to_numpy()[active["buurt"]], 0)
    return DemoTruth(
        generator_version=generator_version,
        seed=world.seed,
        first_day=world.first.isoformat(),
        until=world.until.isoformat(),
        municipality_code=MUNICIPALITY_CODE,
        inhabitants=int(world.town.buurten["inwoners"].sum()),
        addresses=len(world.addresses),
        streets=len(world.streets.table.drop_duplicates(["straat", "plaats"])),
        near_repeat_chains=tuple(_chain(world, active, number) for number in range(1, CHAINS + 1)),
        outbreak=_outbreak(world, active),
        hot_street=_hot_street(world, active),
        default_point=_default_point(world, active),
        clock_changes=_clock_changes(world, active),
        interventions=tuple(_intervention(world, active, action) for action in actions(world.until)),
        spellings=_spellings(world, active),
        published_deviation=published_deviation(world),
        counts=_counts(world, feed, now, active, rows),
        suspects=count_suspects(feed, draw_suspects(world, feed)),
        signals=build_signals(world)[1],
        files=files,
    )


def _incidents(world: World, frame: pd.DataFrame) -> tuple[Incident, ...]:
    codes = world.town.buurten["buurtcode"].to_numpy()
    result = []
    for row in frame.sort_values("begin", kind="stable").itertuples():
        values: Any = row
        placed = not np.isnan(values.x)
        result.append(
            Incident(
                incident_id=values.incident,
                offence_code=values.code,
                begin_at=values.begin.isoformat(timespec="minutes"),
                end_at=values.eind.isoformat(timespec="minutes"),
                reported_at=values.kennis.isoformat(timespec="minutes"),
                x=int(values.x) if placed else None,
                y=int(values.y) if placed else None,
                buurt_code=str(codes[values.buurt]) if values.buurt >= 0 else None,
            )
        )
    return tuple(result)


def _chain(world: World, active: pd.DataFrame, number: int) -> NearRepeatChain:
    mine = active[active["plan"] == f"keten {number}"]
    return NearRepeatChain(f"keten {number}", STEP_METRES, STEP_DAYS, _incidents(world, mine))


def _outbreak(world: World, active: pd.DataFrame) -> Outbreak:
    first, last = outbreak_days(world.until)
    wijk = active[(active["soort"] == index_of(FROM_CAR)) & (active["wijk"] == OUTBREAK_WIJK)]
    planted = wijk[wijk["plan"] == "uitbraak"]
    during = wijk["begin"].between(pd.Timestamp(first), pd.Timestamp(last) + pd.Timedelta(days=1), inclusive="left")
    weeks = ((last - world.first).days + 1) / 7 - OUTBREAK_WEEKS
    expected = (~during & (wijk["begin"] < pd.Timestamp(last))).sum() / weeks * OUTBREAK_WEEKS
    return Outbreak(
        FROM_CAR, f"WK9999{OUTBREAK_WIJK:02d}", first.isoformat(), last.isoformat(),
        round(float(expected), 2), int(during.sum()), len(planted), _incidents(world, planted),
    )  # fmt: skip


def _hot_street(world: World, active: pd.DataFrame) -> HotStreet:
    row = hot_street_row(world)
    since = world.until - timedelta(days=HOT_DAYS)
    of_street = world.addresses["straatrij"].to_numpy()[active["adres"]]
    recent = active["genummerd"] & (active["begin"] >= pd.Timestamp(since)) & (active["buurt"] >= 0)
    per_street = np.bincount(of_street[recent], minlength=len(world.streets.table))
    here = world.streets.table.loc[row]
    neighbours = np.flatnonzero(world.streets.table["buurt"] == here["buurt"])
    return HotStreet(
        str(here["straat"]), str(here["plaats"]), str(world.town.buurten.loc[here["buurt"], "buurtcode"]),
        since.isoformat(), world.until.isoformat(), int(per_street[row]),
        float(np.median(per_street[neighbours[neighbours != row]])),
        _incidents(world, active[active["plan"] == "straat"]),
    )  # fmt: skip


def _default_point(world: World, active: pd.DataFrame) -> DefaultPoint:
    at = world.addresses.loc[station_row(world)]
    mine = active[active["plan"] == DEFAULT_POINT]
    return DefaultPoint(
        "Politiebureau Demostad (fictief)", int(np.rint(at["x"])), int(np.rint(at["y"])), str(at["straat"]),
        round(len(mine) / len(active), 4), int(mine["soort"].nunique()), tuple(sorted(mine["incident"])),
    )  # fmt: skip


def _clock_changes(world: World, active: pd.DataFrame) -> tuple[ClockChange, ...]:
    planted = ((day, active[active["plan"] == f"klok {day}"]) for day in clock_changes(world.first, world.until))
    return tuple(
        ClockChange(day.isoformat(), 25 if day.month == 10 else 23, _incidents(world, mine))
        for day, mine in planted
        if len(mine)
    )


def _intervention(world: World, active: pd.DataFrame, action: Action) -> Intervention:
    of_kind = active[(active["soort"] == index_of(action.category)) & (active["buurt"] >= 0)]
    of_kind = of_kind[(of_kind["plan"] != DEFAULT_POINT) & (of_kind["begin"] >= pd.Timestamp(world.first))]
    after = of_kind["begin"] >= pd.Timestamp(action.begins_on)
    here = of_kind["wijk"] == action.wijk
    pairs = tuple((int((where & ~after).sum()), int((where & after).sum())) for where in (here, ~here))
    return Intervention(
        action.intervention_id, action.title, action.keep < 1, action.category, f"WK9999{action.wijk:02d}",
        world.first.isoformat(), action.begins_on.isoformat(), world.until.isoformat(), action.keep,
        (pairs[0], pairs[1]),
    )  # fmt: skip


def _spellings(world: World, active: pd.DataFrame) -> tuple[Spelling, ...]:
    """Of the incidents that name a street of the register; those outside name another."""
    here = active[active["plan"] != "buiten"].sort_values("incident")
    address = world.addresses.loc[here["adres"], ["straat", "plaats"]].to_numpy()
    rows = zip(here["incident"], written_streets(world, here), *address.T, strict=True)
    return tuple(
        Spelling(incident, written, street, place) for incident, written, street, place in rows if written != street
    )


def _counts(world: World, feed: Feed, now: pd.DataFrame, active: pd.DataFrame, rows: dict[str, int]) -> Counts:
    changed_at = dict(zip(feed.later["rij"], clock_text(feed.later["mutatie"].to_numpy()), strict=True))
    iso = {row: f"{t[6:10]}-{t[3:5]}-{t[:2]}T{t[11:]}" for row, t in changed_at.items()}
    corrected = tuple(
        Correction(str(now.at[row, "incident"]), iso[row], heading, old, new) for row, heading, old, new in feed.changes
    )
    per_buurt = np.bincount(active["buurt"][active["buurt"] >= 0], minlength=len(world.town.buurten))

    def named(which: pd.Series) -> tuple[str, ...]:
        return tuple(sorted(active["incident"][which]))

    return Counts(
        rows=rows,
        distinct_incidents=len(now),
        active=len(active),
        withdrawn=tuple(sorted(now["incident"][now["status"] == WITHDRAWN_WORD])),
        corrected=corrected,
        without_place=named(active["x"].isna()),
        outside=named(active["plan"] == "buiten"),
        reversed_window=named(active["eind"] < active["begin"]),
        reported_before_begin=named(active["kennis"] < active["begin"]),
        shared_registrations=int((active["bron"].value_counts() > 1).sum()),
        active_per_buurt=dict(zip(world.town.buurten["buurtcode"], per_buurt.tolist(), strict=True)),
    )
