"""The bare floor: what no platform can do without, on the same bytes and the same server.

COPY of the file as text, point in polygon by geopandas, one aggregation in SQL.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psycopg

from orchestration.settings import Settings


def floor(
    settings: Settings, files: Sequence[Path], areas: Path, *, delimiter: str, point: tuple[str, str], group: str,
    crs: str | None = None,
) -> float:  # fmt: skip
    """Seconds for the bare work. `point` are the headings of x and y in `crs` (None: that of the areas)."""
    polygons = gpd.read_file(areas)
    began = time.monotonic()
    with psycopg.connect(settings.dsn("admin")) as connection:
        _copy(connection, files, delimiter)
        connection.execute(f'select "{group}", count(*) from floor group by 1').fetchall()  # type: ignore[call-overload]
    read = [pd.read_csv(file, sep=delimiter, encoding="utf-8-sig", usecols=list(point)) for file in files]
    frame = pd.concat(read).dropna()
    points = gpd.GeoSeries.from_xy(frame[point[0]], frame[point[1]], crs=crs or polygons.crs).to_crs(polygons.crs)
    gpd.GeoDataFrame(geometry=points).sjoin(polygons)
    return time.monotonic() - began


def _copy(connection: psycopg.Connection, files: Sequence[Path], delimiter: str) -> None:
    for number, file in enumerate(files):
        with file.open("rb") as stream:
            header = stream.readline().decode("utf-8-sig").rstrip("\r\n").split(delimiter)
            if number == 0:
                columns = ", ".join(f'"{heading}" text' for heading in header)
                connection.execute(f"create temp table floor ({columns})")  # type: ignore[call-overload]
            copy_text = f"copy floor from stdin (format csv, delimiter '{delimiter}')"
            with connection.cursor() as cursor, cursor.copy(copy_text) as copy:  # type: ignore[call-overload]
                while block := stream.read(1 << 16):
                    copy.write(block)
