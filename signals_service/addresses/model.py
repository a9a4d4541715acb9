"""What a search in the register of addresses gives back."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Address:
    """One address (nummeraanduiding) as the register has it; what it does not have is an empty text."""

    nummeraanduiding_id: str
    adresseerbaarobject_id: str
    street: str
    house_number: int
    house_letter: str
    house_suffix: str
    postcode: str
    place: str

    @property
    def number(self) -> str:
        """Number, letter and addition, such as `12`, `12-A` or `12-A-3`."""
        return "-".join(part for part in (str(self.house_number), self.house_letter, self.house_suffix) if part)

    @property
    def label(self) -> str:
        """One line for people, such as `Dorpsstraat 12-A, 1234 AB Demostad`."""
        spaced = f"{self.postcode[:4]} {self.postcode[4:]}".strip()
        return f"{self.street} {self.number}, {spaced} {self.place}".replace(",  ", ", ").rstrip(", ")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the register makes of one question.

    found: `address`. ambiguous: `candidates`, a list to choose from; `more` says how many are not on it. not-found:
    neither. `beside` are other addresses at the same number, `suggestions` are a "bedoelde u" and never an answer.
    """

    status: Literal["found", "ambiguous", "not-found"]
    address: Address | None = None
    candidates: tuple[Address, ...] = ()
    beside: tuple[Address, ...] = ()
    suggestions: tuple[Address, ...] = ()
    understood: str = ""
    notes: tuple[str, ...] = ()
    more: int = 0
