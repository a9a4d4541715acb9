"""What a mail says and, above all, what it does not."""

from datetime import UTC, datetime
from typing import Literal

import pytest

from signals_service.relay.notices import message_name
from signals_service.relay.texts import body, subject
from signals_service.store.relaying import Notice

AT = datetime(2026, 3, 1, tzinfo=UTC)


def notice(number: int, kind: Literal["search", "signal", "reviews"] = "search", amount: int = 1) -> Notice:
    return Notice(
        number, kind, "belastingen", "Belastingen", "belastingen@demostad.example", "Sociale Zaken", amount,
        AT.replace(minute=number),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("notices", "said"),
    [
        ([notice(1)], "Signaleringstool: 1 nieuwe melding voor uw afdeling"),
        ([notice(1), notice(2, "signal")], "Signaleringstool: 2 nieuwe meldingen voor uw afdeling"),
        ([notice(1, "reviews", 1)], "Signaleringstool: 1 signaal na te kijken"),
        ([notice(1, "reviews", 7)], "Signaleringstool: 7 signalen na te kijken"),
        ([notice(1, "reviews", 7), notice(2)], "Signaleringstool: 1 nieuwe melding voor uw afdeling"),
    ],
)
def test_the_subject_says_how_many(notices: list[Notice], said: str) -> None:
    assert subject(notices) == said


def test_the_body_says_how_many_and_where_and_not_who_met_whom() -> None:
    text = body([notice(1), notice(2, "signal"), notice(3, "reviews", 4)], "https://signalen.demostad.example")
    assert "zijn 2 nieuwe meldingen" in text
    assert "Van 4 signalen" in text
    assert "\nhttps://signalen.demostad.example\n" in text
    # That two departments meet is itself something to be told only after signing in.
    assert "Sociale Zaken" not in text


def test_digests_of_several_periods_are_not_added_up() -> None:
    """After a long time without a mail server the last count is the count."""
    text = body([notice(1, "reviews", 4), notice(2, "reviews", 5)], "https://x.example")
    assert "Van 5 signalen" in text


def test_the_same_notices_have_the_same_name_and_others_another() -> None:
    one, two = [notice(1), notice(2)], [notice(2), notice(1)]
    assert message_name("GM9999", one) == message_name("GM9999", two)
    names = {message_name("GM9999", one), message_name("GM0001", one), message_name("GM9999", [notice(1)])}
    assert len(names) == 3
