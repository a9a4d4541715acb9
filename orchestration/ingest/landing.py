"""Into the landing zone: the bytes as received, once, known by their SHA-256, never changed.

Of a source with `pseudonymise` the clear keys of persons never come that far: what lands is a copy with pseudonyms,
known by a keyed hash of the delivered bytes.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

import psycopg
from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from orchestration.ingest.days import Days, delivery_day, is_of_day, named_day
from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.fetch import FoundFile, find_files
from orchestration.ingest.ledger import Delivery, get_delivery, lock_source, try_again, waiting_deliveries
from orchestration.ingest.pseudonyms import Pseudonyms, write_pseudonymised
from orchestration.ingest.source import SourceError, SourceSpec
from orchestration.ingest.tolerance import is_ahead
from orchestration.municipality import Municipality
from orchestration.settings import Settings

_BLOCK = 1 << 20
_INCOMING, _LONGEST_COPY = ".incoming", timedelta(days=1)  # where a file lies until it is whole
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
    Raises `SourceError` when the source's place cannot be reached, when the key of the pseudonyms has changed, and when
    a file that has landed cannot be removed although the source asks for it.
    """
    filesystem, files = find_files(spec, settings)
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.commit()
    pseudonyms = Pseudonyms.checked(connection, municipality, spec, settings) if spec.pseudonymise else None
    new_digest: _NewDigest = pseudonyms.digest if pseudonyms else hashlib.sha256
    folder = f"{settings.landing_url}/{municipality.code}/{spec.source}"
    _remove_broken_copies(folder)
    landed = _try_mended_source(connection, municipality, spec, days)
    ahead = _held_for_their_day(connection, municipality, spec)
    for file in files:
        if days and delivery_day(spec, file.name, municipality.time_zone) not in days:
            continue
        sha256 = _hash(filesystem, file, new_digest)
        if sha256 is None:
            continue
        if _is_known(connection, municipality, spec, sha256):
            if sha256 in ahead:
                landed += _try_better_name(connection, municipality, spec, file.name, ahead[sha256])
        else:
            try:
                write = _pseudonymising(spec, file, pseudonyms) if pseudonyms else _write_bytes
                copy = _copy(filesystem, file, sha256, folder, write)
            except RefusedDelivery as refusal:
                _register_refused(
                    connection, municipality, spec, _Copy(file.name, sha256, "", file.size_bytes), refusal
                )
                continue
            delivery = copy and _register(connection, municipality, spec, copy)
            if delivery:
                landed.append(delivery)
        if spec.fetch.remove_after_landing and _has_landed(connection, municipality, spec, sha256):
            _remove(filesystem, file, sha256, new_digest, spec)
    return landed


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


_NewDigest = Callable[[], _Digest]
# Makes the copy of an open file and returns the identity of the bytes that it read.
_Write = Callable[[BinaryIO, BinaryIO], str]


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
            if delivery.source_hash != spec.source_hash
            and delivery.landing_path
            and (days is None or delivery.delivery_day in days)
        ]
        stopped.sort(key=lambda delivery: (delivery.received_at, delivery.delivery_id))
        return [try_again(connection, item, spec.source_hash, "de bron is aangepast") for item in stopped]


def _held_for_their_day(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec
) -> dict[str, Delivery]:
    """By their hash the deliveries that are held while their name gives a day to come."""
    with connection.transaction():
        held = waiting_deliveries(connection, municipality.code, spec.source, "held")
    return {delivery.sha256: delivery for delivery in held if is_ahead(delivery, municipality.time_zone)}


def _try_better_name(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, file_name: str, held: Delivery
) -> list[Delivery]:
    """The same bytes now come under another name, of a day that has been."""
    day = named_day(spec, file_name)
    if day is None or is_ahead(replace(held, delivery_day=day), municipality.time_zone):
        return []
    with connection.transaction():
        lock_source(connection, municipality.code, spec.source)
        if get_delivery(connection, held.delivery_id, lock=True).status != "held":
            return []
        again = try_again(connection, held, spec.source_hash, f"het bestand ook als {file_name} kwam")
        connection.execute(
            "update raw.delivery set file_name = %s, delivery_day = %s, is_of_day = true where delivery_id = %s",
            [file_name, day, again.delivery_id],
        )
        return [get_delivery(connection, again.delivery_id)]


def _is_known(connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, sha256: str) -> bool:
    """Whether there is nothing to do for these bytes. A mended source reads again what was refused and not kept."""
    with connection.transaction():
        found = connection.execute(
            "select 1 from raw.delivery where municipality_code = %s and source = %s and sha256 = %s "
            "and (landing_path <> '' or (source_hash = %s and status = 'refused'))",
            [municipality.code, spec.source, sha256, spec.source_hash],
        ).fetchone()
    return found is not None


def _has_landed(connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, sha256: str) -> bool:
    with connection.transaction():
        found = connection.execute(
            "select 1 from raw.delivery where municipality_code = %s and source = %s and sha256 = %s "
            "and landing_path <> ''",
            [municipality.code, spec.source, sha256],
        ).fetchone()
    return found is not None


def _register_refused(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, copy: _Copy, refusal: RefusedDelivery
) -> None:
    """Enter a delivery of which nothing could be kept, in one step: nobody may try to load it."""
    with connection.transaction():
        delivery = _register(connection, municipality, spec, copy)
        if delivery:
            connection.execute(
                "update raw.delivery set status = 'refused', reason = %s where delivery_id = %s",
                [refusal.reason, delivery.delivery_id],
            )


def _register(
    connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, copy: _Copy
) -> Delivery | None:
    """Enter a copy in the ledger; None when another process has just done so."""
    with connection.transaction():
        lock_source(connection, municipality.code, spec.source)
        # Of bytes that were refused and not kept an earlier attempt makes room for this one.
        connection.execute(
            "update raw.delivery set status = 'superseded', reason = concat_ws('; ', reason, 'opnieuw gelezen') "
            "where municipality_code = %s and source = %s and sha256 = %s and status = 'refused' and landing_path = '' "
            "and source_hash <> %s",
            [municipality.code, spec.source, copy.sha256, spec.source_hash],
        )
        row = connection.execute(
            """
            insert into raw.delivery
              (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, source_hash,
                delivery_day, is_of_day)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
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
                is_of_day(spec, copy.file_name),
            ],
        ).fetchone()
        return get_delivery(connection, row[0]) if row else None


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: stream.read(_BLOCK), b"")


def _hash(filesystem: AbstractFileSystem, file: FoundFile, new_digest: _NewDigest) -> str | None:
    """The identity of a file's bytes, or None when it was taken away since it was listed."""
    digest = new_digest()
    try:
        with filesystem.open(file.path, "rb") as stream:
            for block in _blocks(stream):
                digest.update(block)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def _write_bytes(source: BinaryIO, copy: BinaryIO) -> str:
    digest = hashlib.sha256()
    for block in _blocks(source):
        digest.update(block)
        copy.write(block)
    return digest.hexdigest()


def _pseudonymising(spec: SourceSpec, file: FoundFile, pseudonyms: Pseudonyms) -> _Write:
    def write(source: BinaryIO, copy: BinaryIO) -> str:
        write_pseudonymised(source, copy, spec, file.name, pseudonyms)
        source.seek(0)
        digest = pseudonyms.digest()
        for block in _blocks(source):
            digest.update(block)
        return digest.hexdigest()

    return write


def _copy(filesystem: AbstractFileSystem, file: FoundFile, sha256: str, folder: str, write: _Write) -> _Copy | None:
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
    temporary = f"{root}/{_INCOMING}/{uuid.uuid4().hex}"
    for parent in (f"{root}/{_INCOMING}", f"{root}/{sha256[:2]}"):
        _make_folder(target, parent)
    try:
        with filesystem.open(file.path, "rb") as source, target.open(temporary, "wb") as copy:
            copied = write(source, copy)
        if copied != sha256:
            return None
        _settle(target, temporary, place)
    finally:
        if target.exists(temporary):
            target.rm(temporary)
    return _Copy(file.name, sha256, str(target.unstrip_protocol(place)), int(target.size(place)))


def _remove(
    filesystem: AbstractFileSystem, file: FoundFile, sha256: str, new_digest: _NewDigest, spec: SourceSpec
) -> None:
    """Take a landed file out of the inbox, unless another has taken its name meanwhile."""
    if _hash(filesystem, file, new_digest) != sha256:
        return
    try:
        filesystem.rm_file(file.path)
    except OSError as error:
        raise SourceError(
            f"bron {spec.source}: {file.name} is ontvangen, maar kan niet uit de inbox worden verwijderd ({error}). "
            "Geef VIS schrijfrecht op de map, of haal remove_after_landing weg en leeg de map zelf"
        ) from error


def _remove_broken_copies(folder: str) -> None:
    """What a process that was killed left half copied. Another one may copy at this moment, but not for a day."""
    filesystem, root = url_to_fs(folder)
    incoming = f"{root}/{_INCOMING}"
    if not filesystem.exists(incoming):
        return
    for file in filesystem.ls(incoming, detail=False):
        if filesystem.modified(file) < datetime.now(UTC) - _LONGEST_COPY:
            filesystem.rm_file(file)


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
