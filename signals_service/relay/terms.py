"""When terms are acted on: once a day, and never because of a clock that jumped.

A clock that is a year ahead would have every signal removed. So a day that lies farther from the last one than a relay
may have been down for is believed only after it has been looked at for a while.
"""

import json
import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

#: A gap that needs no explanation: a long weekend without the relay.
BELIEVED: Final = timedelta(days=4)
#: Seconds of running on, by a clock that nobody sets, after which a farther day is believed as well.
WATCHED_SECONDS: Final = 24 * 3600.0


@dataclass
class Terms:
    """Remembers in a file on which day terms were last acted on."""

    file: Path
    suspected_since: float | None = None

    def are_due(self, today: date, now: float) -> bool:
        """Whether to act on the terms of `today`; `now` is of a monotonic clock. Raises `ClockError` when in doubt."""
        last = self._last()
        if last is not None and today <= last:
            return False  # done, or the clock went back: then there is nothing that may be removed
        if last is None or today - last <= BELIEVED:
            self.suspected_since = None
            return True
        if self.suspected_since is None:
            self.suspected_since = now
        if now - self.suspected_since >= WATCHED_SECONDS:
            return True
        raise ClockError(
            f"het is volgens de klok {today:%d-%m-%Y}, de vorige dag was {last:%d-%m-%Y}: signalen worden pas na 24 "
            "uur opgeruimd. Klopt de klok niet, zet hem dan goed"
        )

    def done(self, today: date) -> None:
        """Note that the terms of this day were acted on; on the disk before it returns."""
        self.suspected_since = None
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.file.with_suffix(".tmp")
        with draft.open("w", encoding="utf-8") as stream:
            json.dump({"terms_on": today.isoformat()}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.file)

    def _last(self) -> date | None:
        if not self.file.exists():
            return None
        return date.fromisoformat(json.loads(self.file.read_text(encoding="utf-8"))["terms_on"])


class ClockError(RuntimeError):
    """The clock says a day that is not believed yet; the message says which and what to do, in Dutch."""
