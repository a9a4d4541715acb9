"""Puts sign-in, session, gate and CSRF in the application, in the order in which they must act."""

from flask import Flask, g, redirect, request, session, url_for
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from signals_service.auth import access, bearer, csrf, pages
from signals_service.auth import session as sessions
from signals_service.auth.access import OPEN, ROLES, roles_of, verify
from signals_service.auth.bounce import from_elsewhere, here
from signals_service.auth.config import AuthConfig
from signals_service.auth.directory import Directory
from signals_service.auth.oidc import OpenIdProvider
from signals_service.auth.session import current_actor
from signals_service.store import Store

__all__ = ["register", "verify"]


def register(app: Flask, config: AuthConfig, store: Store) -> None:
    """First who asks, then whether that person may, then whether it is really that person who asks."""
    app.extensions["vis_auth"] = config
    app.extensions["vis_provider"] = OpenIdProvider(config.provider) if config.provider else None
    app.extensions["vis_directory"] = Directory(store)
    app.extensions["vis_tokens"] = bearer.KnownTokens()
    # A browser page never asks other origins, so nobody needs to be told what is allowed.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    sessions.configure(app, config)
    app.before_request(lambda: from_elsewhere(app.config["SESSION_COOKIE_NAME"]))
    app.before_request(sessions.load)
    app.before_request(bearer.load)
    app.before_request(_gate)
    csrf.register(app)
    app.register_blueprint(pages.blueprint)
    app.context_processor(lambda: _around_every_page(config))


def _gate() -> Response | None:
    if request.url_rule is None:
        return None  # 404 or 405
    rule = roles_of(request.method, request.url_rule.rule)
    if rule is None:
        raise NotFound  # not listed: it is not there for anybody
    if rule == OPEN:
        return None
    person = current_actor()
    if person is None:
        return _to_sign_in()
    if not person.roles & rule:
        raise Forbidden
    return None


def _to_sign_in() -> Response:
    if request.path.startswith("/api/"):
        raise Unauthorized
    if request.method == "GET":
        # Only the path: a query string may hold what somebody typed.
        session["next"] = here()
    if g.get("expired"):
        session["expired"] = True
    return redirect(url_for("auth.sign_in"), 303)


def _around_every_page(config: AuthConfig) -> dict[str, object]:
    person = current_actor()
    return {
        "actor": person,
        "actor_department": config.departments.get(person.department, person.department) if person else "",
        "actor_roles": [title for role, title in ROLES.items() if person and role in person.roles],
        "idle_minutes": config.idle_seconds // 60,
        "may": may,
    }


def may(method: str, route: str) -> bool:
    """May who looks at this page reach that route? For the navigation."""
    person, rule = current_actor(), access.roles_of(method, route)
    return rule is not None and (rule == OPEN or (person is not None and bool(person.roles & rule)))
