"""Column tests: each choice's share in one segment against another, from the covariance of all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations, groupby
from typing import Any

import numpy as np
from scipy import special

from analysis.estimators.columns import columns_of
from analysis.estimators.design_variance import Calibrated, Stage, member, staged
from analysis.estimators.intervals import NONE, quantile_t
from analysis.estimators.pairs import (
    ShareColumns,
    all_against_nobody,
    drawn_whole,
    error_of,
    expected,
    newcombe,
    share_columns,
    untestable,
)
from analysis.estimators.proportion import LOW, Answer
from analysis.estimators.significance import adjusted, check_adjustment, p_of_t
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

OK, LOW_BASE, FEW_EXPECTED, NO_TEST = "ok", "low_base", "few_expected", "no_test"
EXPECTED = 5.0
"""Effective people on each side, were both shares equal, below which a test is marked."""
ENOUGH = 20.0
"""The same, below which difference ± t·se covers too rarely."""
T_INTERVAL, NEWCOMBE = "t", "newcombe"
UNITS = 10
"""Units with cases less strata, below which a test is marked."""


@dataclass(frozen=True)
class Difference:
    """The share of a choice in segment `first` minus that in `second`, as fractions.

    `low` and `high` are its `interval`: "t", difference ± t·se, or with few people on a side "newcombe", from
    those of both shares (which in a close case may see 0 where p does not, or the other way round); `p` is
    two-sided from `t`; `adjusted` takes the other pairs of the choice into account. Of all against nobody `se`
    and `t` are those of one common share, at the effective first-stage units.
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
    census = drawn_whole(columns)
    rows = []
    for answer in answers:
        chose = member(np.arange(columns.weight.shape[1]), answer.codes & counted).astype(np.float64)
        share, covariance = columns.share(chose)
        facts = share_columns(columns, share, covariance, census)
        rows += [_tested(facts, answer.name, segments, pair, level, margin) for pair in pairs]
    return with_adjusted(rows, adjust)


def with_adjusted(differences: Sequence[Difference], adjust: str) -> list[Difference]:
    """Return the differences with p-values adjusted over the pairs of each choice."""
    done: list[Difference] = []
    for _, family in groupby(differences, key=lambda difference: difference.choice):
        members = list(family)
        values = iter(adjusted([difference.p for difference in members if difference.p is not None], adjust))
        done += [
            difference if difference.p is None else replace(difference, adjusted=next(values))
            for difference in members
        ]
    return done


def _tested(
    facts: ShareColumns,
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
    se = error_of(facts.estimated, first, second)
    error = error_of(facts.covariance, first, second)
    reason = untestable(facts, segments, pair, error)
    if reason is not None:
        return _untested(*names, gap, se, df, reason)
    if error == 0:
        facts = all_against_nobody(facts, pair)
        se = error = 1 / math.sqrt(float(facts.effective[[first, second]].sum()))
    t, how = gap / error, T_INTERVAL
    p = p_of_t(t, df)
    low, high = (max(min(gap + side * quantile_t(df, level) * error, 1.0), -1.0) for side in (-1, 1))
    if expected(facts, first, second) < ENOUGH:
        how, (low, high) = NEWCOMBE, newcombe(facts, first, second, df, level)
        if p >= 1 - level and not low <= 0 <= high:
            low, high = newcombe(facts, first, second, df, level, joined=False)
    difference = Difference(*names, gap, se, low, high, how, t, df, p, None, None, None, None, OK)
    if margin is not None:
        difference = _with_equivalence(difference, error, level, margin)
    return replace(difference, status=_status(facts, first, second))


def _with_equivalence(tested: Difference, error: float, level: float, margin: float) -> Difference:
    """Two one-sided tests at 1 - level (Schuirmann 1987): equivalent where the 2·level - 1 interval is inside."""
    assert tested.difference is not None
    below = float(special.stdtr(tested.df, -(tested.difference + margin) / error))
    above = float(special.stdtr(tested.df, (tested.difference - margin) / error))
    reach = quantile_t(tested.df, 2 * level - 1) * error
    return replace(
        tested,
        equivalent_p=max(below, above),
        equivalent_low=tested.difference - reach,
        equivalent_high=tested.difference + reach,
    )


def _status(facts: ShareColumns, first: int, second: int) -> str:
    if expected(facts, first, second) < EXPECTED:
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
