"""The headers of every answer, in one place."""

from flask import Flask, Response, request

# No font, no frame, nothing inline: all is off but our own files and what our one script asks of us.
_CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_SWITCHED_OFF = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
    *("gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get"),
    *("screen-wake-lock", "usb", "xr-spatial-tracking"),
)

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _CONTENT_SECURITY_POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _SWITCHED_OFF),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


#: Added where people come by https: a browser then never comes by plain http again.
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


def register(app: Flask, *, secure: bool) -> None:
    headers = HEADERS | ({"Strict-Transport-Security": STRICT_TRANSPORT} if secure else {})

    @app.after_request
    def secure_answer(response: Response) -> Response:
        response.headers.update(headers)
        # A shared computer keeps nothing of a page; a style sheet holds nothing to keep secret. And nobody on the way
        # makes an answer smaller: the length of a hit would differ from that of no hit again.
        response.headers["Cache-Control"] = "no-cache" if request.endpoint == "static" else "no-store, no-transform"
        return response
