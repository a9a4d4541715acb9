"""`make bench`: how long the way from file to marts takes, beside the bare floor measured in the same run.

The floor is what no platform can do without: COPY of the same bytes, one spatial join, one aggregation in SQL.
Prints a table and writes `bench-results.json`. No threshold is asserted: a figure is read, a test is not slow.
"""

import json
import resource
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psycopg
from rich.console import Console
from rich.table import Table

from orchestration.demo import write_demo
from orchestration.settings import Settings
from tests.installation import make_warehouse, run_vis, running_server

REPOSITORY = Path(__file__).resolve().parents[2]
UNTIL = date(2026, 6, 30)


@dataclass(frozen=True)
class Figure:
    """One measured thing; `ratio` is against the floor of the same run."""

    what: str
    seconds: float
    ratio: float | None
    note: str = ""


def main() -> None:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory(prefix="vis-bench-") as folder:
        Path(folder).chmod(0o755)
        with running_server(Path(folder) / "home") as server:
            figures = _measure(server, Path(folder) / "inbox")
    table = Table("meting", "seconden", "keer de vloer", "opmerking")
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.1f}"
        table.add_row(figure.what, f"{figure.seconds:.1f}", ratio, figure.note)
    Console().print(table)
    result = {"cores": 2, "figures": [asdict(figure) for figure in figures]}
    (REPOSITORY / "bench-results.json").write_text(json.dumps(result, indent=2), encoding="utf-8")


def _measure(server: Settings, inbox: Path) -> list[Figure]:
    write_demo(inbox, inbox.parent / "truth", until=UNTIL)
    settings = make_warehouse(server, "vis_bench", municipality="demo", inbox=inbox)
    floor = _floor(settings, inbox)
    began = time.monotonic()
    run_vis(settings, "process")
    first = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    began = time.monotonic()
    run_vis(settings, "process")
    again = time.monotonic() - began
    return [
        Figure("vloer: COPY + sjoin + aggregatie", floor, 1.0),
        Figure("demo, van levering tot marts", first, first / floor, f"grootste proces {peak:.0f} MB"),
        Figure("demo, nogmaals zonder nieuwe levering", again, again / floor),
    ]


def _floor(settings: Settings, inbox: Path) -> float:
    """Seconds for the bare work on the same police files."""
    files = sorted((inbox / "police_incidents").glob("*.csv"))
    areas = gpd.read_file(next((inbox / "gebieden").glob("*.geojson")))
    began = time.monotonic()
    with psycopg.connect(settings.dsn("admin")) as connection:
        for number, file in enumerate(files):
            with file.open("rb") as stream:
                header = stream.readline().decode("utf-8-sig").rstrip("\r\n").split(";")
                if number == 0:
                    columns = ", ".join(f"c{index} text" for index in range(len(header)))
                    connection.execute(f"create temp table floor ({columns})")  # type: ignore[call-overload]
                with connection.cursor().copy("copy floor from stdin (format csv, delimiter ';')") as copy:
                    while block := stream.read(1 << 16):
                        copy.write(block)
        connection.execute("select c2, count(*) from floor group by 1").fetchall()
    frame = pd.concat([pd.read_csv(file, sep=";", encoding="utf-8-sig", usecols=["X", "Y"]) for file in files])
    frame = frame.dropna()
    gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame.X, frame.Y), crs=areas.crs).sjoin(areas)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
