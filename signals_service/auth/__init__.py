"""Who may do what: sign-in, session, rights and the protection of forms.

A view says with `require(…)` who may reach it, and the table in `access.py` says it once more for the whole service:
the application does not start while the two differ, and a route that is not listed answers nobody.
"""

from signals_service.auth.access import (
    AUDITOR,
    COORDINATOR,
    MANAGER,
    PLACER,
    SEARCHER,
    AccessError,
    require,
    require_sign_in,
    roles_of,
)
from signals_service.auth.config import AuthConfig, Provider
from signals_service.auth.session import actor, current_actor
from signals_service.auth.wiring import register, verify

__all__ = [
    "AUDITOR",
    "COORDINATOR",
    "MANAGER",
    "PLACER",
    "SEARCHER",
    "AccessError",
    "AuthConfig",
    "Provider",
    "actor",
    "current_actor",
    "register",
    "require",
    "require_sign_in",
    "roles_of",
    "verify",
]
