"""The way in and out."""

from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from signals_service.actor import Actor
from signals_service.auth import demo
from signals_service.auth import session as sessions
from signals_service.auth.access import require_sign_in
from signals_service.auth.config import AuthConfig

blueprint = Blueprint("auth", __name__)


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
    return redirect(_admit(person), 303)


@blueprint.get("/aanmelden/start")
def start() -> Response:
    raise NotFound


@blueprint.get("/aanmelden/terug")
def back() -> Response:
    raise NotFound


@blueprint.post("/afmelden")
@require_sign_in
def sign_out() -> Response:
    sessions.end()
    return redirect(url_for("auth.signed_out"), 303)


@blueprint.get("/afgemeld")
def signed_out() -> str:
    return render_template("auth/signed_out.html")


def _admit(person: Actor) -> str:
    """Begin the session; returns the path to go on to: a page of this service, never another place."""
    path = cast(str, session.get("next") or url_for("pages.front"))
    sessions.begin(person)
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else url_for("pages.front")


def _sign_in_page(*, errors: dict[str, str] | None = None, chosen: str = "") -> str:
    config = _config()
    accounts = [
        (account.user_id, f"{account.display_name} · {config.departments.get(account.department, account.department)}")
        for account in demo.ACCOUNTS.values()
    ]
    return render_template(
        "auth/sign_in.html",
        provider=config.provider is not None,
        demo=config.demo_password is not None,
        accounts=accounts,
        errors=errors or {},
        chosen=chosen,
        expired=session.pop("expired", False),
    )


def _config() -> AuthConfig:
    return cast(AuthConfig, current_app.extensions["vis_auth"])
