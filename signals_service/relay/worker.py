"""The relay's round: each duty at its own pace, a duty that fails is tried again ever later, the others go on."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psycopg

from orchestration.settings import SettingsError
from signals_service.relay.logboek import LogbookError
from signals_service.relay.notices import NotSentError
from signals_service.relay.patience import Patience
from signals_service.relay.terms import ClockError

_log = logging.getLogger("vis.signals.relay")
#: The heartbeat is written at least this often while nothing is wrong with the loop itself.
BEAT_SECONDS = 10.0
# What may go wrong outside this process. Anything else is a fault of ours: it ends the relay, in sight.
_OUTSIDE = (OSError, psycopg.Error, SettingsError, NotSentError, LogbookError, ClockError)


@dataclass
class Duty:
    """`work` is done every `every` seconds; it returns how much it did."""

    name: str
    every: float
    work: Callable[[], int]
    patience: Patience = field(default_factory=Patience)
    next_at: float = 0.0
    problem: str = ""
    since: float | None = None  # of time.time: when it began to fail


def run(duties: Sequence[Duty], heartbeat: Path, stop: Event, clock: Callable[[], float] = time.monotonic) -> None:
    """Go round until `stop` is set. A duty that is under way is finished first."""
    while not stop.is_set():
        for duty in duties:
            if not stop.is_set() and duty.next_at <= clock():
                attend(duty, clock)
                beat(duties, heartbeat)
        beat(duties, heartbeat)
        soonest = min(duty.next_at for duty in duties) - clock()
        stop.wait(min(max(soonest, 0.05), BEAT_SECONDS))


def attend(duty: Duty, clock: Callable[[], float]) -> None:
    """Do a duty once and plan its next time."""
    try:
        done = duty.work()
    except _OUTSIDE as error:
        wait = duty.patience.failed(clock())
        duty.since = duty.since or time.time()
        # Words of the database or the mail server may quote what somebody typed; ours do not.
        ours = isinstance(error, SettingsError | NotSentError | LogbookError | ClockError)
        duty.problem = str(error) if ours else _words(error)
        _log.error("%s: %s; try %d failed, again in %.0f s", duty.name, duty.problem, duty.patience.failures, wait)
        duty.next_at = duty.patience.not_before
        return
    if duty.problem:
        _log.info("%s: works again", duty.name)
    if done:
        _log.info("%s: %d", duty.name, done)
    duty.patience.succeeded()
    duty.problem, duty.since = "", None
    duty.next_at = clock() + duty.every


def beat(duties: Sequence[Duty], heartbeat: Path) -> None:
    """Say that the relay lives and what does not go well; read by `vis doctor` and the health check."""
    content = {
        "at": time.time(),
        "problems": [
            {"duty": duty.name, "problem": duty.problem, "since": duty.since, "tries": duty.patience.failures}
            for duty in duties
            if duty.problem
        ],
    }
    heartbeat.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = heartbeat.with_suffix(".tmp")
    draft.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    draft.replace(heartbeat)


def _words(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return f"de database antwoordt niet ({type(error).__name__} {error.sqlstate or ''})".replace(" )", ")")
    return f"{type(error).__name__} {getattr(error, 'errno', None) or ''}".strip()
