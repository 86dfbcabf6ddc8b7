"""Sums → means, totals and ratios of numbers: every answer code stands for a number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimate import EMPTY, LOW_BASE, OK, Measure
from analysis.estimators.intervals import quantile_t
from analysis.estimators.joint import Joint
from analysis.estimators.proportion import LOW
from analysis.estimators.variance import Calibrated, Stage, answer_codes, staged
from analysis.table.columns import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

MEAN, TOTAL, RATIO = "mean", "total", "ratio"
SKEWED = (
    25.0  # effective people for each unit of squared skewness, for a normal interval (Cochran 1977, §2.15)
)
_NOISE = 1e-14  # variances below this part of Σ(w·y)² are rounding


@dataclass(frozen=True)
class Measured:
    """Measures segment by segment with their covariance: `rows` to read, `joint` to compute with."""

    rows: tuple[Measure, ...]
    joint: Joint

    def __str__(self) -> str:
        """Return a line per measure."""
        return "\n".join(str(row) for row in self.rows)


def means(
    sums: Sums | Stage,
    *,
    question: str,
    values: Mapping[int, float],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    level: float = 0.95,
) -> Measured:
    """Estimate the mean of `values` (by answer code; other codes are missing) in each segment.

    Σw·y/Σw with Taylor linearisation (Särndal, Swensson & Wretman 1992, §5.7; R's svymean, svyby). The design
    effect is against simple random sampling with replacement (R: deff = "replace"), `design_effect_wor`
    without. Raises DataProblem "fpc_small", "lonely_stratum", "lonely_all".
    """
    return _measured(MEAN, question, values, None, segments, staged(sums, design, raking), level)


def totals(
    sums: Sums | Stage,
    *,
    question: str,
    values: Mapping[int, float],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    level: float = 0.95,
) -> Measured:
    """Estimate the population's total Σw·y in each segment (Horvitz-Thompson; R's svytotal). As `means`."""
    return _measured(TOTAL, question, values, None, segments, staged(sums, design, raking), level)


def ratios(
    sums: Sums | Stage,
    *,
    question: str,
    above: Mapping[int, float],
    below: Mapping[int, float],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    level: float = 0.95,
) -> Measured:
    """Estimate Σw·y/Σw·x in each segment, a code of both numbers together (R's svyratio). As `means`."""
    return _measured(RATIO, question, above, below, segments, staged(sums, design, raking), level)


def _measured(
    kind: str,
    question: str,
    values: Mapping[int, float],
    below: Mapping[int, float] | None,
    segments: Sequence[Segment],
    stage: Stage,
    level: float,
) -> Measured:
    parts = [_part(kind, stage, segment, values, below) for segment in segments]
    rows = np.unique(np.concatenate([part.rows for part in parts])) if parts else np.zeros(0, dtype=np.int64)
    linear = np.zeros((len(rows), len(parts)))
    for at, part in enumerate(parts):
        linear[np.searchsorted(rows, part.rows), at] = part.linear
    covariance = _clean(stage, rows, linear)
    done = [
        _measure(kind, stage, question, segment, part, float(covariance[at, at]), level)
        for at, (segment, part) in enumerate(zip(segments, parts, strict=True))
    ]
    value = np.array([np.nan if one.value is None else one.value for one in done])
    names = tuple(segment.label for segment in segments)
    return Measured(tuple(done), Joint(names, value, covariance, stage.degrees(rows)))


def _clean(stage: Stage, rows: Codes, linear: Numbers) -> Numbers:
    """Return the covariance without the rounding of measures that do not vary."""
    covariance = stage.covariance(rows, linear)
    size = ((stage.weight[rows, None] * linear) ** 2).sum(axis=0)
    still = np.diag(covariance) <= _NOISE * size
    return np.where(still[:, None] | still[None, :], 0.0, covariance)


@dataclass(frozen=True)
class _Part:
    """A segment's groups that count, their linearised values, the estimate, and its variance were it an SRS."""

    rows: Codes
    linear: Numbers
    value: float | None
    simple: float
    base: int
    weight: float
    kish: float
    reason: str | None = None
    skew: float = 0.0


def _part(
    kind: str, stage: Stage, segment: Segment, values: Mapping[int, float], below: Mapping[int, float] | None
) -> _Part:
    known = np.array(sorted(set(values) if below is None else set(values) & set(below)), dtype=np.int64)
    rows = stage.rows_in(segment.codes)
    code = answer_codes(stage, rows)
    inside = np.isin(code, known) & (stage.sums.n[rows] > 0)
    rows, code = rows[inside], code[inside]
    if not len(rows):
        return _Part(rows, np.zeros(0), None, 0.0, 0, 0.0, 0.0, "nobody answered")
    at = np.searchsorted(known, code)
    y = np.array([values[one] for one in known.tolist()], dtype=np.float64)[at]
    weight = stage.weight[rows]
    whole, base = float(weight.sum()), stage.people(rows)
    kish = whole**2 / float((stage.factor[rows] ** 2 * stage.sums.w2[rows]).sum())
    total = float(weight @ y)
    if kind == TOTAL:
        spread = float(weight @ (y - total / whole) ** 2) / whole
        skew = _skew(weight, y - total / whole, whole)
        return _Part(rows, y, total, spread * whole**2, base, whole, kish, None, skew)
    if kind == MEAN:
        off = y - total / whole
        spread, skew = float(weight @ off**2) / whole, _skew(weight, off, whole)
        return _Part(rows, off / whole, total / whole, spread, base, whole, kish, None, skew)
    x = np.array([(below or {})[one] for one in known.tolist()], dtype=np.float64)[at]
    under = float(weight @ x)
    if under == 0:
        return _Part(rows, np.zeros(len(rows)), None, 0.0, base, whole, kish, "the lower total is 0")
    off = (y - total / under * x) / under
    spread, skew = float(weight @ off**2) * whole, _skew(weight, off, whole)
    return _Part(rows, off, total / under, spread, base, whole, kish, None, skew)


def _skew(weight: Numbers, off: Numbers, whole: float) -> float:
    """Return the skewness of deviations from their mean; 0 where they do not vary."""
    square = float(weight @ off**2) / whole
    return float(weight @ off**3) / whole / square**1.5 if square > 0 else 0.0


def _measure(
    kind: str, stage: Stage, question: str, segment: Segment, part: _Part, variance: float, level: float
) -> Measure:
    if part.value is None:
        return Measure(
            question, kind, segment.label, None, None, None, None, part.base, part.kish, None, None, 0, EMPTY,
            segment.by, part.reason,
        )  # fmt: skip
    df, se = stage.degrees(part.rows), math.sqrt(max(variance, 0.0))
    # svyvar's n/(n-1) over n people: what a simple random sample of the base would have
    simple = part.simple / (part.base - 1) if part.base > 1 else 0.0
    effect = variance / simple if simple > 0 else None
    left = 1 - part.base / part.weight
    effective = part.base / effect if effect else part.kish
    reach = quantile_t(df, level) * se if df >= 1 else None
    people = min(effective, float(part.base))
    reason = None if df >= 1 else "too few first-stage units"
    if reason is None and people < SKEWED * part.skew**2:
        reason = "a few large values carry it: the interval is too short on their side"
    enough = reason is None and people >= LOW
    return Measure(
        question,
        kind,
        segment.label,
        part.value,
        se,
        None if reach is None else part.value - reach,
        None if reach is None else part.value + reach,
        part.base,
        effective,
        effect,
        effect / left if effect is not None and left > 0 else None,
        df,
        OK if enough else LOW_BASE,
        segment.by,
        reason,
    )
