"""Notices to departments: one mail for all that waits for a department, marked only when the mail server took it."""

import hashlib
import logging
import smtplib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from orchestration.notices.mail import MailServer, connected, message, outgoing_server
from orchestration.settings import Settings
from signals_service.relay import texts
from signals_service.relay.patience import Patience
from signals_service.store.relaying import Notice, RelayStore

_log = logging.getLogger("vis.signals.relay")
# All that waits, within reason: a mail says how many there are.
_AT_ONCE = 10_000


class NotSentError(RuntimeError):
    """Mail waits; the message says how many departments and why, and names no receiver."""


@dataclass
class Postman:
    """Sends what waits. Remembers which department's mailbox was refused, so that the others do not wait for it."""

    municipality_code: str
    settings: Settings
    clock: Callable[[], float] = time.monotonic
    refused: dict[str, Patience] = field(default_factory=dict)

    def deliver(self, store: RelayStore) -> int:
        """Send all that waits, each department by itself; returns the number of mails.

        A mail is sent at least once: twice only when this process dies after the mail server took it and before that
        was noted, and then under the same Message-ID.

        Raises:
            NotSentError: at least one mail did not go. It waits.
            OSError: there is no mail server to be had. Everything waits.
            SettingsError: the mail server is only half set.
        """
        server = outgoing_server(self.settings)
        with store.turn():
            waiting = store.take_notices(_AT_ONCE)
            nowhere = [notice for notice in waiting if server is None or notice.to_email is None]
            # Those are told on the pages; a mail server that is set up later sends no old news.
            store.mark_sent(nowhere)
        departments = list(dict.fromkeys(notice.to_department for notice in waiting if notice not in nowhere))
        now = self.clock()
        ready = [name for name in departments if self.refused.get(name, Patience()).allows(now)]
        if server is None or not ready:
            return self._judge(0, departments)
        sent = 0
        with connected(server, self.settings) as session:
            for department in ready:
                sent += self._send(store, department, server, session)
        return self._judge(sent, departments)

    def _judge(self, sent: int, departments: Sequence[str]) -> int:
        waiting = [name for name in departments if self.refused.get(name, Patience()).failures]
        if waiting:
            raise NotSentError(
                f"de mailserver weigert de mail aan {len(waiting)} afdeling(en); wordt opnieuw geprobeerd"
            )
        return sent

    def _send(self, store: RelayStore, department: str, server: MailServer, session: smtplib.SMTP) -> int:
        with store.turn():
            notices = [notice for notice in store.take_notices(_AT_ONCE) if notice.to_department == department]
            address = notices[0].to_email if notices else None
            if address is None:  # another relay has them, or the department has no mailbox any more
                return 0
            mail = message(
                server,
                texts.subject(notices),
                texts.body(notices, self.settings.signals_address),
                to=[address],
                name=message_name(self.municipality_code, notices),
            )
            patience = self.refused.setdefault(department, Patience())
            try:
                session.send_message(mail)
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
                # About this one mailbox: the others still get theirs. The server's words may quote the mail.
                wait = patience.failed(self.clock())
                _log.error("mail to department %s refused: %s, again in %.0f s", department, type(error).__name__, wait)
                session.rset()
                return 0
            store.mark_sent(notices)
        patience.succeeded()
        return 1


def message_name(municipality_code: str, notices: Sequence[Notice]) -> str:
    """The same notices always give the same name; other notices, or one that goes out once more, another."""
    made = sorted((notice.notice_id, notice.made_at.isoformat()) for notice in notices)
    ids = ",".join(f"{number} {moment}" for number, moment in made)
    return hashlib.sha256(f"{municipality_code} {notices[0].to_department} {ids}".encode()).hexdigest()[:32]
