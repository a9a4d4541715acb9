"""The headers of every answer, pinned: a change here is a decision."""

import pytest
from flask import Flask

PINNED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), "
        "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "
        "publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()"
    ),
}


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/", "no-store, no-transform"),
        ("/healthz", "no-store, no-transform"),
        ("/readyz", "no-store, no-transform"),
        ("/metrics", "no-store, no-transform"),
        ("/bestaat-niet", "no-store, no-transform"),
        ("/api/v1/bestaat-niet", "no-store, no-transform"),
        ("/static/style.css", "no-cache"),
    ],
)
def test_every_answer_carries_the_headers(app: Flask, path: str, cache: str) -> None:
    headers = app.test_client().get(path).headers
    assert {name: headers.get(name) for name in PINNED} == PINNED
    assert headers.getlist("Cache-Control") == [cache]


def test_secrets_do_not_show_in_a_printed_configuration(config: object, fresh: object) -> None:
    assert "postgresql" not in repr(config)
    assert "secret_key" not in repr(config)
