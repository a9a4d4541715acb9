"""Which buurt holds a point: vectorised point in polygon.

Place quality is `exact`, `outside` or `none` here. The remaining kinds are found from other evidence: `default_point`
from all points together (see `default_points`), `street` and `buurt` from the words of a row that has no point. They
take the result of `place_points` and replace quality and areas of the rows they know better.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from orchestration.municipality import Municipality

Floats = NDArray[np.float64]

EXACT, OUTSIDE, NONE, DEFAULT_POINT = "exact", "outside", "none", "default_point"


@dataclass(frozen=True)
class Buurten:
    """Buurten of one municipality and vintage, sorted by code; geometry in the municipality's CRS."""

    codes: NDArray[np.object_]
    wijk_codes: NDArray[np.object_]
    polygons: NDArray[np.object_]

    @classmethod
    def from_geojson(cls, codes: list[str], wijk_codes: list[str | None], geojson: list[str], crs: str) -> "Buurten":
        """From WGS84 GeoJSON texts; `crs` is the municipality's, in which points are tested."""
        order = np.argsort(np.array(codes, dtype=object), kind="stable")
        to_crs = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        polygons = shapely.transform(shapely.from_geojson(geojson), to_crs.transform, interleaved=False)
        return cls(np.array(codes, dtype=object)[order], np.array(wijk_codes, dtype=object)[order], polygons[order])


@dataclass(frozen=True)
class Places:
    """Per point: buurt and wijk code (None unless inside) and the place quality."""

    buurt_codes: NDArray[np.object_]
    wijk_codes: NDArray[np.object_]
    quality: NDArray[np.object_]


def reproject(x: Floats, y: Floats, source_crs: str, target_crs: str) -> tuple[Floats, Floats]:
    """Coordinates in another CRS, x = east; what cannot be expressed there becomes infinite."""
    if source_crs == target_crs:
        return x, y
    transformer = pyproj.Transformer.from_crs(source_crs, target_crs, always_xy=True)
    x_new, y_new = transformer.transform(x, y)
    return np.asarray(x_new), np.asarray(y_new)


def in_municipality_crs(
    municipality: Municipality, sources: NDArray[np.object_], x: Floats, y: Floats
) -> tuple[Floats, Floats]:
    """Coordinates in the municipality's CRS; each source may have its own. x and y are changed in place."""
    for source in pd.unique(sources):
        chosen = sources == source
        crs = municipality.source(source).crs or municipality.crs
        x[chosen], y[chosen] = reproject(x[chosen], y[chosen], crs, municipality.crs)
    return x, y


def buurt_index(x: Floats, y: Floats, buurten: Buurten) -> NDArray[np.int64]:
    """Position in `buurten` of the buurt that holds each point, -1 for none; same CRS for both.

    A border belongs to both sides, and the lowest code wins: a point gets exactly one buurt.
    """
    usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    # The police write the point of an address or a crossing: of a hundred thousand incidents a few thousand differ.
    position, distinct = pd.factorize(x[usable] + 1j * y[usable])
    found = np.full(len(distinct), len(buurten.codes), dtype=np.int64)
    if len(distinct):
        # The tree is on the points and the polygons ask: then each polygon is prepared once, which with borders
        # of thousands of vertices is many times faster than the other way round.
        tree = shapely.STRtree(shapely.points(distinct.real, distinct.imag))
        polygon, point = tree.query(buurten.polygons, predicate="intersects")
        np.minimum.at(found, point, polygon)
    found[found == len(buurten.codes)] = -1
    result = np.full(len(x), -1, dtype=np.int64)
    result[usable] = found[position]
    return result


def place_points(x: Floats, y: Floats, buurten: Buurten) -> Places:
    """Buurt, wijk and place quality of points in the municipality's CRS; NaN in x or y means no point."""
    index = buurt_index(x, y, buurten)
    inside = index >= 0
    quality = np.where(inside, EXACT, OUTSIDE).astype(object)
    quality[np.isnan(x) | np.isnan(y)] = NONE
    # One None behind the last code, which position -1 then finds.
    codes = np.array([*buurten.codes, None], dtype=object)
    wijken = np.array([*buurten.wijk_codes, None], dtype=object)
    return Places(codes[index], wijken[index], quality)


def at_default_points(places: Places, on_default_point: NDArray[np.bool_]) -> Places:
    """The same, but an incident on a default point has no known buurt: the point says where the form was filled in."""
    buurten, wijken, quality = places.buurt_codes.copy(), places.wijk_codes.copy(), places.quality.copy()
    buurten[on_default_point] = wijken[on_default_point] = None
    quality[on_default_point] = DEFAULT_POINT
    return Places(buurten, wijken, quality)
