"""The notices of one warehouse: raised once, kept in `raw.notice` until a mail server has taken them."""

import logging
import smtplib

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from orchestration.ingest.ledger import COLUMNS, Delivery
from orchestration.municipality import Municipality
from orchestration.notices.mail import MailServer, connected, mail_server, message
from orchestration.notices.texts import Notice, about_delivery
from orchestration.settings import Settings

log = logging.getLogger(__name__)
_AT_ONCE = 20  # notices in one go: a sensor's tick may take a minute


class MailError(RuntimeError):
    """Notices could not be sent; they wait for the next try. The message says how many and why."""


def raise_notice(connection: psycopg.Connection, municipality_code: str, notice: Notice) -> bool:
    """Write a notice down; False when it was written before."""
    added = connection.execute(
        """
        insert into raw.notice (municipality_code, notice_key, subject, body) values (%s, %s, %s, %s)
        on conflict do nothing
        """,
        [municipality_code, notice.key, notice.subject, notice.body],
    )
    return added.rowcount == 1


def raise_about_deliveries(connection: psycopg.Connection, municipality: Municipality, settings: Settings) -> int:
    """Write a notice for each refused or held delivery that has none; returns how many were new."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        stopped = cursor.execute(
            sql.SQL(
                "select {} from raw.delivery where municipality_code = %s and status in ('refused', 'held') "
                "order by delivery_id"
            ).format(COLUMNS),
            [municipality.code],
        ).fetchall()
    return sum(
        raise_notice(connection, municipality.code, about_delivery(municipality, delivery, settings))
        for delivery in stopped
    )


def waiting(connection: psycopg.Connection, municipality_code: str) -> int:
    """How many notices were not sent yet."""
    row = connection.execute(
        "select count(*) from raw.notice where municipality_code = %s and settled_at is null", [municipality_code]
    ).fetchone()
    return int(row[0]) if row else 0


def send_waiting(connection: psycopg.Connection, municipality_code: str, settings: Settings) -> int:
    """Send what waits, oldest first; returns how many the mail server took.

    Each is committed by itself: a notice is sent at least once, and twice only when this process dies in between.
    Without a mail server they are closed unsent, so that setting one up later does not send a year of old news.

    Raises:
        MailError: at least one could not be sent. It stays, and the next call tries again.
        SettingsError: the mail server is only half set.
    """
    server = mail_server(settings)
    connection.commit()
    if server is None:
        with connection.transaction():
            connection.execute(
                "update raw.notice set settled_at = clock_timestamp(), outcome = 'no_mail' "
                "where municipality_code = %s and settled_at is null",
                [municipality_code],
            )
        return 0
    keys = [
        str(row[0])
        for row in connection.execute(
            "select notice_key from raw.notice where municipality_code = %s and settled_at is null "
            "order by raised_at, notice_key limit %s",
            [municipality_code, _AT_ONCE],
        ).fetchall()
    ]
    connection.commit()
    if not keys:
        return 0
    return _send(connection, municipality_code, keys, server, settings)


def _send(
    connection: psycopg.Connection, municipality_code: str, keys: list[str], server: MailServer, settings: Settings
) -> int:
    sent, refused = 0, []
    try:
        with connected(server, settings) as session:
            for key in keys:
                try:
                    sent += _send_one(connection, municipality_code, key, server, session)
                except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
                    # About this one message: those behind it still go.
                    refused.append(f"{key}: {type(error).__name__}")
    except OSError as error:
        refused.append(f"{type(error).__name__}: {error}")
    if refused:
        text = (
            f"{waiting(connection, municipality_code)} berichten wachten: mailserver {server.host}:{server.port} "
            f"nam niet alles aan ({'; '.join(refused)}). Wordt opnieuw geprobeerd; zie VIS_SMTP_HOST"
        )
        log.error(text)
        raise MailError(text)
    return sent


def _send_one(
    connection: psycopg.Connection, municipality_code: str, key: str, server: MailServer, session: smtplib.SMTP
) -> bool:
    with connection.transaction():
        row = connection.execute(
            "select subject, body from raw.notice where municipality_code = %s and notice_key = %s "
            "and settled_at is null for update skip locked",
            [municipality_code, key],
        ).fetchone()
        if row is None:  # another process is sending it, or did
            return False
        session.send_message(message(server, *row))
        connection.execute(
            "update raw.notice set settled_at = clock_timestamp(), outcome = 'sent' "
            "where municipality_code = %s and notice_key = %s",
            [municipality_code, key],
        )
    return True
