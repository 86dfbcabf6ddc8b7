"""Who was too fast to have read: time against the median of the others on the same pages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.table.column import Numbers

FAST = 1 / 3
"""Flagged below this part of the usual time, as is common in practice; Greszki, Meyer & Schoen 2015 look at half."""
FEWEST = 5  # people on a page, below which its median says nothing


def speeding(seconds: Numbers, share: float = FAST) -> tuple[NDArray[np.bool_], Numbers]:
    """Return who took less than a share of the usual time, and everyone's part of it; both (rows,).

    `seconds` has shape (rows,) for a total or (rows, pages) with NaN for pages not seen. The usual time is the
    sum of the medians of the pages that this person saw, so that a short route is not fast (a relative
    speed as in Leiner 2019, from sums, so that one short page weighs little). NaN and False where no time is known.
    """
    table = seconds[:, None] if seconds.ndim == 1 else seconds
    usual = np.array([_median(page) for page in table.T])
    known = np.isfinite(table) & (table >= 0) & np.isfinite(usual)
    taken = np.where(known, table, 0.0).sum(axis=1)
    expected = np.where(known, usual, 0.0).sum(axis=1)
    part = np.divide(taken, expected, out=np.full(len(table), np.nan), where=expected > 0)
    return np.nan_to_num(part, nan=np.inf) < share, part


def _median(page: Numbers) -> float:
    seen = page[np.isfinite(page) & (page >= 0)]
    return float(np.median(seen)) if len(seen) >= FEWEST else np.nan


def page_seconds(paradata: pa.Table, responses: Sequence[str]) -> tuple[tuple[str, ...], Numbers]:
    """Return the pages of a snapshot's paradata and the seconds on each, shape (responses, pages).

    Several visits to a page add up; NaN where a page was not seen.
    """
    pages = tuple(dict.fromkeys(paradata["page"].to_pylist()))
    row = {name: at for at, name in enumerate(responses)}
    place = {name: at for at, name in enumerate(pages)}
    total = np.full((len(responses), len(pages)), np.nan)
    columns = (paradata[name].to_pylist() for name in ("_response", "page", "seconds"))
    for response, page, taken in zip(*columns, strict=True):
        if response in row and taken is not None:
            at = row[response], place[page]
            total[at] = np.nan_to_num(total[at]) + taken
    return pages, total
