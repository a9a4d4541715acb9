"""The signaleringstool: a Flask application. For now its front page and its health."""

from signals_service.application import Config, create_app

__all__ = ["Config", "create_app"]
