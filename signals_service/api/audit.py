"""The log, for the auditor."""

from typing import Any

from apiflask import APIBlueprint

from signals_service.acts import audit
from signals_service.acts.audit import AuditInput
from signals_service.api.schemas import AuditEventsOut, AuditQuery
from signals_service.auth import AUDITOR, actor, require
from signals_service.current import desk

Json = dict[str, Any]


def register(api: APIBlueprint) -> None:
    @api.get("/audit-events")
    @require(AUDITOR)
    @api.input(AuditQuery, location="query", arg_name="query")
    @api.output(AuditEventsOut)
    @api.doc(summary="Wie deed wat, wanneer en waarom", operation_id="listAuditEvents")
    def list_audit_events(query: Json) -> Json:
        """Ook het kijken wordt vastgelegd."""
        page = audit.events(
            desk(),
            actor(),
            AuditInput(
                query.get("first"),
                query.get("last"),
                action=query.get("action"),
                limit=query["limit"],
                before=query.get("before"),
            ),
        )
        return {"items": page.events, "first": page.first, "last": page.last, "before": page.before}
