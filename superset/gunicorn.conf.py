"""How Superset is served: `cd superset && .venv/bin/gunicorn --config gunicorn.conf.py --bind 127.0.0.1:8088`.

The working directory is this folder: gunicorn puts it on the import path, which finds `superset_config`, and there is
no folder `superset` in it that would hide the library.
"""

from pathlib import Path

from gunicorn.workers.base import Worker

chdir = str(Path(__file__).resolve().parent)
wsgi_app = "superset.app:create_app()"
worker_class = "gthread"
# Two processes of eight threads: queries wait for PostgreSQL, not for Python. Enough for one municipality on 2 cores.
workers = 2
threads = 8
timeout = 120  # above Superset's own 60 seconds, so that its message wins
graceful_timeout = 15
keepalive = 5
# No management socket in somebody's home folder.
control_socket_disable = True
# Explore links carry a whole chart in their address.
limit_request_line = 0
limit_request_field_size = 0
# Imports happen once, before the fork: half the start-up work and memory.
preload_app = True


def post_fork(_server: object, worker: Worker) -> None:
    """Forget the connections that start-up opened: two processes that speak on one connection garble each other."""
    from superset.extensions import db

    with worker.app.callable.app_context():
        db.engine.dispose(close=False)
