"""Completes the OpenAPI description: every error is problem+json, and how to come in."""

from typing import Any

from apiflask import APIFlask

from signals_service.errors import PROBLEM_TYPE

_PROBLEM = {
    "type": "object",
    "description": "Wat er niet kon en wat u kunt doen (RFC 9457)",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"description": "Welke velden niet kloppen, en waarom"},
    },
}
_ALWAYS = {
    "400": "Geen leesbaar verzoek",
    "401": "Niet aangemeld",
    "403": "Geen recht hierop",
    "429": "Te vaak gezocht; `Retry-After` zegt na hoeveel seconden het weer kan",
    "503": (
        "Nu geen antwoord, en dus niets getoond; `Retry-After` zegt wanneer u het opnieuw kunt proberen. Wat u wilde "
        "vastleggen is mogelijk al opgeslagen: kijk dat eerst na"
    ),
}
_WITH_BODY = {"413": "Te groot", "415": "Geen JSON", "422": "Een veld klopt niet"}


def register(app: APIFlask) -> None:
    app.config.update(
        DESCRIPTION=(
            "Is er een signaal op een adres, en wie belt u dan? Elke zoekvraag heeft een doel en een zaaknummer "
            "en wordt vastgelegd. Wat gevoelig is, staat nooit in een URL."
        ),
        SERVERS=[{"url": "/"}],
        AUTO_SERVERS=False,
        LICENSE={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        SECURITY_SCHEMES={
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": app.config["SESSION_COOKIE_NAME"],
                "description": "Sessie van wie is aangemeld; wie iets verandert stuurt ook de header X-CSRF-Token",
            },
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "Toegangsbewijs van de provider van de gemeente, uitgegeven voor deze API",
            },
        },
    )
    app.spec_processor(_complete)


def _complete(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    if isinstance(spec, str):  # only when it is asked for as YAML
        return spec
    components = spec.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    spec["security"] = [{"session": []}, {"bearer": []}]  # one of these
    # What is no part of the interface, such as the numbers for monitoring, is no part of its description.
    spec["paths"] = {path: value for path, value in spec["paths"].items() if path.startswith("/api/v1/")}
    for path in spec["paths"].values():
        for method, operation in path.items():
            if isinstance(operation, dict) and "responses" in operation:
                _errors_of(method, operation)
    for unused in ("HTTPError", "ValidationError"):
        components["schemas"].pop(unused, None)
    return spec


def _errors_of(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    texts = _ALWAYS | (_WITH_BODY if method == "post" else {})
    for status, text in texts.items():
        responses.setdefault(status, {})["description"] = text
    for status, response in responses.items():
        if status.startswith(("4", "5")):
            response["content"] = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
