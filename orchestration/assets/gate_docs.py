"""Where the results of a gate are laid down as pages, and the link to them on a check."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from expectations.data_docs import KEPT, DataDocs
from orchestration.municipality import Municipality
from orchestration.settings import Settings

PAGE = "uitkomsten"


def documents_deliveries(
    settings: Settings, municipality: Municipality, source: str, names: Mapping[int, str]
) -> Callable[[int, list[Any]], None]:
    """Pages of the deliveries that one gate looks at: the newest, and of the others those with something unmet.

    A backfill brings a thousand at once: a page for each would take longer than the gate itself, and none but the
    newest few are kept.
    """
    docs, now = DataDocs(settings.docs_path, "in"), _now(municipality)
    # A delivery that is not shown is not rendered either: only the last so many could stay.
    recent = set(sorted(names)[-KEPT:])

    def document(delivery_id: int, results: list[Any]) -> None:
        newest = delivery_id == max(names)
        if newest or (delivery_id in recent and not all(result.success for result in results)):
            title = f"{source}: levering {delivery_id} ({names[delivery_id]})"
            docs.write(source, str(delivery_id), title, results, now)

    return document


def documents_marts(settings: Settings, municipality: Municipality) -> Callable[[str, list[Any]], None]:
    """A page per mart and moment, when it says something else than the last one."""
    docs, now = DataDocs(settings.docs_path, "out"), _now(municipality)

    def document(mart: str, results: list[Any]) -> None:
        docs.write(mart, f"{now:%Y-%m-%d-%H%M%S}", f"marts.{mart}", results, now)

    return document


def page_link(settings: Settings, gate: str, subject: str) -> dict[str, Any]:
    """Metadata that opens the pages of one source (`in`) or mart (`out`)."""
    return {PAGE: dg.MetadataValue.url(f"{settings.docs_address}/{gate}/{subject}/")}


def _now(municipality: Municipality) -> datetime:
    return datetime.now(ZoneInfo(municipality.time_zone))
