"""Did anything that a step depends on change since it last succeeded?"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_IGNORED = {"__pycache__", "target", "logs", ".venv"}


@dataclass
class Fingerprint:
    """A hash over files, folders and an extra text, kept in `file` by the step that succeeded with it.

    It is that of the moment this was made: what changes while the step runs is not what the step worked with.
    """

    file: Path
    inputs: Iterable[Path]
    extra: str = ""
    value: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.extra.encode())
        for path in self.inputs:
            for file in [path] if path.is_file() else sorted(path.rglob("*")):
                if file.is_file() and not _IGNORED.intersection(file.relative_to(path).parts):
                    digest.update(str(file.relative_to(path)).encode())
                    digest.update(file.read_bytes())
        self.value = digest.hexdigest()

    def is_current(self) -> bool:
        return self.file.exists() and self.file.read_text(encoding="utf-8") == self.value

    def write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(self.value, encoding="utf-8")
