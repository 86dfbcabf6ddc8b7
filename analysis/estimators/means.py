"""Sums → means, totals and ratios of numbers: every answer code stands for a number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analysis.estimate import EMPTY, LOW_BASE, OK, Measure
from analysis.estimators.design_variance import Calibrated, Stage, staged
from analysis.estimators.intervals import check_level, quantile_t
from analysis.estimators.joint import Joint
from analysis.estimators.proportion import LOW
from analysis.problems import DataProblem
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

MEAN, TOTAL, RATIO = "mean", "total", "ratio"
SKEWED = (
    25.0  # effective people for each unit of squared skewness, for a normal interval (Cochran 1977, §2.15)
)
_NOISE = 1e-14
"""Variances below this part of Σ(w·y)² are rounding."""


@dataclass(frozen=True)
class Measured:
    """Measures segment by segment: `rows` to read, `joint` to compute with.

    A row's error is that of its own people, in the strata that they are in (R's svyby). Under the rule "average"
    for lonely strata it is not the root of the covariance's diagonal, which averages over the strata of all
    segments together (R's vcov of svyby with covmat = TRUE).
    """

    rows: tuple[Measure, ...]
    _stage: Stage = field(repr=False, compare=False)
    _parts: tuple[_Part, ...] = field(repr=False, compare=False)

    @cached_property
    def joint(self) -> Joint:
        """Return the estimates with their covariance, worked out here: columns × segments numbers at once."""
        inside = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(p.inside for p in self._parts)]))
        linear = np.zeros((len(inside), len(self._parts)))
        for at, part in enumerate(self._parts):
            linear[np.searchsorted(inside, part.inside), at] = part.linear
        value = np.array([np.nan if row.value is None else row.value for row in self.rows])
        names = tuple(row.segment for row in self.rows)
        covariance = self._stage.covariance(inside, linear)
        # what is left of measures that do not vary is rounding
        size = self._stage.squares(inside, linear**2).sum(axis=0)
        still = np.diag(covariance) <= _NOISE * size
        covariance = np.where(still[:, None] | still[None, :], 0.0, covariance)
        return Joint(names, value, covariance, self._stage.degrees(inside))

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
    without. Raises DataProblem "bad_level", "fpc_small", "lonely_stratum", "lonely_all" (no segment has an error).
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
    check_level(level)
    above = numbers_of(stage, values)
    under = np.ones(len(above)) if below is None else numbers_of(stage, below)
    parts = tuple(_part(kind, stage, segment, above, under) for segment in segments)
    variances = _variances(stage, parts)
    rows = tuple(
        _measure(kind, stage, question, segment, part, variance, level)
        for segment, part, variance in zip(segments, parts, variances, strict=True)
    )
    return Measured(rows, stage, parts)


def numbers_of(stage: Stage, values: Mapping[int, float]) -> Numbers:
    """Return what each column's answer stands for, shape (columns,); NaN where it is no number."""
    by_code = np.full(int(stage.answer.max(initial=0)) + 1, np.nan)
    for code, value in values.items():
        if 0 <= code < len(by_code):
            by_code[code] = value
    return by_code[stage.answer]


def _variances(stage: Stage, parts: Sequence[_Part]) -> list[float | None]:
    """Return each part's variance in its own strata; None where these are all lonely with nothing to average."""
    variances: list[float | None] = []
    alone: DataProblem | None = None
    for part in parts:
        if part.value is None:
            variances.append(0.0)
            continue
        try:
            variance = float(stage.variances(part.inside, part.linear[:, None])[0])
        except DataProblem as problem:
            if problem.code != "lonely_all":
                raise
            alone = problem
            variances.append(None)
            continue
        # what is left of measures that do not vary is rounding
        size = float(stage.squares(part.inside, part.linear[:, None] ** 2).sum())
        variances.append(0.0 if variance <= _NOISE * size else variance)
    if alone is not None and all(variance is None for variance in variances):
        raise alone
    return variances


@dataclass(frozen=True)
class _Part:
    """A segment's columns that count, their linearised values, the estimate, and its variance were it an SRS."""

    inside: Codes
    linear: Numbers
    value: float | None
    simple: float
    base: int
    weight: float
    kish: float
    reason: str | None = None
    skew: float = 0.0


def _part(kind: str, stage: Stage, segment: Segment, above: Numbers, below: Numbers) -> _Part:
    """Linearise a segment: a mean is the ratio to a number that is 1 for everybody."""
    inside = stage.columns_in(segment.codes)
    inside = inside[~np.isnan(above[inside]) & ~np.isnan(below[inside])]
    if not len(inside):
        return _Part(inside, np.zeros(0), None, 0.0, 0, 0.0, 0.0, "nobody answered")
    y, x, weight = above[inside], below[inside], stage.weight[inside]
    whole, base, kish = float(weight.sum()), stage.people(inside), stage.kish(inside)
    total, under = float(weight @ y), float(weight @ x)
    if under == 0:
        return _Part(inside, np.zeros(len(inside)), None, 0.0, base, whole, kish, "the lower total is 0")
    if kind == TOTAL:
        value, linear, off = total, y, y - total / whole
    else:
        value = total / under
        linear = off = (y - value * x) / under
    simple = whole * float(weight @ off**2)
    return _Part(inside, linear, value, simple, base, whole, kish, None, _skew(weight, off, whole))


def _skew(weight: Numbers, off: Numbers, whole: float) -> float:
    """Return the skewness of deviations from their mean; 0 where they do not vary."""
    most = float(np.abs(off).max())
    if most == 0:
        return 0.0
    off = off / most  # cubes of very large and very small numbers stay numbers
    square = float(weight @ off**2) / whole
    return float(weight @ off**3) / whole / math.pow(square, 1.5)


def _measure(
    kind: str,
    stage: Stage,
    question: str,
    segment: Segment,
    part: _Part,
    variance: float | None,
    level: float,
) -> Measure:
    if part.value is None:
        return Measure(
            question, kind, segment.label, None, None, None, None, part.base, part.kish, None, None, 0, EMPTY,
            segment.by, part.reason,
        )  # fmt: skip
    df, se = stage.degrees(part.inside), None if variance is None else math.sqrt(variance)
    # svyvar's n/(n-1) over n people: what a simple random sample of the base would have
    simple = part.simple / (part.base - 1) if part.base > 1 else 0.0
    effect = variance / simple if variance is not None and simple > 0 else None
    left = 1 - part.base / part.weight
    effective = part.base / effect if effect else part.kish
    reach = None if df < 1 or se is None else quantile_t(df, level) * se
    reason = None
    if df < 1:
        reason = "too few first-stage units"
    elif se and min(effective, float(part.base)) < SKEWED * part.skew**2:
        reason = "a few large values carry it: the interval is too short on their side"
    enough = reason is None and min(effective, float(part.base)) >= LOW
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
