"""Put a file in the inbox of a source, whole or not at all."""

import filecmp
import shutil
import uuid
from fnmatch import fnmatchcase
from pathlib import Path

from orchestration.ingest.fetch import source_url
from orchestration.ingest.source import SourceError, SourceSpec
from orchestration.settings import Settings


def deliver(spec: SourceSpec, file: Path, settings: Settings) -> Path:
    """Copy a file to the inbox of a source and return where it lies.

    Another file of that name which is still there keeps its name; the new one gets a number. Raises `SourceError`
    when the source does not read from the inbox or would not see a file of this name.
    """
    if "${VIS_INBOX}" not in spec.fetch.path:
        raise SourceError(f"bron {spec.source}: leest {spec.fetch.path} en niet de inbox; leg het bestand daar")
    if not file.is_file():
        raise SourceError(f"bestand {file}: bestaat niet of is geen gewoon bestand")
    if not fnmatchcase(file.name, spec.fetch.pattern):
        raise SourceError(
            f"bestand {file.name}: bron {spec.source} ziet alleen namen als {spec.fetch.pattern!r}. Hernoem het bestand"
        )
    inbox = Path(source_url(spec, settings))
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = inbox / file.name
    number = 2
    while place.exists():
        if filecmp.cmp(file, place, shallow=False):
            return place
        stem, dot, suffix = file.name.partition(".")
        place = inbox / f"{stem}-{number}{dot}{suffix}"
        number += 1
    if not fnmatchcase(place.name, spec.fetch.pattern):
        raise SourceError(
            f"bestand {file.name}: er ligt al een ander bestand met deze naam in {inbox}. Geef het een eigen naam"
        )
    unfinished = inbox / f".{uuid.uuid4().hex}.part"
    try:
        shutil.copyfile(file, unfinished)
        unfinished.rename(place)
    finally:
        unfinished.unlink(missing_ok=True)
    return place
