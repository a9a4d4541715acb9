"""A lean load generator: `python -m tests.bench.load.client PLAN RESULT`, in a process of its own.

Each user is one connection that is kept alive, with one request under way at a time: a closed loop. It knows no HTTP
library, because on a machine of two cores what the generator costs is taken from the server.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 65536
_PATIENCE = 30.0  # seconds without any answer before it gives up


class LoadError(RuntimeError):
    """The server went silent or closed a connection: then nothing was measured."""


@dataclass
class User:
    """One connection; `requests` is gone through in a circle, each with the mark under which its time is kept."""

    requests: list[tuple[str, bytes]]
    place: int = 0
    buffer: bytearray = field(default_factory=bytearray)
    needed: int = 0  # length of the whole answer, 0 until its head is there
    asked_at: float = 0.0
    mark: str = ""


@dataclass
class Measured:
    """Seconds per answer by mark and status (`hit 201`); `began` and `ended` enclose what was counted."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    began: float = 0.0
    ended: float = 0.0


def drive(address: tuple[str, int], users: list[User], *, warm_up: float, seconds: float, limit: int) -> Measured:
    """Ask for `warm_up` + `seconds`, at most `limit` requests in all; what was asked in the warm-up is not timed.

    Every request that was sent is answered before it returns, so that the server's own count can be held against it.
    """
    selector, measured = selectors.DefaultSelector(), Measured()
    for user in users:
        connection = socket.create_connection(address, timeout=_PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, user)
    now = time.perf_counter()
    start, stop, sent = now + warm_up, now + warm_up + seconds, 0
    for key in list(selector.get_map().values()):
        _ask(key.fileobj, key.data)  # type: ignore[arg-type]
        sent += 1
    waiting = len(users)
    measured.began = start
    while waiting:
        events = selector.select(_PATIENCE)
        if not events:
            raise LoadError(f"no answer for {_PATIENCE:g} s")
        for key, _ in events:
            user: User = key.data
            data = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
            if not data:
                raise LoadError("the server closed a connection")
            user.buffer += data
            if not (status := _status_of_whole_answer(user)):
                continue
            now = time.perf_counter()
            measured.statuses[status] += 1
            if user.asked_at >= start:
                measured.seconds.setdefault(f"{user.mark} {status}", []).append(now - user.asked_at)
                measured.ended = now
            user.buffer.clear()
            user.needed = 0
            if now < stop and sent < limit:
                _ask(key.fileobj, user)  # type: ignore[arg-type]
                sent += 1
            else:
                waiting -= 1
                selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
    return measured


def _ask(connection: socket.socket, user: User) -> None:
    user.mark, request = user.requests[user.place]
    user.place = (user.place + 1) % len(user.requests)
    user.asked_at = time.perf_counter()
    connection.sendall(request)


def _status_of_whole_answer(user: User) -> int:
    """The status when the whole answer is there, else 0."""
    if not user.needed:
        end = user.buffer.find(b"\r\n\r\n")
        if end < 0:
            return 0
        head = bytes(user.buffer[:end]).lower()
        begin = head.find(b"\r\ncontent-length:")
        if begin < 0:
            raise LoadError("an answer without Content-Length")
        stop = head.find(b"\r\n", begin + 2)
        user.needed = end + 4 + int(head[begin + 17 : stop if stop > 0 else None])
    return int(user.buffer[9:12]) if len(user.buffer) >= user.needed else 0


def main(plan: Path, result: Path) -> None:
    """Read the plan, drive, write what was measured."""
    wanted = json.loads(plan.read_text(encoding="utf-8"))
    users = [User([(mark, request.encode("latin-1")) for mark, request in user]) for user in wanted["users"]]
    measured = drive(
        (wanted["host"], wanted["port"]), users,
        warm_up=wanted["warm_up"], seconds=wanted["seconds"], limit=wanted["limit"],
    )  # fmt: skip
    result.write_text(
        json.dumps(
            {
                "seconds": measured.seconds,
                "statuses": measured.statuses,
                "elapsed": measured.ended - measured.began,
            }
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
