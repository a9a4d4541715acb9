"""A town of nine square buurten with a daily police feed, for tests that run the real command line."""

import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import yaml

from orchestration.settings import Settings
from tests.integration.replay import AREAS, BOTTOM, LEFT, POLICE, Version, areas_file, csv_file
from tests.unit.ingest.support import changed, write_municipality

DAILY = changed(
    POLICE, fetch={"pattern": "*.csv", "day": "incidenten_%Y-%m-%d*.csv"}, daily={"since": date(2022, 1, 1)}
)


def incident(number: int, day: date, **changes: Any) -> Version:
    """An incident at noon of a day, somewhere in the town, changed at one; `changes` of `Version`."""
    begin = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    values = {
        "number": f"PL{number:05d}", "code": ("A20", "A10", "F614", "E33")[number % 4],
        "begin": begin, "end": begin.replace(hour=12), "street": f"Straat {number % 7}",
        "x": LEFT + (number * 37) % 3_000 + 0.5, "y": BOTTOM + (number * 91) % 3_000 + 0.5,
        "changed": begin.replace(hour=12),
    } | changes  # fmt: skip
    return Version(**values)


def _code(found: re.Match[bytes]) -> bytes:
    """`WK1` → `WK001401`, `BU12` → `BU00140102`."""
    return b'"%s0014%s"' % (found[1], b"".join(b"0%c" % digit for digit in found[2]))


class Town:
    """The town's folder and inbox, with the settings that point at both."""

    def __init__(self, new_warehouse: Callable[..., Settings], folder: Path, police: dict[str, Any] = DAILY) -> None:
        self.folder = folder / "stad"
        write_municipality(self.folder, AREAS, police)
        file = self.folder / "municipality.yaml"
        hic = [{"group": "hic", "valid_from": date(2013, 1, 1), "categories": ["1.1.1"]}]
        content = yaml.safe_load(file.read_text(encoding="utf-8")) | {"offence_groups": hic}
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        self.settings = new_warehouse(municipality=str(self.folder), inbox=folder / "inbox")
        self._moment = 1_700_000_000
        # The gate in asks for codes of this municipality.
        areas = re.sub(rb'"(BU|WK)(\d+)"', _code, areas_file())
        self.put("gebieden", "gebieden.geojson", areas)

    def put(self, source: str, name: str, content: bytes) -> Path:
        """Deliver a file that is a minute newer than the one before it."""
        file = self.settings.inbox_path / source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self._moment += 60
        os.utime(file, (self._moment, self._moment))
        return file

    def day(self, day: date, versions: Iterable[Version], suffix: str = "") -> str:
        """Deliver the police file about a day; returns its name."""
        name = f"incidenten_{day}{suffix}.csv"
        self.put("politie", name, csv_file(versions))
        return name

    def rows(self, query: str, *parameters: object, role: str = "admin") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings.dsn(role)) as connection:  # type: ignore[arg-type]
            return connection.execute(query, parameters or None).fetchall()  # type: ignore[call-overload]

    def history(self) -> tuple[list[tuple[str, str]], dict[str, set[str]]]:
        """From Dagster's own storage: (job, status) of every run, and the partitions there are per asset."""
        with psycopg.connect(self.settings.dsn("dagster", "dagster")) as connection:
            runs = connection.execute("select pipeline_name, status from runs order by id").fetchall()
            events = connection.execute(
                "select asset_key, partition from event_logs "
                "where dagster_event_type = 'ASSET_MATERIALIZATION' and partition is not null"
            ).fetchall()
        there: dict[str, set[str]] = {}
        for key, partition in events:
            there.setdefault(key, set()).add(partition)
        return runs, there
