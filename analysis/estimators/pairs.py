"""What a difference between two segments rests on: shares with their covariance, people, units, and what is wanting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.estimators.columns import Columns
from analysis.estimators.crosstab import CENSUS
from analysis.estimators.degrees import effective_units
from analysis.estimators.intervals import wilson
from analysis.estimators.proportion import FEW
from analysis.table.column import Codes, Mask, Numbers
from analysis.table.segments import Segment

_NOISE = 1e-12
"""Variances below this part of the binomial one are rounding, not variation."""


@dataclass(frozen=True)
class ShareColumns:
    """Shares of one choice, their covariance as tested and as estimated, and how many people they rest on.

    `census` tells of each segment whether its whole population was drawn.
    """

    share: Numbers
    covariance: Numbers
    estimated: Numbers
    base: Numbers
    effective: Numbers
    columns: Columns
    census: Mask

    @property
    def df(self) -> Codes:
        """Degrees of freedom of every two segments."""
        return self.columns.df

    @property
    def units(self) -> Codes:
        """Units with cases in every two segments, less their strata."""
        return self.columns.units

    @cached_property
    def effective_units(self) -> Numbers:
        """First-stage units behind each segment, in effect."""
        columns = self.columns
        return effective_units(columns.stage, columns.inside, columns.segment, len(self.base))


def drawn_whole(columns: Columns) -> Mask:
    """Tell of which segments the whole population was drawn."""
    inside, segment = columns.inside, columns.segment
    return np.array([columns.stage.census(inside[segment == at]) for at in range(len(columns.base))])


def share_columns(columns: Columns, share: Numbers, covariance: Numbers, census: Mask) -> ShareColumns:
    """Return the facts of a choice from its `share` in each segment and their `covariance`, both as estimated."""
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
    return ShareColumns(share, tested, covariance, base, effective, columns, census)


def all_against_nobody(facts: ShareColumns, pair: tuple[int, int]) -> ShareColumns:
    """Return facts by which shares of 1 and 0, whose linearised errors are 0, have an error all the same.

    Were both shares equal, that common share p had V = p(1-p)(1/n + 1/m) = 1/(n + m), Pearson's 1900 test; n and
    m are effective first-stage units, as what clusters have in common cannot be seen where all answers are alike.
    """
    effective = facts.effective.copy()
    effective[list(pair)] = facts.effective_units[list(pair)]
    return replace(facts, effective=effective)


def newcombe(
    facts: ShareColumns, first: int, second: int, df: int, level: float, *, joined: bool = True
) -> tuple[float, float]:
    """Return the interval of a difference from those of both shares (Newcombe 1998; Zou & Donner 2008).

    The shares' own intervals are Wilson's at their effective bases, joined with their correlation: with few
    people on a side of a segment much smaller than the other, difference ± t·se covers 93 % instead of 95.
    Not `joined`, as if they were independent: an interval that ends at 0 or 1 is shorter than ± t·se, so that a
    high correlation would take too much from it.
    """
    sides = []
    for at in (first, second):
        p, variance = float(facts.share[at]), float(facts.covariance[at, at])
        if variance > 0:
            sides.append((p, *wilson(p, p * (1 - p) / variance, df, level)))
        elif p in (0.0, 1.0) and not facts.census[at]:
            sides.append((p, *wilson(p, float(facts.effective[at]), df, level)))
        else:
            sides.append((p, p, p))
    (p, p_low, p_high), (q, q_low, q_high) = sides
    shared = float(facts.covariance[first, second])
    spread = math.sqrt(float(facts.covariance[first, first] * facts.covariance[second, second]))
    alike = shared / spread if spread > 0 and joined else 0.0
    down, up, q_down, q_up = p - p_low, p_high - p, q - q_low, q_high - q
    low = math.sqrt(max(down**2 + q_up**2 - 2 * alike * down * q_up, 0.0))
    high = math.sqrt(max(up**2 + q_down**2 - 2 * alike * up * q_down, 0.0))
    return max(p - q - low, -1.0), min(p - q + high, 1.0)


def error_of(covariance: Numbers, first: int, second: int) -> float:
    """Return the standard error of a difference; 0 where there is only rounding."""
    parts = covariance[first, first], covariance[second, second]
    variance = float(parts[0] + parts[1] - 2 * covariance[first, second])
    return math.sqrt(variance) if variance > _NOISE * float(parts[0] + parts[1]) else 0.0


def untestable(
    facts: ShareColumns, segments: Sequence[Segment], pair: tuple[int, int], error: float
) -> str | None:
    """Say why two segments with answers cannot be tested; None where they can."""
    first, second = pair
    ends = {float(facts.share[first]), float(facts.share[second])}
    if facts.census[first] and facts.census[second]:
        return CENSUS
    if facts.df[pair] < 1:
        return "too few first-stage units"
    for at in pair:
        if facts.units[at, at] < 1 and facts.covariance[at, at] == 0 and not facts.census[at]:
            few = "only one person answered" if facts.base[at] == 1 else "too few first-stage units"
            return f"{few} in '{segments[at].label}'"
    if error > 0 or ends == {0.0, 1.0}:
        return None
    if len(ends) == 1 and ends <= {0.0, 1.0}:
        return "nobody chose it in either" if ends == {0.0} else "everybody chose it in both"
    if facts.columns.stage.raking is not None:
        return "the weighting fixes both shares"
    return "the shares do not vary between first-stage units"


def expected(facts: ShareColumns, first: int, second: int) -> float:
    """Return the effective people on the smaller side of the smaller segment, were both shares equal."""
    people = facts.effective[[first, second]]
    pooled = float(facts.share[[first, second]] @ people / people.sum())
    return float(people.min()) * min(pooled, 1 - pooled)
