"""`python -m orchestration.operations.run_service NAME`: become one service, with only the environment it needs."""

import os
import sys

from orchestration.operations.services import service
from orchestration.settings import load_settings


def main(name: str) -> None:
    settings = load_settings()
    chosen = service(name)
    command = chosen.command(settings)
    # Never from the root of the repository: its folder `superset/` would stand before the library of that name.
    os.chdir(chosen.folder or settings.home)
    os.execvpe(command[0], command, chosen.environment(settings))


if __name__ == "__main__":
    main(sys.argv[1])
