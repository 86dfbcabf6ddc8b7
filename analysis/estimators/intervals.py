"""Confidence intervals of a share from its linearised standard error, each by its name in R survey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy import special

from analysis.problems import DataProblem

LOGIT, BETA, WILSON, AUTO, NONE = "logit", "beta", "wilson", "auto", "none"
LIKELIHOOD, ASIN, XLOGIT, MEAN = "likelihood", "asin", "xlogit", "mean"
SEGMENTED = (AUTO, LOGIT, BETA, WILSON, LIKELIHOOD, ASIN, XLOGIT)
"""What a table of segments may have."""
METHODS = (*SEGMENTED, MEAN)
"""With share ± t·se, which covers too little in segments; it is here to be compared with others."""
ENOUGH = 5.0
"""Effective people on each side for the logit interval to be trusted."""
_EDGE = 1e-12
"""A share nearer to 0 or 1 is there for one huge weight: its linearised error says nothing."""


@dataclass(frozen=True)
class Evidence:
    """What an interval is built from: `share`, its `variance`, the domain's `base` and `df`.

    `effective_base` is base / design effect (Kish's where the share is 0 or 1), `kish` is (Σw)²/Σw²;
    `people` and `people_df` count everyone in the segment, whether or not they answered; `census` tells that
    the segment's whole population was drawn.
    """

    share: float
    variance: float
    base: int
    df: int
    effective_base: float
    kish: float
    people: int
    people_df: int
    census: bool = False


@dataclass(frozen=True)
class Interval:
    """Bounds as fractions, None where there are too few independent units, and the method that was used."""

    low: float | None
    high: float | None
    method: str


def check_method(method: str, known: Sequence[str] = METHODS) -> None:
    """Raise DataProblem "unknown_option" unless `method` is one of the `known`."""
    if method not in known:
        raise DataProblem("unknown_option", option="--interval", value=method, known=", ".join(known))


def interval(evidence: Evidence, method: str = AUTO, level: float = 0.95) -> Interval:
    """Return the interval of a share at a confidence level.

    "auto" is logit where effective_base × share and × (1 - share) are both at least 5, else Korn-Graubard.
    A share of 0 or 1 always takes Korn-Graubard with Kish's effective base; df below 1 gives no interval. In a
    census every share is known: both bounds are the share.
    "mean" (share ± t·se, may leave 0 to 1) is there for comparison only: it covers too rarely in segments.
    """
    p = evidence.share
    if evidence.census:
        return Interval(p, p, BETA if method == AUTO else method)
    if evidence.df < 1:
        return Interval(None, None, NONE)
    if min(p, 1 - p) < _EDGE:
        return Interval(*korn_graubard(p, evidence.kish * _caution(evidence, level), level), BETA)
    chosen = method
    if method == AUTO:
        chosen = LOGIT if evidence.effective_base * min(p, 1 - p) >= ENOUGH else BETA
    if evidence.variance == 0.0:  # weighting or strata fixed the share
        return Interval(p, p, chosen)
    effective = p * (1 - p) / evidence.variance
    if chosen in _BY_ERROR:
        return Interval(*_BY_ERROR[chosen](p, math.sqrt(evidence.variance), evidence.df, level), chosen)
    if chosen == WILSON:
        return Interval(*wilson(p, effective, evidence.df, level), WILSON)
    if chosen == LIKELIHOOD:
        shrunk = effective * (evidence.base - 1) / evidence.base
        return Interval(*likelihood(p, shrunk, evidence.df, level), LIKELIHOOD)
    return Interval(*korn_graubard(p, effective * _caution(evidence, level), level), BETA)


def logit(share: float, se: float, df: int, level: float) -> tuple[float, float]:
    """Return the bounds on the logit scale, t with `df` (R survey, svyciprop(method = "logit"))."""
    centre = float(special.logit(share))
    reach = quantile_t(df, level) * se / (share * (1 - share))
    return float(special.expit(centre - reach)), float(special.expit(centre + reach))


def korn_graubard(share: float, effective: float, level: float) -> tuple[float, float]:
    """Return Clopper-Pearson bounds at an effective base (Korn & Graubard 1998; R method = "beta")."""
    tail = (1 - level) / 2
    hits, misses = effective * share, effective * (1 - share)
    low = float(special.betaincinv(hits, misses + 1, tail)) if share > 0 else 0.0
    high = float(special.betaincinv(hits + 1, misses, 1 - tail)) if share < 1 else 1.0
    return low, high


def wilson(share: float, effective: float, df: int, level: float) -> tuple[float, float]:
    """Return score bounds at an effective base with t(df) (Wilson 1927 as in R survey 4.5)."""
    t = quantile_t(df, level)
    shrink = 1 + t * t / effective
    centre = (share + t * t / (2 * effective)) / shrink
    reach = t / shrink * math.sqrt(share * (1 - share) / effective + (t / (2 * effective)) ** 2)
    return max(centre - reach, 0.0), min(centre + reach, 1.0)


def asin(share: float, se: float, df: int, level: float) -> tuple[float, float]:
    """Return the bounds on the scale asin √share, t with `df` (R method = "asin"; Anscombe 1948)."""
    centre = math.asin(math.sqrt(share))
    reach = quantile_t(df, level) * se / (2 * math.sqrt(share * (1 - share)))
    low, high = max(centre - reach, 0.0), min(centre + reach, math.pi / 2)
    return math.sin(low) ** 2, math.sin(high) ** 2


def mean(share: float, se: float, df: int, level: float) -> tuple[float, float]:
    """Return share ± t(df)·se, which may leave 0 to 1 (R method = "mean"; for comparison only)."""
    reach = quantile_t(df, level) * se
    return share - reach, share + reach


def likelihood(share: float, effective: float, df: int, level: float) -> tuple[float, float]:
    """Return where twice the log-likelihood at an effective base falls by t(df)² (R method = "likelihood").

    Rao & Scott 1984: the deviance of a binomial share divided by its design effect, against F(1, df). R reads
    the bounds off a spline (1e-5) and, where answers are missing, lets the weights of the missing people in.
    """
    drop = quantile_t(df, level) ** 2 / (2 * effective)
    start, best = float(special.logit(share)), special.entr(share) + special.entr(1 - share)
    bounds = []
    for side in (-1.0, 1.0):
        # The loss is convex on the logit scale, so Newton's steps from outside the bound only come closer.
        at = start + side * math.sqrt(2 * drop / (share * (1 - share)))
        for _ in range(100):
            loss = float(np.logaddexp(0.0, at)) - share * at - best - drop
            step = loss / (float(special.expit(at)) - share)
            at -= step
            if abs(step) <= 1e-14 * max(1.0, abs(at)):
                break
        bounds.append(float(special.expit(at)))
    return bounds[0], bounds[1]


_BY_ERROR = {LOGIT: logit, XLOGIT: logit, ASIN: asin, MEAN: mean}


def quantile_t(df: int, level: float) -> float:
    """Return the two-sided quantile of Student's t at a confidence level."""
    return float(special.stdtrit(df, (1 + level) / 2))


def _caution(evidence: Evidence, level: float) -> float:
    """Return (t(n-1) / t(df))², which makes the effective base smaller where units are few.

    R counts n and df over everyone in the segment; where few were asked, those who answered are the
    smaller evidence. The more cautious of both is taken (equal where everybody answered).
    """
    pairs = ((evidence.people - 1, evidence.people_df), (evidence.base - 1, evidence.df))
    return min((quantile_t(n, level) / quantile_t(df, level)) ** 2 for n, df in pairs)


def check_level(level: object) -> None:
    """Raise DataProblem "bad_level" unless `level` is a number above 0.5 and below 1."""
    if not isinstance(level, Real) or not 0.5 < float(level) < 1:
        raise DataProblem("bad_level", value=level)


def interval_head(level: float) -> str:
    """Return the heading of a column of intervals, such as "95% interval"; never "100% interval"."""
    return f"{100 * level:.10g}% interval"
