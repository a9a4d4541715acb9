"""What lies at a source's place: the files of a `directory` fetch, oldest first."""

import hashlib
import string
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

from orchestration.ingest.days import named_day
from orchestration.ingest.source import SourceError, SourceSpec
from orchestration.settings import Settings

# A sender that writes in place uses such a name until the file is whole.
_UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True)
class FoundFile:
    """A file as it lies at the source; `path` is the file system's own, `modified_at` knows its zone."""

    name: str
    path: str
    size_bytes: int
    modified_at: datetime


def source_url(spec: SourceSpec, settings: Settings) -> str:
    """The folder of a source with `${VIS_INBOX}` and `${VIS_DATA}` filled in.

    Raises `SourceError` when VIS_DATA is needed and not set, or another variable is named.
    """
    template = string.Template(spec.fetch.path)
    if "VIS_DATA" in template.get_identifiers() and settings.data is None:
        raise SourceError(
            f"bron {spec.source}: leest {spec.fetch.path}, maar VIS_DATA is niet gezet. "
            "Zet VIS_DATA op de map met de open data en probeer opnieuw"
        )
    try:
        return template.substitute(VIS_INBOX=str(settings.inbox_path), VIS_DATA=str(settings.data))
    except (KeyError, ValueError) as error:
        raise SourceError(
            f"bron {spec.source}: fetch.path {spec.fetch.path!r} noemt een onbekende variabele ({error}); "
            "alleen ${VIS_INBOX} en ${VIS_DATA} kunnen"
        ) from error


def find_files(spec: SourceSpec, settings: Settings) -> tuple[AbstractFileSystem, list[FoundFile]]:
    """The file system and the finished files of a source, in the order (day in the name, modified time, name).

    Years of files that were copied in one go have their own order only in their names; what names no day goes first.
    An inbox that does not exist yet holds no files; any other missing folder is a `SourceError`.
    """
    url = source_url(spec, settings)
    filesystem, folder = url_to_fs(url)
    filesystem.invalidate_cache()
    if not filesystem.isdir(folder):
        if "${VIS_INBOX}" in spec.fetch.path:
            return filesystem, []
        raise SourceError(
            f"bron {spec.source}: de map {url} bestaat niet of is niet leesbaar. "
            f"Maak haar, of verbeter fetch.path ({spec.fetch.path})"
        )
    entries: list[dict[str, Any]] = filesystem.ls(folder, detail=True)
    found = []
    for entry in entries:
        name = str(entry["name"]).rstrip("/").rpartition("/")[2]
        finished = not name.startswith(".") and not name.endswith(_UNFINISHED)
        if entry["type"] == "file" and finished and fnmatchcase(name, spec.fetch.pattern):
            path = str(entry["name"])
            found.append(FoundFile(_storable(name), path, int(entry["size"]), filesystem.modified(path)))
    return filesystem, sorted(
        found, key=lambda file: (named_day(spec, file.name) or date.min, file.modified_at, file.name)
    )


def source_state(spec: SourceSpec, settings: Settings) -> str:
    """A text that changes when a file of the source arrives, changes or goes, or when its YAML is edited.

    A source whose folder is missing takes part with its error, so that it does not keep the others waiting.
    """
    try:
        _, files = find_files(spec, settings)
    except SourceError as error:
        return _state(spec, [], str(error))
    return _state(spec, files)


def state_without_removed(spec: SourceSpec, settings: Settings, before: list[FoundFile]) -> str:
    """The state of the files listed before a landing that are still there after it.

    A file that arrived or changed meanwhile is not part of it, and so is news.
    """
    _, files = find_files(spec, settings)
    still = {file.path for file in files}
    return _state(spec, [file for file in before if file.path in still])


def _state(spec: SourceSpec, files: list[FoundFile], error: str = "") -> str:
    digest = hashlib.sha256(f"{spec.source_hash}{error}".encode())
    for file in files:
        digest.update(f"{file.name}\0{file.size_bytes}\0{file.modified_at.isoformat()}\0".encode())
    return digest.hexdigest()


def _storable(name: str) -> str:
    """A file name whose bytes are no UTF-8 cannot be stored as text; its odd bytes are shown as �."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
