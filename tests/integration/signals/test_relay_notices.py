"""Notices of the signaleringstool through a real mail server and database: each once, nothing in them, never lost."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from orchestration.municipality import load_municipality
from orchestration.operations.doctor import examine
from orchestration.operations.services import is_healthy, relay_environment, service
from orchestration.settings import Settings
from signals_service.actor import Actor
from signals_service.relay.duties import duties
from signals_service.relay.notices import NotSentError, Postman
from signals_service.store.relaying import RelayStore, relay_store
from tests.installation import free_port
from tests.integration.signals.conftest import (
    ADDRESS,
    BELASTINGEN,
    BURGERZAKEN,
    CASE,
    CODE,
    OTHER_ADDRESS,
    VERGUNNINGEN,
    Office,
)
from tests.integration.signals.mailbox import Mailbox, mail_server_on

BSN = "123456782"
REASON = "Vermoeden van Geheimschrijverij aan de Verborgenlaan"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(new_warehouse: Callable[..., Settings], port: int) -> Settings:
    return new_warehouse(
        smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False, notice_from="vis@demostad.example",
        signals_url="https://signalen.demostad.example",
    )  # fmt: skip


@pytest.fixture
def office(open_office: Callable[..., Office], settings: Settings) -> Office:
    return open_office(settings)


@pytest.fixture
def relay(office: Office) -> Iterator[RelayStore]:
    with relay_store(office.settings.dsn("relay"), CODE) as store:
        yield store


@pytest.fixture
def mailbox(port: int) -> Iterator[Mailbox]:
    with mail_server_on(port, Mailbox()) as box:
        yield box


def postman(office: Office) -> Postman:
    return Postman(CODE, office.settings)


def count(office: Office, query: str) -> int:
    return int(office.ask(query)[0][0])


def colleagues() -> list[Actor]:
    """More searchers of one department: a quota is of one user."""
    return [replace(BURGERZAKEN, user_id=f"user{number}") for number in range(20)]


def receivers(mailbox: Mailbox) -> list[str]:
    return [mail["To"] for mail in mailbox.mails]


def test_a_search_on_an_address_with_a_signal_tells_its_department_and_nothing_of_it(
    office: Office, relay: RelayStore, mailbox: Mailbox
) -> None:
    placed = office.place(person_keys=office.keys.of_bsn(BSN), reason=REASON)
    found = office.search(BURGERZAKEN, ADDRESS)
    assert found.status == "hit"
    assert postman(office).deliver(relay) == 1
    (mail,) = mailbox.mails
    assert mail["To"] == "belastingen@demostad.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    (text,) = mailbox.texts
    assert "https://signalen.demostad.example" in text
    assert "1 nieuwe melding" in text
    secrets = (
        ADDRESS, BSN, CASE, REASON, "Geheim", "Verborgen", "Anna", "Vonk", "Burgerzaken", "overlast", "036-",
        str(found.processing_id), str(placed.signal_id), placed.signal_id.hex, "samenwerking",
    )  # fmt: skip
    for secret in secrets:
        assert secret not in text, secret
    assert postman(office).deliver(relay) == 0


def test_both_sides_are_told_when_two_departments_place_a_signal(
    office: Office, relay: RelayStore, mailbox: Mailbox
) -> None:
    office.place(BELASTINGEN)
    office.place(BURGERZAKEN)
    assert postman(office).deliver(relay) == 2
    assert sorted(receivers(mailbox)) == ["belastingen@demostad.example", "burgerzaken@demostad.example"]


def test_no_hit_an_own_signal_and_a_repeated_search_send_nothing(
    office: Office, relay: RelayStore, mailbox: Mailbox
) -> None:
    office.place()
    office.search(BURGERZAKEN, OTHER_ADDRESS)
    office.search(BELASTINGEN, ADDRESS)
    assert postman(office).deliver(relay) == 0
    for actor in colleagues():
        for _ in range(5):
            office.search(actor)
    assert postman(office).deliver(relay) == 1, "a pair of departments hears once per address and period"
    for actor in colleagues():
        office.search(actor)
    assert postman(office).deliver(relay) == 0
    office.search(VERGUNNINGEN, ADDRESS)
    assert postman(office).deliver(relay) == 1, "another department is another pair"
    assert set(receivers(mailbox)) == {"belastingen@demostad.example"}


def test_in_a_later_period_the_pair_is_told_again(office: Office, relay: RelayStore, mailbox: Mailbox) -> None:
    office.place()
    office.search()
    assert postman(office).deliver(relay) == 1
    office.change("update signals.notice set period = period - 1")
    office.search()
    assert postman(office).deliver(relay) == 1


def test_a_mail_server_that_is_down_for_long_loses_nothing_and_gets_no_storm(
    office: Office, relay: RelayStore, port: int
) -> None:
    """Everything that happened meanwhile comes as one mail for each department, once."""
    carrier = postman(office)
    for number in range(30):
        office.place(BELASTINGEN, f"A{number}")
        office.place(VERGUNNINGEN, f"B{number}")
        office.search(BURGERZAKEN, f"A{number}")
        office.search(BURGERZAKEN, f"B{number}")
        if number % 10 == 0:
            with pytest.raises(ConnectionRefusedError):
                carrier.deliver(relay)
    assert count(office, "select count(*) from signals.outbox") == 120
    assert count(office, "select count(*) from audit.event where action <> 'sign-in'") == 120
    with mail_server_on(port, Mailbox()) as mailbox:
        assert carrier.deliver(relay) == 2
        assert carrier.deliver(relay) == 0
    assert sorted(receivers(mailbox)) == ["belastingen@demostad.example", "vergunningen@demostad.example"]
    assert all("30 nieuwe meldingen" in text for text in mailbox.texts)
    assert count(office, "select count(*) from signals.notice where sent_at is null") == 0


def test_a_mailbox_that_is_refused_does_not_hold_up_the_others_and_is_not_asked_all_the_time(
    office: Office, relay: RelayStore, mailbox: Mailbox
) -> None:
    now = [0.0]
    carrier = Postman(CODE, office.settings, clock=lambda: now[0])
    mailbox.refuse = {"belastingen@demostad.example"}
    office.place(BELASTINGEN, ADDRESS)
    office.place(VERGUNNINGEN, OTHER_ADDRESS)
    office.search(BURGERZAKEN, ADDRESS)
    office.search(BURGERZAKEN, OTHER_ADDRESS)
    with pytest.raises(NotSentError, match="1 afdeling"):
        carrier.deliver(relay)
    assert receivers(mailbox) == ["vergunningen@demostad.example"]
    mailbox.refuse = set()
    with pytest.raises(NotSentError):
        carrier.deliver(relay)
    assert len(mailbox.mails) == 1, "not yet"
    now[0] += 5
    assert carrier.deliver(relay) == 1
    assert receivers(mailbox)[1] == "belastingen@demostad.example"


def test_two_relays_at_once_send_each_notice_once(office: Office, relay: RelayStore, mailbox: Mailbox) -> None:
    office.place()
    office.search()
    with relay_store(office.settings.dsn("relay"), CODE) as other, other.turn():
        assert len(other.take_notices(10)) == 1
        assert postman(office).deliver(relay) == 0
    assert postman(office).deliver(relay) == 1, "given back"


def test_without_mail_server_or_mailbox_no_old_news_is_kept(
    office: Office, relay: RelayStore, mailbox: Mailbox
) -> None:
    office.place()
    office.search()
    silent = Postman(CODE, office.settings.model_copy(update={"smtp_host": None}))
    assert silent.deliver(relay) == 0
    office.place(VERGUNNINGEN, OTHER_ADDRESS)
    office.search(BURGERZAKEN, OTHER_ADDRESS)
    office.change("update signals.department set email = null where code = 'vergunningen'")
    assert postman(office).deliver(relay) == 0
    assert mailbox.mails == []
    assert count(office, "select count(*) from signals.notice where sent_at is null") == 0


def test_a_digest_of_reviews_comes_once_a_period(office: Office, relay: RelayStore, mailbox: Mailbox) -> None:
    soon = date.today() + timedelta(days=3)
    for number in range(3):
        office.place(BELASTINGEN, f"A{number}", review_on=soon)
    office.place(VERGUNNINGEN, "B1", review_on=soon + timedelta(days=100))
    assert relay.make_review_digests(14, 7) == 1
    assert relay.make_review_digests(14, 7) == 0
    assert postman(office).deliver(relay) == 1
    (text,) = mailbox.texts
    assert "Van 3 signalen" in text
    assert receivers(mailbox) == ["belastingen@demostad.example"]


class Relay:
    """The real worker, as the supervisor starts it."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings, self.log = settings, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        one = service("signals-relay")
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                one.command(self.settings), env=relay_environment(self.settings), cwd=self.settings.home,
                stdout=stream, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def worker(office: Office, tmp_path: Path) -> Iterator[Relay]:
    made = Relay(office.settings.model_copy(update={"municipality": "demo"}), tmp_path / "relay.log")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def until(what: Callable[[], object], worker: Relay) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, worker.log.read_text()
        time.sleep(0.05)


def test_a_relay_that_is_killed_between_sending_and_marking_sends_again_under_the_same_name(
    office: Office, worker: Relay, mailbox: Mailbox
) -> None:
    """At least once: nothing is lost, and the second mail can be known as the first."""
    office.place()
    office.search()

    def kill() -> None:
        assert worker.process is not None
        worker.process.send_signal(signal.SIGKILL)

    mailbox.accepted = kill
    worker.start()
    assert worker.process is not None
    assert worker.process.wait(60) == -signal.SIGKILL, worker.log.read_text()
    assert len(mailbox.mails) == 1
    assert count(office, "select count(*) from signals.notice where sent_at is null") == 1
    mailbox.accepted = lambda: None
    worker.start()
    until(lambda: count(office, "select count(*) from signals.notice where sent_at is null") == 0, worker)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["To"], first.get_content()) == (second["To"], second.get_content())
    assert worker.stop() == 0


def test_the_worker_goes_round_says_how_it_is_and_outlives_its_servers(
    office: Office, worker: Relay, port: int
) -> None:
    """Started without mail server; the doctor says what waits; when the server comes it goes by itself."""
    office.place()
    office.search()
    worker.start()
    settings = worker.settings
    until(lambda: [one for one in examine(settings) if one.subject == "Signaleringstool, meldingen"], worker)
    (finding,) = (one for one in examine(settings) if one.subject == "Signaleringstool, meldingen")
    assert "loopt achter sinds" in finding.observed
    assert "Connection" in finding.observed
    assert is_healthy(service("signals-relay"), settings), "a mail server that is away makes no restart"
    until(lambda: count(office, "select count(*) from signals.outbox where exported_at is null") == 0, worker)
    assert list(settings.logbook_path.glob("*.jsonl"))
    assert list(settings.audit_heads_path.glob("*.json"))
    with mail_server_on(port, Mailbox()) as mailbox:
        until(lambda: mailbox.mails, worker)
    until(lambda: not [one for one in examine(settings) if one.subject == "Signaleringstool, meldingen"], worker)
    # The database loses its connections; nothing of it needs a restart.
    office.change(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'vis_relay' and pid <> pg_backend_pid()"
    )
    office.search(VERGUNNINGEN, ADDRESS)
    until(lambda: count(office, "select count(*) from signals.outbox where exported_at is null") == 0, worker)
    assert worker.stop() == 0
    for secret in (REASON, CASE, ADDRESS, settings.secret("relay_password")):
        assert secret not in worker.log.read_text()


def test_a_silent_relay_is_not_healthy(office: Office) -> None:
    one, settings = service("signals-relay"), office.settings
    assert not is_healthy(one, settings)
    settings.relay_heartbeat.parent.mkdir(parents=True)
    settings.relay_heartbeat.write_text('{"problems": []}')
    assert is_healthy(one, settings)
    long_ago = time.time() - 600
    os.utime(settings.relay_heartbeat, (long_ago, long_ago))
    assert not is_healthy(one, settings)


def test_the_relay_may_take_from_its_queues_and_nothing_else(office: Office) -> None:
    office.place()
    with psycopg.connect(office.settings.dsn("relay"), autocommit=True) as connection:
        for table in ("signals.signal", "signals.outbox", "signals.notice", "audit.event", "signals.person_key"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from {table}")  # type: ignore[call-overload]
        for act in ("signals.search", "signals.place", "signals.own_signals", "signals.audit_events"):
            may = connection.execute(
                "select bool_or(has_function_privilege(oid, 'execute')) from pg_proc where oid::regproc::text = %s",
                [act],
            ).fetchone()
            assert may == (False,), act


def test_every_duty_has_a_pace(office: Office) -> None:
    names = {duty.name: duty.every for duty in duties(office.settings, load_municipality("demo"))}
    assert set(names) == {"meldingen", "logboek", "hashes", "overzichten", "termijnen"}
    assert all(0 < every <= 900 for every in names.values())
