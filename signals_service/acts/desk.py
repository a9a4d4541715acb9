"""What every act works with: the store, the register of addresses, the maker of persons' keys, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from signals_service.acts.register import AddressRegister
from signals_service.addresses import AddressIndex
from signals_service.persons import PersonKeys
from signals_service.store import Store


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """One per process. `zone` is the municipality's: what a day is depends on it."""

    store: Store
    register: AddressRegister[AddressIndex]
    persons: PersonKeys
    municipality: str
    zone: ZoneInfo
    clock: Callable[[], datetime] = field(default=_utc)

    def now(self) -> datetime:
        """The moment in the municipality's own time."""
        return self.clock().astimezone(self.zone)

    def today(self) -> date:
        return self.now().date()

    def data_date(self) -> datetime | None:
        """When the newest addresses of the present index arrived; None when that is not known."""
        return self.register.current().data_date if self.register.ready() else None

    def address_text(self, address_id: str | None, nummeraanduiding_id: str | None = None) -> str | None:
        """The address as one line, by its own id or by that of the object at it; None when the register lacks it."""
        index = self.register.current()
        address = index.by_id(nummeraanduiding_id) if nummeraanduiding_id else None
        if address is None and address_id:
            address = index.of_object(address_id)
        return address.label if address else None
