"""What `vis` says while it works: one line per step with its time, so that nobody waits in the dark."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

# A log has no width of its own: without a terminal no address or password may be cut.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, say how long it took, or that it failed."""
    began = time.monotonic()
    console.print(f"  … {title}")
    try:
        yield
    except BaseException:
        console.print(f"  [red]✗ {title}[/red] ({time.monotonic() - began:.0f} s)")
        raise
    console.print(f"  [green]✓[/green] {title} ({time.monotonic() - began:.0f} s)")
