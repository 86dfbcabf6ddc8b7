"""Confidence intervals of a share from its linearised standard error: logit, Korn-Graubard, Wilson."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from analysis.problems import DataProblem

LOGIT, BETA, WILSON, AUTO, NONE = "logit", "beta", "wilson", "auto", "none"
METHODS = (AUTO, LOGIT, BETA, WILSON)
ENOUGH = 5.0  # effective people on each side for the logit interval to be trusted


@dataclass(frozen=True)
class Evidence:
    """What an interval is built from: `share`, its `variance`, the domain's `base` and `df`.

    `effective_base` is base / design effect (Kish's where the share is 0 or 1), `kish` is (Σw)²/Σw²;
    `people` and `people_df` count everyone in the segment, whether or not they answered.
    """

    share: float
    variance: float
    base: int
    df: int
    effective_base: float
    kish: float
    people: int
    people_df: int


@dataclass(frozen=True)
class Interval:
    """Bounds as fractions, None where there are too few independent units, and the method that was used."""

    low: float | None
    high: float | None
    method: str


def check_method(method: str) -> None:
    """Raise DataProblem "unknown_option" unless `method` is one of METHODS."""
    if method not in METHODS:
        raise DataProblem("unknown_option", option="--interval", value=method, known=", ".join(METHODS))


def interval(evidence: Evidence, method: str = AUTO, level: float = 0.95) -> Interval:
    """Return the interval of a share at a confidence level.

    "auto" is logit where effective_base × share and × (1 - share) are both at least 5, else Korn-Graubard.
    A share of 0 or 1 always takes Korn-Graubard with Kish's effective base; df below 1 gives no interval.
    """
    p = evidence.share
    if evidence.df < 1:
        return Interval(None, None, NONE)
    if p in (0.0, 1.0):
        return Interval(*korn_graubard(p, evidence.kish * _caution(evidence, level), level), BETA)
    chosen = method
    if method == AUTO:
        chosen = LOGIT if evidence.effective_base * min(p, 1 - p) >= ENOUGH else BETA
    if evidence.variance == 0.0:  # everybody was asked, or weighting fixed the share
        return Interval(p, p, chosen)
    effective = p * (1 - p) / evidence.variance
    if chosen == LOGIT:
        return Interval(*logit(p, math.sqrt(evidence.variance), evidence.df, level), LOGIT)
    if chosen == WILSON:
        return Interval(*wilson(p, effective, evidence.df, level), WILSON)
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
