"""What the store keeps of signing in and out: the directory of officials, the audit, the sessions that were ended."""

import logging
import threading
import time
from hashlib import sha256
from typing import cast

from flask import current_app
from werkzeug.exceptions import ServiceUnavailable

from signals_service.actor import Actor
from signals_service.store import Store, StoreUnavailableError

_log = logging.getLogger("vis.signals.auth")
#: After this many seconds a process knows of a session that was ended in another one.
_SECONDS = 10.0


def directory() -> "Directory":
    return cast(Directory, current_app.extensions["vis_directory"])


class Directory:
    """One per process. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._ended: frozenset[bytes] = frozenset()
        self._unnoted: set[bytes] = set()  # ended here while the database was away
        self._read = float("-inf")

    def signed_in(self, person: Actor) -> None:
        """Raises 503 when it cannot be noted: who is not in the audit log is not in."""
        try:
            self._store.signed_in(person)
        except StoreUnavailableError as error:
            raise ServiceUnavailable from error

    def signed_out(self, person: Actor, key: str) -> None:
        """Never raises for a database that is away: nobody may be kept from leaving."""
        digest = _digest(key)
        with self._lock:
            self._unnoted.add(digest)
            self._note()
        try:
            self._store.signed_out(person)
        except StoreUnavailableError:
            _log.error("a sign-out is missing from the audit log: the database is away")

    def has_ended(self, key: str) -> bool:
        """Was this session ended by its owner, here or in another process?"""
        # One thread asks; the others go on with what was known.
        if time.monotonic() - self._read > _SECONDS and self._lock.acquire(blocking=False):
            try:
                self._note()
                self._ended = self._store.ended_sessions()
            except StoreUnavailableError:
                _log.warning("the ended sessions could not be read; without the database nothing is shown either")
            finally:
                self._read = time.monotonic()
                self._lock.release()
        digest = _digest(key)
        return digest in self._ended or digest in self._unnoted

    def _note(self) -> None:
        try:
            for digest in tuple(self._unnoted):
                self._store.end_session(digest)
                self._ended |= {digest}
                self._unnoted.discard(digest)
        except StoreUnavailableError:
            _log.warning("a session that was ended is noted once the database is back")


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()
