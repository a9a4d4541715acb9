"""Going on by a page of our own.

The session's cookie is sent only when the way to us began with us (SameSite=Strict). Who follows a link in an e-mail,
or comes back from the provider, gets a page that goes on at once: from there on the way begins with us.
"""

from urllib.parse import quote

from flask import Response, render_template, request

_ELSEWHERE = frozenset({"cross-site", "same-site"})
#: It has a cookie of its own that may come from elsewhere.
_COMES_FROM_ELSEWHERE = frozenset({"auth.back", "auth.signed_out"})


def forward(url: str) -> Response:
    """A page that goes on to `url` at once, and by a link for whom that does not work."""
    response = Response(render_template("auth/forward.html", url=url), content_type="text/html; charset=utf-8")
    response.headers["Refresh"] = f"0; url={url}"
    return response


def from_elsewhere(session_cookie: str) -> Response | None:
    """The same page once more, when this is a person who comes from another website and so came without a session."""
    is_visit = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if not is_visit or request.headers.get("Sec-Fetch-Site") not in _ELSEWHERE or session_cookie in request.cookies:
        return None
    if request.url_rule is None or request.endpoint in _COMES_FROM_ELSEWHERE or request.path.startswith("/api/"):
        return None
    query = request.query_string.decode("latin-1")
    return forward(f"{here()}?{query}" if query else here())


def here() -> str:
    """The path that was asked for, fit to stand in a header."""
    return quote(request.path, safe="/")
