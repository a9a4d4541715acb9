"""Real incidents as input: aggravated assaults in Chicago, 2010-2019, by a municipality folder of its own.

The open file has no key and no areas. Both are made here: the row number, and squares of two kilometres over the
convex hull of the points, each four by four a wijk. They are fictional and stand for no neighbourhood.
"""

import json
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

FOLDER = Path(__file__).parent / "municipalities" / "chicago"
CODE, CRS = "9998", "EPSG:26971"  # Illinois State Plane East, metres
FILE = "incidents_chicago/chicago_aggravated_assaults_2010_2019.csv.gz"
_SIDE = 2_000.0  # metres


def write_chicago(source: Path, inbox: Path) -> tuple[Path, Path]:
    """Write the incidents with a key and the areas; returns both files."""
    frame = pd.read_csv(source)
    frame.insert(0, "id", [f"CHI_{number}" for number in range(1, len(frame) + 1)])
    incidents, areas = inbox / "police_incidents" / "assaults.csv", inbox / "gebieden" / "squares.geojson"
    for file in (incidents, areas):
        file.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(incidents, index=False)
    points = gpd.GeoSeries.from_xy(frame["longitude"], frame["latitude"], crs="EPSG:4326").to_crs(CRS)
    areas.write_text(json.dumps(_squares(shapely.convex_hull(shapely.multipoints(points.to_numpy())))), "utf-8")
    return incidents, areas


def _squares(hull: shapely.Geometry) -> dict[str, object]:
    west, south, east, north = hull.bounds
    columns, rows = int(np.ceil((east - west) / _SIDE)), int(np.ceil((north - south) / _SIDE))
    wijken: dict[tuple[int, int], int] = {}
    numbers: Counter[int] = Counter()
    features: list[dict[str, object]] = []
    for column in range(columns):
        for row in range(rows):
            left, low = west + column * _SIDE, south + row * _SIDE
            part = shapely.intersection(hull, shapely.box(left, low, left + _SIDE, low + _SIDE))
            if part.geom_type != "Polygon" or part.is_empty:
                continue
            wijk = wijken.setdefault((column // 4, row // 4), len(wijken))
            numbers[wijk] += 1
            properties = {
                "code": f"BU{CODE}{wijk:02d}{numbers[wijk]:02d}",
                "name": f"Vak {column}-{row}",
                "parent": f"WK{CODE}{wijk:02d}",
                "parent_name": f"Blok {wijk}",
            }
            features.append(
                {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(part))}
            )
    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{CRS.partition(':')[2]}"}},
        "features": features,
    }
