"""One call of one function of the database: one statement, so one transaction and one round trip."""

import logging
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg

from signals_service.actor import Actor
from signals_service.database import Database, DatabaseUnavailableError
from signals_service.store.errors import (
    ConflictError,
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    StoreError,
    StoreUnavailableError,
)

_log = logging.getLogger(__name__)
_OURS: dict[str, type[StoreError]] = {"VS403": ForbiddenError, "VS404": NotFoundError, "VS409": ConflictError}
Row = tuple[Any, ...]


class Session:
    """Asks as one actor at a time. The context lives within the statement: nothing of it stays on the connection."""

    def __init__(self, database: Database, municipality_code: str) -> None:
        self._database, self._municipality_code = database, municipality_code

    def _as(self, actor: Actor) -> list[Any]:
        """The first four arguments of every function that somebody asks."""
        return [self._municipality_code, actor.user_id, actor.department, sorted(actor.roles)]

    def _rows(self, query: LiteralString, values: Sequence[Any], *, patient: bool = False) -> list[Row]:
        """The rows of a statement that was committed, or one of the errors of the store. `patient`: however long."""
        try:
            with self._database.connection() as connection:
                if not patient:
                    return connection.execute(query, values).fetchall()
                with connection.transaction():
                    connection.execute("set local statement_timeout = 0")
                    return connection.execute(query, values).fetchall()
        except DatabaseUnavailableError as error:
            _log.warning("no connection: %s", error)
            raise StoreUnavailableError from None
        except psycopg.Error as error:
            raise _meaning(error) from None
        except UnicodeEncodeError:
            raise InvalidValueError("text") from None

    def _row(self, query: LiteralString, values: Sequence[Any]) -> Row:
        return self._rows(query, values)[0]


def _meaning(error: psycopg.Error) -> StoreError:
    """What a refusal of the database means. Its words are not passed on: they may quote what somebody typed."""
    state = error.sqlstate
    if state in _OURS:
        return _OURS[state]()
    if state == "VS422":
        return InvalidValueError(error.diag.message_primary or "")
    if isinstance(error, psycopg.DataError) and state in (None, "22021", "22P05"):  # NUL and the like
        return InvalidValueError("text")
    _log.error("the database did not answer: %s %s", type(error).__name__, state)
    return StoreUnavailableError()
