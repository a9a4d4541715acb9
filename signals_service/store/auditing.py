"""The audit log: reading it, which is itself logged, and testing its chain."""

from datetime import date

from signals_service.actor import Actor
from signals_service.store.answers import AuditEvent, AuditVerdict, ChainHead
from signals_service.store.session import Session


class Auditing(Session):
    """For the auditor and for `vis audit verify`."""

    def audit_events(
        self,
        actor: Actor,
        *,
        first: date,
        last: date,
        user: str | None = None,
        action: str | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> list[AuditEvent]:
        """Events, the newest in front, older than number `before`. Looking is itself logged."""
        query = (
            "select * from signals.audit_events("
            "%s, %s, %s, %s::text[], %s::date, %s::date, %s, %s, %s::integer, %s::bigint)"
        )
        rows = self._rows(query, [*self._as(actor), first, last, user, action, limit, before])
        return [AuditEvent(*row) for row in rows]

    def verify_audit(self, actor: Actor) -> AuditVerdict:
        """Walk every lane of the chain from its begin; reads the whole log, and is itself logged after that."""
        walked = self._rows("select * from signals.verify_audit(%s, %s, %s, %s)", self._as(actor), patient=True)
        events, first_broken = walked[0]
        heads = self._rows("select * from audit.heads(%s)", [self._municipality_code], patient=True)
        return AuditVerdict(
            ok=first_broken is None,
            events=events,
            first_broken=first_broken,
            heads=tuple(ChainHead(*head) for head in heads),
        )
