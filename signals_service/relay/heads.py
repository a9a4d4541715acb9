"""The heads of the audit's chain, kept in files outside the database: whoever rewrites the log cannot rewrite these.

A file a day, `$VIS_HOME/audit-heads/JJJJ-MM-DD.json`, that is written once and then only read. Copy them to a place
that the administrator of the database does not reach; `vis audit verify` reads whatever lies in the folder.
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from signals_service.store.answers import ChainHead

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_HASH = re.compile(r"[0-9a-f]{64}")


class HeadFileError(RuntimeError):
    """A file of heads cannot be read; the message names it and says what is wrong, in Dutch."""


@dataclass(frozen=True)
class HeadFile:
    """What one file says: the heads as they stood at `at` (ISO 8601)."""

    path: Path
    municipality_code: str
    at: str
    heads: tuple[ChainHead, ...]


def write_heads(
    folder: Path, municipality_code: str, day: date, at: datetime, heads: Sequence[ChainHead]
) -> Path | None:
    """Write the file of a day and have it on the disk before returning; None when that day has its file.

    A file appears whole or not at all, and is never replaced.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{day.isoformat()}.json"
    if file.exists():
        return None
    content = {
        "municipality_code": municipality_code,
        "at": at.isoformat(timespec="seconds"),
        "heads": [{"lane": head.lane, "position": head.position, "hash": head.hash} for head in heads],
    }
    draft = folder / f".{file.name}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)  # unlike a rename it fails when there is one already
        except FileExistsError:
            return None
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(folder)
    return file


def head_files(folder: Path) -> list[Path]:
    """The files of a folder, the oldest first."""
    return sorted(path for path in folder.glob("*.json") if _NAME.fullmatch(path.name))


def read_heads(path: Path) -> HeadFile:
    """What a file says. Raises `HeadFileError` when it cannot be what was written."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        heads = tuple(
            ChainHead(int(head["lane"]), int(head["position"]), str(head["hash"])) for head in content["heads"]
        )
        found = HeadFile(path, str(content["municipality_code"]), str(content["at"]), heads)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadFileError(
            f"{path.name} is niet te lezen ({type(error).__name__}): zet het terug uit uw kopie"
        ) from error
    if any(not _HASH.fullmatch(head.hash) for head in heads):
        raise HeadFileError(f"{path.name} is veranderd: een hash heeft een andere vorm. Zet het terug uit uw kopie")
    return found


def _sync_folder(folder: Path) -> None:
    """The name of a new file is on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
