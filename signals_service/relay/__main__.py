"""`python -m signals_service.relay`: the worker beside the web service. Ends on SIGTERM, when a duty is done."""

import logging
import signal
from threading import Event

from orchestration.municipality import load_municipality
from orchestration.settings import get_settings
from signals_service.relay.duties import duties
from signals_service.relay.worker import run


def main() -> None:
    """Run until told to stop."""
    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(duties(settings, load_municipality(settings.municipality)), settings.relay_heartbeat, stop)


if __name__ == "__main__":
    main()
