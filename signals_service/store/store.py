"""The store's face: each method is one transaction under one actor's context, and is audited in that transaction."""

from signals_service.store.auditing import Auditing
from signals_service.store.counting import Counting
from signals_service.store.overlaps import Overlaps
from signals_service.store.own_signals import OwnSignals
from signals_service.store.searching import Searching
from signals_service.store.sessions import EndedSessions


class Store(Searching, OwnSignals, Overlaps, Counting, Auditing, EndedSessions):
    """Signals, meetings and the audit of one municipality, as the service's own role may reach them.

    Every method may raise `StoreUnavailableError`, and `ForbiddenError` when the actor's roles do not allow it.
    """
