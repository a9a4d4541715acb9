"""The way to PostgreSQL: a small pool per process, and a question about it that always ends in time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests


class DatabaseUnavailableError(RuntimeError):
    """The database did not answer in time. The message never holds the address or a password."""


class Database:
    """Connections to the warehouse as the service's own role.

    The pool is opened at its first use: gunicorn forks after the application is made, and threads and connections do
    not survive a fork.
    """

    def __init__(self, dsn: str, *, seconds: float) -> None:
        """`seconds` bounds the wait for a connection and for the answer to `check`."""
        self.seconds = seconds
        self._opening = threading.Lock()
        self._opened = False
        self._pool = ConnectionPool(
            dsn,
            kwargs={"autocommit": True, "connect_timeout": 5, "application_name": "vis-signals"},
            min_size=1,
            max_size=4,
            timeout=seconds,
            max_waiting=20,
            # A server that is away for a while is asked again at least every ten seconds.
            reconnect_timeout=10,
            # A connection may have died in the night's restart of the database: ask before use.
            check=ConnectionPool.check_connection,
            open=False,
            name="signals",
        )
        # PostgreSQL can accept a connection and then say nothing; libpq would wait for ever. These threads may hang,
        # the caller does not.
        self._checkers = ThreadPoolExecutor(2, thread_name_prefix="readiness")

    @property
    def pool(self) -> ConnectionPool:
        """The opened pool of this process."""
        with self._opening:
            if not self._opened:
                self._pool.open(wait=False)
                self._opened = True
        return self._pool

    def check(self) -> None:
        """Ask the database something. Raises `DatabaseUnavailableError` after `seconds` at most, give or take."""
        answer = self._checkers.submit(self._ask)
        try:
            answer.result(timeout=self.seconds + 0.5)
        except FutureTimeoutError as error:
            answer.cancel()
            raise DatabaseUnavailableError("no answer in time") from error
        except (psycopg.Error, PoolTimeout, TooManyRequests) as error:
            raise DatabaseUnavailableError(type(error).__name__) from error

    def close(self) -> None:
        with self._opening:
            if self._opened:
                self._pool.close(timeout=1)
        self._checkers.shutdown(wait=False, cancel_futures=True)

    def _ask(self) -> None:
        with self.pool.connection(timeout=self.seconds) as connection:
            connection.execute("select 1")
