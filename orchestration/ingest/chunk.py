"""What every reader gives: rows as text, by heading, with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.ingest.text_blocks import KEPT_TEXT

CHUNK_ROWS = 5_000
CHUNK_CHARACTERS = 32_000_000  # whichever of the two comes first


@dataclass(frozen=True)
class Malformed:
    """A row that could not be split into columns. `text` is cut; None when its source has sensitive columns."""

    number: int
    problem: str
    text: str | None


@dataclass(frozen=True)
class Chunk:
    """`columns[heading][i]` belongs to row `numbers[i]`; no sensitive columns; `unmapped` go to `extra`."""

    numbers: Sequence[int]
    columns: dict[str, Sequence[str]]
    malformed: Sequence[Malformed]
    unmapped: tuple[str, ...]


def cut(text: str, length: int | None = None) -> str:
    """At most `KEPT_TEXT` characters, saying how many there were (`length`, when `text` is only its beginning)."""
    length = length or len(text)
    return text if length <= KEPT_TEXT else f"{text[:KEPT_TEXT]}… [{length} tekens]"
