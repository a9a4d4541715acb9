"""Why an act was not done, in words for the official: what went wrong and what to do about it."""

import math
from dataclasses import dataclass

from signals_service.acts.inputs import InputError
from signals_service.acts.register import RegisterNotReadyError
from signals_service.store import (
    ConflictError,
    ForbiddenError,
    InvalidPurposeError,
    InvalidValueError,
    NotFoundError,
    QuotaExceededError,
    StoreError,
)

#: Everything that an act may raise; anything else is a mistake of ours.
ActError = InputError | StoreError | RegisterNotReadyError

_FIELDS = {
    "kind": "Kies een soort signaal uit de lijst.",
    "reason": "Vul een reden in van hoogstens 1000 tekens.",
    "review_on": "Kies een dag na vandaag die niet te ver weg is.",
    "address_id": "Dit adres staat niet in het adressenregister. Zoek het opnieuw op.",
    "outcome": "Kies wat eruit kwam uit de lijst.",
    "official": "Uw naam en telefoonnummer ontbreken nog. Meld u af en weer aan.",
    "note": "Maak de toelichting korter.",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`status` is the HTTP status; `fields` says it once more beside each field of a form that must be changed."""

    status: int
    title: str
    detail: str
    fields: dict[str, str]
    retry_after: int | None = None


def explain(error: ActError, *, writes: bool = False) -> Explanation:
    """What to tell. Never holds what was typed, nor anything of the database.

    `writes`: what was asked changes something. A connection that breaks at the commit, or a second question that gets
    no answer, leaves open whether it was kept.
    """
    if isinstance(error, InputError):
        return Explanation(422, "Kijk na wat u hebt ingevuld", error.message, {error.field: error.message})
    if isinstance(error, InvalidPurposeError):
        text = "Kies een doel dat bij uw afdeling hoort en vul het zaaknummer in."
        return Explanation(422, "Het doel of zaaknummer klopt niet", text, {"purpose": text})
    if isinstance(error, InvalidValueError):
        text = _FIELDS.get(error.field, "Deze waarde mag niet. Kijk haar na.")
        return Explanation(422, "Kijk na wat u hebt ingevuld", text, {error.field: text})
    if isinstance(error, QuotaExceededError):
        return _quota(error)
    for kind, status, title, detail in _OTHERS:
        if isinstance(error, kind):
            return Explanation(status, title, detail, {})
    return _unavailable(error, writes)


def _quota(error: QuotaExceededError) -> Explanation:
    minutes = max(1, math.ceil(error.retry_after / 60))
    wait = "een minuut" if minutes == 1 else f"{minutes} minuten" if minutes < 120 else f"{minutes // 60} uur"
    detail = (
        f"U hebt het hoogste aantal zoekvragen bereikt. Over {wait} kunt u weer zoeken. "
        "Hebt u er voor uw werk meer nodig? Vraag het de beheerder van VIS."
    )
    return Explanation(429, "U hebt te vaak gezocht", detail, {}, max(1, error.retry_after))


def _unavailable(error: ActError, writes: bool) -> Explanation:
    if isinstance(error, RegisterNotReadyError):
        detail = (
            "Het adressenregister is er nog niet: het wordt geladen, of er is nog geen levering. "
            "Probeer het over een minuut opnieuw. Blijft het zo? Bel de beheerder van VIS."
        )
        return Explanation(503, "Zoeken kan nu even niet", detail, {}, 30)
    meanwhile = (
        "Mogelijk is uw invoer al opgeslagen. Kijk eerst in de lijst."
        if writes
        else "Er is niets getoond. Probeer het over een minuut opnieuw."
    )
    detail = f"De tool kan nu niet antwoorden. {meanwhile} Blijft het misgaan? Bel de beheerder van VIS."
    return Explanation(503, "De tool is even niet bereikbaar", detail, {}, 10)


_OTHERS: tuple[tuple[type[StoreError], int, str, str], ...] = (
    (ForbiddenError, 403, "Dit mag u niet", "Uw rol of afdeling mag dit niet. Vraag het zo nodig aan de beheerder."),
    (NotFoundError, 404, "Dit bestaat niet", "Dit is er niet, of het is niet van uw afdeling. Ga terug naar de lijst."),
    (
        ConflictError,
        409,
        "Dit kan niet meer",
        "Het is intussen gesloten, of het komt uit het bestand van uw afdeling: dan wijzigt u het daar.",
    ),
)
