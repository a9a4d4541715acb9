"""Machines that call the API: an access token of the same provider in place of a session."""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from time import time
from typing import cast

from flask import current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, ServiceUnavailable, Unauthorized

from signals_service.actor import Actor
from signals_service.auth import claims
from signals_service.auth.claims import NotAdmittedError
from signals_service.auth.config import AuthConfig
from signals_service.auth.directory import directory
from signals_service.auth.oidc import OpenIdProvider, ProviderError, TokenError

_MOST = 1000
#: A token that was found good is looked at again after this many seconds at most.
_SECONDS = 300


class KnownTokens:
    """Tokens that were found good, by their hash, until they must be looked at again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()

    def find(self, digest: bytes, now: float) -> Actor | None:
        with self._lock:
            until, person = self._known.get(digest, (0.0, None))
            return person if now < until else None

    def keep(self, digest: bytes, until: float, person: Actor) -> None:
        with self._lock:
            self._known[digest] = until, person
            while len(self._known) > _MOST:
                self._known.popitem(last=False)


def load() -> None:
    """Take who asks from the access token, if the API is called with one. Raises 401 for a token that is not good."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not request.path.startswith("/api/"):
        return
    g.bearer = True
    known = cast(KnownTokens, current_app.extensions["vis_tokens"])
    digest, now = sha256(token.encode()).digest(), time()
    g.actor = known.find(digest, now)
    if g.actor is None:
        g.actor, expires = _look_at(token.strip())
        known.keep(digest, min(expires, now + _SECONDS), g.actor)


def _look_at(token: str) -> tuple[Actor, float]:
    provider = cast(OpenIdProvider | None, current_app.extensions["vis_provider"])
    config = cast(AuthConfig, current_app.extensions["vis_auth"])
    challenge = WWWAuthenticate("Bearer", {"error": "invalid_token"})
    if provider is None:
        raise Unauthorized(www_authenticate=challenge)
    try:
        found = provider.access_token(token)
        person = claims.official(found, config)
    except TokenError as error:
        current_app.logger.warning("an access token was refused: %s", error)
        raise Unauthorized(www_authenticate=challenge) from error
    except NotAdmittedError as error:
        current_app.logger.warning("an access token was refused: no role or department")
        raise Forbidden from error
    except ProviderError as error:
        current_app.logger.error("the provider does not answer as it should: %s", error)
        raise ServiceUnavailable from error
    directory().signed_in(person)
    return person, float(found["exp"])
