"""No form of another website can act for somebody who is signed in here.

Every request that changes something carries a token that belongs to the session: in the field `csrf_token` of a form,
or in the header `X-CSRF-Token`. A caller with an access token sends no cookie, so nobody can borrow it.
"""

import hashlib
import hmac

from flask import Flask, current_app, g, request
from markupsafe import Markup
from werkzeug.exceptions import Forbidden

from signals_service.auth import session

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfError(Forbidden):
    """The token is missing or belongs to another session."""


def register(app: Flask) -> None:
    app.before_request(_check)
    app.jinja_env.globals.update(csrf_token=token, csrf_field=field)


def token() -> str:
    """The token of this session."""
    secret = str(current_app.secret_key).encode()
    return hmac.new(secret, b"csrf:" + session.key().encode(), hashlib.sha256).hexdigest()


def field() -> Markup:
    """The hidden field that every form with method=post holds."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def _check() -> None:
    if request.method in _SAFE or request.url_rule is None or g.get("bearer"):
        return
    # A browser says where a request comes from; a page of another website cannot change that.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CsrfError
    given = request.headers.get(HEADER) or request.form.get(FIELD) or ""
    if not hmac.compare_digest(given.encode(), token().encode()):
        raise CsrfError
