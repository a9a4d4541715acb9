"""What gunicorn loads: `signals_service.wsgi:app`, with the settings of this process."""

import logging

from orchestration.settings import get_settings
from signals_service import create_app
from signals_service.configuration import configuration

_settings = get_settings()
logging.basicConfig(level=_settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")

app = create_app(configuration(_settings))
