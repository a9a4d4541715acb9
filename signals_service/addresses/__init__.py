"""The address search: from what a person types to an address of the register. Knows neither Flask nor signals."""

from signals_service.addresses.index import AddressIndex
from signals_service.addresses.load import load_index, register_version
from signals_service.addresses.model import Address, Resolution

__all__ = ["Address", "AddressIndex", "Resolution", "load_index", "register_version"]
