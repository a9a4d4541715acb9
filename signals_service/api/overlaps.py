"""Samenloop and uitdraai."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint

from signals_service.acts import hitcounts, overlaps
from signals_service.acts.hitcounts import HitCountInput
from signals_service.acts.search import PurposeInput
from signals_service.api.schemas import (
    HitCountQuery,
    HitCountsOut,
    NoticesOut,
    OutcomeIn,
    OverlapQuery,
    OverlapsOut,
    PageQuery,
    PurposeHeaders,
)
from signals_service.auth import COORDINATOR, PLACER, SEARCHER, actor, require
from signals_service.current import desk

Json = dict[str, Any]


def register(api: APIBlueprint) -> None:
    @api.get("/overlaps")
    @require(SEARCHER, PLACER, COORDINATOR)
    @api.input(OverlapQuery, location="query", arg_name="query")
    @api.output(OverlapsOut)
    @api.doc(summary="Adressen waar afdelingen elkaar treffen", operation_id="listOverlaps")
    def list_overlaps(query: Json) -> Json:
        """Een coördinator ziet alle samenloop, een ander die van de eigen afdeling."""
        found, total = overlaps.visible(
            desk(), actor(), status=query.get("status"), limit=query["limit"], offset=query["offset"]
        )
        return {"items": found, "total": total}

    @api.get("/notices")
    @require(SEARCHER, PLACER)
    @api.input(PageQuery, location="query", arg_name="query")
    @api.output(NoticesOut)
    @api.doc(summary="Wie de eigen afdeling tegenkwam", operation_id="listNotices")
    def list_notices(query: Json) -> Json:
        """Welke afdelingen zochten of een signaal plaatsten waar de eigen afdeling een signaal heeft."""
        found, total = overlaps.notices(desk(), actor(), limit=query["limit"], offset=query["offset"])
        return {"items": found, "total": total}

    @api.post("/overlaps/<uuid:overlap_id>/acknowledgements")
    @require(SEARCHER, PLACER)
    @api.output({}, status_code=204)
    @api.doc(summary="Meld dat de eigen afdeling het heeft gezien", operation_id="acknowledgeOverlap")
    def acknowledge_overlap(overlap_id: UUID) -> str:
        overlaps.acknowledge(desk(), actor(), overlap_id)
        return ""

    @api.post("/overlaps/<uuid:overlap_id>/outcomes")
    @require(PLACER, COORDINATOR)
    @api.input(OutcomeIn, arg_name="body")
    @api.output({}, status_code=204)
    @api.doc(summary="Leg vast wat eruit kwam", operation_id="recordOutcome")
    def record_outcome(overlap_id: UUID, body: Json) -> str:
        overlaps.record_outcome(desk(), actor(), overlap_id, outcome=body["outcome"], note=body.get("note"))
        return ""

    @api.get("/hit-counts")
    @require(COORDINATOR)
    @api.input(HitCountQuery, location="query", arg_name="query")
    @api.input(PurposeHeaders, location="headers", arg_name="headers")
    @api.output(HitCountsOut)
    @api.doc(summary="De uitdraai: aantallen per adres", operation_id="listHitCounts")
    def list_hit_counts(query: Json, headers: Json) -> Json:
        """Doel en zaaknummer staan in headers: een zaaknummer hoort niet in een URL."""
        asked = HitCountInput(query.get("first"), query.get("last"), query.get("department"), query["minimum"])
        sheet = hitcounts.sheet(desk(), actor(), asked, PurposeInput(headers["purpose"], headers["case_number"]))
        items = [
            {
                "address": row.address,
                "hit_count": row.hit_count,
                "department_count": row.department_count,
                "by_department": dict(zip(sheet.departments, row.by_department, strict=True)),
            }
            for row in sheet.rows
        ]
        return {
            "first": sheet.first,
            "last": sheet.last,
            "made_by": sheet.made_by,
            "made_at": sheet.made_at,
            "items": items,
        }
