"""What a run cost: seconds per stage, memory of all processes together, rows written per table."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import psycopg

from orchestration.settings import Settings
from tests.installation import run_vis

_INTERVAL = 0.25  # seconds between two looks at the memory
_STAGES = (
    ("landing", "landing__"), ("raw", "raw__"), ("poort in", "gate_in__"), ("verrijkt", "enriched_"),
    ("dbt", "dbt_warehouse"), ("poort uit", "gate_out"),
)  # fmt: skip
REST = "overig (starten, dbt parse)"


@dataclass
class Memory:
    """Peaks in MB. `pss` counts a page that processes share once; `rss` counts it for each of them."""

    rss: float = 0.0
    pss: float = 0.0


@contextmanager
def memory() -> Iterator[Memory]:
    """The highest sum over this process and everything below it, the server's backends included."""
    peak, done = Memory(), threading.Event()
    base = _sum(os.getpid(), only_self=True)

    def watch() -> None:
        while not done.wait(_INTERVAL):
            now = _sum(os.getpid())
            # What the bench itself holds is no part of it.
            peak.rss, peak.pss = max(peak.rss, now.rss - base.rss), max(peak.pss, now.pss - base.pss)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _sum(pid: int, *, only_self: bool = False) -> Memory:
    total, parent = Memory(), psutil.Process(pid)
    for process in [parent] if only_self else [parent, *parent.children(recursive=True)]:
        try:
            full = process.memory_full_info()
        except psutil.Error:
            continue  # it has ended since it was listed
        total.rss += full.rss / 1e6
        total.pss += getattr(full, "pss", full.rss) / 1e6
    return total


@dataclass
class Run:
    """One `vis process`: seconds in all, per stage, and per dbt node (the slowest first); peaks of memory in MB."""

    seconds: float
    stages: dict[str, float]
    dbt: dict[str, float]
    memory: Memory
    rewritten: dict[str, int] = field(default_factory=dict)


def process(settings: Settings, *, check: bool = True) -> Run:
    """Run the real command and take its measure; `check`: it must end well."""
    before, events = _written(settings), _last_event(settings)
    with memory() as peak:
        began = time.monotonic()
        run_vis(settings, "process", check=check)
        seconds = time.monotonic() - began
    stages = _stages(settings, events)
    stages[REST] = seconds - sum(stages.values())
    return Run(seconds, stages, _dbt(settings), peak, _rewritten(before, _written(settings)))


def _last_event(settings: Settings) -> int:
    with psycopg.connect(settings.dsn("dagster", "dagster")) as connection:
        found = connection.execute("select to_regclass('event_logs') is not null").fetchone()
        if not found or not found[0]:
            return 0
        row = connection.execute("select coalesce(max(id), 0) from event_logs").fetchone()
        return int(row[0]) if row else 0


def _stages(settings: Settings, after: int) -> dict[str, float]:
    """Seconds per stage from Dagster's event log; the steps of one run come one after the other."""
    with psycopg.connect(settings.dsn("dagster", "dagster")) as connection:
        steps = connection.execute(
            """
            select step_key, extract(epoch from max("timestamp") - min("timestamp"))::float8
            from event_logs
            where id > %s and step_key is not null
              and dagster_event_type in ('STEP_START', 'STEP_SUCCESS', 'STEP_FAILURE')
            group by run_id, step_key
            """,
            [after],
        ).fetchall()
    return {name: sum(seconds for step, seconds in steps if step.startswith(prefix)) for name, prefix in _STAGES}


def _dbt(settings: Settings) -> dict[str, float]:
    """Seconds per dbt node of the last build; nodes run side by side, so the sum is more than the stage."""
    file = settings.home / "dbt" / "run" / "run_results.json"
    if not file.is_file():
        return {}
    results = json.loads(file.read_text(encoding="utf-8"))["results"]
    seconds = {str(item["unique_id"].split(".", 2)[-1]): float(item["execution_time"]) for item in results}
    return dict(sorted(seconds.items(), key=lambda item: -item[1])[:12])


def _written(settings: Settings) -> dict[str, tuple[int, int, int]]:
    """Per table of core and marts: its identity, rows written so far, rows it holds (about)."""
    with psycopg.connect(settings.dsn("admin")) as connection:
        rows = connection.execute(
            """
            select schemaname || '.' || relname, relid::bigint, n_tup_ins + n_tup_upd + n_tup_del, n_live_tup
            from pg_stat_user_tables where schemaname in ('core', 'marts')
            """
        ).fetchall()
    return {name: (relid, written, live) for name, relid, written, live in rows}


def _rewritten(before: dict[str, tuple[int, int, int]], after: dict[str, tuple[int, int, int]]) -> dict[str, int]:
    """Rows inserted, updated or deleted per table; of a table that was made anew all rows that went into it."""
    changed = {
        name: written - (before[name][1] if name in before and before[name][0] == relid else 0)
        for name, (relid, written, _) in after.items()
    }
    return {name: rows for name, rows in sorted(changed.items()) if rows}
