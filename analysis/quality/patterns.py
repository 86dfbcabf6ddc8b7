"""Patterns of answering: too fast to have read, one answer to a whole grid, answers that stop or are left out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.table.column import Codes, Numbers

Mask = NDArray[np.bool_]
FAST = 1 / 3
"""Flagged below this part of the usual time, as is common in practice; Greszki, Meyer & Schoen 2015 look at half."""
FEWEST_PEOPLE = 5  # people on a page, below which its median says nothing
FEWEST = 4
"""Items answered, below which one answer to all of them is nothing unusual."""
STOPPED, GAP = 3, 5
"""Questions left out at the end, and in a row in between, from which on a row is flagged."""


def speeding(seconds: Numbers, share: float = FAST) -> tuple[Mask, Numbers]:
    """Return who took less than a share of the usual time, and everyone's part of it; both (rows,).

    `seconds` has shape (rows,) for a total or (rows, pages) with NaN for pages not seen. The usual time is the
    sum of the medians of the pages that this person saw, so that a short route is not fast (a relative
    speed as in Leiner 2019, from sums, so that one short page weighs little). NaN and False where no time is known.
    """
    table = seconds[:, None] if seconds.ndim == 1 else seconds
    timed = np.isfinite(table) & (table >= 0)
    usual = np.array(
        [
            np.median(page[t]) if t.sum() >= FEWEST_PEOPLE else np.nan
            for page, t in zip(table.T, timed.T, strict=True)
        ]
    )
    compared = timed & np.isfinite(usual)
    time = np.where(compared, table, 0.0).sum(axis=1)
    expected = np.where(compared, usual, 0.0).sum(axis=1)
    part = np.divide(time, expected, out=np.full(len(table), np.nan), where=expected > 0)
    return np.nan_to_num(part, nan=np.inf) < share, part


def page_seconds(paradata: pa.Table, responses: Sequence[str]) -> tuple[tuple[str, ...], Numbers]:
    """Return the pages of a snapshot's paradata and the seconds on each, shape (responses, pages).

    Several visits to a page add up; NaN where a page was not seen.
    """
    pages = tuple(dict.fromkeys(paradata["page"].to_pylist()))
    row = {name: at for at, name in enumerate(responses)}
    place = {name: at for at, name in enumerate(pages)}
    total = np.full((len(responses), len(pages)), np.nan)
    columns = (paradata[name].to_pylist() for name in ("_response", "page", "seconds"))
    for response, page, seconds in zip(*columns, strict=True):
        if response in row and seconds is not None:
            at = row[response], place[page]
            total[at] = np.nan_to_num(total[at]) + seconds
    return pages, total


def straight_lining(codes: Codes, longest: int | None = None) -> tuple[Mask, NDArray[np.int64], Numbers]:
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
    answered = codes >= 0
    count = answered.sum(axis=1)
    mean = np.divide((codes * answered).sum(axis=1), count, out=np.zeros(rows), where=count > 0)
    square = (((codes - mean[:, None]) ** 2) * answered).sum(axis=1)
    variance = np.divide(square, count - 1, out=np.full(rows, math.nan), where=count > 1)
    return string >= need, string, np.asarray(np.sqrt(variance), dtype=np.float64)


def missing_sequence(
    answered: Mask, asked_of: Mask | None = None, stopped: int = STOPPED, gap: int = GAP
) -> tuple[Mask, Mask, NDArray[np.int64]]:
    """Return who stopped answering before the end, who left out a long run in between, and the longest run.

    `answered` and `asked_of` (rows, questions) are in the order of asking; None: everybody was asked everything.
    A row without any answer is neither: it has no sequence. All of shape (rows,).
    """
    offered = np.ones_like(answered) if asked_of is None else asked_of
    inside = np.zeros(len(answered), dtype=np.int64)
    run = np.zeros(len(answered), dtype=np.int64)
    begun = np.zeros(len(answered), dtype=bool)
    for at in range(answered.shape[1]):
        now = answered[:, at] & offered[:, at]
        # a run counts as a gap once an answer comes after it, and one came before it
        inside = np.where(now & begun, np.maximum(inside, run), inside)
        begun |= now
        run = np.where(now, 0, run + (offered[:, at] & begun))
    return begun & (run >= stopped), inside >= gap, np.maximum(inside, run)
