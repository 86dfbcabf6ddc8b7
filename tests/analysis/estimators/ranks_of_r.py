"""Ranks as R's svyranktest gives them to ties: what our test is compared with."""

from __future__ import annotations

import numpy as np

from analysis.table.column import Codes, Numbers


def midranks_in_file_order(weight: Numbers, answer: Codes, answers: int) -> Numbers:
    """Return ranks as R's svyranktest gives them to ties: means of the running sums of weights in row order.

    `weight` and `answer` (rows,) are of everyone in the table, answers numbered from 0 in their order. They
    differ from `midranks` with unequal weights, and change with the order of rows.
    """
    order = np.argsort(answer, kind="stable")
    running = np.cumsum(weight[order]) - weight[order] / 2
    count = np.bincount(answer, minlength=answers)
    total = np.bincount(answer[order], weights=running, minlength=answers)
    return np.asarray(total / np.maximum(count, 1) / weight.sum(), dtype=np.float64)
