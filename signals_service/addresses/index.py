"""The public face: the addresses of one municipality in memory, replaced as a whole when the register changes."""

from collections.abc import Iterable
from datetime import datetime

from signals_service.addresses.complete import Completer
from signals_service.addresses.model import Address, Resolution
from signals_service.addresses.places import Places
from signals_service.addresses.register import Register, Row
from signals_service.addresses.resolve import Resolver
from signals_service.addresses.street_names import StreetNames


class AddressIndex:
    """Answers what a person types with an address, a short list, or nothing. Immutable: safe to share between threads.

    `version` names the state of the register it was built from, as `register_version` gives it; `data_date` is when
    the newest delivery of addresses arrived, None for a register without deliveries.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        *,
        version: tuple[object, ...] = (),
        data_date: datetime | None = None,
        other_places: Iterable[tuple[str, str]] = (),
    ) -> None:
        """`other_places`: names for a part of the municipality, each with the place it belongs to or an empty text."""
        self.version = version
        self.data_date = data_date
        self._register = Register(rows)
        names = StreetNames([name for name, _ in self._register.streets])
        places = Places((place for _, place in self._register.streets), other_places)
        self._resolver = Resolver(self._register, names, places)
        self._completer = Completer(self._register, names)

    @property
    def size(self) -> int:
        """How many addresses it holds."""
        return len(self._register)

    def resolve(self, query: str) -> Resolution:
        """What a question means. Takes any text and never raises on one."""
        return self._resolver.resolve(query)

    def complete(self, text: str, limit: int = 8) -> list[Address]:
        """Addresses that begin as typed so far, for a list under the field; no answer to a question."""
        return self._completer.complete(text, limit)

    def by_id(self, nummeraanduiding_id: str) -> Address | None:
        """The address with this nummeraanduiding_id."""
        row = self._register.by_id(nummeraanduiding_id)
        return None if row is None else self._register.address(row)

    def of_object(self, adresseerbaarobject_id: str) -> Address | None:
        """The address of this adresseerbaar object; one of them when it has several."""
        row = self._register.of_object(adresseerbaarobject_id)
        return None if row is None else self._register.address(row)
