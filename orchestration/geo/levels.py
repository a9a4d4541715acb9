"""From delivered areas to the whole tree gemeente → wijk → buurt, ready to be stored and drawn."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

BUURT, WIJK, GEMEENTE = "buurt", "wijk", "gemeente"
LEVELS = (GEMEENTE, WIJK, BUURT, "other")
WGS84 = "EPSG:4326"
_DECIMALS = 6  # of a degree: 7 to 11 cm
_MARGIN = 0.5  # degrees beyond a CRS's area of use: room for territorial waters, not for another country
_COUNTS = ["inhabitants", "households"]
AREA_COLUMNS = [
    "area_code", "area_name", "level", "parent_code", "derived", "geometry_geojson", "area_ha", *_COUNTS,
]  # fmt: skip


class AreaError(ValueError):
    """Delivered areas cannot be used; the message names each area and what is wrong with it."""


@dataclass(frozen=True)
class AreaSet:
    """The areas of one municipality and vintage.

    `areas` has AREA_COLUMNS (geometry as WGS84 GeoJSON, area in ha measured in the municipality's CRS, counts missing
    when unknown), `rings` has area_code, ring_number (1 = largest part) and ring_json, `repaired` names what
    `make_valid` had to mend.
    """

    areas: pd.DataFrame
    rings: pd.DataFrame
    repaired: tuple[str, ...]


def build_areas(rows: pd.DataFrame, *, code: str, name: str, crs: str) -> AreaSet:
    """All levels of one municipality from its delivered areas.

    Args:
        rows: one per area: area_code, area_name, level, parent_code, parent_name, inhabitants, households,
            geometry (GeoJSON text), source, source_crs.
        code: of the municipality; the wijken belong to it.
        name: of the municipality.
        crs: the municipality's projected CRS.

    Raises:
        AreaError: an unknown level, a geometry that is no polygon, or one outside the area of use of `crs`.
    """
    delivered, repaired = _read(rows, crs)
    complete = _complete(delivered, code, name)
    return AreaSet(*_publish(complete, crs), repaired)


def _read(rows: pd.DataFrame, crs: str) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Parse, repair and reproject; geometries of the result are valid (multi)polygons in `crs`."""
    rows = rows.sort_values("area_code", ignore_index=True)
    rows[_COUNTS] = rows[_COUNTS].astype("Int64")
    named = (rows["area_code"] + " (bron " + rows["source"] + ")").to_numpy()
    _refuse(named[~rows["level"].isin(LEVELS)], f"onbekend niveau, verwacht een van {', '.join(LEVELS)}")
    shapes = shapely.force_2d(shapely.from_geojson(rows["geometry"].to_numpy(dtype=object), on_invalid="ignore"))
    _refuse(named[shapely.is_missing(shapes)], "de geometrie is geen leesbare GeoJSON")
    invalid = ~shapely.is_valid(shapes)
    reasons = shapely.is_valid_reason(shapes[invalid])
    repaired = tuple(f"{a}: {b}" for a, b in zip(named[invalid], reasons, strict=True))
    shapes[invalid] = [_polygons(shape) for shape in shapely.make_valid(shapes[invalid], method="structure")]
    is_area = np.isin(shapely.get_type_id(shapes), [3, 6]) & ~shapely.is_empty(shapes)
    _refuse(named[~is_area], "de geometrie is geen vlak (Polygon of MultiPolygon)")
    for source_crs in rows["source_crs"].unique():
        chosen = (rows["source_crs"] == source_crs).to_numpy()
        shapes[chosen] = gpd.GeoSeries(shapes[chosen], crs=source_crs).to_crs(crs).to_numpy()
    _refuse_outside(named, rows["source_crs"].to_numpy(), shapes, crs)
    return gpd.GeoDataFrame(rows.assign(derived=False), geometry=shapes, crs=crs), repaired


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """What is left of a repaired shape after dropping the loose lines and points a repair can produce."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def _refuse(named: Iterable[str], problem: str) -> None:
    wrong = list(named)
    if wrong:
        more = f" en {len(wrong) - 5} andere" if len(wrong) > 5 else ""
        raise AreaError(f"Gebied {', '.join(wrong[:5])}{more}: {problem}")


def _refuse_outside(named: np.ndarray, source_crs: np.ndarray, shapes: np.ndarray, crs: str) -> None:
    bounds = gpd.GeoSeries(shapes, crs=crs).to_crs(WGS84).bounds.to_numpy()
    use = pyproj.CRS(crs).area_of_use
    limit = use.bounds if use else (-180.0, -90.0, 180.0, 90.0)
    # Written so that a coordinate that is not finite fails as well.
    inside = (bounds[:, :2] >= np.array(limit[:2]) - _MARGIN).all(axis=1) & (
        bounds[:, 2:] <= np.array(limit[2:]) + _MARGIN
    ).all(axis=1)
    used = ", ".join(sorted(set(source_crs[~inside])))
    _refuse(
        named[~inside],
        f"ligt buiten het gebied waar {crs} geldt. De coördinaten zijn gelezen als {used}: "
        "controleer `crs` in het bronbestand, en of x en y niet zijn verwisseld",
    )


def _complete(delivered: gpd.GeoDataFrame, code: str, name: str) -> gpd.GeoDataFrame:
    """Add the wijken and the gemeente that were not delivered, dissolved from the level below."""
    delivered.loc[(delivered["level"] == WIJK) & delivered["parent_code"].isna(), "parent_code"] = code
    known = set(delivered["area_code"])
    buurten, wijken = (delivered[delivered["level"] == level] for level in (BUURT, WIJK))
    derived = [
        _dissolve(parts, str(wijk), _wijk_name(str(wijk), parts["parent_name"]), WIJK, code)
        for wijk, parts in buurten.groupby("parent_code", sort=True)
        if wijk not in known
    ]
    parts = buurten if len(buurten) else wijken
    if code not in known and len(parts):
        derived.append(_dissolve(parts, code, name, GEMEENTE, None))
    if not derived:
        return delivered
    added = gpd.GeoDataFrame(derived, crs=delivered.crs).astype(dict.fromkeys(_COUNTS, "Int64"))
    return pd.concat([delivered, added], ignore_index=True)


def _wijk_name(code: str, names: pd.Series) -> str:
    given = names.dropna()
    if len(given):
        return str(given.iloc[0])
    number = re.fullmatch(r"WK\d{4}(\d\d)", code)
    return f"Wijk {number[1]}" if number else code


def _dissolve(parts: gpd.GeoDataFrame, code: str, name: str, level: str, parent: str | None) -> dict[str, object]:
    # A sum with an unknown part would pass for the whole.
    counts = {column: parts[column].sum() if parts[column].notna().all() else pd.NA for column in _COUNTS}
    return {
        "area_code": code,
        "area_name": name,
        "level": level,
        "parent_code": parent,
        "derived": True,
        "geometry": shapely.union_all(parts.geometry.to_numpy()),
        **counts,
    }


def _publish(complete: gpd.GeoDataFrame, crs: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    complete = complete.sort_values("area_code", ignore_index=True)
    hectares = (complete.geometry.area / 10_000).round(4)
    shapes = _rounded(complete.geometry.to_crs(WGS84).to_numpy())
    areas = complete.assign(geometry_geojson=shapely.to_geojson(shapes), area_ha=hectares)
    rings = [
        (area, number, ring)
        for area, shape in zip(complete["area_code"], shapes, strict=True)
        for number, ring in enumerate(_outer_rings(shape), 1)
    ]
    return (
        pd.DataFrame(areas[AREA_COLUMNS]),
        pd.DataFrame(rings, columns=["area_code", "ring_number", "ring_json"]),
    )


def _rounded(shapes: np.ndarray) -> np.ndarray:
    """Coordinates in a fixed number of decimals, still valid.

    Plain rounding moves a vertex that two neighbours share to the same spot; only a shape that breaks by it goes
    through the slower rounding that keeps shapes valid.
    """
    rounded: np.ndarray = shapely.transform(shapes, lambda xy: xy.round(_DECIMALS))
    broken = ~shapely.is_valid(rounded)
    rounded[broken] = shapely.transform(
        shapely.set_precision(shapes[broken], 10.0**-_DECIMALS), lambda xy: xy.round(_DECIMALS)
    )
    return rounded


def _outer_rings(shape: shapely.Geometry) -> list[str]:
    parts = sorted(shapely.get_parts(shape), key=lambda part: -part.area)
    return [json.dumps(shapely.get_coordinates(part.exterior).tolist(), separators=(",", ":")) for part in parts]
