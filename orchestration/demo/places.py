"""The areas of Demostad: 8 wijken and 40 buurten that tile the municipality exactly.

About 2,500 small Voronoi cells are each given to a buurt and then dissolved. Neighbours share the vertices of
their cells, so borders are irregular and still fit without overlap or hole. All coordinates are RD metres
(EPSG:28992), rounded to a decimetre; the town lies in the open water of the Markermeer, where nobody lives.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from orchestration.demo.arrays import Booleans, Floats, Geometries, Integers, stream

MUNICIPALITY_CODE = "GM9999"
MUNICIPALITY_NAME = "Demostad"
VILLAGE_NAME = "Fictiefveen"
CENTRE = (146_000.0, 511_000.0)  # RD metres
CELL = 0.1  # kilometres between the seeds of two cells
RIVER_HALF_WIDTH = 0.1  # kilometres; the banks belong to the river's own buurt

# wijk number: name, then its buurten as (name, character, kilometres east, kilometres north, theme of its streets).
_Buurt = tuple[str, str, float, float, str]
_WIJKEN: dict[int, tuple[str, tuple[_Buurt, ...]]] = {
    1: ("Verzonnen Binnenstad", (
        ("Papieren Markt", "centrum", 0.0, 0.1, "ambachten"),
        ("Schijnpoort", "centrum", -0.5, 0.35, "markten"),
        ("Stationswaan", "centrum", 0.5, 0.42, "sporen"),
        ("Oude Bedenksels", "centrum", -0.4, -0.3, "personen"),
        ("Gevelbeeld", "centrum", 0.45, -0.25, "deugden"),
    )),
    2: ("Luchtkasteel", (
        ("Luchtkasteel-Zuid", "stedelijk", 0.3, 1.18, "sterren"),
        ("Luchtkasteel-West", "stedelijk", -0.32, 1.25, "weer"),
        ("Torentrans", "woonwijk", 0.6, 1.85, "planeten"),
        ("Wolkenveld", "woonwijk", -0.02, 2.0, "vogels"),
        ("Droomrand", "woonwijk", -0.65, 1.9, "vlinders"),
    )),
    3: ("Fabelzoom", (
        ("Sprookjesgaard", "stedelijk", 1.12, 0.55, "sprookjes"),
        ("Fabelplein", "stedelijk", 0.82, 1.0, "muziek"),
        ("Sagenhoek", "woonwijk", 1.85, 0.75, "personen"),
        ("Mythenwijk", "woonwijk", 1.62, 1.25, "kruiden"),
        ("Legendeland", "woonwijk", 1.25, 1.72, "bloemen"),
    )),
    4: ("Bedachtwijk", (
        ("Bedacht-Noord", "stedelijk", 1.25, 0.02, "edelstenen"),
        ("Bedacht-Midden", "stedelijk", 1.15, -0.42, "stoffen"),
        ("Inval", "woonwijk", 1.95, 0.08, "kleuren"),
        ("Vondst", "woonwijk", 1.95, -0.52, "granen"),
        ("Ideeënhof", "woonwijk", 1.7, -1.2, "bomen"),
    )),
    5: ("Overzij", (
        ("Veerkwartier", "stedelijk", 0.0, -0.98, "schepen"),
        ("Overzij-West", "stedelijk", -0.7, -1.35, "vissen"),
        ("Overzij-Oost", "woonwijk", 0.72, -1.42, "vogels"),
        ("Spiegelbeeld", "woonwijk", -0.3, -1.95, "bomen"),
        ("Weerschijn", "woonwijk", 0.45, -2.05, "bloemen"),
    )),
    6: ("Schijnburen", (
        ("Schijnburen-Oost", "stedelijk", -1.15, -0.2, "personen"),
        ("Schijnburen-Midden", "stedelijk", -1.3, 0.2, "kruiden"),
        ("Doen-Alsof", "woonwijk", -1.95, -0.15, "muziek"),
        ("Zogenaamd", "woonwijk", -1.85, -0.55, "sterren"),
        ("Naamloos", "woonwijk", -1.5, -1.3, "kleuren"),
    )),
    7: ("Havenmaquette", (
        ("Modelhaven", "bedrijven", -1.0, 0.95, "havens"),
        ("Maquetteterrein", "bedrijven", -1.55, 0.85, "ambachten"),
        ("Decorstad", "bedrijven", -1.7, 1.45, "stoffen"),
        ("Park De Verbeelding", "park", -1.15, 1.6, "bomen"),
        ("Stroomdal", "water", 0.0, 0.0, "havens"),  # the river; its place is a line, see `_river`
    )),
    8: ("Fictiefveen", (
        ("Fictiefveen-Dorp", "dorp", 3.6, 1.5, "dorp"),
        ("Fictiefveen-Noord", "dorp", 3.85, 2.0, "vlinders"),
        ("Veenrand", "dorp", 4.1, 1.35, "granen"),
        ("Buitengebied West", "landelijk", 2.95, 1.35, "dorp"),
        ("Buitengebied Oost", "landelijk", 4.3, 0.8, "dorp"),
    )),
}  # fmt: skip

RIVER_BUURT = "Stroomdal"
STRADDLING_BUURT = "Veerkwartier"  # lies on both banks, so it is a MultiPolygon

# How crowded a buurt is (share of the addresses) and how many people share a home there.
_ADDRESSES = {"centrum": 7.0, "stedelijk": 9.0, "woonwijk": 7.4, "dorp": 5.0, "bedrijven": 1.8, "landelijk": 0.8,
              "park": 0.35, "water": 0.2}  # fmt: skip
PERSONS_PER_HOME = {"centrum": 1.75, "stedelijk": 2.35, "woonwijk": 2.95, "dorp": 2.85, "bedrijven": 1.9,
                    "landelijk": 2.9, "park": 2.2, "water": 2.0}  # fmt: skip


@dataclass(frozen=True)
class Town:
    """`buurten`: one row per buurt; `polygons`: their geometry in the same order; `size`: linear scale."""

    buurten: pd.DataFrame
    polygons: Geometries
    size: float

    def index_of(self, name: str) -> int:
        return int(self.buurten.index[self.buurten["buurtnaam"] == name][0])

    def in_wijk(self, number: int) -> Integers:
        """Row numbers of the buurten of one wijk."""
        return np.flatnonzero(self.buurten["wijk"].to_numpy() == number)


def build_town(seed: int, scale: float = 1.0) -> Town:
    """The areas. `scale` is a share of people and addresses: distances follow its square root."""
    rng = stream(seed, "gebieden")
    buurten = _declared()
    east, north = _cell_seeds(rng)
    owner = _owners(rng, buurten, east, north)
    size = float(np.sqrt(scale))
    cells = _cells(east, north, size)
    inside = np.flatnonzero(_inside(east, north))
    cells, owner = cells[inside], owner[inside]
    owner = _without_fragments(cells, owner, keep=int(buurten.index[buurten["buurtnaam"] == STRADDLING_BUURT][0]))
    polygons = np.array([shapely.coverage_union_all(cells[owner == i]) for i in range(len(buurten))], dtype=object)
    # Exterior rings counter-clockwise, as GeoJSON asks.
    polygons = shapely.orient_polygons(polygons)
    buurten["gewicht"] = buurten["karakter"].map(_ADDRESSES) * rng.uniform(0.85, 1.15, len(buurten))
    buurten["x"] = CENTRE[0] + buurten["oost"] * 1000 * size
    buurten["y"] = CENTRE[1] + buurten["noord"] * 1000 * size
    return Town(buurten, polygons, size)


def _declared() -> pd.DataFrame:
    rows = []
    for wijk, (wijk_name, buurten) in _WIJKEN.items():
        for number, (name, character, east, north, theme) in enumerate(buurten):
            rows.append(
                {
                    "buurtcode": f"BU9999{wijk:02d}{number:02d}", "buurtnaam": name, "wijk": wijk,
                    "wijkcode": f"WK9999{wijk:02d}", "wijknaam": wijk_name, "karakter": character,
                    "oost": east, "noord": north, "thema": theme,
                    "plaats": VILLAGE_NAME if wijk == 8 else MUNICIPALITY_NAME,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _river(east: Floats) -> Floats:
    """Kilometres north of the river's middle at some kilometres east."""
    return -0.82 + 0.17 * np.sin(east / 0.55)


def _cell_seeds(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A jittered hexagonal grid that covers the municipality with a margin, in kilometres from the centre."""
    rows, columns = np.mgrid[-34:34, -32:58]
    east = (columns + 0.5 * (rows % 2)) * CELL
    north = rows * CELL * np.sqrt(3) / 2
    near = _blob(east, north) < 1.45
    shift = rng.uniform(-0.36, 0.36, (2, *east.shape)) * CELL
    return (east + shift[0])[near], (north + shift[1])[near]


def _blob(east: Floats, north: Floats) -> Floats:
    """Below 1 inside the municipality: a wobbly town and a village with its land to the north-east."""
    angle = np.arctan2(north, east)
    wobble = 2.5 * (1 + 0.05 * np.sin(3 * angle + 1) + 0.035 * np.sin(7 * angle))
    town = np.hypot(east, north) / wobble
    village = np.hypot(east - 3.5, north - 1.35) / (1.42 + 0.08 * np.sin(5 * angle))
    nearest: Floats = np.minimum(town, village)
    return nearest


def _inside(east: Floats, north: Floats) -> Booleans:
    return _blob(east, north) < 1.0


def _owners(rng: np.random.Generator, buurten: pd.DataFrame, east: Floats, north: Floats) -> Integers:
    """The buurt of every cell: the nearest one on the same side of the river."""
    at_east, at_north = buurten["oost"].to_numpy(), buurten["noord"].to_numpy()
    river = int(buurten.index[buurten["buurtnaam"] == RIVER_BUURT][0])
    distance = np.hypot(east[:, None] - at_east, north[:, None] - at_north)
    distance = distance + rng.normal(0, 0.012, distance.shape)
    above = north - _river(east)
    other_side = (above > 0)[:, None] != (at_north - _river(at_east) > 0)
    other_side[:, buurten["buurtnaam"] == STRADDLING_BUURT] = False
    distance[other_side] = np.inf
    distance[:, river] = np.inf
    owner = distance.argmin(axis=1)
    owner[np.abs(above) < RIVER_HALF_WIDTH] = river
    # East of the town the river leaves the municipality; the village has none.
    owner[(np.abs(above) < RIVER_HALF_WIDTH) & (east > 2.75)] = distance[
        (np.abs(above) < RIVER_HALF_WIDTH) & (east > 2.75)
    ].argmin(axis=1)
    result: Integers = owner.astype(np.int64)
    return result


def _cells(east: Floats, north: Floats, size: float) -> Geometries:
    """One Voronoi polygon per seed in RD metres; shared vertices are rounded alike."""
    points = np.column_stack([CENTRE[0] + east * 1000 * size, CENTRE[1] + north * 1000 * size])
    diagram = shapely.voronoi_polygons(shapely.multipoints(points), ordered=True)
    return np.asarray(shapely.transform(shapely.get_parts(diagram), lambda vertices: np.round(vertices, 1)))


def _without_fragments(cells: Geometries, owner: Integers, keep: int) -> Integers:
    """Give stray cells to a neighbour, so that every buurt but `keep` is of one piece."""
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    shared = shapely.length(shapely.intersection(cells[one], cells[other])) > 1.0
    real = shared & (one != other)
    one, other = one[real], other[real]
    owner = owner.copy()
    for _ in range(5):
        piece = _pieces(len(cells), one, other, owner)
        sizes = np.bincount(piece)
        largest = np.zeros(owner.max() + 1, dtype=np.int64)
        np.maximum.at(largest, owner, sizes[piece])
        stray = (sizes[piece] < largest[owner]) & ((owner != keep) | (sizes[piece] < 6))
        if not stray.any():
            return owner
        border = stray[one] & (owner[one] != owner[other]) & ~stray[other]
        owner[one[border]] = owner[other[border]]
    raise RuntimeError("some buurten are still in pieces; change their places in `_WIJKEN`")


def _pieces(count: int, one: Integers, other: Integers, owner: Integers) -> Integers:
    """Label of the connected piece of each cell: the smallest cell number that can be reached inside its buurt."""
    same = owner[one] == owner[other]
    one, other = one[same], other[same]
    label = np.arange(count)
    while True:
        lower = label.copy()
        np.minimum.at(lower, one, label[other])
        lower = lower[lower]
        if np.array_equal(lower, label):
            return label
        label = lower
