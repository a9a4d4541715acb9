"""The auditor reads Dutch: every action and result that the database writes has words."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import signals_service
from signals_service import create_app
from signals_service.acts.audit import ACTIONS, Titles
from signals_service.pages.audit_words import AuditWords
from tests.unit.signals.conftest import offline_config

MIGRATIONS = sorted((Path(signals_service.__file__).parent / "store" / "migrations").glob("*.sql"))
WORDS = AuditWords(
    Titles({"burgerzaken": "Burgerzaken"}, {"samenwerking": "Samen optrekken"}, {"overlast": "Overlast"})
)


def _arguments(text: str) -> list[str]:
    """Those of a call, of which `text` begins behind the bracket."""
    depth, quoted, found = 1, False, [""]
    for letter in text:
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, "[": 1, ")": -1, "]": -1}.get(letter, 0)
        if depth == 0:
            return [one.strip() for one in found]
        if letter == "," and depth == 1 and not quoted:
            found.append("")
        else:
            found[-1] += letter
    raise AssertionError(text[:200])


def _written(place_of: dict[str, int]) -> Iterator[str]:
    """What stands at that place of every call that writes an event: the texts in it, of a variable all it may be."""
    for file in MIGRATIONS:
        sql = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
        for call, place in place_of.items():
            for match in re.finditer(rf"perform {re.escape(call)}\(", sql):
                given = _arguments(sql[match.end() :])[place]
                if given.startswith("p_"):  # note_change hands on what its callers gave
                    continue
                texts = re.findall(r"'([^']*)'", given)
                if re.fullmatch(r"\w+", given):
                    values = re.findall(rf"\b{given}(?: constant text)? := ([^;]+);", sql)
                    assert values, (file.name, given)
                    texts = [text for value in values for text in re.findall(r"'([^']*)'", value)]
                if given == "s.status":  # of a signal
                    texts = ["open", "closed"]
                assert texts, (file.name, given)
                yield from texts


def test_every_action_that_the_database_writes_has_a_name_and_no_other() -> None:
    assert set(_written({"audit.write": 3, "signals.note_change": 1})) == set(ACTIONS)
    assert all(name[0].isupper() and "-" not in name for name in ACTIONS.values())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ok", "Gelukt"),
        ("no-hit", "Geen treffer"),
        ("refused-quota", "Geweigerd: te vaak gezocht"),
        ("12 shown", "12 getoond"),
        ("until 2026-03-01", "Tot 1 maart 2026"),
        ("not renewed before 2026-03-01", "Niet verlengd voor 1 maart 2026"),
        ("no longer in the file", "Staat niet meer in het bestand"),
        ("joint-visit", "We zijn samen langs geweest"),
        (
            "kind overlast, placed 2026-03-01, closed 2026-04-01, from tool",
            "Overlast, geplaatst op 1 maart 2026, gesloten op 1 april 2026, uit de tool",
        ),
        (
            "kind weg, placed 2026-03-01, closed 2026-04-01, from belasting",
            "weg, geplaatst op 1 maart 2026, gesloten op 1 april 2026, uit het bestand belasting",
        ),
        (
            "from 2026-03-01 to 2026-03-07, user any, action any",
            "Van 1 maart 2026 tot en met 7 maart 2026, alle gebruikers, alle handelingen",
        ),
        (
            "from 2026-03-01 to 2026-03-07, user a, b, action sign-in",
            "Van 1 maart 2026 tot en met 7 maart 2026, gebruiker a, b, handeling Aangemeld",
        ),
        ("from 2026-03-01 to 2026-03-07", "Van 1 maart 2026 tot en met 7 maart 2026"),
        (
            "7 addresses, from 2026-03-01 to 2026-03-07, department burgerzaken, minimum 2",
            "7 adressen, van 1 maart 2026 tot en met 7 maart 2026, afdeling Burgerzaken, minimum 2",
        ),
        ("206 holds", "De ketens van 206 regels sluiten aan"),
        ("broken at 17", "Regel 17 sluit niet aan"),
        ("something of a later version", "something of a later version"),
    ],
)
def test_a_result_is_told_in_dutch(written: str, shown: str) -> None:
    assert WORDS.result(written) == shown


def test_every_text_of_a_result_in_the_database_has_words() -> None:
    """Formats filled in, and what is glued to a number or a date."""
    for text in set(_written({"audit.write": 5, "signals.note_change": 2})) - {"refused-", "any", "tool"}:
        filled = text.replace("%s", "1")
        examples = {filled, f"1{filled}", f"{filled}1"}
        assert any(WORDS.result(example) != example for example in examples), text


def test_what_and_who_are_called_by_their_titles() -> None:
    assert WORDS.subject("address:1,2 beside:3 person:ab") == "adres 1,2 ernaast 3 persoon ab"
    assert WORDS.subject("signal:0-1") == "signaal 0-1"
    assert (WORDS.department("burgerzaken"), WORDS.department("weg")) == ("Burgerzaken", "weg")
    assert WORDS.purpose("samenwerking") == "Samen optrekken"


def test_a_list_that_showed_many_is_folded_and_none_of_it_is_left_out() -> None:
    parts = create_app(offline_config()).jinja_env.get_template("audit/parts.html").module
    about = parts.about  # type: ignore[attr-defined]
    many = [f"0000-{number}" for number in range(30)]
    folded = about(WORDS, "overlap:" + ",".join(many))
    assert "<summary>30 nummers</summary>" in folded
    assert all(one in folded for one in many)
    assert "<details>" not in about(WORDS, "address:1,2 person:ab")
    assert "adres 1,2 persoon ab" in about(WORDS, "address:1,2 person:ab")
    assert about(WORDS, None) == ""
    assert "<b>" not in about(WORDS, "address:<b>")
