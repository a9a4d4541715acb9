"""What a feed can get wrong while every file can be read: through the real loader, gates and build, and nothing lost.

One town: three ordinary days, then a night in which everything comes at once.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller

from orchestration.ingest.accept import accept
from orchestration.ingest.ledger import LedgerError
from orchestration.municipality import load_municipality
from orchestration.notices.outbox import raise_about_deliveries, send_waiting
from orchestration.settings import Settings
from tests.installation import free_port, run_vis
from tests.integration.replay import HEADINGS, LEFT, Version
from tests.integration.test_notices import Mailbox
from tests.integration.town import DAILY, Town, incident
from tests.unit.ingest.support import changed, write_source

POLICE = changed(
    DAILY,
    own_rows={"column": "gemeente", "values": ["Proef", "Proefdam"]},
    tolerances={"max_drop_fraction": 0.3, "max_quarantine_fraction": 0.2},
)
REGION = changed(DAILY, source="regio", fetch={"path": "${VIS_INBOX}/regio"})  # has nothing to tell its own rows by
DAYS = [date(2024, 5, day) for day in range(1, 8)]
USUAL = 40
WHY = "de leverancier bevestigt: door de storing echt zo weinig"


def file(versions: Iterable[Version], elsewhere: dict[str, str] | None = None) -> bytes:
    """A file of the police unit, that says of each row in which municipality it was."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([*HEADINGS, "gemeente"])
    writer.writerows([*version.cells(), (elsewhere or {}).get(version.number, "PROEF")] for version in versions)
    return out.getvalue().encode()


def day(number: int, rows: int = USUAL) -> list[Version]:
    """The incidents of the town's so-manieth day."""
    return [incident(number * 1_000 + index, DAYS[number]) for index in range(rows)]


CORRECTED, UNDATED = "PL01000", "PL01001"  # of the second day, told of again on the third


class Night:
    """What the town knew after each run, and what the command line said."""

    def __init__(self, new_warehouse: Callable[..., Settings], folder: Path) -> None:
        self.town = Town(new_warehouse, folder, POLICE)
        write_source(self.town.folder, REGION)
        second, third = day(1), day(2)
        second[1] = replace(second[1], changed=None)
        newer = replace(second[0], street="Verbeterd", changed=second[0].changed + timedelta(days=1))  # type: ignore[operator]
        third += [newer, replace(second[1], street="Van de derde dag")]
        for number, versions in enumerate((day(0), second, third)):
            self.put(number, versions)
        run_vis(self.town.settings, "process")
        self.before = self.figures()

        # An earlier day once more, after its successor: more incidents, and older words about two that are known.
        late = [incident(1_500 + index, DAYS[1]) for index in range(USUAL - 2)]
        stale = replace(second[0], street="Verouderd", changed=second[0].changed + timedelta(hours=1))  # type: ignore[operator]
        self.put(1, [*late, stale, replace(second[1], street="Verouderd")], "_laat")

        fourth = day(3)
        self.conflicting = [replace(fourth[0], street=f"Getuige {witness}") for witness in (1, 2, 3)]
        self.unknown_code = replace(fourth[1], code="Q99")
        self.taken_back = replace(fourth[2], number="PL-NOOIT", withdrawn=True)
        begins_in_future = replace(fourth[3], begin=datetime(2091, 5, 4, 11, tzinfo=UTC), end=None)
        changed_in_future = replace(fourth[4], changed=datetime(2091, 5, 4, 11, tzinfo=UTC))
        neighbours = {fourth[5].number: "Buurdam", fourth[6].number: "", fourth[7].number: "proefdam "}
        self.put(3, [*self.conflicting, self.unknown_code, self.taken_back, begins_in_future, changed_in_future,
                     *fourth[5:]], elsewhere=neighbours)  # fmt: skip
        self.put(4, day(4, rows=16))
        self.from_the_future = file(day(5))
        self.town.put("politie", "incidenten_2131-05-06.csv", self.from_the_future)
        self.outside = [incident(9_000 + index, DAYS[3], x=LEFT - 4_000.5 - index) for index in range(15)]
        self.town.put("regio", "incidenten_2024-05-04.csv", file([*(v for v in day(6)[:25]), *self.outside]))
        ran = run_vis(self.town.settings, "process", check=False)
        assert ran.returncode == 1, "a delivery that was stopped must make the command fail"
        self.said, self.after = ran.stdout, self.figures()
        self.deliveries = self.ledger()

    def put(self, number: int, versions: Iterable[Version], suffix: str = "", **keywords: Any) -> None:
        self.town.put("politie", f"incidenten_{DAYS[number]}{suffix}.csv", file(versions, **keywords))

    def figures(self) -> dict[date, int]:
        rows = self.town.rows("select datum, sum(aantal)::int from marts.incident_kaart group by datum", role="bi")
        return dict(rows)

    def ledger(self) -> dict[str, dict[str, Any]]:
        query = "select to_jsonb(d) from raw.delivery as d where status <> 'superseded' order by delivery_id"
        return {f"{one['source']}/{one['file_name']}": one for (one,) in self.town.rows(query)}

    def quarantined(self, name: str) -> dict[int, tuple[str, str]]:
        number = self.deliveries[name]["delivery_id"]
        query = "select row_number, reason, record from raw.quarantine where delivery_id = %s"
        return {row: (reason, record) for row, reason, record in self.town.rows(query, number)}


@pytest.fixture(scope="module")
def night(new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Night:
    return Night(new_warehouse, tmp_path_factory.mktemp("nacht"))


FOURTH, FIFTH = f"politie/incidenten_{DAYS[3]}.csv", f"politie/incidenten_{DAYS[4]}.csv"
LATE, FUTURE = f"politie/incidenten_{DAYS[1]}_laat.csv", "politie/incidenten_2131-05-06.csv"


def test_every_row_of_every_delivery_is_accounted_for(night: Night) -> None:
    for name, one in night.deliveries.items():
        assert one["rows_read"] == one["rows_loaded"] + one["rows_quarantined"] + one["rows_duplicate"] > 0, name
        loaded = f"select count(*) from raw.{one['shape']} where delivery_id = %s"
        assert night.town.rows(loaded, one["delivery_id"]) == [(one["rows_loaded"],)]
        assert len(night.quarantined(name)) == one["rows_quarantined"]
    assert night.deliveries[FOURTH]["status"] == "accepted"
    assert (night.deliveries[FOURTH]["rows_read"], night.deliveries[FOURTH]["rows_quarantined"]) == (42, 7)
    # What was let through is on the map, but for what was taken back.
    assert night.after[DAYS[3]] == 42 - 7 - 1


def test_three_conflicting_rows_are_all_set_aside(night: Night) -> None:
    found = night.quarantined(FOURTH)
    for row, witness in enumerate(night.conflicting, 1):
        reason, record = found[row]
        assert f'rij {row}, kolom "nummer": gevonden {witness.number} met verschillende inhoud' in reason
        assert "vraag de leverancier welke juist is" in reason
        assert witness.street in record
    assert night.town.rows("select 1 from raw.incident where incident_id = %s", night.conflicting[0].number) == []


def test_an_unknown_code_is_loaded_flagged_and_listed(night: Night) -> None:
    shown = night.town.rows(
        "select delict, thema, sum(aantal)::int from marts.incident_kaart where delictcode = 'Q99' group by 1, 2",
        role="bi",
    )
    assert [(delict, number) for delict, _, number in shown] == [("Onbekende code Q99", 1)]
    assert "geen_onbekende_delictcode" in night.said
    assert "delictcode = Q99, incidenten = 1" in night.said.replace("\n", " ")


def test_what_is_taken_back_unseen_is_kept_and_told(night: Night) -> None:
    version = "select status, is_current from core.fct_incident_version where incident_id = 'PL-NOOIT'"
    assert night.town.rows(version) == [("withdrawn", True)]
    assert night.town.rows("select 1 from core.fct_incident where incident_id = 'PL-NOOIT'") == []
    assert "intrekking_van_bekend_incident" in night.said
    assert "ingetrokken_en_onbekend = 1, eerste_rij = 5" in night.said.replace("\n", " ")


def test_each_delivery_tells_what_was_late_corrected_and_withdrawn(night: Night) -> None:
    query = "select bestand, te_laat, verbeterd, ingetrokken from marts.datakwaliteit where status = 'goedgekeurd'"
    told = {name: counts for name, *counts in night.town.rows(query, role="bi") if name.endswith(".csv")}
    assert told == {
        f"incidenten_{DAYS[0]}.csv": [0, 0, 0],
        f"incidenten_{DAYS[1]}.csv": [0, 0, 0],
        # Two rows are about incidents of the day before.
        f"incidenten_{DAYS[2]}.csv": [0, 2, 0],
        # All but those about two known incidents are new; of the two the undated one is set aside.
        f"incidenten_{DAYS[1]}_laat.csv": [USUAL - 2, 1, 0],
        # What is taken back unseen is a withdrawal all the same.
        f"incidenten_{DAYS[3]}.csv": [0, 0, 1],
    }
    # What was held or refused counts nothing, which is not the same as nought.
    stopped = "select te_laat, verbeterd, ingetrokken from marts.datakwaliteit where status <> 'goedgekeurd'"
    assert night.town.rows(stopped, role="bi") == [(None, None, None)] * 3


def test_moments_from_the_future_are_set_aside(night: Night) -> None:
    found = night.quarantined(FOURTH)
    assert 'rij 6, kolom "begin" (begin_at): gevonden 04-05-2091 13:00' in found[6][0]
    # It would have stood above every correction to come.
    assert 'rij 7, kolom "gewijzigd" (changed_at): gevonden 04-05-2091 13:00' in found[7][0]
    assert "verwacht een tijdstip van voor de ontvangst" in found[7][0]
    assert max(night.after) < date(2090, 1, 1)


def test_rows_of_another_municipality_are_set_aside(night: Night) -> None:
    found = night.quarantined(FOURTH)
    assert 'rij 8, kolom "gemeente" (own_rows): gevonden "Buurdam", verwacht "Proef" of "Proefdam"' in found[8][0]
    assert "Vraag de leverancier de andere weg te laten" in found[8][0]
    assert 'kolom "gemeente" (own_rows): leeg' in found[9][0]
    assert 10 not in found  # another name of our own, in other letters


def test_a_file_with_many_points_elsewhere_is_held(night: Night) -> None:
    held = night.deliveries["regio/incidenten_2024-05-04.csv"]
    assert held["status"] == "held"
    assert (
        "15 van 40 nagekeken coördinaten (37,5%) liggen buiten de gemeente Proef; toegestaan is 20%" in held["reason"]
    )
    assert "own_rows" in held["reason"]


def test_a_late_delivery_is_history_and_overwrites_nothing(night: Night) -> None:
    late = night.deliveries[LATE]
    assert (late["status"], late["rows_loaded"], late["rows_quarantined"]) == ("accepted", USUAL - 1, 1)
    assert "niet_ouder_dan_de_vorige" in night.said
    now = dict(night.town.rows("select incident_id, street from core.fct_incident"))
    assert (now[CORRECTED], now[UNDATED]) == ("Verbeterd", "Van de derde dag")
    versions = "select street, is_current from core.fct_incident_version where incident_id = %s order by row_id"
    assert night.town.rows(versions, CORRECTED)[-2:] == [("Verbeterd", True), ("Verouderd", False)]
    [(reason, record)] = night.quarantined(LATE).values()
    assert f"levering {night.deliveries[f'politie/incidenten_{DAYS[2]}.csv']['delivery_id']}" in reason
    assert "is van 02-05-2024 en heeft geen tijdstip van wijziging" in reason
    assert "Verouderd" in record
    assert night.after[DAYS[1]] == night.before[DAYS[1]] + USUAL - 2


def test_a_file_that_lost_most_of_its_rows_is_refused_and_yesterday_stays(night: Night) -> None:
    refused = night.deliveries[FIFTH]
    assert (refused["status"], refused["rows_read"]) == ("refused", 16)
    assert "16 rijen, 60% minder dan de gebruikelijke 40; toegestaan is 30%" in refused["reason"]
    assert f"vis accept {refused['delivery_id']} --because" in refused["reason"]
    assert refused["reason"] in night.said.replace("\n", "")
    assert DAYS[4] not in night.after
    assert {day: night.after[day] for day in (DAYS[0], DAYS[2])} == {
        day: night.before[day] for day in (DAYS[0], DAYS[2])
    }
    shown = night.town.rows("select status from marts.datakwaliteit where leveringsnummer = %s", refused["delivery_id"])
    assert shown == [("geweigerd",)]


def test_a_delivery_from_the_future_is_held(night: Night) -> None:
    held = night.deliveries[FUTURE]
    assert held["status"] == "held"
    assert "gaat volgens de naam over 06-05-2131, maar het kwam op" in held["reason"]
    assert DAYS[5] not in night.after


def test_who_keeps_watch_is_told_of_each(night: Night) -> None:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    settings = night.town.settings.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_starttls": False,
                "notice_from": "vis@gemeente.example", "notice_to": "beheer@gemeente.example"}
    )  # fmt: skip
    municipality = load_municipality(settings.municipality)
    controller.start()
    try:
        with psycopg.connect(settings.dsn("loader")) as connection:
            raise_about_deliveries(connection, municipality, settings)
            assert send_waiting(connection, municipality.code, settings) == 3
    finally:
        controller.stop()
    [refused] = [text for text in mailbox.texts if "levering politie geweigerd" in text]
    assert "gelezen 16, geladen 16" in refused
    assert "Soort:    veel minder rijen dan gebruikelijk\n" in refused
    told = "\n".join(mailbox.texts)
    assert "Soort:    een levering over een dag die nog moet komen\n" in told
    assert "Soort:    veel incidenten buiten de gemeente\n" in told


def test_a_stopped_delivery_can_count_all_the_same_with_a_reason(night: Night) -> None:
    """The last here: an administrator answers for the small one, that of the future comes again under its own name."""
    town, number = night.town, night.deliveries[FIFTH]["delivery_id"]
    municipality = load_municipality(town.settings.municipality)
    with psycopg.connect(town.settings.dsn("loader")) as connection:
        with pytest.raises(LedgerError, match="geef een reden"):
            accept(connection, municipality, number, "  ")
        for other in (FOURTH, "regio/incidenten_2024-05-04.csv"):
            with pytest.raises(LedgerError, match="niet tegengehouden om haar omvang of haar dag"):
                accept(connection, municipality, night.deliveries[other]["delivery_id"], WHY)
    assert night.ledger() == night.deliveries
    town.put("politie", f"incidenten_{DAYS[5]}.csv", night.from_the_future)
    assert run_vis(town.settings, "accept", str(number), "--because", WHY, check=False).returncode == 0
    figures, ledger = night.figures(), night.ledger()
    assert figures == night.after | {DAYS[4]: 16, DAYS[5]: USUAL}
    assert (ledger[FIFTH]["status"], ledger[FIFTH]["trusted_because"]) == ("accepted", WHY)
    assert ledger[f"politie/incidenten_{DAYS[5]}.csv"]["status"] == "accepted"
    assert FUTURE not in ledger
    shown = town.rows("select status, toegestaan_omdat from marts.datakwaliteit where bestand like %s order by 1",
                      f"%{DAYS[4]}%")  # fmt: skip
    assert shown == [("goedgekeurd", WHY), ("vervangen", None)]
