"""Plain-text e-mail through the mail server of the settings."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from orchestration.settings import Settings, SettingsError

_SECONDS = 10  # to wait for an answer of the mail server


@dataclass(frozen=True)
class MailServer:
    """Where mail goes, checked as a whole. The password is in no representation."""

    host: str
    port: int
    starttls: bool
    sender: str
    user: str | None
    receivers: tuple[str, ...] = ()  # of notices about the platform; others are named with each message


def mail_server(settings: Settings) -> MailServer | None:
    """The mail server with the platform's receivers, None when there is none.

    Raises `SettingsError` when half of it is given.
    """
    server = outgoing_server(settings)
    if server is None:
        return None
    receivers = tuple(part.strip() for part in (settings.notice_to or "").split(",") if part.strip())
    if not receivers:
        raise SettingsError("VIS_SMTP_HOST is gezet: zet ook VIS_NOTICE_TO (ontvangers)")
    return replace(server, receivers=receivers)


def outgoing_server(settings: Settings) -> MailServer | None:
    """The mail server for messages that name their own receivers; the same errors, but for the receivers."""
    if settings.smtp_host is None:
        return None
    if not settings.notice_from:
        raise SettingsError("VIS_SMTP_HOST is gezet: zet ook VIS_NOTICE_FROM (afzender)")
    if settings.smtp_user and not settings.smtp_starttls:
        raise SettingsError(
            "VIS_SMTP_USER met VIS_SMTP_STARTTLS=0 zou het wachtwoord leesbaar versturen: "
            "zet STARTTLS aan, of gebruik een mailserver zonder aanmelding"
        )
    if settings.smtp_user:
        settings.secret("smtp_password")
    return MailServer(
        settings.smtp_host, settings.smtp_port, settings.smtp_starttls, settings.notice_from, settings.smtp_user
    )


@contextmanager
def connected(server: MailServer, settings: Settings) -> Iterator[smtplib.SMTP]:
    """A session with the mail server; raises `OSError` (of which `SMTPException` is one) when there is none to be had.

    With STARTTLS the certificate must be valid for the host: otherwise nothing is sent.
    """
    with smtplib.SMTP(server.host, server.port, timeout=_SECONDS) as session:
        if server.starttls:
            session.starttls(context=ssl.create_default_context())
        if server.user:
            session.login(server.user, settings.secret("smtp_password"))
        yield session


def message(
    server: MailServer, subject: str, body: str, *, to: Sequence[str] = (), name: str | None = None
) -> EmailMessage:
    """One notice as e-mail; mail programs know by its headers that nobody typed it.

    `to` are the receivers, by default the server's. `name` makes the Message-ID: what is sent again under the same name
    is known by mail programs as the same message.
    """
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = server.sender, ", ".join(to or server.receivers), subject
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = f"<{name}@vis.invalid>" if name else make_msgid(domain="vis.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body)
    return mail
