"""What came of one expectation, in words that an official can read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

# What can lead to a person or a home is named by its row, never by its value: outcomes are shown to all who may
# see that the gate failed, the rows themselves are not.
WITHHELD = frozenset(
    {
        *("person", "official_name", "official_phone", "executing_party"),
        *("address_text", "street", "house_number", "house_number_text", "house_letter", "house_suffix", "postcode"),
        *("x", "y", "nummeraanduiding_id", "adresseerbaarobject_id", "extra"),
        *("incident_id", "registration_id", "signal_id", "event_id"),
    }
)
SAMPLE = 5


@dataclass(frozen=True)
class Outcome:
    """The result of one expectation on one set of rows.

    `observed`: what was found, in Dutch. `unexpected_count`: the number of rows that do not comply, where the
    expectation is about rows. `sample`: up to five of those, by row number in the delivered file.
    """

    name: str
    passed: bool
    severity: Literal["blocking", "warning"]
    description: str
    observed: str
    unexpected_count: int | None = None
    sample: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One line: what was expected, what was found, where."""
        where = f" ({'; '.join(self.sample)})" if self.sample else ""
        return f"{self.description} Gevonden: {self.observed}{where}."


def describe_records(records: Iterable[Any]) -> tuple[str, ...]:
    """Up to five records as text: the row number first, then what may be shown of the values, no text twice."""
    texts = [_describe(record) for record in records]
    return tuple(dict.fromkeys(text for text in texts if text))[:SAMPLE]


def _describe(record: Any) -> str:
    if not isinstance(record, Mapping):
        return str(_plain(record))
    shown = [f"{key} = {_plain(value)}" for key, value in record.items() if key not in WITHHELD | {"row_number"}]
    if "row_number" in record:
        shown.insert(0, f"rij {record['row_number']}")
    return ", ".join(shown)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, float):
        return f"{value:g}"
    return "leeg" if value is None else value
