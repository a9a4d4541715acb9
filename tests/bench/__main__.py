"""`make bench`: what the way from file to marts costs, beside the bare floor measured in the same run.

Prints a table and writes `bench-results.json`: each demand with what was found and whether it is met. It never fails
on a figure: a figure is read. `--quick` does the same with a tenth of the rows, where only the way is tried.
"""

import argparse
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchestration.settings import Settings
from tests.bench.addresses import address_scenario
from tests.bench.load.scenario import load_scenario
from tests.bench.scenarios import Scenario, Town, chicago_scenario, day_scenario, history_scenario
from tests.installation import running_server

REPOSITORY = Path(__file__).resolve().parents[2]
SCENARIOS = ("historie", "dag", "chicago", "signalen", "adressen")
CONSOLE = Console(width=140)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=SCENARIOS, nargs="+", default=SCENARIOS, help="welke metingen")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rijen van de grote historie")
    parser.add_argument("--small", type=int, default=50_000, help="rijen van de kleine historie")
    parser.add_argument("--repeats", type=int, default=5, help="dagleveringen per historie")
    parser.add_argument("--quick", action="store_true", help="een tiende van de rijen, twee dagleveringen")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.small, options.repeats = options.rows // 10, options.small // 10, 2
    with tempfile.TemporaryDirectory(prefix="vis-bench-") as folder:
        Path(folder).chmod(0o755)
        # As in an installation: what is written reaches the disk.
        with running_server(Path(folder) / "home", durable=True) as server:
            found = _measure(server, options)
    result = {
        "cores": os.cpu_count(),
        "rows": options.rows,
        "scenarios": [
            asdict(scenario) | {"bars": [asdict(bar) | {"met": bar.is_met} for bar in scenario.bars]}
            for scenario in found
        ],
    }
    (REPOSITORY / "bench-results.json").write_text(json.dumps(result, indent=2, ensure_ascii=False), encoding="utf-8")


def _measure(server: Settings, options: argparse.Namespace) -> list[Scenario]:
    found: list[Scenario] = []
    if {"historie", "dag"} & set(options.only):
        large = Town.with_history(server, "vis_bench_large", options.rows)
        found.append(_show(history_scenario(large)))
    if "dag" in options.only:
        small = Town.with_history(server, "vis_bench_small", options.small)
        found.append(_show(history_scenario(small)))
        found.append(_show(day_scenario(small, large, options.repeats, lambda line: CONSOLE.print(f"  {line}"))))
    if "chicago" in options.only:
        shared = Path(os.environ.get("VIS_TEST_SHARED", REPOSITORY.parent / "shared"))
        real = chicago_scenario(server, shared)
        if real is None:
            CONSOLE.print(f"[yellow]Chicago overgeslagen: de open gegevens staan niet in {shared}[/yellow]")
        else:
            found.append(_show(real))
    if "signalen" in options.only:
        rounds, seconds = (2, 4) if options.quick else (5, 6)
        found.append(_show(load_scenario(server, number=100_000, signals=20_000, rounds=rounds, seconds=seconds)))
    if "adressen" in options.only:
        found.append(_show(address_scenario(total=options.rows, each=200 if options.quick else 1_000)))
    return found


def _show(scenario: Scenario) -> Scenario:
    if scenario.runs:
        _show_runs(scenario)
    else:
        CONSOLE.print(scenario.name, style="italic", highlight=False)
    for note in scenario.notes:
        CONSOLE.print(f"  {note}", highlight=False)
    for bar in scenario.bars:
        said = "[green]gehaald[/green]" if bar.is_met else "[red]niet gehaald[/red]"
        CONSOLE.print(f"  {bar.what}: {bar.found:.2f} {bar.unit}, hoogstens {bar.allowed:g}: {said}", highlight=False)
    CONSOLE.print()
    return scenario


def _show_runs(scenario: Scenario) -> None:
    table = Table(title=scenario.name, title_justify="left")
    table.add_column("onderdeel; tussen haakjes processortijd van alle processen")
    for name in scenario.runs:
        table.add_column(name, justify="right")
    runs = list(scenario.runs.values())
    for stage in runs[0].stages:
        table.add_row(stage, *(f"{run.stages[stage]:.1f} s ({run.cpu_stages[stage]:.1f})" for run in runs))
    table.add_section()
    table.add_row("samen", *(f"{run.seconds:.1f} s ({run.cpu_seconds:.1f})" for run in runs))
    table.add_row("geheugen, gedeeld eenmaal geteld", *(f"{run.memory.pss:.0f} MB" for run in runs))
    table.add_row("geheugen, som van RSS", *(f"{run.memory.rss:.0f} MB" for run in runs))
    CONSOLE.print(table)
    for name, run in scenario.runs.items():
        slowest = ", ".join(f"{node} {seconds:.1f}" for node, seconds in list(run.dbt.items())[:8])
        CONSOLE.print(f"  dbt {name}: {slowest}", highlight=False)


if __name__ == "__main__":
    main()
