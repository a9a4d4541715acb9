"""Who asks: an official with the department and roles that the sign-in gave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """One signed-in official; `department` is a code of the municipality's list, `phone` the official's own number."""

    user_id: str
    display_name: str
    department: str
    phone: str
    roles: frozenset[str]
