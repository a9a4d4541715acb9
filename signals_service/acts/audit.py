"""The log, for the auditor: who did what, when and why, and whether the chain of events still holds."""

from dataclasses import dataclass
from datetime import date, timedelta

from signals_service.actor import Actor
from signals_service.acts import inputs
from signals_service.acts.desk import Desk
from signals_service.acts.inputs import InputError
from signals_service.acts.people import has_bsn
from signals_service.store import AuditEvent, AuditVerdict

#: What the log calls it → what a person reads.
ACTIONS: dict[str, str] = {
    "sign-in": "Aangemeld",
    "sign-out": "Afgemeld",
    "search-address": "Zocht een adres",
    "search-person": "Zocht een persoon",
    "place-signal": "Plaatste een signaal",
    "renew-signal": "Verlengde een signaal",
    "close-signal": "Sloot een signaal",
    "change-signal": "Signaal gewijzigd door een bestand",
    "remove-signal": "Signaal verwijderd na de termijn",
    "receive-signal": "Signaal uit een bestand",
    "withdraw-signal": "Signaal verdween uit een bestand",
    "view-signals": "Keek naar signalen van de eigen afdeling",
    "view-own-notices": "Keek naar meldingen",
    "view-own-overlaps": "Keek naar samenloop van de eigen afdeling",
    "view-overlaps": "Keek naar alle samenloop",
    "acknowledge-overlap": "Zag een samenloop",
    "settle-overlap": "Noteerde wat uit samenloop kwam",
    "hit-counts": "Maakte een uitdraai",
    "view-usage": "Keek naar de aantallen",
    "view-audit": "Keek in het logboek",
    "verify-audit": "Controleerde het logboek",
}
PAGE = 100
MOST = 500
_LONGEST = 366
_NO_NUMBER = 2**62  # beyond every event


@dataclass(frozen=True, slots=True)
class AuditInput:
    first: str | date | None = None
    last: str | date | None = None
    user: str | None = None
    action: str | None = None
    limit: int = PAGE
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Titles:
    """Code → title, of what the municipality has on its lists now."""

    departments: dict[str, str]
    purposes: dict[str, str]
    kinds: dict[str, str]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events, the newest in front; `before` asks for the next stretch and is None at the end."""

    events: tuple[AuditEvent, ...]
    first: date
    last: date
    before: int | None


def events(desk: Desk, actor: Actor, asked: AuditInput) -> AuditPage:
    """Looking is itself logged. Raises `InputError` and the errors of the store."""
    last = inputs.optional_day(asked.last, "last", "de laatste dag") or desk.today()
    first = inputs.optional_day(asked.first, "first", "de eerste dag") or last - timedelta(days=6)
    period(first, last)
    user = inputs.one_line(asked.user, "user", "de gebruiker", maximum=200, required=False) or None
    action = inputs.one_line(asked.action, "action", "de handeling", maximum=60, required=False) or None
    for name, text in (("user", user), ("action", action)):
        # What was asked of the log stands in the log.
        if text and has_bsn(text):
            raise InputError(name, "Dit lijkt een burgerservicenummer. Daarop kunt u het logboek niet doorzoeken.")
    limit = max(1, min(asked.limit, MOST))
    before = None if asked.before is None else max(0, min(asked.before, _NO_NUMBER))
    found = desk.store.audit_events(actor, first=first, last=last, user=user, action=action, limit=limit, before=before)
    more = found[-1].number if len(found) == limit else None
    return AuditPage(tuple(found), first, last, more)


def titles(desk: Desk) -> Titles:
    """What the codes in the log are called."""
    store = desk.store
    lists = (store.departments(), store.purposes(), store.kinds())
    return Titles(*({one.code: one.title for one in found} for found in lists))


def verify(desk: Desk, actor: Actor) -> AuditVerdict:
    """Walks the whole chain; slow on a long log. That somebody did is itself logged."""
    return desk.store.verify_audit(actor)


def period(first: date, last: date) -> None:
    if first > last:
        raise InputError("last", "De laatste dag ligt voor de eerste dag. Draai ze om.")
    if (last - first).days > _LONGEST:
        raise InputError("first", "Vraag hoogstens een jaar tegelijk.")
