"""Where coordinates of a CRS can lie at all."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyproj import CRS, Transformer

_MARGIN = 0.02  # of the width and the height of the area of use


@dataclass(frozen=True)
class Extent:
    """The area of use of a CRS in its own units, x east and y north, with a margin."""

    crs: str
    west: float
    south: float
    east: float
    north: float

    def holds(self, x: float, y: float) -> bool:
        return self.west <= x <= self.east and self.south <= y <= self.north


@lru_cache(maxsize=8)
def extent_of(crs: str, home_crs: str) -> Extent:
    """Where coordinates in `crs` can lie. Degrees span the globe, so those are held to the area of `home_crs`."""
    source = CRS(crs)
    area = (CRS(home_crs) if source.is_geographic else source).area_of_use
    if area is None:
        raise ValueError(f"{crs} heeft geen gebied van gebruik; kies een ander CRS voor deze bron")
    transformer = Transformer.from_crs("EPSG:4326", source, always_xy=True)
    west, south, east, north = transformer.transform_bounds(*area.bounds, densify_pts=21)
    dx, dy = _MARGIN * (east - west), _MARGIN * (north - south)
    return Extent(crs, west - dx, south - dy, east + dx, north + dy)


def geometry_problem(text: str, extent: Extent) -> str | None:
    """What is wrong with the coordinates of a GeoJSON geometry, in Dutch; None when all lie within the extent."""
    points = list(_points(json.loads(text)["coordinates"]))
    if not points:
        return "een geometrie zonder coördinaten"
    outside = [point for point in points if not extent.holds(*point)]
    if not outside:
        return None
    x, y = outside[0]
    swapped = "; X en Y lijken verwisseld" if all(extent.holds(b, a) for a, b in points) else ""
    return f"een punt ({x:.10g}, {y:.10g}) buiten het bereik van {extent.crs}{swapped}"


def _points(coordinates: Any) -> list[tuple[float, float]]:
    """Every position in nested coordinate lists; a malformed one gives a point that lies nowhere."""
    stack, points = [coordinates], []
    while stack:
        item = stack.pop()
        if isinstance(item, list) and item and isinstance(item[0], list):
            stack.extend(item)
        elif isinstance(item, list) and len(item) >= 2 and all(type(value) in (int, float) for value in item[:2]):
            points.append((float(item[0]), float(item[1])))
        else:
            points.append((float("nan"), float("nan")))
    return points
