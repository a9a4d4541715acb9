"""The way to PostgreSQL: a small pool per process, and a question about it that always ends in time."""

import select
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

# A statement that takes longer than this is broken; the caller gets "not available" and the connection is free again.
_STATEMENT_MILLISECONDS = 10_000


class DatabaseUnavailableError(RuntimeError):
    """The database did not answer in time. The message never holds the address or a password."""


class Database:
    """Connections to the warehouse as the service's own role.

    The pool is opened at its first use: gunicorn forks after the application is made, and threads and connections do
    not survive a fork.
    """

    def __init__(self, dsn: str, *, seconds: float, size: int = 8) -> None:
        """`seconds` bounds the wait for a connection and for the answer to `check`.

        `size` is the most connections of this process: as many as it has threads that ask at once.
        """
        self.seconds = seconds
        self._opening = threading.Lock()
        self._opened = False
        self._pool = ConnectionPool(
            dsn,
            kwargs={
                "autocommit": True,
                "connect_timeout": 5,
                "application_name": "vis-signals",
                "options": f"-c statement_timeout={_STATEMENT_MILLISECONDS}",
                # A server that vanished from the network is given up, not waited for.
                "tcp_user_timeout": _STATEMENT_MILLISECONDS,
                "prepare_threshold": 0,
            },
            min_size=1,
            max_size=size,
            timeout=seconds,
            # No `max_waiting`: who gave up waiting still counts for it, and a full queue makes no connection any more.
            # An outage would last until a restart. The threads of this process bound how many wait.
            # A server that is away is asked again by whoever needs it, not ever more seldom.
            reconnect_timeout=3,
            check=_not_hung_up,
            open=False,
            name="signals",
        )
        # PostgreSQL can accept a connection and then say nothing; libpq would wait for ever. These threads may hang,
        # the caller does not.
        self._checkers = ThreadPoolExecutor(2, thread_name_prefix="readiness")

    @property
    def pool(self) -> ConnectionPool:
        """The opened pool of this process."""
        if not self._opened:
            with self._opening:
                if not self._opened:
                    self._pool.open(wait=False)
                    self._opened = True
        return self._pool

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection in autocommit. Raises `DatabaseUnavailableError` when none is free within `seconds`."""
        try:
            connection = self.pool.getconn()
        except (psycopg.Error, PoolTimeout) as error:
            raise DatabaseUnavailableError(type(error).__name__) from error
        try:
            yield connection
        finally:
            self.pool.putconn(connection)

    def check(self) -> None:
        """Ask the database something. Raises `DatabaseUnavailableError` after `seconds` at most, give or take."""
        answer = self._checkers.submit(self._ask)
        try:
            answer.result(timeout=self.seconds + 0.5)
        except FutureTimeoutError as error:
            answer.cancel()
            raise DatabaseUnavailableError("no answer in time") from error
        except psycopg.Error as error:
            raise DatabaseUnavailableError(type(error).__name__) from error

    def close(self) -> None:
        with self._opening:
            if self._opened:
                self._pool.close(timeout=1)
        self._checkers.shutdown(wait=False, cancel_futures=True)

    def _ask(self) -> None:
        with self.connection() as connection:
            connection.execute("select 1")


def _not_hung_up(connection: psycopg.Connection[Any]) -> None:
    """Whether the server has ended this connection, such as in its restart at night; costs no round trip.

    An idle connection has nothing to say. Something to be read is the server's goodbye, or the end of the line; the
    pool then makes another connection. Without it the first question after a restart would be lost.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        connection.close()
        raise psycopg.OperationalError("the server has something to say to an idle connection")
