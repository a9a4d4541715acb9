"""The address index of this process: built in the background, the old one serves until the new one is there."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import psycopg

from signals_service.database import DatabaseUnavailableError

_log = logging.getLogger("vis.signals.register")

Index = TypeVar("Index")
Version = tuple[object, ...]
_AWAY = (psycopg.Error, DatabaseUnavailableError)


class RegisterNotReadyError(RuntimeError):
    """There is no address index yet: the process has just started, or no address was ever delivered."""

    status = 503


class AddressRegister(Generic[Index]):
    """Keeps one index up to date with the register that the database holds.

    Nobody waits for a rebuild, except who asks before the first index is there, and then for `patience` seconds at
    most. No thread is started before somebody asks: gunicorn forks after the application is made.
    """

    def __init__(
        self,
        version: Callable[[], Version],
        build: Callable[[], Index],
        *,
        seconds: float = 30.0,
        patience: float = 5.0,
    ) -> None:
        """`version` names the state of the register (empty: none yet); it is asked at most once in `seconds`."""
        self._version_now, self._build = version, build
        self._seconds, self._patience = seconds, patience
        self._lock = threading.Lock()
        self._built = threading.Event()
        self._index: Index | None = None
        self._version: Version = ()
        self._looked = float("-inf")
        self._thread: threading.Thread | None = None

    @property
    def version(self) -> Version:
        """Of which state the present index is; empty before the first."""
        return self._version

    def current(self) -> Index:
        """The present index. Raises `RegisterNotReadyError` when there is none within `patience` seconds."""
        self._look()
        if not self._built.wait(self._patience) or self._index is None:
            raise RegisterNotReadyError("no address index yet")
        return self._index

    def ready(self) -> bool:
        """Whether there is an index; asking starts the building of the first one, and never waits."""
        self._look()
        return self._built.is_set()

    def _look(self) -> None:
        """Start looking for a newer register, unless that was done a moment ago or is being done."""
        # Before the first index a quick second try is wanted; the database may be starting as well.
        pause = self._seconds if self._built.is_set() else min(1.0, self._seconds)
        with self._lock:
            if (self._thread and self._thread.is_alive()) or time.monotonic() - self._looked < pause:
                return
            self._looked = time.monotonic()
            self._thread = threading.Thread(target=self._refresh, name="address-register", daemon=True)
            self._thread.start()

    def _refresh(self) -> None:
        try:
            version = self._version_now()
            if not version or version == self._version:
                return
            began = time.monotonic()
            index = self._build()
        except _AWAY as error:
            # The old index goes on serving; the next question tries again. A message could hold a row.
            _log.warning("the address register could not be read: %s", type(error).__name__)
            return
        self._index, self._version = index, version
        self._built.set()
        _log.info("address index built in %.1f s", time.monotonic() - began)
