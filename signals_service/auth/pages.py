"""The way in and out."""

import hmac
import logging
from dataclasses import astuple
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import NotFound, ServiceUnavailable
from werkzeug.wrappers import Response

from signals_service.actor import Actor
from signals_service.auth import claims, demo
from signals_service.auth import session as sessions
from signals_service.auth.access import ROLES, require_sign_in
from signals_service.auth.bounce import forward
from signals_service.auth.claims import NotAdmittedError
from signals_service.auth.config import AuthConfig
from signals_service.auth.oidc import OpenIdProvider, ProviderError, TokenError, Transaction

blueprint = Blueprint("auth", __name__)

_log = logging.getLogger("vis.signals.auth")
#: How long somebody may take at the provider, in seconds.
_TRANSACTION_SECONDS = 600
_REFUSED = {
    "access_denied": "U hebt het aanmelden afgebroken, of u mag zich hier niet aanmelden.",
    "login_required": "U bent niet aangemeld bij uw werkaccount. Probeer het opnieuw.",
}
_AGAIN = "Het aanmelden is niet gelukt of duurde te lang. Probeer het opnieuw."


@blueprint.get("/aanmelden")
def sign_in() -> str | Response:
    """The page to sign in on; who is signed in already goes on."""
    if sessions.current_actor():
        return redirect(url_for("pages.front"), 303)
    return _sign_in_page()


@blueprint.post("/aanmelden/demo")
def demo_sign_in() -> tuple[str, int] | Response:
    config = _config()
    if config.demo_password is None:
        raise NotFound
    user_id = request.form.get("account", "")
    person = demo.sign_in(user_id, request.form.get("password", ""), config.demo_password)
    if person is None:
        errors = {"password": "Dit wachtwoord klopt niet. Het staat onder `make up`."}
        if user_id not in demo.ACCOUNTS:
            errors = {"account": "Kies een account."}
        return _sign_in_page(errors=errors, chosen=user_id), 422
    path = str(session.get("next", ""))
    sessions.begin(person)
    return redirect(_own_path(path), 303)


@blueprint.get("/aanmelden/start")
def start() -> Response:
    """Go to the provider. What must be remembered stands in a cookie of its own, which may come back from elsewhere."""
    try:
        url, transaction = _provider().begin(_redirect_uri(), again=sessions.has_signed_out())
    except ProviderError as error:
        raise _unavailable(error) from error
    response = redirect(url, 303)
    remembered = _transactions().dumps([*astuple(transaction), str(session.get("next", ""))])
    _set_transaction(response, str(remembered), _TRANSACTION_SECONDS)
    return response


@blueprint.get("/aanmelden/terug")
def back() -> Response:
    """Back from the provider: begin the session and go on to where one was going."""
    provider = _provider()
    try:
        *remembered, path = _transactions().loads(
            request.cookies.get(_transaction_cookie(), ""), max_age=_TRANSACTION_SECONDS
        )
        transaction = Transaction(*remembered)
    except (BadData, TypeError, ValueError):
        return _refused(_AGAIN)
    if not hmac.compare_digest(request.args.get("state", "").encode(), transaction.state.encode()):
        return _refused(_AGAIN)
    if reason := request.args.get("error"):
        _log.warning("the provider refused a sign-in: %s", reason if reason in _REFUSED else "another reason")
        return _refused(_REFUSED.get(reason, _AGAIN))
    try:
        person = claims.official(provider.finish(transaction, _redirect_uri(), request.args.to_dict()), _config())
    except ProviderError as error:
        raise _unavailable(error) from error
    except TokenError as error:
        _log.warning("a sign-in was refused: %s", error)
        return _refused(_AGAIN)
    except NotAdmittedError as error:
        return _refused(error.detail)
    sessions.begin(person)
    # A page and no redirect: the session's cookie is not sent along on a way that began at the provider.
    return _forget_transaction(forward(_own_path(path)))


@blueprint.post("/afmelden")
@require_sign_in
def sign_out() -> Response:
    """End the session here and at the provider. A page and no redirect: a form may only lead to ourselves."""
    sessions.end()
    if _config().provider is None:
        return redirect(url_for("auth.signed_out"), 303)
    try:
        elsewhere = _provider().end_session_url(f"{_config().public_url}{url_for('auth.signed_out')}")
    except ProviderError as error:
        _log.warning("signed out here, not at the provider: %s", error)
        elsewhere = None
    return forward(elsewhere) if elsewhere else redirect(url_for("auth.signed_out", werkaccount="aangemeld"), 303)


@blueprint.get("/afgemeld")
def signed_out() -> str:
    """Whoever could be signed out here alone is told that the provider's session goes on."""
    return render_template("auth/signed_out.html", only_here=request.args.get("werkaccount") == "aangemeld")


def _refused(detail: str) -> Response:
    page = _sign_in_page(refused={"title": "U bent niet aangemeld", "detail": detail})
    return _forget_transaction(Response(page, 403, content_type="text/html; charset=utf-8"))


def _unavailable(error: ProviderError) -> ServiceUnavailable:
    _log.error("the provider does not answer as it should: %s", error)
    return ServiceUnavailable()


def _sign_in_page(
    *, errors: dict[str, str] | None = None, chosen: str = "", refused: dict[str, str] | None = None
) -> str:
    config = _config()
    return render_template(
        "auth/sign_in.html",
        provider=config.provider is not None,
        demo=config.demo_password is not None,
        accounts=[
            (account.user_id, account.display_name, _told(account, config)) for account in demo.ACCOUNTS.values()
        ],
        errors=errors or {},
        chosen=chosen,
        refused=refused,
        expired=session.pop("expired", False),
    )


def _told(account: Actor, config: AuthConfig) -> str:
    roles = ", ".join(title for role, title in ROLES.items() if role in account.roles)
    return f"{config.departments.get(account.department, account.department)} · {roles}"


def _own_path(path: str) -> str:
    """A page of this service, never another place."""
    own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if own else url_for("pages.front")


def _redirect_uri() -> str:
    return f"{_config().public_url}{url_for('auth.back')}"


def _transactions() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="vis-sign-in")


def _transaction_cookie() -> str:
    return "__Host-vis_sign_in" if _config().secure else "vis_sign_in"


def _set_transaction(response: Response, value: str, seconds: int) -> None:
    response.set_cookie(
        _transaction_cookie(), value, max_age=seconds, httponly=True, samesite="Lax", secure=_config().secure, path="/"
    )


def _forget_transaction(response: Response) -> Response:
    _set_transaction(response, "", 0)
    return response


def _config() -> AuthConfig:
    return cast(AuthConfig, current_app.extensions["vis_auth"])


def _provider() -> OpenIdProvider:
    provider = current_app.extensions.get("vis_provider")
    if provider is None:
        raise NotFound
    return cast(OpenIdProvider, provider)
