"""Streets: gently curved lines inside one buurt, in rows with cross streets between them.

RD metres (EPSG:28992). A street has a row per buurt it runs through; a dozen run on into a neighbouring buurt
with their numbering continued.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from shapely import affinity

from orchestration.demo.arrays import Booleans, Floats, Geometries, Integers, spread, stream
from orchestration.demo.names import StreetNames
from orchestration.demo.places import MUNICIPALITY_NAME, VILLAGE_NAME, Town

STREETS = 600
_EDGE = 36.0  # metres between a street's middle and the border of its buurt, so that every house fits
_ROW = 58.0  # metres between two rows
_MAXIMUM = 310.0
_MINIMUM = 45.0
_CONTINUED = 12


@dataclass(frozen=True)
class Streets:
    """`table`: one row per street and buurt (straat, plaats, buurt, rol, dwars, vervolg).

    `lines`: the middle of each street, in the same order. `rows_at`: for a cross street where the rows cross it
    (metres along the line), for others empty. `vervolg` is the row of which the numbering goes on, or -1.
    """

    table: pd.DataFrame
    lines: Geometries
    rows_at: tuple[Floats, ...]

    def points(self, row: Integers, fraction: Floats) -> Floats:
        """RD coordinates, shape (n, 2), at a fraction of the length of each street."""
        found: Floats = shapely.get_coordinates(
            shapely.line_interpolate_point(self.lines[row], fraction, normalized=True)
        )
        return found


@dataclass(frozen=True)
class _Plan:
    lines: list[shapely.LineString]
    across: list[bool]
    rows_at: list[Floats]


def build_streets(seed: int, town: Town, scale: float = 1.0) -> Streets:
    """About `STREETS * scale` streets, more where a buurt has more addresses."""
    rng = stream(seed, "straten")
    weights = town.buurten["gewicht"].to_numpy() ** 0.9
    total = round(STREETS * scale) + _CONTINUED
    counts = spread(total, weights, minimum=1)
    plans = [_plan(rng, town, buurt, int(count)) for buurt, count in enumerate(counts)]
    names = StreetNames(rng, VILLAGE_NAME)
    rows, lines, rows_at = [], [], []
    for buurt, plan in enumerate(plans):
        here = town.buurten.loc[buurt]
        taken = names.take(str(here["thema"]), str(here["plaats"]), len(plan.lines))
        roles = _roles(rng, str(here["karakter"]), len(plan.lines))
        for i, name in enumerate(taken):
            rows.append((name, here["plaats"], buurt, roles[i], plan.across[i], -1))
        lines += plan.lines
        rows_at += plan.rows_at
    table = pd.DataFrame(rows, columns=["straat", "plaats", "buurt", "rol", "dwars", "vervolg"])
    geometry = np.array(lines, dtype=object)
    return Streets(_continue_some(rng, table, geometry), geometry, tuple(rows_at))


def _roles(rng: np.random.Generator, character: str, count: int) -> list[str]:
    shopping = {"centrum": 0.4, "stedelijk": 0.07, "woonwijk": 0.03, "dorp": 0.08}.get(character, 0.0)
    if character == "bedrijven":
        return ["bedrijf"] * count
    return [str(role) for role in np.where(rng.random(count) < shopping, "winkel", "woon")]


def _plan(rng: np.random.Generator, town: Town, buurt: int, count: int) -> _Plan:
    """The `count` streets of a buurt that lie nearest to its heart."""
    heart = shapely.Point(*town.buurten.loc[buurt, ["x", "y"]])
    polygon = town.polygons[buurt]
    if not polygon.buffer(-_EDGE).contains(heart):
        heart = polygon.buffer(-_EDGE).representative_point()
    angle = float(rng.uniform(0, 90))
    # Work in a frame in which the rows run level, with the heart of the buurt as origin.
    level = affinity.translate(affinity.rotate(polygon, -angle, origin=heart), -heart.x, -heart.y)
    usable = level.buffer(-_EDGE)
    west, south, east, north = usable.bounds
    heights = np.arange(np.floor(south / _ROW), np.ceil(north / _ROW) + 1) * _ROW + rng.uniform(-20, 20)
    crossings = _crossings(rng, west, east)
    rows = _row_lines(usable, heights, crossings)
    cross = _cross_lines(usable, heights, crossings)
    rows.sort(key=_distance_to_origin)
    cross.sort(key=_distance_to_origin)
    wanted_cross = min(len(cross), round(count * 0.18)) if count > 3 else 0
    wanted = rows[: count - wanted_cross]
    chosen = wanted + cross[: count - len(wanted)]
    if not chosen:
        raise RuntimeError(f"no street fits in buurt {town.buurten['buurtnaam'][buurt]}")
    across = [False] * len(wanted) + [True] * (len(chosen) - len(wanted))
    bent = [line if over else _bend(line, float(rng.uniform(-7, 7))) for line, over in zip(chosen, across, strict=True)]
    placed = [affinity.rotate(affinity.translate(line, heart.x, heart.y), angle, origin=heart) for line in bent]
    return _Plan(placed, across, [_rows_crossed(line, heights) if over else np.empty(0)
                                  for line, over in zip(chosen, across, strict=True)])  # fmt: skip


def _crossings(rng: np.random.Generator, west: float, east: float) -> Floats:
    gaps = rng.uniform(170, 300, int((east - west) / 170) + 3)
    return west - rng.uniform(0, 150) + np.cumsum(gaps)


def _row_lines(usable: shapely.Geometry, heights: Floats, crossings: Floats) -> list[shapely.LineString]:
    ends = np.concatenate([[-1e5], crossings, [1e5]])
    lines = [
        shapely.LineString([(left + 12, height), (right - 12, height)])
        for height in heights
        for left, right in pairwise(ends)
    ]
    return [
        part
        for part in shapely.get_parts(shapely.intersection(np.array(lines, dtype=object), usable))
        if _MINIMUM <= part.length <= _MAXIMUM + 200
    ]


def _cross_lines(usable: shapely.Geometry, heights: Floats, crossings: Floats) -> list[shapely.LineString]:
    """Pieces of four rows high; each ends between two rows."""
    ends = heights[::4] - _ROW / 2
    lines = [shapely.LineString([(at, low), (at, high)]) for at in crossings for low, high in pairwise(ends)]
    if not lines:
        return []
    return [
        part
        for part in shapely.get_parts(shapely.intersection(np.array(lines, dtype=object), usable))
        if part.length >= 2.5 * _ROW
    ]


def _rows_crossed(line: shapely.LineString, heights: Floats) -> Floats:
    low, high = line.bounds[1], line.bounds[3]
    crossed = heights[(heights > low - _ROW) & (heights < high + _ROW)]
    from_start = crossed - line.coords[0][1]
    upward = line.coords[-1][1] > line.coords[0][1]
    return np.asarray(from_start if upward else -from_start, dtype=np.float64)


def _distance_to_origin(line: shapely.LineString) -> float:
    middle = line.interpolate(0.5, normalized=True)
    return float(np.hypot(middle.x, middle.y))


def _bend(line: shapely.LineString, height: float) -> shapely.LineString:
    along = np.linspace(0, 1, 7)
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, along, normalized=True))
    points[:, 1] += height * 4 * along * (1 - along)
    return shapely.LineString(points)


def _continue_some(rng: np.random.Generator, table: pd.DataFrame, lines: Geometries) -> pd.DataFrame:
    """Let `_CONTINUED` streets run on into another buurt: the near street there takes the name."""
    plain = (table["plaats"] == MUNICIPALITY_NAME).to_numpy() & ~table["dwars"].to_numpy(dtype=bool)
    buurt = table["buurt"].to_numpy()
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=170.0)
    several = np.bincount(buurt)[buurt] > 4
    fits: Booleans = (buurt[one] < buurt[other]) & plain[one] & plain[other] & several[one] & several[other]
    fits &= (table["rol"].to_numpy() == "woon")[other]
    pairs = np.column_stack([one, other])[fits]
    pairs = pairs[rng.permutation(len(pairs))]
    touched: set[int] = set()
    for first, second in pairs:
        if len(touched) == 2 * _CONTINUED:
            break
        if not touched & {int(first), int(second)} and table.loc[second, "straat"].endswith(("straat", "laan", "weg")):
            touched |= {int(first), int(second)}
            table.loc[second, ["straat", "vervolg"]] = [table.loc[first, "straat"], int(first)]
    return table
