"""What belongs to this request's application."""

from typing import cast

from flask import current_app

from signals_service.acts.desk import Desk


def desk() -> Desk:
    return cast(Desk, current_app.extensions["vis_desk"])
