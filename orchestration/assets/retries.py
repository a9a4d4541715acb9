"""Another try, later, for what may mend itself; none for what a person must mend.

A check that blocks (a gate, a dbt test) is raised by Dagster outside the step's body, or by dbt as a failed test, and
a refused file is no error at all: neither is tried again.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import psycopg
from dagster_dbt.errors import DagsterDbtCliRuntimeError

MAX_RETRIES = 3
DELAY_SECONDS = 15.0  # then 45 and 105: over two and a half minutes, a restart of the database fits in it
_TECHNICAL = (psycopg.OperationalError, psycopg.InterfaceError, OSError)
# dbt is another process: of its errors there is only text.
_TECHNICAL_DBT = re.compile(
    r"could not connect|connection (refused|timed out|to server)|server closed the connection|connection already closed"
    r"|terminating connection|the database system is|deadlock detected|could not serialize|No space left on device",
    re.IGNORECASE,
)


def technical_retries() -> dg.RetryPolicy:
    """For every step that touches files or the database; goes with `technical_only` inside its body."""
    return dg.RetryPolicy(
        max_retries=MAX_RETRIES,
        delay=DELAY_SECONDS,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )


@contextmanager
def technical_only() -> Iterator[None]:
    """Let technical errors through to the retry policy; any other ends the step at once, with its own message."""
    try:
        yield
    except Exception as error:
        if is_technical(error):
            raise
        raise dg.Failure(description=f"{type(error).__name__}: {error}", allow_retries=False) from error


def is_technical(error: Exception) -> bool:
    """Could the same thing succeed in a minute, without anybody doing anything?"""
    if isinstance(error, DagsterDbtCliRuntimeError):
        return bool(_TECHNICAL_DBT.search(str(error)))
    return isinstance(error, _TECHNICAL)
