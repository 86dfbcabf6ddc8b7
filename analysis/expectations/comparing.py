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
from analysis.expectations.cumulative import Scale, linearised
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
        return {"overall": self.overall.as_row(), "rows": [one.as_row() for one in self.differences]}

    def __str__(self) -> str:
        lines = [
            (
                one.limit,
                f"{one.first} - {one.second}",
                points(one.difference),
                points_span(one.low, one.high),
                p_cell(one.p),
                one.reason if one.p_adjusted is None else p_cell(one.p_adjusted),
            )
            for one in self.differences
        ]
        heads = ("limit", "segments", "points", "interval", "p", "p (Holm)")
        return f"{self.overall}\n\n{aligned(heads, lines, left=2)}\n"


def compare_curves(
    sums: Sums,
    *,
    scale: Scale,
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
    apart = [one for one in segments if not any(other.codes < one.codes for other in segments)]
    stage = staged(sums, design, raking)
    overall = rao_scott(sums, answers=scale.exclusive, segments=apart, design=design, raking=raking)
    seen = [linearised(stage, segment, scale) for segment in apart]
    variance = _covariance(stage, [(rows, values) for rows, _, values in seen])
    found: list[LimitDifference] = []
    for (one, first), (two, second) in combinations(enumerate(apart), 2):
        found += _pair(stage, scale, (first, second), (seen[one], seen[two]), variance, (one, two), level)
    return CurveComparison(overall, _holm(found))


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


def _pair(
    stage: Stage,
    scale: Scale,
    names: tuple[Segment, Segment],
    seen: tuple[tuple[Codes, Numbers, Numbers], tuple[Codes, Numbers, Numbers]],
    variance: Numbers,
    places: tuple[int, int],
    level: float,
) -> list[LimitDifference]:
    (rows, share, _), (others, other_share, _) = seen
    first, second = (segment.label for segment in names)
    df = stage.degrees(np.sort(np.concatenate([rows, others])))
    done = []
    for at, step in enumerate(scale.steps):
        one, two = (place * len(scale.steps) + at for place in places)
        spread = max(float(variance[one, one] + variance[two, two] - 2 * variance[one, two]), 0.0)
        reason = _reason(stage, rows, others, df, spread)
        if reason:
            done.append(
                LimitDifference(step.name, first, second, None, None, None, None, df, None, None, reason)
            )
            continue
        gap, se = float(share[at] - other_share[at]), float(np.sqrt(spread))
        reach = quantile_t(df, level) * se
        p = p_of_t(gap / se, df)
        done.append(LimitDifference(step.name, first, second, gap, se, gap - reach, gap + reach, df, p, None))
    return done


def _reason(stage: Stage, rows: Codes, others: Codes, df: int, spread: float) -> str:
    if stage.people(rows) == 0 or stage.people(others) == 0:
        return "nobody answered in one of the segments"
    if df < 1:
        return "too few first-stage units"
    return "everybody answered alike here" if spread <= 1e-18 else ""


def _holm(found: Sequence[LimitDifference]) -> tuple[LimitDifference, ...]:
    """Adjust p over the rows that have one."""
    p = iter(adjusted([one.p for one in found if one.p is not None], "holm"))
    return tuple(one if one.p is None else replace(one, p_adjusted=next(p)) for one in found)
