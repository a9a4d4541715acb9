"""The session: a signed cookie that says who signed in and when, and nothing about what was done.

It ends after a while without use, in any case at the end of a working day, and when its owner signs out. The key of a
session is new at every sign-in.
"""

import secrets
import time
from typing import cast

from flask import Flask, current_app, g, session
from werkzeug.exceptions import Unauthorized

from signals_service.actor import Actor
from signals_service.auth.config import AuthConfig
from signals_service.auth.directory import directory

#: Seconds that a clock may seem to have gone back before a session counts as not to be trusted.
_CLOCK_SLACK = 60
#: The moment of last use is written down at most this often: it makes a new cookie.
_REFRESH_SECONDS = 20


def configure(app: Flask, config: AuthConfig) -> None:
    # Cookies do not tell ports apart: without a name of its own this one would overwrite Superset's. The prefix makes a
    # browser refuse it from a neighbouring host or over plain http.
    app.config.update(
        SESSION_COOKIE_NAME="__Host-vis_signals" if config.secure else "vis_signals",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def begin(person: Actor) -> None:
    """Sign in: what was in the session is gone, its key is new. Not before the audit log knows it."""
    directory().signed_in(person)
    now = _now()
    session.clear()
    session["key"] = secrets.token_urlsafe(24)
    session["who"] = [person.user_id, person.display_name, person.department, person.phone, sorted(person.roles)]
    session["began"] = session["seen"] = now
    g.actor = person


def end() -> None:
    """Sign out: also whoever has a copy of the cookie has no session any more."""
    if person := current_actor():
        directory().signed_out(person, key())
    session.clear()
    session["signed_out"] = True
    g.actor = None


def has_signed_out() -> bool:
    """Whether somebody signed out in this browser and nobody signed in since."""
    return bool(session.get("signed_out", False))


def key() -> str:
    """The key of this session; a visitor who is not signed in gets one when a form needs it."""
    if "key" not in session:
        session["key"] = secrets.token_urlsafe(24)
    return cast(str, session["key"])


def current_actor() -> Actor | None:
    """Who is signed in, or None."""
    return cast(Actor | None, g.get("actor"))


def actor() -> Actor:
    """Who is signed in; only for views that `require` it."""
    if (person := current_actor()) is None:
        raise Unauthorized
    return person


def load() -> None:
    """Find out who asks, and end a session that is over."""
    g.actor = None
    if "who" not in session:
        return
    config: AuthConfig = current_app.extensions["vis_auth"]
    now = _now()
    unused, age = now - session["seen"], now - session["began"]
    if min(unused, age) < -_CLOCK_SLACK or unused > config.idle_seconds or age > config.absolute_seconds:
        session.clear()
        g.expired = True
        return
    if directory().has_ended(session["key"]):
        session.clear()
        return
    user_id, display_name, department, phone, roles = session["who"]
    g.actor = Actor(user_id, display_name, department, phone, frozenset(roles))
    if unused > _REFRESH_SECONDS:
        session["seen"] = now


def _now() -> int:
    return int(time.time())
