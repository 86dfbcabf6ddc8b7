"""Column tests: each choice's share in one segment against another, from the covariance of all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations, groupby
from typing import Any

import numpy as np
from scipy import special

from analysis.estimators.columns import Columns, columns_of
from analysis.estimators.intervals import NONE, quantile_t, wilson
from analysis.estimators.multiplicity import adjusted, check_adjustment
from analysis.estimators.proportion import FEW, LOW, Answer
from analysis.estimators.significance import p_of_t
from analysis.estimators.variance import Calibrated, Stage, member, staged
from analysis.table.columns import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

OK, LOW_BASE, FEW_EXPECTED, NO_TEST = "ok", "low_base", "few_expected", "no_test"
EXPECTED = 5.0  # effective people on each side, were both shares equal, below which a test is marked
ENOUGH = 20.0  # the same, below which difference ± t·se covers too rarely
T_INTERVAL, NEWCOMBE = "t", "newcombe"
UNITS = 10  # units with cases less strata, below which a test is marked
_NOISE = 1e-12  # variances below this part of the binomial one are rounding, not variation


@dataclass(frozen=True)
class Difference:
    """The share of a choice in segment `first` minus that in `second`, as fractions.

    `low` and `high` are its `interval`: "t", difference ± t·se, or with few people on a side "newcombe", from
    those of both shares (which in a close case may see 0 where p does not); `p` is two-sided from `t`;
    `adjusted` takes the other pairs of the choice into account.
    `equivalent_p` is the p-value of two one-sided tests against the margin, whose interval is `equivalent_low`
    to `equivalent_high`; None without a margin. `status` is "ok", "low_base" (a base under 30 effective people,
    or under 10 degrees of freedom from units with cases), "few_expected" (under 5 people on a side, were both
    shares equal) or "no_test", with the `reason`.
    """

    choice: str
    first: str
    second: str
    difference: float | None
    se: float | None
    low: float | None
    high: float | None
    interval: str
    t: float | None
    df: int
    p: float | None
    adjusted: float | None
    equivalent_p: float | None
    equivalent_low: float | None
    equivalent_high: float | None
    status: str
    reason: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the difference as `earshot compare --format json` prints it."""
        return asdict(self)


def differences(
    sums: Sums | Stage,
    *,
    answers: Sequence[Answer],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    base_codes: frozenset[int] | None = None,
    level: float = 0.95,
    adjust: str = "holm",
    margin: float | None = None,
) -> list[Difference]:
    """Test every pair of segments, choice by choice: t of the difference with its covariance, per pair df.

    Taylor linearisation of both shares together (Särndal, Swensson & Wretman 1992, §5.7; R's svyby with
    covmat = TRUE and svycontrast). Segments must not overlap. df = units - strata over the strata with cases in
    either segment (of people: people in either - strata). After raking, segments of few people are taken as in
    `shares`. A choice's pairs are one family for `adjust`; `margin` (a fraction) adds Schuirmann's 1987 two
    one-sided tests.
    Raises DataProblem "unknown_option", "fpc_small", "lonely_stratum", "lonely_all".
    """
    check_adjustment(adjust)
    counted = frozenset().union(*(answer.codes for answer in answers)) if base_codes is None else base_codes
    columns = columns_of(staged(sums, design, raking), counted, segments)
    pairs = list(combinations(range(len(segments)), 2))
    found = []
    for answer in answers:
        chose = member(np.arange(columns.weight.shape[1]), answer.codes & counted).astype(np.float64)
        share, covariance = columns.share(chose)
        facts = _facts(columns, share, covariance)
        found += [_tested(facts, answer.name, segments, pair, level, margin) for pair in pairs]
    return with_adjusted(found, adjust)


def with_adjusted(found: Sequence[Difference], adjust: str) -> list[Difference]:
    """Return the differences with p-values adjusted over the pairs of each choice."""
    done: list[Difference] = []
    for _, family in groupby(found, key=lambda one: one.choice):
        members = list(family)
        values = iter(adjusted([one.p for one in members if one.p is not None], adjust))
        done += [one if one.p is None else replace(one, adjusted=next(values)) for one in members]
    return done


@dataclass(frozen=True)
class _Facts:
    """Shares of one choice, their covariance as tested and as estimated, and how many people they rest on."""

    share: Numbers
    covariance: Numbers
    estimated: Numbers
    base: Numbers
    effective: Numbers
    df: Codes
    units: Codes


def _facts(columns: Columns, share: Numbers, covariance: Numbers) -> _Facts:
    base, kish = columns.base, columns.kish
    binomial = share * (1 - share) / np.maximum(base - 1, 1)
    variance = np.diag(covariance).copy()
    settled = variance <= _NOISE * np.maximum(binomial, 1e-300)
    covariance = np.where(settled[:, None] | settled[None, :], 0.0, covariance)
    usual = ~settled & (binomial > 0)
    effective = np.where(usual, base * binomial / np.where(usual, variance, 1.0), kish)
    tested = covariance
    if columns.stage.raking is not None:
        few = usual & (kish < FEW)
        least = np.where(few, np.maximum(binomial, variance), variance)
        stretch = np.sqrt(np.divide(least, variance, out=np.ones_like(least), where=usual))
        tested = covariance * np.outer(stretch, stretch)
        effective = np.where(few, np.minimum(np.minimum(effective, kish), base), effective)
    return _Facts(share, tested, covariance, base, effective, columns.df, columns.units)


def _tested(
    facts: _Facts,
    choice: str,
    segments: Sequence[Segment],
    pair: tuple[int, int],
    level: float,
    margin: float | None,
) -> Difference:
    first, second = pair
    df = int(facts.df[pair])
    names = (choice, segments[first].label, segments[second].label)
    if min(facts.base[first], facts.base[second]) == 0:
        empty = segments[first if facts.base[first] == 0 else second].label
        return _untested(*names, None, None, df, f"nobody answered in '{empty}'")
    gap = float(facts.share[first] - facts.share[second])
    se = _error(facts.estimated, first, second)
    error = _error(facts.covariance, first, second)
    if df < 1:
        return _untested(*names, gap, se, df, "too few first-stage units")
    if error == 0:
        return _untested(*names, gap, se, df, _no_error(facts, first, second))
    t, how = gap / error, T_INTERVAL
    low, high = (max(min(gap + side * quantile_t(df, level) * error, 1.0), -1.0) for side in (-1, 1))
    if _expected(facts, first, second) < ENOUGH:
        how, (low, high) = NEWCOMBE, _newcombe(facts, first, second, df, level)
    found = Difference(*names, gap, se, low, high, how, t, df, p_of_t(t, df), None, None, None, None, OK)
    if margin is not None:
        found = _with_equivalence(found, error, level, margin)
    return replace(found, status=_status(facts, first, second))


def _newcombe(facts: _Facts, first: int, second: int, df: int, level: float) -> tuple[float, float]:
    """Return the interval of a difference from those of both shares (Newcombe 1998; Zou & Donner 2008).

    The shares' own intervals are Wilson's at their effective bases, joined with their correlation: with few
    people on a side of a segment much smaller than the other, difference ± t·se covers 93 % instead of 95.
    """
    sides = []
    for at in (first, second):
        p, variance = float(facts.share[at]), float(facts.covariance[at, at])
        if variance > 0:
            sides.append((p, *wilson(p, p * (1 - p) / variance, df, level)))
        else:
            sides.append(
                (p, *(wilson(p, float(facts.effective[at]), df, level) if p in (0.0, 1.0) else (p, p)))
            )
    (p, p_low, p_high), (q, q_low, q_high) = sides
    shared = float(facts.covariance[first, second])
    spread = math.sqrt(float(facts.covariance[first, first] * facts.covariance[second, second]))
    alike = shared / spread if spread > 0 else 0.0
    down, up, q_down, q_up = p - p_low, p_high - p, q - q_low, q_high - q
    low = math.sqrt(max(down**2 + q_up**2 - 2 * alike * down * q_up, 0.0))
    high = math.sqrt(max(up**2 + q_down**2 - 2 * alike * up * q_down, 0.0))
    return max(p - q - low, -1.0), min(p - q + high, 1.0)


def _error(covariance: Numbers, first: int, second: int) -> float:
    parts = covariance[first, first], covariance[second, second]
    variance = float(parts[0] + parts[1] - 2 * covariance[first, second])
    return math.sqrt(variance) if variance > _NOISE * float(parts[0] + parts[1]) else 0.0


def _no_error(facts: _Facts, first: int, second: int) -> str:
    ends = {float(facts.share[first]), float(facts.share[second])}
    if len(ends) == 1 and ends <= {0.0, 1.0}:
        return "nobody chose it in either" if ends == {0.0} else "everybody chose it in both"
    return "neither share has a sampling error"


def _with_equivalence(found: Difference, error: float, level: float, margin: float) -> Difference:
    """Two one-sided tests at 1 - level (Schuirmann 1987): equivalent where the 2·level - 1 interval is inside."""
    assert found.difference is not None
    below = float(special.stdtr(found.df, -(found.difference + margin) / error))
    above = float(special.stdtr(found.df, (found.difference - margin) / error))
    reach = quantile_t(found.df, 2 * level - 1) * error
    return replace(
        found,
        equivalent_p=max(below, above),
        equivalent_low=found.difference - reach,
        equivalent_high=found.difference + reach,
    )


def _expected(facts: _Facts, first: int, second: int) -> float:
    """Return the effective people on the smaller side of the smaller segment, were both shares equal."""
    people = facts.effective[[first, second]]
    pooled = float(facts.share[[first, second]] @ people / people.sum())
    return float(people.min()) * min(pooled, 1 - pooled)


def _status(facts: _Facts, first: int, second: int) -> str:
    if _expected(facts, first, second) < EXPECTED:
        return FEW_EXPECTED
    few = min(*facts.effective[[first, second]].tolist(), *facts.base[[first, second]].tolist()) < LOW
    return LOW_BASE if few or facts.units[first, second] < UNITS else OK


def _untested(
    choice: str, first: str, second: str, gap: float | None, se: float | None, df: int, reason: str
) -> Difference:
    return Difference(
        choice,
        first,
        second,
        gap,
        se,
        None,
        None,
        NONE,
        None,
        df,
        None,
        None,
        None,
        None,
        None,
        NO_TEST,
        reason,
    )
