"""Mistakes of a notebook: the code of the problem, the call that makes it, and words of its message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.notebook.data import read

MISTAKES: list[tuple[str, Callable[[Path], object], str]] = [
    ("unreadable_source", lambda _: read(7), "a int cannot be read as a table"),
    ("unreadable_source", lambda _: read({"a": [[1, 2], [3, 4]]}), "column 'a' of shape 2 x 2"),
    ("ragged_columns", lambda _: read({"a": [1, 2], "b": [1]}), "column 'b' has 1 values, 'a' has 2"),
    ("not_numbers", lambda _: read({"a": ["1", "two"]}).means("a"), "row 2: 'two' is not a number"),
]
