"""Python's cyclic garbage collector, put aside where millions of texts come by."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Within the block nothing but reference counts frees memory: for code that makes no cycles.

    The collector starts after so many new lists and tuples and looks through all that is alive. Over rows of text it
    never finds a thing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
