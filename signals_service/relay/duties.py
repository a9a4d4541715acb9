"""What the relay does, and how often."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from zoneinfo import ZoneInfo

from opentelemetry.sdk.trace.export import SpanExporter

from orchestration.municipality import Municipality
from orchestration.settings import Settings
from signals_service.relay import logboek
from signals_service.relay.heads import write_heads
from signals_service.relay.notices import Postman
from signals_service.relay.terms import Terms
from signals_service.relay.worker import Duty
from signals_service.store.relaying import RelayStore, relay_store

#: Departments hear of signals whose review date falls within so many days.
REVIEW_DAYS_AHEAD = 14
#: Local hour from which a digest goes out: nobody is waked by it.
DIGEST_FROM_HOUR = 7


def duties(settings: Settings, municipality: Municipality) -> list[Duty]:
    """Every duty with the seconds between two times. Each opens a connection of its own, so none holds up another."""
    zone, code = ZoneInfo(municipality.time_zone), municipality.code
    rules = municipality.signals
    postman, terms = Postman(code, settings), Terms(settings.home / "relay" / "terms.json")

    def store() -> AbstractContextManager[RelayStore]:
        return relay_store(settings.dsn("relay"), code)

    def send_notices() -> int:
        with store() as opened:
            return postman.deliver(opened)

    def export_processing() -> int:
        with store() as opened:
            return logboek.export(opened, exporter(), code, settings.ldv_register)

    def make_digests() -> int:
        if datetime.now(zone).hour < DIGEST_FROM_HOUR:
            return 0
        with store() as opened:
            return opened.make_review_digests(REVIEW_DAYS_AHEAD, 1 if rules.review_digest == "daily" else 7)

    def act_on_terms() -> int:
        today = datetime.now(zone).date()
        if not terms.are_due(today, time.monotonic()):
            return 0
        with store() as opened:
            expired = opened.remove_expired(today)
        terms.done(today)
        return expired.closed + expired.removed

    def keep_heads() -> int:
        now = datetime.now(zone)
        if (settings.audit_heads_path / f"{now.date().isoformat()}.json").exists():
            return 0
        with store() as opened:
            heads = opened.heads()
        return 1 if write_heads(settings.audit_heads_path, code, now.date(), now, heads) else 0

    exporter = _once(lambda: logboek.logbook(settings))
    return [
        Duty("meldingen", 15, send_notices),
        Duty("logboek", 15, export_processing),
        Duty("hashes", 300, keep_heads),
        Duty("overzichten", 900, make_digests),
        Duty("termijnen", 900, act_on_terms),
    ]


def _once(make: Callable[[], SpanExporter]) -> Callable[[], SpanExporter]:
    """Make it at the first use and keep it: settings that are wrong are said each time the duty is tried."""
    made: list[SpanExporter] = []

    def get() -> SpanExporter:
        if not made:
            made.append(make())
        return made[0]

    return get
