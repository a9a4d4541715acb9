"""BAG-like addresses along the streets: odd on one side, even on the other.

Identifiers follow the BAG pattern (16 digits: municipality 9999, kind of object, number). Coordinates are RD metres
(EPSG:28992) with one decimal; every address lies inside its buurt because every street keeps its distance from the
border.
"""

import numpy as np
import pandas as pd
import shapely

from orchestration.demo.arrays import Floats, Integers, column, spread, stream
from orchestration.demo.places import PERSONS_PER_HOME, Town
from orchestration.demo.streets import Streets

ADDRESSES = 25_000
INHABITANTS = 60_000
SECOND_ADDRESSES = 90  # nevenadressen: a second address of the same object
_HOUSE = 6.2  # metres of front at least
_SETBACK = 10.0  # metres from the middle of the street
# 8950-8959 belong to no place in the Netherlands: one per wijk.
_FIRST_POSTCODE = 8950
_PER_POSTCODE = 16
_LETTERS = "ABCDEGHJKLMNPRSTVWXZ"

# Addresses at one front door, apart from the plain number, in the ways that registers hold them.
_STYLES: dict[str, tuple[tuple[str, str], ...]] = {
    "letters": tuple((letter, "") for letter in "ABCDEFGHJK"),
    "met kaal nummer": (("", ""), *((letter, "") for letter in "ABCDEFGHJ")),
    "nummers": tuple(("", str(number)) for number in range(1, 25)),
    "bis": (("", ""), ("", "bis"), ("", "bisA")),
    "huis en romeins": (("", "hs"), ("", "I"), ("", "II"), ("", "III"), ("", "IV")),
    "hoog": (("", "hs"), ("", "1hoog"), ("", "2hoog"), ("", "hoog")),
    "letter en nummer": tuple((letter, str(number)) for letter in "AB" for number in range(1, 7)),
}
_STYLE_SHARE = np.array([0.3, 0.16, 0.18, 0.12, 0.1, 0.07, 0.07])
_FLATS = {"centrum": 0.16, "stedelijk": 0.09, "woonwijk": 0.02, "dorp": 0.02, "bedrijven": 0.05}


def build_addresses(seed: int, town: Town, streets: Streets, scale: float = 1.0) -> pd.DataFrame:
    """One row per nummeraanduiding: identifiers, name parts, postcode, x, y, buurt, street row and use.

    `deur` numbers the front doors; several addresses can share one.
    """
    rng = stream(seed, "adressen")
    doors = _doors(rng, town, streets, round(ADDRESSES * scale))
    frame = _behind_doors(rng, town, doors)
    frame["postcode"] = _postcodes(town, frame)
    frame["plaats"] = streets.table["plaats"].to_numpy()[frame["straatrij"]]
    frame["straat"] = streets.table["straat"].to_numpy()[frame["straatrij"]]
    frame["gebruik"] = _uses(rng, town, streets, frame)
    number = 1000 + np.cumsum(rng.integers(1, 7, len(frame)))
    boats = town.buurten["karakter"].to_numpy()[frame["buurt"]] == "water"
    kind = np.where(boats, "02", "01")
    frame["adresseerbaarobject_id"] = [f"9999{k}{n:010d}" for k, n in zip(kind, number, strict=True)]
    frame["nevenadres"] = False
    frame = _with_second_addresses(rng, frame, round(SECOND_ADDRESSES * scale))
    frame["nummeraanduiding_id"] = [f"999920{n:010d}" for n in 5000 + np.cumsum(rng.integers(1, 5, len(frame)))]
    return frame


def add_people(town: Town, addresses: pd.DataFrame, scale: float = 1.0) -> None:
    """Fill `huishoudens` and `inwoners` of the buurten; together they come to `INHABITANTS * scale`."""
    homes = addresses[(addresses["gebruik"] == "wonen") & ~addresses["nevenadres"]]
    lived_in = np.bincount(homes["buurt"], minlength=len(town.buurten)) * 0.965
    households = np.floor(lived_in).astype(np.int64)
    persons = households * town.buurten["karakter"].map(PERSONS_PER_HOME).to_numpy()
    town.buurten["huishoudens"] = households
    town.buurten["inwoners"] = spread(round(INHABITANTS * scale), persons)


def _doors(rng: np.random.Generator, town: Town, streets: Streets, total: int) -> pd.DataFrame:
    """Front doors with how many addresses lie behind each."""
    of_buurt, goes_on = column(streets.table, "buurt"), column(streets.table, "vervolg")
    slots = [_slots(streets, row) for row in range(len(of_buurt))]
    room = np.array([len(along) for along in slots])
    parts: list[pd.DataFrame] = []
    last_number: dict[int, int] = {}
    per_buurt = spread(total, town.buurten["gewicht"].to_numpy(), minimum=4)
    for buurt, wanted in enumerate(per_buurt):
        rows = np.flatnonzero(of_buurt == buurt)
        per_street = spread(int(wanted), 2.0 * room[rows] * rng.uniform(0.8, 1.2, rows.size), minimum=1)
        character = str(town.buurten.loc[buurt, "karakter"])
        for row, addresses in zip(rows, per_street, strict=True):
            before = last_number.get(int(goes_on[row]), 0)
            part = _street_doors(rng, slots[row], int(addresses), _FLATS.get(character, 0.0), before)
            part["straatrij"], part["buurt"] = row, buurt
            last_number[int(row)] = int(part["huisnummer"].max())
            parts.append(part)
    doors = pd.concat(parts, ignore_index=True)
    place = _beside(streets, doors["straatrij"].to_numpy(), doors["langs"].to_numpy(), doors["kant"].to_numpy())
    doors["x"], doors["y"] = np.round(place[:, 0], 1), np.round(place[:, 1], 1)
    return doors


def _slots(streets: Streets, row: int) -> Floats:
    """Metres along a street at which a house can stand; where rows cross, their houses have the room."""
    along = np.arange(5.0, streets.lines[row].length - 5.0, _HOUSE)
    crossed = streets.rows_at[row]
    if crossed.size:
        along = along[np.abs(along[:, None] - crossed).min(axis=1) > 21.0]
    return along if along.size else np.array([streets.lines[row].length / 2])


def _street_doors(rng: np.random.Generator, slots: Floats, addresses: int, flats: float, before: int) -> pd.DataFrame:
    """Doors of one street, evenly over its length and both sides; what does not fit lives in flats."""
    doors = min(2 * slots.size, max(1, round(addresses * (1 - 2.2 * flats))))
    odd = min((doors + 1) // 2, slots.size)
    numbers, along = [], []
    for side, count in ((1, odd), (2, doors - odd)):
        steps = 1 + (rng.random(count) < 0.03)  # now and then a number that does not exist
        steps[:1] = 1
        numbers.append(side + before + before % 2 + 2 * (np.cumsum(steps) - 1))
        chosen = np.unique(np.round(np.linspace(0, slots.size - 1, count)).astype(int)) if count else np.empty(0, int)
        along.append(slots[chosen])
    behind = np.ones(doors, dtype=np.int64)
    if extra := addresses - doors:
        blocks = rng.choice(doors, size=max(1, min(doors, extra // 5)), replace=False)
        behind[blocks] += spread(extra, rng.uniform(0.5, 1.5, blocks.size))
    return pd.DataFrame(
        {
            "huisnummer": np.concatenate(numbers), "langs": np.concatenate(along),
            "kant": np.repeat([1, -1], [odd, doors - odd]), "achter": behind,
        }
    )  # fmt: skip


def _beside(streets: Streets, row: Integers, along: Floats, side: Integers) -> Floats:
    """RD coordinates at `_SETBACK` metres to one side of the middle of a street."""
    lines = streets.lines[row]
    here = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines, along + 1.0))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(lines, along - 1.0))
    direction = ahead - behind
    direction /= np.hypot(direction[:, 0], direction[:, 1])[:, None]
    normal = np.column_stack([-direction[:, 1], direction[:, 0]])
    place: Floats = here + _SETBACK * side[:, None] * normal
    return place


def _behind_doors(rng: np.random.Generator, town: Town, doors: pd.DataFrame) -> pd.DataFrame:
    """Expand doors to addresses and give each its letter and addition; a street keeps to one style."""
    styles = list(_STYLES.values())
    of_street = rng.choice(len(styles), size=int(doors["straatrij"].max()) + 1, p=_STYLE_SHARE)
    behind = doors["achter"].to_numpy()
    frame = doors.loc[np.repeat(np.arange(len(doors)), behind)].reset_index(names="deur")
    rank = np.arange(len(frame)) - np.repeat(np.cumsum(behind) - behind, behind)
    rows, together = column(frame, "straatrij"), column(frame, "achter")
    letters, suffixes = [""] * len(frame), [""] * len(frame)
    for i in np.flatnonzero(np.repeat(behind > 1, behind)):
        style = styles[of_street[rows[i]]]
        if together[i] > len(style):
            style = tuple(("", str(number)) for number in range(1, 400))
        letters[i], suffixes[i] = style[rank[i]]
    frame["huisletter"], frame["toevoeging"] = letters, suffixes
    # A single house can have a letter too: 12A without 12B, or 12A beside 12 of long ago.
    alone = np.flatnonzero((behind == 1)[frame["deur"]] & (rng.random(len(frame)) < 0.012))
    frame.loc[alone, "huisletter"] = "A"
    return frame.drop(columns="achter")


def _postcodes(town: Town, frame: pd.DataFrame) -> list[str]:
    """A PC6 per stretch of one side of a street; four digits per wijk."""
    stretch = (frame["huisnummer"] // (2 * _PER_POSTCODE)).to_numpy()
    keys = pd.MultiIndex.from_arrays([frame["straatrij"], frame["kant"], stretch])
    group, _ = pd.factorize(keys)
    wijk = town.buurten["wijk"].to_numpy()[frame["buurt"]]
    first = np.unique(group, return_index=True)[1]
    wijk_of_group = wijk[first]
    rank = pd.Series(wijk_of_group).groupby(wijk_of_group).cumcount().to_numpy()
    count = len(_LETTERS)
    if rank.max() >= count * count:
        raise ValueError("a wijk has more stretches of street than postcodes; choose a smaller scale")
    codes = [
        f"{_FIRST_POSTCODE + w}{_LETTERS[r // count]}{_LETTERS[r % count]}"
        for w, r in zip(wijk_of_group, rank, strict=True)
    ]
    return [codes[g] for g in group]


def _uses(rng: np.random.Generator, town: Town, streets: Streets, frame: pd.DataFrame) -> list[str]:
    """wonen, winkel, horeca, bedrijf or maatschappelijk, by the role of the street."""
    role = streets.table["rol"].to_numpy()[frame["straatrij"]]
    draw = rng.random(len(frame))
    upstairs = (frame["toevoeging"] != "").to_numpy() | (frame["huisletter"] != "").to_numpy()
    use = np.where(draw < 0.012, "maatschappelijk", np.where(draw < 0.04, "bedrijf", "wonen"))
    shopping = np.where(draw < 0.5, "winkel", np.where(draw < 0.62, "horeca", "wonen"))
    use = np.where((role == "winkel") & ~upstairs, shopping, use)
    use = np.where(role == "bedrijf", np.where(draw < 0.12, "wonen", "bedrijf"), use)
    boats = town.buurten["karakter"].to_numpy()[frame["buurt"]] == "water"
    return [str(value) for value in np.where(boats, "wonen", use)]


def _with_second_addresses(rng: np.random.Generator, frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """Add nevenadressen: the same object again, under its number with a letter, such as a shop's back door."""
    per_door = frame.groupby("deur")["straat"].transform("size")
    plain = np.flatnonzero(((per_door == 1) & (frame["huisletter"] == "")).to_numpy())
    second = frame.loc[np.sort(rng.choice(plain, size=min(count, plain.size), replace=False))].copy()
    second["huisletter"], second["nevenadres"] = "A", True
    return pd.concat([frame, second]).sort_values(["straatrij", "huisnummer", "deur"], kind="stable", ignore_index=True)
