"""Notices through a real mail server and a real warehouse: once each, nothing of a row in them, never lost."""

import email
import email.policy
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from aiosmtpd.controller import Controller

from orchestration import resources
from orchestration.assets.automation import automation_definitions
from orchestration.assets.ingest import ingest_definitions, raw_key
from orchestration.assets.notices import ON_TIME, is_told_by_its_delivery
from orchestration.ingest.lateness import lateness
from orchestration.ingest.load import process
from orchestration.ingest.source import SourceSpec, Tolerances
from orchestration.municipality import Municipality, load_municipality
from orchestration.notices.mail import mail_server
from orchestration.notices.outbox import MailError, raise_about_deliveries, raise_notice, send_waiting, waiting
from orchestration.notices.texts import Notice, about_failed_run, about_lateness
from orchestration.operations.doctor import examine
from orchestration.settings import Settings, SettingsError
from tests.installation import free_port

SECRET_ROW = "Jan Geheimschrijver;Verborgenlaan"


class Mailbox:
    """What a mail server was given."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content.replace(b"\r\n", b"\n"), policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        if self.refuse and self.refuse in mail["Subject"]:
            return "554 5.7.1 not this one"
        self.mails.append(mail)
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        return [f"{mail['Subject']}\n{mail.get_content()}" for mail in self.mails]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def mailbox(port: int) -> Iterator[Mailbox]:
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def settings(new_warehouse: Callable[..., Settings], tmp_path: Path, port: int) -> Settings:
    return new_warehouse(
        inbox=tmp_path / "inbox", smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False,
        notice_from="vis@gemeente.example", notice_to="beheer@gemeente.example, wacht@gemeente.example",
    )  # fmt: skip


@pytest.fixture
def municipality() -> Municipality:
    return load_municipality("demo")


@pytest.fixture
def loader(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.dsn("loader")) as connection:
        yield connection


def watched(municipality: Municipality, source: str = "police_incidents", hours: float = 26) -> SourceSpec:
    """The municipality with one source that must deliver in time; returns that source."""
    specs = tuple(
        spec.model_copy(update={"tolerances": Tolerances(freshness_hours=hours)}) if spec.source == source else spec
        for spec in municipality.sources
    )
    municipality.__dict__["sources"] = specs
    return next(spec for spec in specs if spec.source == source)


def received(connection: psycopg.Connection, spec: SourceSpec, moment: datetime, **changes: object) -> None:
    values = {
        "municipality_code": "GM9999", "source": spec.source, "shape": spec.shape, "file_name": f"{moment}.csv",
        "sha256": str(moment), "size_bytes": 1, "landing_path": "x", "source_hash": "x", "received_at": moment,
        "delivery_day": moment.date(),
        "status": "accepted",
    } | changes  # fmt: skip
    connection.execute(
        f"insert into raw.delivery ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",  # type: ignore[arg-type]
        list(values.values()),
    )
    connection.commit()


def test_a_refused_file_is_told_once_to_everyone_and_says_nothing_of_its_rows(
    settings: Settings, municipality: Municipality, loader: psycopg.Connection, mailbox: Mailbox
) -> None:
    folder = settings.inbox_path / "police_incidents"
    folder.mkdir(parents=True)
    (folder / "dag\nBron: nep.csv").write_text(f"Een kop;Nog een\n{SECRET_ROW}\n", encoding="utf-8")
    process(loader, municipality, municipality.source("police_incidents"), settings)
    for _ in range(3):
        raise_about_deliveries(loader, municipality, settings)
        send_waiting(loader, municipality.code, settings)
    (mail,) = mailbox.mails
    assert mail["Subject"] == "VIS Demostad: levering police_incidents geweigerd"
    assert mail["To"] == "beheer@gemeente.example, wacht@gemeente.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert mail.get_content_type() == "text/plain"
    assert "Bestand:  dag_Bron: nep.csv\n" in text
    assert "het bestand is niet te lezen" in text
    assert f"http://127.0.0.1:{settings.dagster_port}/assets/raw/police_incidents" in text
    for word in ("Jan", "Geheimschrijver", "Verborgenlaan", "Een kop", settings.secret("loader_password")):
        assert word not in text


def test_a_held_delivery_gives_its_counts_and_the_kind_of_reason(
    settings: Settings, municipality: Municipality, loader: psycopg.Connection, mailbox: Mailbox
) -> None:
    reason = f"bestand a.csv: 40 rijen, 60% minder dan de gebruikelijke 100; toegestaan is 30%; {SECRET_ROW}"
    received(
        loader, municipality.source("kerncijfers"), datetime(2026, 7, 1, 4, 0, tzinfo=UTC),
        status="held", reason=reason, rows_read=40, rows_loaded=38, rows_quarantined=2,
    )  # fmt: skip
    raise_about_deliveries(loader, municipality, settings)
    assert send_waiting(loader, municipality.code, settings) == 1
    (text,) = mailbox.texts
    assert "vastgehouden" in text
    assert "gelezen 40, geladen 38, quarantaine 2, dubbel 0" in text
    assert "Soort:    veel minder rijen dan gebruikelijk\n" in text
    assert "ontvangen 01-07-2026 06:00" in text
    assert "Jan" not in text


def test_a_mail_server_that_is_down_loses_nothing(
    settings: Settings,
    municipality: Municipality,
    loader: psycopg.Connection,
    port: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raise_notice(loader, municipality.code, about_failed_run(municipality, "abc", "build", [("dbt", "X")], settings))
    loader.commit()
    for _ in range(2):
        with caplog.at_level(logging.ERROR), pytest.raises(MailError, match=f"1 berichten wachten.*{port}"):
            send_waiting(loader, municipality.code, settings)
    assert "wordt opnieuw geprobeerd" in caplog.text.lower()
    (finding,) = (one for one in examine(settings) if one.subject == "E-mail")
    assert "1 berichten wachten" in finding.observed
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        assert send_waiting(loader, municipality.code, settings) == 1
        assert send_waiting(loader, municipality.code, settings) == 0
    finally:
        controller.stop()
    assert [mail["Subject"] for mail in handler.mails] == ["VIS Demostad: run van build is mislukt"]
    assert f"http://127.0.0.1:{settings.dagster_port}/runs/abc" in handler.texts[0]


def test_one_refused_message_does_not_keep_the_others(
    settings: Settings, municipality: Municipality, loader: psycopg.Connection, mailbox: Mailbox
) -> None:
    for name in ("een", "twee", "drie"):
        raise_notice(loader, municipality.code, Notice(name, f"over {name}", "tekst\n"))
    loader.commit()
    mailbox.refuse = "twee"
    with pytest.raises(MailError, match=r"1 berichten wachten.*twee: SMTPDataError"):
        send_waiting(loader, municipality.code, settings)
    assert [mail["Subject"] for mail in mailbox.mails] == ["over een", "over drie"]


def test_without_a_mail_server_old_news_is_not_kept_for_later(
    settings: Settings, municipality: Municipality, loader: psycopg.Connection, mailbox: Mailbox
) -> None:
    silent = settings.model_copy(update={"smtp_host": None})
    raise_notice(loader, municipality.code, Notice("een", "over een", "tekst\n"))
    assert send_waiting(loader, municipality.code, silent) == 0
    assert waiting(loader, municipality.code) == 0
    assert send_waiting(loader, municipality.code, settings) == 0
    assert mailbox.mails == []
    said = [one for one in examine(silent) if one.subject == "E-mail"]
    assert [one.remedy for one in said] == [""]
    assert "VIS_SMTP_HOST" in said[0].observed


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"notice_from": None}, "VIS_NOTICE_FROM"),
        ({"notice_to": " , "}, "VIS_NOTICE_TO"),
        ({"smtp_user": "vis"}, "VIS_SMTP_STARTTLS"),
        ({"smtp_user": "vis", "smtp_starttls": True}, "VIS_SMTP_PASSWORD"),
    ],
)
def test_half_a_mail_server_is_refused(settings: Settings, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        mail_server(settings.model_copy(update=changes))


def test_starttls_is_never_left_out_in_silence(
    settings: Settings, municipality: Municipality, loader: psycopg.Connection, mailbox: Mailbox
) -> None:
    raise_notice(loader, municipality.code, Notice("een", "over een", "tekst\n"))
    with pytest.raises(MailError, match="STARTTLS"):
        send_waiting(loader, municipality.code, settings.model_copy(update={"smtp_starttls": True}))
    assert mailbox.mails == []


def test_late_is_counted_on_the_clock_of_the_municipality(
    settings: Settings, municipality: Municipality, loader: psycopg.Connection
) -> None:
    spec = watched(municipality, hours=24)
    assert lateness(loader, municipality, spec).late  # never a delivery
    # The night before the clock goes back: 24 hours on the clock are 25 that pass.
    received(loader, spec, datetime(2026, 10, 24, 4, 0, tzinfo=UTC), status="refused")
    found = lateness(loader, municipality, spec, datetime(2026, 10, 25, 4, 59, tzinfo=UTC))
    assert (str(found.last), str(found.deadline)) == ("2026-10-24 06:00:00+02:00", "2026-10-25 06:00:00+01:00")
    assert not found.late
    assert lateness(loader, municipality, spec, datetime(2026, 10, 25, 5, 1, tzinfo=UTC)).late
    assert not lateness(loader, municipality, municipality.source("adressen")).late


def evaluate_freshness(settings: Settings, municipality: Municipality, instance: dg.DagsterInstance) -> bool:
    """Run the job `freshness`; returns whether the check passed."""
    definitions = dg.Definitions.merge(
        ingest_definitions(municipality),
        automation_definitions(municipality),
        dg.Definitions(
            assets=[dg.AssetSpec(["marts", "x"], group_name="marts")], resources=resources.resources(settings)
        ),
    )
    result = definitions.resolve_job_def("freshness").execute_in_process(instance=instance)
    assert result.success
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.asset_key, evaluation.check_name) == (raw_key(municipality.source("police_incidents")), ON_TIME)
    assert evaluation.severity == dg.AssetCheckSeverity.WARN
    return evaluation.passed


def test_a_late_source_is_told_once_per_lateness(
    settings: Settings,
    municipality: Municipality,
    loader: psycopg.Connection,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "get_settings", lambda: settings)
    spec = watched(municipality)
    now = datetime.now(UTC)
    received(loader, spec, now - timedelta(hours=80))
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(3):
            assert not evaluate_freshness(settings, municipality, instance)
            send_waiting(loader, municipality.code, settings)
        assert len(mailbox.mails) == 1
        assert "te laat" in mailbox.mails[0]["Subject"]
        received(loader, spec, now - timedelta(hours=1))
        assert evaluate_freshness(settings, municipality, instance)
        loader.execute("update raw.delivery set received_at = received_at - interval '30 hours'")
        loader.commit()
        for _ in range(2):
            assert not evaluate_freshness(settings, municipality, instance)
            send_waiting(loader, municipality.code, settings)
    assert len(mailbox.mails) == 2


def test_the_demo_is_never_late_and_a_daily_source_is_looked_at_every_hour(municipality: Municipality) -> None:
    assert "elk_uur_op_tijd" not in [s.name for s in automation_definitions(municipality).schedules or ()]
    watched(municipality)
    hourly = next(s for s in automation_definitions(municipality).schedules or () if s.name == "elk_uur_op_tijd")
    assert (hourly.cron_schedule, hourly.execution_timezone) == ("15 * * * *", "Europe/Amsterdam")  # type: ignore[union-attr]


def sensor(municipality: Municipality, name: str) -> dg.SensorDefinition:
    found = next(s for s in automation_definitions(municipality).sensors or () if s.name == name)
    assert isinstance(found, dg.SensorDefinition)
    return found


def test_the_sensor_sends_and_fails_in_sight_when_mail_does_not_go(
    settings: Settings,
    municipality: Municipality,
    loader: psycopg.Connection,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "get_settings", lambda: settings)
    raise_notice(loader, municipality.code, about_lateness(municipality, "adressen", None, None, settings))
    loader.commit()
    send = sensor(municipality, "berichten")
    with pytest.raises(MailError):
        send(dg.build_sensor_context(resources={"warehouse": resources.Warehouse()}))
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        answer = send(dg.build_sensor_context(resources={"warehouse": resources.Warehouse()}))
    finally:
        controller.stop()
    assert isinstance(answer, dg.SkipReason)
    assert answer.skip_message == "1 berichten verstuurd"
    assert "nog nooit een levering" in handler.texts[0]


def test_a_failed_run_is_told_by_step_and_class_and_never_by_its_message(
    settings: Settings,
    municipality: Municipality,
    loader: psycopg.Connection,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "get_settings", lambda: settings)

    @dg.op
    def breaks() -> None:
        raise ValueError(SECRET_ROW)

    @dg.job
    def build() -> None:
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        result = build.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="mislukte_runs",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
            resources={"warehouse": resources.Warehouse()},
        ).for_run_failure()
        for _ in range(2):
            sensor(municipality, "mislukte_runs")(context)
    send_waiting(loader, municipality.code, settings)
    (text,) = mailbox.texts
    assert "Stap:     breaks (ValueError)" in text
    assert result.run_id in text
    assert "Jan" not in text


def test_a_gate_that_holds_on_purpose_is_told_by_the_delivery_alone() -> None:
    assert is_told_by_its_delivery("ingest__police_incidents", "DagsterAssetCheckFailedError")
    assert not is_told_by_its_delivery("ingest__police_incidents", "OperationalError")
    assert not is_told_by_its_delivery("ingest__police_incidents", "AccountingError")
    assert not is_told_by_its_delivery("dbt_warehouse", "DagsterAssetCheckFailedError")


def test_a_run_of_ingest_looks_at_the_clock_as_well(municipality: Municipality) -> None:
    spec = watched(municipality)
    definitions = dg.Definitions.merge(
        ingest_definitions(municipality),
        automation_definitions(municipality),
        dg.Definitions(
            assets=[dg.AssetSpec(["marts", "x"], group_name="marts")], resources={"warehouse": resources.Warehouse()}
        ),
    )
    checks = definitions.resolve_job_def("ingest").asset_layer.asset_graph.asset_check_keys
    assert dg.AssetCheckKey(raw_key(spec), ON_TIME) in checks
    elsewhere = definitions.resolve_job_def("build").asset_layer.asset_graph.asset_check_keys
    assert dg.AssetCheckKey(raw_key(spec), ON_TIME) not in elsewhere
