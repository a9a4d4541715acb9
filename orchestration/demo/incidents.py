"""The ordinary incidents of Demostad, before anything is planted: what, when and where.

A frame has a row per incident: `soort` (row of `CATEGORIES`), `code`, `tekst`, `begin`, `eind`, `kennis` (local
minutes), `adres` (row of the addresses), `genummerd` (house number known), `x`, `y` (RD metres), `buurt` (row, of the
coordinate; -1 without one), `registratie` (number shared by incidents of one registration) and `plan` (what it was
planted for, else empty).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from orchestration.demo.arrays import Booleans, Floats, Integers, Moments, Texts, stream, weighted
from orchestration.demo.moments import begin_moments, end_moments, lead_share, report_moments
from orchestration.demo.offences import CATEGORIES, PARTS, PLACES
from orchestration.demo.places import Town
from orchestration.demo.streets import Streets


@dataclass(frozen=True)
class World:
    """Everything that incidents happen in. Days are local; `first` and `until` are both included."""

    seed: int
    first: date
    until: date
    town: Town
    streets: Streets
    addresses: pd.DataFrame
    pull: dict[str, Floats]


def address_pull(seed: int, town: Town, addresses: pd.DataFrame) -> dict[str, Floats]:
    """Per kind of place the pull of every address. Streets and buurten differ widely, as crime does."""
    rng = stream(seed, "incidenten")
    street = np.exp(rng.normal(0, 0.75, int(addresses["straatrij"].max()) + 1))[addresses["straatrij"]]
    character = town.buurten["karakter"]
    main = ~addresses["nevenadres"].to_numpy(dtype=bool)
    result = {}
    for name, kind in PLACES.items():
        buurt = character.map(kind.character).fillna(0.0).to_numpy() * np.exp(rng.normal(0, 0.22, len(character)))
        use = addresses["gebruik"].map(kind.uses).fillna(0.0).to_numpy()
        result[name] = buurt[addresses["buurt"]] * use * street * main
    return result


def draw_incidents(world: World, per_year: int) -> pd.DataFrame:
    """About `per_year` incidents a year, *reported* from `world.first` to `world.until`."""
    rng = stream(world.seed, "momenten")
    yearly = np.array([PARTS[item.part] * item.share / _part_total(item.part) for item in CATEGORIES]) * per_year
    counts = rng.poisson(yearly * lead_share(world.first, world.until))
    category = np.repeat(np.arange(len(CATEGORIES)), counts)
    begin = begin_moments(rng, category, world.first, world.until)
    frame = complete(rng, world, category, begin, choose_addresses(rng, world, category))
    return frame[reported_within(world, frame["kennis"].to_numpy())].reset_index(drop=True)


def reported_within(world: World, reported: Moments) -> Booleans:
    """Which moments fall in the period of the feed; what is not yet reported is not yet known."""
    start, stop = np.datetime64(world.first, "m"), np.datetime64(world.until, "D") + 1
    inside: Booleans = (reported >= start) & (reported < stop.astype("datetime64[m]"))
    return inside


def _part_total(part: str) -> float:
    return sum(item.share for item in CATEGORIES if item.part == part)


def choose_addresses(
    rng: np.random.Generator, world: World, category: Integers, allowed: Booleans | None = None
) -> Integers:
    """An address per incident by the pull of its kind of place, within `allowed` addresses only."""
    kinds = np.array([item.place for item in CATEGORIES])[category]
    result = np.empty(category.size, dtype=np.int64)
    for kind in np.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
        pull = world.pull[kind] if allowed is None else world.pull[kind] * allowed
        result[mine] = weighted(rng, pull, mine.size)
    return result


def complete(
    rng: np.random.Generator, world: World, category: Integers, begin: Moments, address: Integers, *, plan: str = ""
) -> pd.DataFrame:
    """Fill in the rest of incidents of which kind, begin and address are known."""
    end = end_moments(rng, category, begin)
    unnumbered = np.array([PLACES[item.place].unnumbered for item in CATEGORIES])[category]
    numbered = rng.random(category.size) >= unnumbered
    place = coordinates(world, address, numbered)
    code, text = _codes(rng, category)
    return pd.DataFrame(
        {
            "soort": category, "code": code, "tekst": text, "begin": begin, "eind": end,
            "kennis": report_moments(rng, category, begin, end), "adres": address, "genummerd": numbered,
            "x": place[:, 0], "y": place[:, 1], "buurt": world.addresses["buurt"].to_numpy()[address],
            "registratie": -1, "plan": plan,
        }
    )  # fmt: skip


def coordinates(world: World, address: Integers, numbered: Booleans) -> Floats:
    """Whole RD metres, shape (n, 2): of the address, or snapped to one of three points of its street."""
    exact = world.addresses[["x", "y"]].to_numpy()[address]
    row = world.addresses["straatrij"].to_numpy()[address]
    along = world.addresses["langs"].to_numpy()[address]
    length = np.array([line.length for line in world.streets.lines])[row]
    third = np.clip(np.floor(along / length * 3), 0, 2)
    return np.rint(np.where(numbered[:, None], exact, world.streets.points(row, (third + 0.5) / 3)))


def _codes(rng: np.random.Generator, category: Integers) -> tuple[Texts, Texts]:
    code, text = np.empty(category.size, dtype=object), np.empty(category.size, dtype=object)
    for index, item in enumerate(CATEGORIES):
        mine = np.flatnonzero(category == index)
        picked = weighted(rng, np.array([share for _, _, share in item.codes]), mine.size)
        code[mine] = np.array([c for c, _, _ in item.codes], dtype=object)[picked]
        text[mine] = np.array([t for _, t, _ in item.codes], dtype=object)[picked]
    return code, text
