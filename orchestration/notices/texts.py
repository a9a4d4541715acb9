"""What a notice says, in Dutch. Never a row, an address, a name or a secret: mail leaves the house.

Only the source, the file's name, the status, counts, the kind of reason, times and a link to Dagster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from orchestration.ingest.ledger import Delivery
from orchestration.ingest.tolerance import reason_kinds
from orchestration.municipality import Municipality
from orchestration.settings import Settings

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Notice:
    """`key` says what it is about: the same key is told once."""

    key: str
    subject: str
    body: str


def dagster_url(settings: Settings) -> str:
    """Where a reader opens Dagster, without a slash at the end."""
    if settings.dagster_url:
        return settings.dagster_url.rstrip("/")
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - compared, not listened on
    return f"http://{host}:{settings.dagster_port}"


def about_delivery(municipality: Municipality, delivery: Delivery, settings: Settings) -> Notice:
    """A delivery that was refused or held."""
    word = {"refused": "geweigerd", "held": "vastgehouden"}[delivery.status]
    counts = (
        f"Rijen:    gelezen {delivery.rows_read}, geladen {delivery.rows_loaded}, "
        f"quarantaine {delivery.rows_quarantined}, dubbel {delivery.rows_duplicate}"
    )
    return Notice(
        # A refused delivery keeps its number when it is tried again with another description of the source.
        f"delivery:{delivery.delivery_id}:{delivery.status}:{delivery.source_hash}",
        f"VIS {municipality.name}: levering {delivery.source} {word}",
        _body(
            f"Een levering is {word}. De vorige stand blijft staan en de andere bronnen gaan door.",
            [
                f"Bron:     {delivery.source}",
                f"Bestand:  {_printable(delivery.file_name)}",
                f"Levering: {delivery.delivery_id}, ontvangen {_local(delivery.received_at, municipality)}",
                f"Status:   {word}",
                *([counts] if delivery.was_read else []),
                f"Soort:    {'; '.join(reason_kinds(delivery))}",
            ],
            f"{dagster_url(settings)}/assets/raw/{delivery.source}",
            "De volledige reden staat in Dagster en in `vis doctor`.",
        ),
    )


def about_lateness(
    municipality: Municipality, source: str, last: datetime | None, deadline: datetime | None, settings: Settings
) -> Notice:
    """A source whose next delivery is overdue, or that never delivered (`last` and `deadline` are None)."""
    since = f"late:{source}:{last.isoformat() if last else 'never'}"
    return Notice(
        since,
        f"VIS {municipality.name}: levering {source} is te laat",
        _body(
            "Een verwachte levering is niet gekomen. De cijfers lopen tot de laatste levering.",
            [
                f"Bron:     {source}",
                f"Laatste:  {_local(last, municipality) if last else 'nog nooit een levering'}",
                *([f"Verwacht: voor {_local(deadline, municipality)}"] if deadline else []),
            ],
            f"{dagster_url(settings)}/assets/raw/{source}",
            "Dit bericht komt één keer, tot er weer een levering is geweest.",
        ),
    )


def about_skipped_days(municipality: Municipality, source: str, days: Sequence[date], settings: Settings) -> Notice:
    """Days that a daily source passed over: a later day came, these did not. At least one, in order."""
    number = "een dag" if len(days) == 1 else f"{len(days)} dagen"
    return Notice(
        f"skipped:{source}:{days[-1].isoformat()}",
        f"VIS {municipality.name}: levering {source} slaat {number} over",
        _body(
            "Over een latere dag is geleverd, over deze niet. De cijfers van deze dagen zijn niet volledig.",
            [f"Bron:     {source}", f"Dagen:    {', '.join(f'{day:%d-%m-%Y}' for day in days)}"],
            f"{dagster_url(settings)}/assets/raw/{source}",
            "Dit bericht komt één keer, tot er weer een dag wordt overgeslagen.",
        ),
    )


def about_failed_run(
    municipality: Municipality, run_id: str, job: str, failed: Sequence[tuple[str, str]], settings: Settings
) -> Notice:
    """A run that failed; `failed` holds (step, class of the error), never the error's own text."""
    return Notice(
        f"run:{run_id}",
        f"VIS {municipality.name}: run van {job} is mislukt",
        _body(
            "Een run is mislukt, ook na opnieuw proberen. De vorige stand blijft staan.",
            [f"Job:      {job}", *(f"Stap:     {step} ({error})" for step, error in failed)],
            f"{dagster_url(settings)}/runs/{run_id}",
            "Wat er misging staat op de pagina van de run.",
        ),
    )


def _body(opening: str, facts: list[str], link: str, closing: str) -> str:
    return "\n".join([opening, "", *facts, "", link, "", closing, "Wat u doet staat in docs/beheer.md.", ""])


def _local(moment: datetime, municipality: Municipality) -> str:
    return f"{moment.astimezone(ZoneInfo(municipality.time_zone)):%d-%m-%Y %H:%M}"


def _printable(name: str) -> str:
    """A file's name comes from outside: it may hold line ends that would read as another fact."""
    return "".join(letter if letter.isprintable() else "_" for letter in name)[:_LONGEST_NAME]
