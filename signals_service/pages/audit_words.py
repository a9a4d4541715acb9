"""A line of the audit log in Dutch words. The log itself, and the API, keep the codes: they are what was written."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from signals_service.acts.audit import ACTIONS, Titles
from signals_service.acts.overlaps import OUTCOMES
from signals_service.pages.wording import day

_RESULTS: dict[str, str] = {
    "ok": "Gelukt",
    "hit": "Treffer",
    "no-hit": "Geen treffer",
    "ambiguous": "Meer dan één adres",
    "not-found": "Adres niet in het register",
    "open": "Open",
    "closed": "Gesloten",
    "no longer in the file": "Staat niet meer in het bestand",
    "refused-purpose": "Geweigerd: doel of zaaknummer klopt niet",
    "refused-department": "Geweigerd: afdeling hoort er niet bij",
    "refused-quota": "Geweigerd: te vaak gezocht",
} | OUTCOMES
_SUBJECTS = {
    "address": "adres",
    "beside": "ernaast",
    "person": "persoon",
    "signal": "signaal",
    "overlap": "samenloop",
    "notice": "melding",
}


class AuditWords:
    """What the codes of this municipality mean; what has no words is shown as it was written."""

    def __init__(self, titles: Titles) -> None:
        self._titles = titles
        d, titled = _day, self._titled
        self._patterns: list[tuple[str, Callable[..., str]]] = [
            (r"(\d+) shown", lambda count: f"{count} getoond"),
            (r"until (\S+)", lambda on: f"Tot {d(on)}"),
            (r"not renewed before (\S+)", lambda on: f"Niet verlengd voor {d(on)}"),
            (
                r"kind (\S+), placed (\S+), closed (\S+), from (\S+)",
                lambda kind, placed, closed, source: (
                    f"{titled(titles.kinds, kind)}, geplaatst op {d(placed)}, gesloten op {d(closed)}, uit "
                    + ("de tool" if source == "tool" else f"het bestand {source}")
                ),
            ),
            (
                r"from (\S+) to (\S+), user (.+), action (.+)",
                lambda first, last, user, action: (
                    f"Van {d(first)} tot en met {d(last)}, {_all('gebruikers', 'gebruiker', user)}, "
                    + _all("handelingen", "handeling", self.action(action))
                ),
            ),
            (
                r"(\d+) addresses, from (\S+) to (\S+), department (\S+), minimum (\d+)",
                lambda count, first, last, department, minimum: (
                    f"{count} adressen, van {d(first)} tot en met {d(last)}, "
                    f"{_all('afdelingen', 'afdeling', self.department(department))}, minimum {minimum}"
                ),
            ),
            (r"from (\S+) to (\S+)", lambda first, last: f"Van {d(first)} tot en met {d(last)}"),
            (r"(\d+) holds", lambda count: f"De ketens van {count} regels sluiten aan"),
            (r"broken at (\d+)", lambda number: f"Regel {number} sluit niet aan"),
        ]

    def action(self, code: str) -> str:
        return ACTIONS.get(code, code)

    def department(self, code: str) -> str:
        return self._titled(self._titles.departments, code)

    def purpose(self, code: str) -> str:
        return self._titled(self._titles.purposes, code)

    def result(self, text: str) -> str:
        if text in _RESULTS:
            return _RESULTS[text]
        for pattern, words in self._patterns:
            if found := re.fullmatch(pattern, text):
                return words(*found.groups())
        return text

    def subject(self, text: str) -> str:
        """Of `address:9999 person:ab12`: adres 9999 persoon ab12."""
        parts = (part.partition(":") for part in text.split(" "))
        return " ".join(
            f"{_SUBJECTS[kind]} {what}" if kind in _SUBJECTS else kind + colon + what for kind, colon, what in parts
        )

    @staticmethod
    def _titled(titles: Mapping[str, str], code: str) -> str:
        """What is no longer on a list is called by its code."""
        return titles.get(code, code)


def _all(everything: str, one: str, which: str) -> str:
    return f"alle {everything}" if which == "any" else f"{one} {which}"


def _day(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text
