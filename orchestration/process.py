"""`vis process`: handle all that waits, now, in this process, without the daemon."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module

import dagster as dg
import psycopg

from orchestration import dbt
from orchestration.ingest.days import Days
from orchestration.ingest.ledger import ledger_state
from orchestration.ingest.progress import BUILD, look_at_everything, progress, sources_with_news
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality, load_municipality
from orchestration.operations.console import console, step
from orchestration.operations.dagster_home import write_dagster_home
from orchestration.operations.fingerprint import Fingerprint
from orchestration.settings import REPOSITORY, Settings

# Dagster keeps every event in its history; on the screen only what went wrong is of use.
_QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


def process(settings: Settings, *, rebuild: bool = False) -> bool:
    """Take in every waiting delivery, then build the marts. True when no run failed.

    The runs stand in Dagster's history, so the web page shows them. A failed gate of one source makes its run fail
    loudly; what the other gates let through is built all the same. With nothing new since the last success nothing
    is run, unless `rebuild`; that, like a change of the code, also has every row tested and not the new ones alone.
    """
    municipality = load_municipality(settings.municipality)
    municipality.register(settings)
    with psycopg.connect(settings.dsn("loader")) as connection:
        news = sources_with_news(connection, municipality, settings)
        decided = ledger_state(connection, municipality.code)
        built = (progress(connection, municipality.code, BUILD) or "") == decided
    code = _code(settings, municipality)
    rebuild = rebuild or not code.is_current()
    if not news and built and not rebuild:
        console.print("  Niets nieuws: geen levering en geen wijziging sinds de vorige verwerking.")
        return True
    if rebuild:
        _have_everything_tested(settings, municipality)
    definitions, history = _definitions(settings)
    succeeded = True
    if news:
        succeeded &= _ingest(definitions, history, news.values())
    succeeded &= _run(definitions.resolve_job_def("build"), history)
    if succeeded:
        code.write()
    return succeeded


def process_days(settings: Settings, municipality: Municipality, sources: Sequence[SourceSpec], days: Days) -> bool:
    """Take in what waits about these days, as one run over the range, then build once. True when neither failed.

    Refused and held deliveries of those days get another chance when their source was mended.
    """
    municipality.register(settings)
    code = _code(settings, municipality)
    if not code.is_current():
        _have_everything_tested(settings, municipality)
    definitions, history = _definitions(settings)
    taken_in = _ingest(definitions, history, sources, days)
    built = _run(definitions.resolve_job_def("build"), history)
    if taken_in and built:
        code.write()
    return taken_in and built


def _have_everything_tested(settings: Settings, municipality: Municipality) -> None:
    with psycopg.connect(settings.dsn("loader")) as connection:
        look_at_everything(connection, municipality.code)


def _definitions(settings: Settings) -> tuple[dg.Definitions, dg.DagsterInstance]:
    """Everything Dagster knows, with dbt's manifest made ready, and the history of its runs."""
    os.environ["VIS_DAGSTER_DATABASE_URL"] = settings.dsn("dagster", "dagster")
    with _alone(settings):
        os.environ["DAGSTER_HOME"] = str(write_dagster_home(settings))
        # dbt is a process of its own: while it parses, the libraries of the assets are imported here.
        with ThreadPoolExecutor(1) as beside:
            parsed = beside.submit(dbt.parse, settings)
            definitions = import_module("orchestration.definitions")
            history = dg.DagsterInstance.get()  # makes its tables at the first start
            parsed.result()
        found: dg.Definitions = definitions.defs()  # reads the manifest that was just written
    return found, history


def _ingest(
    definitions: dg.Definitions, history: dg.DagsterInstance, sources: Iterable[SourceSpec], days: Days | None = None
) -> bool:
    keys = import_module("orchestration.assets.ingest").source_keys(sources)
    tags = import_module("orchestration.assets.partitions").days_tags(days) if days else None
    return _run(definitions.resolve_job_def("ingest"), history, keys, tags)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Two `vis process` at once prepare the same manifest and run storage: one after the other."""
    file = settings.home / "run" / "prepare.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _run(
    job: dg.JobDefinition,
    history: dg.DagsterInstance,
    selection: list[dg.AssetKey] | None = None,
    tags: dict[str, str] | None = None,
) -> bool:
    with step(f"{job.name}: {job.description}"):
        result = job.execute_in_process(
            instance=history,
            raise_on_error=False,
            run_config=_QUIET,
            asset_selection=selection,
            tags=tags,
        )
    for event in result.all_events:
        if event.event_type_value != "ASSET_CHECK_EVALUATION" or event.asset_check_evaluation_data.passed:
            continue
        evaluation = event.asset_check_evaluation_data
        console.print(f"    [yellow]{evaluation.asset_key.to_user_string()}: {evaluation.check_name}[/yellow]")
        for label, value in evaluation.metadata.items():
            console.print(f"      {label}: {value.value}", markup=False)
    return result.success


def _code(settings: Settings, municipality: Municipality) -> Fingerprint:
    """What the marts follow from besides the deliveries: the declarations and the code, for one database."""
    rooms = [REPOSITORY / name for name in ("orchestration", "expectations", "dbt_project")]
    return Fingerprint(settings.home / "run" / "built", [*rooms, municipality.folder], extra=settings.dsn("loader"))
