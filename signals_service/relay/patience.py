"""When to try again: soon at first, then ever later, so that a server that is away for long is not stormed."""

from dataclasses import dataclass, field
from typing import Final

FIRST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 900.0


@dataclass
class Patience:
    """Counts failures in a row. Seconds are of a clock that nobody sets, such as `time.monotonic`."""

    failures: int = 0
    not_before: float = field(default=0.0)

    def allows(self, now: float) -> bool:
        return now >= self.not_before

    def failed(self, now: float) -> float:
        """Note a failure; returns after how many seconds there is another try."""
        wait = min(FIRST_SECONDS * float(2 ** min(self.failures, 20)), LONGEST_SECONDS)
        self.failures += 1
        self.not_before = now + wait
        return wait

    def succeeded(self) -> None:
        self.failures, self.not_before = 0, 0.0
