"""The way in: a fictional municipality from a seed and a last day."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

from orchestration.demo.addresses import add_people, build_addresses
from orchestration.demo.deliveries import REMOVED, all_files
from orchestration.demo.feed import Feed, build_feed
from orchestration.demo.incidents import World, address_pull, draw_incidents
from orchestration.demo.places import build_town
from orchestration.demo.planted import plant
from orchestration.demo.scoring import build_truth
from orchestration.demo.streets import build_streets
from orchestration.demo.truth import DemoTruth, read_truth

# Raise it with every change that makes other bytes: an installation then renews its deliveries.
GENERATOR_VERSION = "4"
SEED = 9999
YEARS = 3
INCIDENTS_PER_YEAR = 5_500
TRUTH_FILE = "truth.json"


def build_world(seed: int, until: date, scale: float = 1.0) -> World:
    """Places, streets and addresses for the three years that end on `until` (local days).

    `scale` (0.4 to 1) is a share of people, addresses and streets; distances follow its square root.
    """
    if not 0.4 <= scale <= 1:
        raise ValueError(f"scale must be from 0.4 to 1, found {scale}; use incidents_per_year for more incidents")
    town = build_town(seed, scale)
    streets = build_streets(seed, town, scale)
    addresses = build_addresses(seed, town, streets, scale)
    add_people(town, addresses, scale)
    first = _years_before(until, YEARS) + timedelta(days=1)
    return World(seed, first, until, town, streets, addresses, address_pull(seed, town, addresses))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def build_demo(
    *, seed: int = SEED, until: date, incidents_per_year: int | None = None, scale: float = 1.0
) -> tuple[World, Feed]:
    """The municipality and its police feed, in memory."""
    world = build_world(seed, until, scale)
    per_year = round(INCIDENTS_PER_YEAR * scale) if incidents_per_year is None else incidents_per_year
    return world, build_feed(world, plant(world, draw_incidents(world, per_year)))


def generate(
    out_dir: Path, *, seed: int = SEED, until: date, incidents_per_year: int | None = None, scale: float = 1.0
) -> DemoTruth:
    """Write all deliveries to `out_dir/<source>/` and return what was planted in them.

    The same arguments give the same bytes. Takes about two seconds and 200 MB at scale 1. What is planted has a
    fixed size: with fewer than about 1,000 incidents a year it no longer looks like a municipality.
    """
    world, feed = build_demo(seed=seed, until=until, incidents_per_year=incidents_per_year, scale=scale)
    files, rows = all_files(world, feed)
    for name, content in files.items():
        _write(out_dir / name, content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return build_truth(world, feed, GENERATOR_VERSION, rows, digests)


def write_demo(inbox: Path, truth_dir: Path, until: date) -> DemoTruth:
    """Put the demo's deliveries in `inbox/<source>/` and the truth in `truth_dir/truth.json`.

    Writes nothing when they are there already for this seed, day and version of the generator. When they are there
    for another, that one's own files are taken away first; files that someone else delivered are left alone.
    """
    file = truth_dir / TRUTH_FILE
    if file.is_file():
        try:
            known = read_truth(file)
        except ValueError:
            pass  # another version of the generator wrote it, in another layout
        else:
            if _is_current(known, inbox, until):
                return known
        for name in _files_of(file):
            (inbox / name).unlink(missing_ok=True)
    truth = generate(inbox, until=until)
    _write(file, truth.to_json().encode("utf-8"))
    return truth


def _files_of(file: Path) -> tuple[str, ...]:
    """The deliveries that an earlier run wrote, whatever its version."""
    try:
        return tuple(json.loads(file.read_text(encoding="utf-8")).get("files", ()))
    except ValueError as error:
        raise ValueError(f"{file}: is no JSON ({error}); remove it and the demo's files in the inbox") from error


def _is_current(truth: DemoTruth, inbox: Path, until: date) -> bool:
    made = (truth.seed, truth.until, truth.generator_version)
    return made == (SEED, until.isoformat(), GENERATOR_VERSION) and all(
        (inbox / name).is_file() for name in truth.files if not name.startswith(REMOVED)
    )


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: who watches the inbox never sees half a delivery."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # A dot file of another suffix, so that no source's pattern picks it up.
    half = file.with_name(f".{file.name}.part")
    half.write_bytes(content)
    half.replace(file)
