"""Sessions that their owner ended."""

from signals_service.store.session import Session


class EndedSessions(Session):
    """Known by a hash of their key; the key itself never gets here."""

    def end_session(self, session_hash: bytes) -> None:
        """Whoever still has a copy of the cookie has nothing any more."""
        self._rows("select signals.end_session(%s, %s)", [self._municipality_code, session_hash])

    def ended_sessions(self) -> frozenset[bytes]:
        """Those of the last day: no session gets that old."""
        rows = self._rows("select * from signals.ended_sessions(%s)", [self._municipality_code])
        return frozenset(bytes(row[0]) for row in rows)
