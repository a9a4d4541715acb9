"""What a person sees when something is wrong (Dutch, plain), and what a machine gets (problem+json)."""

import json

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

PROBLEM_TYPE = "application/problem+json"
_MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")

_TEXTS = {
    400: ("Dit verzoek klopt niet", "De tool begrijpt niet wat u vraagt. Ga terug en probeer het opnieuw."),
    404: ("Deze pagina bestaat niet", "Kijk of het adres goed is gespeld, of ga naar de voorpagina."),
    405: ("Dit kan hier niet", "Deze pagina kan niet doen wat u vraagt. Ga naar de voorpagina."),
    413: ("Dit verzoek is te groot", "U stuurt meer dan de tool kan verwerken. Stuur minder."),
    500: (
        "Er ging iets mis",
        "De fout ligt bij ons, niet bij u. Probeer het straks nog eens. "
        "Blijft het misgaan? Vertel de beheerder van VIS in uw gemeente dan wat u deed en hoe laat het was.",
    ),
}
_OTHERWISE = ("Dit is niet gelukt", "Ga naar de voorpagina en probeer het opnieuw.")


def register(app: Flask) -> None:
    # An unexpected exception arrives here as well, as status 500, after Flask has logged it.
    app.register_error_handler(HTTPException, _answer)


def problem(status: int, title: str, detail: str) -> Response:
    """An answer as RFC 9457 describes it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=PROBLEM_TYPE)


def _answer(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    title, detail = _TEXTS.get(status, _OTHERWISE)
    response = error.get_response()  # keeps headers such as Allow
    if request.path.startswith(_MACHINE_PATHS):
        response.set_data(problem(status, title, detail).get_data())
        response.content_type = PROBLEM_TYPE
    else:
        response.set_data(render_template("error.html", title=title, detail=detail, status=status))
    return response
