"""Into the landing zone: the bytes as received, once, known by their SHA-256, never changed."""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psycopg
from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from orchestration.ingest.days import Days, delivery_day
from orchestration.ingest.fetch import FoundFile, find_files
from orchestration.ingest.ledger import Delivery, get_delivery, lock_source, try_again, waiting_deliveries
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality
from orchestration.settings import Settings

_BLOCK = 1 << 20
_LONGEST_NAME = 120  # bytes; with the hash before it well below the 255 of most file systems


def land(
    connection: psycopg.Connection,
    municipality: Municipality,
    spec: SourceSpec,
    settings: Settings,
    days: Days | None = None,
) -> list[Delivery]:
    """Take in what is new at a source; returns the deliveries that now wait to be loaded because of this call.

    With `days` only what is about those days, and the rest waits.

    Those are files with bytes not seen before, and refused or held deliveries of a source whose YAML was changed
    since. Each is committed by itself, so that an interruption loses nothing and a rerun goes on where it stopped.
    Raises `SourceError` when the source's place cannot be reached.
    """
    filesystem, files = find_files(spec, settings)
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.commit()
    landed = _try_mended_source(connection, municipality, spec, days)
    for file in files:
        if days and delivery_day(spec, file.name, municipality.time_zone) not in days:
            continue
        sha256 = _hash(filesystem, file)
        if sha256 is None or _is_known(connection, municipality, spec, sha256):
            continue
        copy = _copy(filesystem, file, sha256, f"{settings.landing_url}/{municipality.code}/{spec.source}")
        delivery = copy and _register(connection, municipality, spec, copy)
        if delivery:
            landed.append(delivery)
    return landed


@dataclass(frozen=True)
class _Copy:
    """Bytes in the landing zone."""

    file_name: str
    sha256: str
    url: str
    size_bytes: int


def _try_mended_source(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, days: Days | None
) -> list[Delivery]:
    """Refused and held deliveries get another chance once their source's YAML has changed."""
    with connection.transaction():
        lock_source(connection, municipality.code, spec.source)
        stopped = [
            delivery
            for status in ("refused", "held")
            for delivery in waiting_deliveries(connection, municipality.code, spec.source, status)  # type: ignore[arg-type]
            if delivery.source_hash != spec.source_hash and (days is None or delivery.delivery_day in days)
        ]
        stopped.sort(key=lambda delivery: (delivery.received_at, delivery.delivery_id))
        return [try_again(connection, item, spec.source_hash, "de bron is aangepast") for item in stopped]


def _is_known(connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, sha256: str) -> bool:
    with connection.transaction():
        found = connection.execute(
            "select 1 from raw.delivery where municipality_code = %s and source = %s and sha256 = %s",
            [municipality.code, spec.source, sha256],
        ).fetchone()
    return found is not None


def _register(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, copy: _Copy
) -> Delivery | None:
    """Enter a copy in the ledger; None when another process has just done so."""
    with connection.transaction():
        row = connection.execute(
            """
            insert into raw.delivery
              (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, source_hash, delivery_day)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict do nothing
            returning delivery_id
            """,
            [
                municipality.code,
                spec.source,
                spec.shape,
                copy.file_name,
                copy.sha256,
                copy.size_bytes,
                copy.url,
                spec.source_hash,
                delivery_day(spec, copy.file_name, municipality.time_zone),
            ],
        ).fetchone()
        return get_delivery(connection, row[0]) if row else None


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: stream.read(_BLOCK), b"")


def _hash(filesystem: AbstractFileSystem, file: FoundFile) -> str | None:
    """SHA-256 of a file, or None when it was taken away since it was listed."""
    digest = hashlib.sha256()
    try:
        with filesystem.open(file.path, "rb") as stream:
            for block in _blocks(stream):
                digest.update(block)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def _copy(filesystem: AbstractFileSystem, file: FoundFile, sha256: str, folder: str) -> _Copy | None:
    """Copy a file to its place in the landing zone.

    What is there already is left untouched. None when the bytes differ from those hashed a moment ago: the sender
    is still writing, the next run takes it.
    """
    target, root = url_to_fs(folder)
    # Characters that mean something in a URL would lead elsewhere when the copy is opened again.
    name = re.sub(r"[^\w.\- ]", "_", file.name).encode()[-_LONGEST_NAME:].decode("utf-8", "ignore")
    place = f"{root}/{sha256[:2]}/{sha256}-{name}"
    if target.exists(place):
        return _Copy(file.name, sha256, str(target.unstrip_protocol(place)), int(target.size(place)))
    temporary = f"{root}/.incoming/{uuid.uuid4().hex}"
    for parent in (f"{root}/.incoming", f"{root}/{sha256[:2]}"):
        _make_folder(target, parent)
    digest = hashlib.sha256()
    try:
        with filesystem.open(file.path, "rb") as source, target.open(temporary, "wb") as copy:
            for block in _blocks(source):
                digest.update(block)
                copy.write(block)
        if digest.hexdigest() != sha256:
            return None
        _settle(target, temporary, place)
    finally:
        if target.exists(temporary):
            target.rm(temporary)
    return _Copy(file.name, sha256, str(target.unstrip_protocol(place)), int(target.size(place)))


def _make_folder(filesystem: AbstractFileSystem, folder: str) -> None:
    """Only the account of the platform may look into the landing zone: it holds what may not leave it."""
    if not isinstance(filesystem, LocalFileSystem):
        filesystem.makedirs(folder, exist_ok=True)
        return
    path = Path(folder)
    for missing in reversed([path, *path.parents]):
        if not missing.exists():
            missing.mkdir(mode=0o700, exist_ok=True)


def _settle(filesystem: AbstractFileSystem, temporary: str, place: str) -> None:
    """Give a whole copy its final name, on a local disk only after its bytes have reached that disk."""
    if not isinstance(filesystem, LocalFileSystem):
        filesystem.mv(temporary, place)
        return
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    Path(temporary).chmod(0o400)
    Path(temporary).rename(place)
