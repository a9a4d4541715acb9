"""Columns to lines for COPY, as PostgreSQL's text format wants them."""

from itertools import repeat

import numpy as np

from orchestration.geo.copy_lines import block, day_cells, text_cells


def test_what_means_something_to_copy_is_escaped_and_none_is_null() -> None:
    values = np.array(["a\tb", None, "c\\N", "d\ne", None, "a\tb", ""], dtype=object)
    assert text_cells(values) == ["a\\tb", "\\N", "c\\\\N", "d\\ne", "\\N", "a\\tb", ""]


def test_a_column_of_nothing() -> None:
    assert text_cells(np.array([None, None], dtype=object)) == ["\\N", "\\N"]
    assert text_cells(np.array([], dtype=object)) == []


def test_days() -> None:
    days = np.array(["2024-02-29", "1999-12-31", "2024-02-29"], dtype="datetime64[us]")
    assert day_cells(days) == ["2024-02-29", "1999-12-31", "2024-02-29"]


def test_a_block_has_a_line_per_row() -> None:
    assert block([repeat("GM0001", 2), ["1", "2"], ["x", "\\N"]]) == "GM0001\t1\tx\nGM0001\t2\t\\N\n"
    assert block([[], []]) == ""
