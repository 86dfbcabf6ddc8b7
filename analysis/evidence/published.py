"""A published figure held against ours: can both be the same share, and what can be said at all."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from scipy.special import stdtrit
from statsmodels.stats.proportion import proportion_confint

from analysis.estimate import Estimate
from analysis.findings import Comparison, Verdict
from questionnaires.model import Question
from questionnaires.study import Figure

ROUNDING = 0.005
"""Published shares are whole per cents: the true figure may be half a point off."""


def compare(
    figure: Figure,
    ours: Estimate,
    beside: Estimate | None,
    each: Sequence[Estimate],
    question: Question,
    synthetic: bool,
) -> Comparison:
    """Return the comparison of a figure with our estimate of the same share.

    `each` holds the estimate of every single choice of the question, for a figure that claims a rank.
    The published interval is Wilson's for a simple random sample of the published n (Wilson 1927), the best
    case, since weighting and design are not published; None where n is unknown.
    """
    leader = _leader(each) if figure.rank else None
    low = high = None
    if figure.value is not None and figure.n is not None:
        low, high = map(float, proportion_confint(figure.value * figure.n, figure.n, method="wilson"))
    names = {choice.name for choice in question.choices if choice.code in figure.codes}
    agrees = (leader in names if leader else None) if figure.rank else _agrees(figure, ours)
    return Comparison(figure, ours, _verdict(figure, agrees, synthetic), beside, low, high, leader)


def _leader(each: Sequence[Estimate]) -> str | None:
    """Return the choice with the largest share, None where its lead is within the intervals."""
    ranked = sorted((e for e in each if e.share is not None), key=lambda e: e.share or 0.0, reverse=True)
    if len(ranked) < 2:
        return ranked[0].choice if ranked else None
    first, second = ranked[0], ranked[1]
    clear = first.low is not None and second.high is not None and first.low > second.high
    return first.choice if clear else None


def _agrees(figure: Figure, ours: Estimate) -> bool | None:
    """Tell whether both shares can be the same; None where that cannot be told.

    With a published n: a two-sided 5 % test of the difference, p(1-p)/n for the published variance (best
    case), after half a point of rounding. Without: inside our interval they can be the same; outside it
    nothing follows, since the published sampling error is unknown.
    """
    if figure.value is None or ours.low is None or ours.high is None or ours.share is None:
        return None
    gap = max(abs(figure.value - ours.share) - ROUNDING, 0.0)
    if figure.n is not None:
        own = figure.value * (1 - figure.value) / figure.n
        return gap <= float(stdtrit(max(ours.df, 1), 0.975)) * sqrt((ours.se or 0.0) ** 2 + own)
    return True if ours.low - ROUNDING <= figure.value <= ours.high + ROUNDING else None


def _verdict(figure: Figure, agrees: bool | None, synthetic: bool) -> Verdict:
    misread = figure.reading == "exclusive" and figure.source_reading == "cumulative"
    if misread and agrees is not True:
        return Verdict.CUMULATIVE_SOURCE
    if synthetic:
        return Verdict.REPRODUCED if agrees else Verdict.NOT_REPRODUCED
    if agrees is None:
        return Verdict.NOT_CHECKABLE
    return Verdict.CONSISTENT if agrees else Verdict.INCONSISTENT
