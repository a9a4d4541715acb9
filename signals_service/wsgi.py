"""What gunicorn loads: `signals_service.wsgi:app`, with the settings of this process."""

import logging

from orchestration.municipality import load_municipality
from orchestration.settings import get_settings
from signals_service import Config, create_app

_settings = get_settings()
_municipality = load_municipality(_settings.municipality)
logging.basicConfig(level=_settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")

app = create_app(
    Config(
        dsn=_settings.dsn("signals"),
        secret_key=_settings.secret("signals_secret_key"),
        municipality=_municipality.name,
        fictional=_municipality.fictional,
        attribution=_municipality.attribution,
    )
)
