"""What a mail to a department says: how much there is to see, and where. Never an address, name, kind or case number.

Mail leaves the house and is read on telephones; whoever opens the link has to sign in first.
"""

from collections.abc import Sequence

from signals_service.store.relaying import Notice


def subject(notices: Sequence[Notice]) -> str:
    """The subject of one mail; says no more than the body."""
    meetings, reviews = _counts(notices)
    if not meetings:
        return f"Signaleringstool: {_signals(reviews)} na te kijken"
    return f"Signaleringstool: {_notices(meetings)} voor uw afdeling"


def body(notices: Sequence[Notice], link: str) -> str:
    """One mail about all that waits for one department; `link` opens the tool."""
    meetings, reviews = _counts(notices)
    lines = [f"Voor {notices[0].to_title}", ""]
    if meetings:
        lines += [
            f"Er {'is' if meetings == 1 else 'zijn'} {_notices(meetings)} voor uw afdeling: een andere afdeling keek "
            "naar iets waar u een signaal over hebt, of plaatste er zelf een signaal over.",
            "",
        ]
    if reviews:
        lines += [
            f"Van {_signals(reviews)} van uw afdeling loopt de termijn af of is die verlopen. Verleng wat nog nodig is "
            "en sluit de rest: wat niemand verlengt, sluit vanzelf.",
            "",
        ]
    lines += [
        "Meld u aan om te zien waar het over gaat en om welke afdeling:",
        "",
        link,
        "",
        "In deze mail staat met opzet niet meer. Antwoorden heeft geen zin: niemand leest deze mailbox.",
        "",
    ]
    return "\n".join(lines)


def _counts(notices: Sequence[Notice]) -> tuple[int, int]:
    """How many meetings, and how many signals to review. A later digest counts what an earlier one counted as well."""
    reviews = [notice for notice in notices if notice.kind == "reviews"]
    latest = max(reviews, key=lambda notice: notice.made_at, default=None)
    return len(notices) - len(reviews), latest.amount if latest else 0


def _notices(number: int) -> str:
    return f"{number} nieuwe melding" if number == 1 else f"{number} nieuwe meldingen"


def _signals(number: int) -> str:
    return f"{number} signaal" if number == 1 else f"{number} signalen"
