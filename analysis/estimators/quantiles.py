"""Sums → quantiles of numbers, with intervals by Woodruff's inversion: never a normal error of a quantile."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.estimate import EMPTY, LOW_BASE, OK, Measure
from analysis.estimators.design_variance import Calibrated, Stage, staged
from analysis.estimators.intervals import (
    ASIN,
    AUTO,
    BETA,
    ENOUGH,
    MEAN,
    XLOGIT,
    Evidence,
    check_level,
    quantile_t,
)
from analysis.estimators.intervals import interval as between
from analysis.estimators.means import numbers_of
from analysis.estimators.proportion import LOW
from analysis.problems import DataProblem
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums, add_up

SCORE = "score"
INTERVALS = (AUTO, MEAN, BETA, XLOGIT, ASIN, SCORE)
RULES = ("math", "school")
UNITS = 10
"""Degrees of freedom below which a quantile is marked."""
HEAPED = "many gave this very value: Woodruff's interval starts beside it and may miss; 'score' starts from p"
_SAME = 1e-12
"""Cumulated shares nearer to each other than this are the same."""


def quantiles(
    sums: Sums | Stage,
    *,
    question: str,
    values: Mapping[int, float],
    probabilities: Sequence[float],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    interval: str = AUTO,
    rule: str = "math",
    level: float = 0.95,
) -> list[Measure]:
    """Estimate quantiles of `values` (by answer code; other codes are missing), segment by segment.

    The smallest value that at least the share p does not exceed ("math"), or the middle of two values where the
    share is met exactly ("school"). Intervals: Woodruff 1952, the share at or below the quantile with its own
    interval (one of "mean", "beta", "xlogit", "asin"), read back as values; "score" is Francisco & Fuller's 1991
    test inversion (R's svyquantile). Where many gave the quantile's own value "auto" takes the test's, and
    Woodruff's is marked, with the reason. se is the interval's width over 2·t(df), as in R.
    Raises DataProblem "unknown_option", "bad_probability", "bad_level", "fpc_small", "lonely_stratum", "lonely_all".
    """
    for option, value, known in (("interval", interval, INTERVALS), ("rule", rule, RULES)):
        if value not in known:
            raise DataProblem("unknown_option", option=option, value=value, known=", ".join(known))
    for p in probabilities:
        if not 0 < p < 1:
            raise DataProblem("bad_probability", value=f"{p:g}")
    check_level(level)
    stage = staged(sums, design, raking)
    numbers = numbers_of(stage, values)
    measures = []
    for segment in segments:
        inside = stage.columns_in(segment.codes)
        inside = inside[~np.isnan(numbers[inside])]
        line = _line(stage, inside, numbers) if len(inside) else None
        base, kish, df = (line.base, line.kish, line.df) if line else (0, 0.0, 0)
        status, reason = (OK, None) if line else (EMPTY, "nobody answered")
        for p in probabilities:
            blank = Measure(
                question, f"quantile {p:g}", segment.label, None, None, None, None, base, kish, None, None, df,
                status, segment.by, reason,
            )  # fmt: skip
            measures.append(_measure(blank, line, p, interval, rule, level) if line else blank)
    return measures


@dataclass(frozen=True)
class _Line:
    """A segment's distinct values in order, with the share at or below each, and the columns behind them."""

    stage: Stage
    inside: Codes
    place: Codes
    values: Numbers
    below: Numbers
    whole: float
    base: int
    kish: float
    df: int

    def quantile(self, p: float, rule: str) -> float:
        """Return the value at the share p."""
        at = min(int(np.searchsorted(self.below, p - _SAME)), len(self.values) - 1)
        exact = abs(float(self.below[at]) - p) <= _SAME and at + 1 < len(self.values)
        if rule == "school" and exact:
            return float(self.values[at] + self.values[at + 1]) / 2
        return float(self.values[at])

    def heaped(self, at: int, evidence: Evidence) -> bool:
        """Tell whether so many gave the value at the place `at` that Woodruff's interval starts beside it."""
        people = self.stage.people(self.inside[self.place == at])
        here = float(self.below[at]) - (float(self.below[at - 1]) if at else 0.0)
        return people > 1 and here > math.sqrt(evidence.variance) / 2

    def evidence(self, at: int) -> Evidence:
        """Return what is known of the share of values up to the place `at`."""
        share = float(self.below[at]) if at + 1 < len(self.values) else 1.0
        off: Numbers = ((self.place <= at).astype(np.float64) - share) / self.whole
        variance = float(self.stage.variances(self.inside, off[:, None])[0])
        effect = variance / (share * (1 - share) / max(self.base - 1, 1)) if 0 < share < 1 else 0.0
        effective = self.base / effect if effect else self.kish
        return Evidence(share, variance, self.base, self.df, effective, self.kish, self.base, self.df)


def _line(stage: Stage, inside: Codes, numbers: Numbers) -> _Line:
    distinct, place = np.unique(numbers[inside], return_inverse=True)
    weight = stage.weight[inside]
    at_value = add_up(place, weight, len(distinct))
    below = np.cumsum(at_value) / at_value.sum()
    return _Line(
        stage, inside, place, distinct, below, float(weight.sum()), stage.people(inside), stage.kish(inside),
        stage.degrees(inside),
    )  # fmt: skip


def _measure(blank: Measure, line: _Line, p: float, method: str, rule: str, level: float) -> Measure:
    value = line.quantile(p, rule)
    at = int(np.searchsorted(line.values, value, side="right")) - 1
    evidence = line.evidence(at)
    measure = replace(blank, value=value, effective_base=evidence.effective_base, status=LOW_BASE)
    if line.df < 1:
        return replace(measure, reason="too few first-stage units")
    heaped = line.heaped(at, evidence)
    if method == AUTO:
        method = SCORE if heaped else MEAN
    if method == SCORE:
        low, high = _score(line, p, level)
    elif evidence.share < 1:
        # Woodruff's: the ends of the share's interval, read back as values
        bounds = between(evidence, method, level)
        ends = (bounds.low, bounds.high)
        low, high = (None if end is None or not 0 <= end <= 1 else line.quantile(end, rule) for end in ends)
    else:
        # a share of 1 has no error to read back
        low = high = None
    if low is None or high is None:
        return replace(measure, low=low, high=high, reason="the interval reaches beyond the values given")
    people = min(evidence.effective_base, float(line.base))
    enough = people >= LOW and people * min(p, 1 - p) >= ENOUGH and line.df >= UNITS
    reason = HEAPED if heaped and method != SCORE and evidence.variance > 0 else None
    se = (high - low) / (2 * quantile_t(line.df, level))
    status = OK if enough and reason is None else LOW_BASE
    return replace(measure, se=se, low=low, high=high, status=status, reason=reason)


def _score(line: _Line, p: float, level: float) -> tuple[float | None, float | None]:
    """Return the values that a test of "the share p lies at or below" does not rule out."""
    t = quantile_t(line.df, level)

    def ruled_out(at: int, side: int) -> bool:
        evidence = line.evidence(at)
        gap = evidence.share - p
        if evidence.variance <= 0:
            return side * gap > 0
        return side * gap > t * math.sqrt(evidence.variance)

    last = len(line.values) - 1
    low = _first(last, lambda at: not ruled_out(at, -1))
    high = _first(last, lambda at: ruled_out(at, 1))
    return (
        None if low is None else float(line.values[low]),
        None if high is None else float(line.values[high]),
    )


def _first(last: int, holds: Callable[[int], bool]) -> int | None:
    """Return the first place from 0 to `last` from which on `holds`, by halving; None where it never does."""
    low, high = 0, last + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low if low <= last else None
