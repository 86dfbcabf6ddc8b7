"""Who answered a grid of items with one answer, or with the same one many times in a row."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis.table.column import Codes, Numbers

FEWEST = 4
"""Items answered, below which one answer to all of them is nothing unusual."""


def straight_lining(
    codes: Codes, longest: int | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.int64], Numbers]:
    """Return who gave a string of `longest` equal answers, each row's longest string, and its variability.

    `codes` (rows, items) are answers in the order of the grid, negative where missing (which ends no string).
    `longest` None: all items but one, at least FEWEST (the half of a scale, Curran 2016, flags too many in short
    grids). Variability is the standard deviation over items (IRV, Dunn, Heggestad, Shanock & Theilgard 2018),
    0 for one answer to all; NaN with fewer than two answers. All of shape (rows,).
    """
    rows, items = codes.shape
    string = np.zeros(rows, dtype=np.int64)
    run = np.zeros(rows, dtype=np.int64)
    last = np.full(rows, -1, dtype=np.int64)
    for column in codes.T:
        answered = column >= 0
        run = np.where(answered, np.where(column == last, run + 1, 1), run)
        last = np.where(answered, column, last)
        string = np.maximum(string, run)
    need = max(items - 1, FEWEST) if longest is None else longest
    return string >= need, string, _variability(codes)


def _variability(codes: Codes) -> Numbers:
    answered = codes >= 0
    count = answered.sum(axis=1)
    mean = np.divide((codes * answered).sum(axis=1), count, out=np.zeros(len(codes)), where=count > 0)
    square = (((codes - mean[:, None]) ** 2) * answered).sum(axis=1)
    variance = np.divide(square, count - 1, out=np.full(len(codes), math.nan), where=count > 1)
    return np.asarray(np.sqrt(variance), dtype=np.float64)
