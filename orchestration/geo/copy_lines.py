"""Columns to lines of `COPY … from stdin (format text)`, a block at a time."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.ingest.cells import NULL, escape


def text_cells(values: NDArray[np.object_]) -> list[str]:
    """The cells of a column of texts; None becomes NULL. Each text is escaped once."""
    codes, distinct = pd.factorize(values)
    # Code -1 stands for a missing value, and the last cell for code -1.
    cells = [*map(escape, distinct), NULL]
    return [cells[code] for code in codes.tolist()]


def day_cells(days: NDArray[np.datetime64]) -> list[str]:
    """The cells of a column of dates; none missing."""
    codes, distinct = pd.factorize(days)
    cells = distinct.astype("datetime64[D]").astype(str).tolist()
    return [cells[code] for code in codes.tolist()]


def block(columns: Sequence[Iterable[str]]) -> str:
    """Lines of the cells of columns of one length."""
    return "\n".join([*map("\t".join, zip(*columns, strict=True)), ""])
