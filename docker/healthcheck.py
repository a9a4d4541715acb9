"""`python /app/docker/healthcheck.py NAME`: is this container's service healthy? Exits with 0 or 1.

The container's own variables are not the service's: those are composed when it starts, so they are composed here too.
"""

import subprocess
import sys

from orchestration.operations.services import is_healthy, program, service
from orchestration.settings import load_settings


def main(name: str) -> int:
    settings = load_settings()
    one = service(name)
    if name == "dagster-daemon":
        # It listens on no port; its heartbeats stand in Dagster's database.
        check = [program("dagster-daemon"), "liveness-check"]
        return subprocess.run(check, env=one.environment(settings), stdout=subprocess.DEVNULL).returncode
    return 0 if is_healthy(one, settings, timeout=10) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
