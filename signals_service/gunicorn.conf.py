"""How the service is served; the address comes from the command line (`--bind`)."""

# ruff: noqa: N999 - gunicorn names its configuration so

wsgi_app = "signals_service.wsgi:app"
worker_class = "gthread"
# Two processes of eight threads, for two cores: a search waits for the disk that keeps its audit, and eight that wait
# at once are written together. As many threads as Database has connections, so that none waits for one.
workers = 2
threads = 8
# The counters of /metrics live in memory that the workers share, so they must be made before the fork.
preload_app = True
timeout = 30
graceful_timeout = 15
keepalive = 5
# No management socket in somebody's home folder.
control_socket_disable = True
# The application keeps its own log of requests: gunicorn's shows addresses with their query strings.
accesslog = None
errorlog = "-"
# No sensitive value ever stands in an address, so addresses are short.
limit_request_line = 2048
limit_request_fields = 50
