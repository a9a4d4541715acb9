"""What a run cost: seconds and processor time per stage, memory of all processes together, rows written per table."""

import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import psutil
import psycopg

from orchestration.settings import Settings
from tests.installation import run_vis

_INTERVAL = 0.25  # seconds between two looks at the processes
_MEMORY = 4  # looks between two at their memory: the kernel walks all their pages for it, at the cost of who is watched
LANDING, RAW, GATE_IN, ENRICHED, DBT, GATE_OUT = "landing", "raw", "poort in", "verrijkt", "dbt", "poort uit"
SIGNALS = "signalen van afdelingen"
REST = "overig (starten, dbt parse)"
_STAGES = (LANDING, RAW, GATE_IN, ENRICHED, DBT, GATE_OUT, SIGNALS)
_STEPS = {"dbt_warehouse": DBT, "gate_out": GATE_OUT, "signals_received": SIGNALS}


@dataclass
class Memory:
    """Peaks in MB. `pss` counts a page that processes share once; `rss` counts it for each of them."""

    rss: float = 0.0
    pss: float = 0.0


class Watch:
    """Looks at this process and everything below it, the server's backends included, while something runs."""

    def __init__(self) -> None:
        self.peak = Memory()
        self._moments: list[float] = []
        self._processor: list[float] = []

    def cpu(self, begin: float, end: float) -> float:
        """Processor seconds, user and system, of all processes between two moments (seconds since 1970)."""
        first, last = np.interp([begin, end], self._moments, self._processor)
        return float(last - first)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look four times a second until the block ends, once a second at the memory."""
        done, base = threading.Event(), _memory([psutil.Process()])
        self._look(base)

        def watch() -> None:
            look = 0
            while not done.wait(_INTERVAL):
                look += 1
                self._look(base if look % _MEMORY == 0 else None)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self._look(base)

    def _look(self, base: Memory | None) -> None:
        """`base`: what the bench itself holds, which is no part of the peak; None: do not look at the memory."""
        here = psutil.Process()
        processes = [here, *here.children(recursive=True)]
        if base:
            now = _memory(processes)
            self.peak.rss = max(self.peak.rss, now.rss - base.rss)
            self.peak.pss = max(self.peak.pss, now.pss - base.pss)
        self._moments.append(time.time())
        # A process that ends between two looks counts with its parent, which waited for it.
        self._processor.append(max(_processor(processes), self._processor[-1] if self._processor else 0))


def _processor(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue  # it has ended since it was listed
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _memory(processes: Iterable[psutil.Process]) -> Memory:
    total = Memory()
    for process in processes:
        try:
            full = process.memory_full_info()
        except psutil.Error:
            continue  # it has ended since it was listed
        total.rss += full.rss / 1e6
        total.pss += getattr(full, "pss", full.rss) / 1e6
    return total


@dataclass
class Run:
    """One `vis process`: seconds in all and per stage, the same of processor time (that of all processes together:
    on a busy machine the one to compare), seconds per dbt node (the slowest first), peaks of memory in MB."""

    seconds: float
    cpu_seconds: float
    stages: dict[str, float]
    cpu_stages: dict[str, float]
    dbt: dict[str, float]
    memory: Memory
    rewritten: dict[str, int] = field(default_factory=dict)


def process(settings: Settings, *, check: bool = True) -> Run:
    """Run the real command and take its measure; `check`: it must end well."""
    before, events = _written(settings), _last_event(settings)
    watch = Watch()
    with watch.running():
        began = time.time()
        run_vis(settings, "process", check=check)
        ended = time.time()
    spans = _spans(settings, events)
    seconds = {stage: sum(end - begin for begin, end in spans[stage]) for stage in _STAGES}
    cpu = {stage: sum(watch.cpu(begin, end) for begin, end in spans[stage]) for stage in _STAGES}
    all_cpu = watch.cpu(began, ended)
    return Run(
        ended - began,
        all_cpu,
        seconds | {REST: ended - began - sum(seconds.values())},
        cpu | {REST: all_cpu - sum(cpu.values())},
        _dbt(settings),
        watch.peak,
        _rewritten(before, _written(settings)),
    )


def _last_event(settings: Settings) -> int:
    with psycopg.connect(settings.dsn("dagster", "dagster")) as connection:
        found = connection.execute("select to_regclass('event_logs') is not null").fetchone()
        if not found or not found[0]:
            return 0
        row = connection.execute("select coalesce(max(id), 0) from event_logs").fetchone()
        return int(row[0]) if row else 0


def _spans(settings: Settings, after: int) -> dict[str, list[tuple[float, float]]]:
    """Begin and end of each stretch of a stage, from Dagster's event log; steps come one after the other.

    The step of a source tells by its outputs where landing and raw end; what comes after is the gate.
    """
    with psycopg.connect(settings.dsn("dagster", "dagster")) as connection:
        events = connection.execute(
            """
            select step_key, dagster_event_type, asset_key, extract(epoch from "timestamp" at time zone 'UTC')::float8
            from event_logs
            where id > %s and step_key is not null
              and dagster_event_type in ('STEP_START', 'ASSET_MATERIALIZATION', 'STEP_SUCCESS', 'STEP_FAILURE')
            order by id
            """,
            [after],
        ).fetchall()
    spans: dict[str, list[tuple[float, float]]] = {stage: [] for stage in _STAGES}
    since = 0.0
    for step, kind, asset, moment in events:
        if kind != "STEP_START":
            spans[stage_of(step, json.loads(asset)[0] if asset else None)].append((since, moment))
        since = moment
    return spans


def stage_of(step: str, schema: str | None) -> str:
    """Which stage ends with an output of a step in this schema, or with the step itself."""
    if step.startswith("ingest__"):
        return {"landing": LANDING, "raw": RAW}.get(schema or "", GATE_IN)
    return ENRICHED if step.startswith("enriched_") else _STEPS[step]


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
