"""What is measured: a history in one file, a day on top of it, and a real set from elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median

import psycopg

from orchestration.demo.deliveries import address_table, areas, key_figures
from orchestration.demo.generate import SEED, build_world
from orchestration.settings import Settings
from tests.bench import chicago
from tests.bench.feed import Delivered, PoliceFeed
from tests.bench.floor import floor
from tests.bench.measure import Run, process
from tests.installation import make_warehouse

UNTIL = date(2026, 6, 28)
_RD = ("X", "Y")


@dataclass(frozen=True)
class Bar:
    """One demand: what was found, what is allowed."""

    what: str
    found: float
    allowed: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.found <= self.allowed


@dataclass
class Scenario:
    """The outcome of one scenario: runs by name, demands, and what else is worth knowing."""

    name: str
    runs: dict[str, Run] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Town:
    """A warehouse of the fictional municipality with a history of a given size, and the feed that goes on from it."""

    settings: Settings
    feed: PoliceFeed
    history: Delivered

    @classmethod
    def with_history(cls, server: Settings, name: str, rows: int) -> "Town":
        inbox = server.home / f"{name}-inbox"
        world = build_world(SEED, UNTIL)
        feed = PoliceFeed(world, UNTIL)
        delivered = feed.history(rows, inbox / "police_incidents" / "000_historie.csv")
        (inbox / "gebieden").mkdir()
        (inbox / "gebieden" / "buurten.geojson").write_bytes(areas(world.town))
        for source, table in (("adressen", address_table(world)), ("kerncijfers", key_figures(world))):
            (inbox / source).mkdir()
            table.to_csv(inbox / source / f"{source}.csv", sep=";", index=False)
        return cls(make_warehouse(server, name, municipality="demo", inbox=inbox), feed, delivered)

    def next_day(self, number: int) -> Delivered:
        return self.feed.next_day(self.history.file.with_name(f"{number:03d}_dag.csv"))

    def floor(self) -> float:
        file = self.history.file
        polygons = file.parents[1] / "gebieden" / "buurten.geojson"
        return floor(self.settings, [file], polygons, delimiter=";", point=_RD, group="Incidentsoort code")


def history_scenario(town: Town) -> Scenario:
    """From one file to refreshed marts, beside the bare floor."""
    bare = town.floor()
    run = process(town.settings)
    _check_loaded(town.settings, town.history.rows)
    result = Scenario(f"{town.history.rows:,} rijen in één bestand".replace(",", "."), {"van bestand tot marts": run})
    result.notes.append(f"kale vloer {bare:.1f} s; de platformstappen {run.seconds:.1f} s")
    result.bars = [
        Bar("keer de kale vloer", run.seconds / bare, 10, "×"),
        Bar("seconden", run.seconds, 150, "s"),
        Bar("piek van het geheugen, alle processen samen", run.memory.pss / 1000, 3, "GB"),
    ]
    return result


def day_scenario(small: Town, large: Town, repeats: int, say: Callable[[str], None]) -> Scenario:
    """A day's delivery on two histories, in turn; medians. The first of each is left out: it warms up what is cold."""
    runs: dict[str, list[Run]] = {"klein": [], "groot": []}
    touched: dict[str, list[int]] = {"klein": [], "groot": []}
    for number in range(1, repeats + 2):
        for name, town in (("klein", small), ("groot", large)):
            delivered = town.next_day(number)
            run = process(town.settings)
            say(f"dag {number} op {name}: {run.seconds:.1f} s")
            if number > 1:
                runs[name].append(run)
                touched[name].append(delivered.days)
    sizes = {"klein": small.history.rows, "groot": large.history.rows}
    seconds = {name: median(run.seconds for run in found) for name, found in runs.items()}
    result = Scenario("een dag van 150 rijen")
    for name, found in runs.items():
        middle = sorted(found, key=lambda run: run.seconds)[len(found) // 2]
        result.runs[f"op {sizes[name]:,} rijen".replace(",", ".")] = middle
        days, rows = median(touched[name]), sum(middle.rewritten.values())
        result.notes.append(
            f"op {sizes[name]:,} rijen: {days:.0f} dagen geraakt, {rows:,} rijen herschreven in core en marts "
            f"({rows / days:,.0f} per dag); alle metingen: "
            f"{', '.join(f'{run.seconds:.1f}' for run in found)} s"
        )
    per_day = {
        name: median(sum(run.rewritten.values()) for run in found) / median(touched[name])
        for name, found in runs.items()
    }
    result.bars = [
        Bar("seconden op de grote historie", seconds["groot"], 60, "s"),
        Bar("groot tegen klein", seconds["groot"] / seconds["klein"], 1.25, "×"),
        Bar("herschreven rijen per geraakte dag, groot tegen klein", per_day["groot"] / per_day["klein"], 1.25, "×"),
    ]
    return result


def chicago_scenario(server: Settings, shared: Path) -> Scenario | None:
    """The real set; None when it is not here."""
    source = shared / "data" / chicago.FILE
    if not source.is_file():
        return None
    inbox = server.home / "chicago-inbox"
    incidents, squares = chicago.write_chicago(source, inbox)
    settings = make_warehouse(server, "vis_bench_chicago", municipality=str(chicago.FOLDER), inbox=inbox)
    bare = floor(
        settings, [incidents], squares, delimiter=",", point=("longitude", "latitude"), group="loc_cat", crs="EPSG:4326"
    )
    # The gate out looks at everything and then says, as it should, that this municipality is not in the Netherlands.
    run = process(settings, check=False)
    with incidents.open("rb") as stream:
        rows = sum(1 for _ in stream) - 1
    _check_loaded(settings, rows)
    with psycopg.connect(settings.dsn("bi")) as connection:
        shown = connection.execute("select sum(aantal)::bigint from marts.incident_kaart").fetchone()
    if shown != (rows,):
        raise RuntimeError(f"{rows} incidents were delivered and {shown} stand in marts.incident_kaart")
    result = Scenario(f"Chicago, {rows:,} echte incidenten".replace(",", "."), {"van bestand tot marts": run})
    result.notes.append(f"kale vloer {bare:.1f} s, dat is {run.seconds / bare:.1f} keer")
    return result


def _check_loaded(settings: Settings, rows: int) -> None:
    """A run that lost or held its rows was not measured."""
    with psycopg.connect(settings.dsn("loader")) as connection:
        found = connection.execute(
            "select sum(rows_read)::bigint from raw.delivery where shape = 'incident' and status = 'accepted'"
        ).fetchone()
    if not found or found[0] != rows:
        raise RuntimeError(f"{rows} rows were delivered and {found and found[0]} accepted: nothing was measured")
