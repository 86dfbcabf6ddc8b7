"""Do segments expect replies equally soon? The whole scale at once, and every limit with Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from analysis.estimators.association import rao_scott
from analysis.estimators.design_variance import Calibrated, Stage, staged
from analysis.estimators.intervals import quantile_t
from analysis.estimators.significance import Significance, adjusted, p_cell, p_of_t
from analysis.expectations.cumulative import ReplyScale, linearised
from analysis.rows import aligned, points, points_span
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums


@dataclass(frozen=True)
class LimitDifference:
    """The share of `first` less that of `second` at one limit; `p_adjusted` by Holm over all rows.

    `low` and `high` bound this difference alone. None with a `reason` where nothing can be tested.
    """

    limit: str
    first: str
    second: str
    difference: float | None
    se: float | None
    low: float | None
    high: float | None
    df: int
    p: float | None
    p_adjusted: float | None
    reason: str = ""

    def as_row(self) -> dict[str, Any]:
        """Return the difference as a row."""
        return asdict(self)


@dataclass(frozen=True)
class CurveComparison:
    """The overall test of the scale by segment, and the differences at every limit."""

    overall: Significance
    differences: tuple[LimitDifference, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as an object of plain values."""
        return {
            "overall": self.overall.as_row(),
            "rows": [difference.as_row() for difference in self.differences],
        }

    def __str__(self) -> str:
        lines = [
            (
                row.limit, f"{row.first} - {row.second}", points(row.difference), points_span(row.low, row.high),
                p_cell(row.p), row.reason if row.p_adjusted is None else p_cell(row.p_adjusted),
            )
            for row in self.differences
        ]  # fmt: skip
        heads = ("limit", "segments", "points", "interval", "p", "p (Holm)")
        return f"{self.overall}\n\n{aligned(heads, lines, left=2)}\n"


def compare_curves(
    sums: Sums,
    *,
    scale: ReplyScale,
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    level: float = 0.95,
) -> CurveComparison:
    """Compare segments that do not overlap (a segment that holds another is left out).

    Overall: Rao-Scott F of the exclusive answers by segment. At each limit every pair's difference of cumulative
    shares with the full covariance, t with the df of the pair's people, Holm over all limits and pairs.
    Raises DataProblem as `shares`.
    """
    apart = [segment for segment in segments if not any(other.codes < segment.codes for other in segments)]
    stage = staged(sums, design, raking)
    overall = rao_scott(sums, answers=scale.exclusive, segments=apart, design=design, raking=raking)
    curves = [linearised(stage, segment, scale) for segment in apart]
    variance = _covariance(stage, [(rows, values) for rows, _, values in curves])
    limits = len(scale.steps)
    differences = []
    for first, second in combinations(range(len(apart)), 2):
        (rows, share, _), (others, other_share, _) = curves[first], curves[second]
        names = apart[first].label, apart[second].label
        df = stage.degrees(np.sort(np.concatenate([rows, others])))
        nobody = stage.people(rows) == 0 or stage.people(others) == 0
        for at, step in enumerate(scale.steps):
            i, j = first * limits + at, second * limits + at
            square = float(variance[i, i] + variance[j, j] - 2 * variance[i, j])
            gap = None if nobody else float(share[at] - other_share[at])
            differences.append(_difference(step.name, names, gap, max(square, 0.0), df, level))
    p = iter(adjusted([row.p for row in differences if row.p is not None], "holm"))
    holm = (row if row.p is None else replace(row, p_adjusted=next(p)) for row in differences)
    return CurveComparison(overall, tuple(holm))


def _covariance(stage: Stage, parts: Sequence[tuple[Codes, Numbers]]) -> Numbers:
    """Return the covariance of all segments' cumulative shares, (segments x limits) squared."""
    rows = np.sort(np.concatenate([rows for rows, _ in parts])) if parts else np.zeros(0, dtype=np.int64)
    width = sum(values.shape[1] for _, values in parts)
    whole = np.zeros((len(rows), width))
    at = 0
    for own, values in parts:
        whole[np.searchsorted(rows, own), at : at + values.shape[1]] = values
        at += values.shape[1]
    return stage.covariance(rows, whole)


def _difference(
    limit: str, names: tuple[str, str], gap: float | None, square: float, df: int, level: float
) -> LimitDifference:
    """Return the difference of two segments at a limit (`gap` None: nobody answered), `square` its variance."""
    reason = "everybody answered alike here" if square <= 1e-18 else ""
    if gap is None or df < 1:
        reason = "nobody answered in one of the segments" if gap is None else "too few first-stage units"
    if gap is None or reason:
        return LimitDifference(limit, *names, None, None, None, None, df, None, None, reason)
    se = float(np.sqrt(square))
    reach = quantile_t(df, level) * se
    return LimitDifference(limit, *names, gap, se, gap - reach, gap + reach, df, p_of_t(gap / se, df), None)
