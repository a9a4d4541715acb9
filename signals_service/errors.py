"""What a person sees when something is wrong (Dutch, plain), and what a machine gets (problem+json)."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from apiflask import APIFlask, HTTPError
from flask import Response, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from signals_service.auth.csrf import CsrfError

PROBLEM_TYPE = "application/problem+json"
_MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")

_TEXTS = {
    400: ("Dit verzoek klopt niet", "De tool begrijpt niet wat u vraagt. Ga terug en probeer het opnieuw."),
    401: ("U bent niet aangemeld", "Meld u aan en probeer het opnieuw."),
    403: (
        "Dit mag u niet zien of doen",
        "Uw account heeft hier geen recht op. Hebt u het nodig voor uw werk? Vraag het aan de beheerder van VIS in uw "
        "gemeente.",
    ),
    404: ("Deze pagina bestaat niet", "Kijk of het adres goed is gespeld, of ga naar de voorpagina."),
    405: ("Dit kan hier niet", "Deze pagina kan niet doen wat u vraagt. Ga naar de voorpagina."),
    409: ("Dit kan niet meer", "Er is intussen iets veranderd. Ga terug en ververs de pagina."),
    413: ("Dit verzoek is te groot", "U stuurt meer dan de tool kan verwerken. Stuur minder."),
    415: ("Dit verzoek klopt niet", "De tool kan dit soort gegevens niet lezen. Stuur JSON."),
    422: ("Er is iets niet goed ingevuld", "Ga terug en kijk na wat u hebt ingevuld."),
    429: (
        "U hebt te vaak gezocht",
        "Er zit een grens aan het aantal zoekvragen per persoon. Probeer het later nog eens. Hebt u er meer nodig voor "
        "uw werk? Vraag het aan de beheerder van VIS in uw gemeente.",
    ),
    500: (
        "Er ging iets mis",
        "De fout ligt bij ons, niet bij u. Probeer het straks nog eens. "
        "Blijft het misgaan? Vertel de beheerder van VIS in uw gemeente dan wat u deed en hoe laat het was.",
    ),
    503: (
        "De tool is even niet bereikbaar",
        "U krijgt nu geen antwoord: dat zegt niets over het adres of de persoon. Probeer het over een halve minuut nog "
        "eens.",
    ),
}  # fmt: skip
_CSRF = (
    "Dit formulier is verlopen",
    "Het formulier hoort niet meer bij uw sessie: misschien hebt u zich intussen opnieuw aangemeld. "
    "Ga terug, ververs de pagina en vul het opnieuw in.",
)
_OTHERWISE = ("Dit is niet gelukt", "Ga naar de voorpagina en probeer het opnieuw.")
#: How long to wait, in seconds, where nobody knows better.
_RETRY_AFTER = {429: 3600, 503: 30}


def register(app: APIFlask) -> None:
    # An unexpected exception arrives here as well, as status 500, after Flask has logged it.
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(HTTPError, _of_apiflask)


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """An answer as RFC 9457 describes it; `more` are members of our own."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail} | more
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=PROBLEM_TYPE)


def answer(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The page or the problem that goes with a status, in the words of this service."""
    title, detail = _TEXTS.get(status, _OTHERWISE)
    return _answer(status, title, detail, headers or {})


def _of_http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if error.response is not None and status < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    title, detail = _CSRF if isinstance(error, CsrfError) else _TEXTS.get(status, _OTHERWISE)
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}  # such as Allow
    return _answer(status, title, detail, headers)


def _of_apiflask(error: HTTPError) -> Response:
    """APIFlask's own errors; of a body that is not as described it says which fields, never what stood in them."""
    title, detail = _TEXTS.get(error.status_code, _OTHERWISE)
    if request.path.startswith(_MACHINE_PATHS) and isinstance(error.detail, dict) and error.detail:
        return problem(error.status_code, title, detail, errors=list(_faults(error.detail)))
    return _answer(error.status_code, title, detail, dict(Headers(error.headers or {})))


def _faults(detail: Mapping[str, Mapping[str, object]]) -> Iterator[dict[str, str]]:
    """{where: {field: [text, …]}}, in which a text may be nested, as a list of fields with what is wrong with each."""
    for fields in detail.values():
        for name, texts in fields.items():
            text = " ".join(map(str, texts)) if isinstance(texts, list) else "Dit heeft niet de goede vorm."
            yield {"field": name, "detail": text}


def _answer(status: int, title: str, detail: str, headers: Mapping[str, str]) -> Response:
    if request.path.startswith(_MACHINE_PATHS):
        response = problem(status, title, detail)
    else:
        response = Response(render_template("error.html", title=title, detail=detail, status=status), status)
    response.headers.update(headers)
    if status in _RETRY_AFTER:
        response.headers.setdefault("Retry-After", str(_RETRY_AFTER[status]))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers.setdefault("WWW-Authenticate", "Bearer")
    return response
