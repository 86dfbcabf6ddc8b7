"""A published figure held against ours: inside our interval or not, and what can be said at all."""

from __future__ import annotations

from collections.abc import Sequence

from statsmodels.stats.proportion import proportion_confint

from analysis.estimate import Estimate
from analysis.findings import Comparison, Verdict
from questionnaires.model import Question
from questionnaires.study import Figure


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
    agrees = leader in names if figure.rank else _inside(figure, ours)
    return Comparison(figure, ours, _verdict(figure, agrees, synthetic), beside, low, high, leader)


def _leader(each: Sequence[Estimate]) -> str | None:
    """Return the choice with the largest share, None where its lead is within the intervals."""
    ranked = sorted((e for e in each if e.share is not None), key=lambda e: e.share or 0.0, reverse=True)
    if len(ranked) < 2:
        return ranked[0].choice if ranked else None
    first, second = ranked[0], ranked[1]
    assert first.low is not None and second.high is not None  # a share comes with its interval
    return first.choice if first.low > second.high else None


def _inside(figure: Figure, ours: Estimate) -> bool | None:
    if figure.value is None or ours.low is None or ours.high is None:
        return None
    return ours.low <= figure.value <= ours.high


def _verdict(figure: Figure, agrees: bool | None, synthetic: bool) -> Verdict:
    if agrees is None:
        return Verdict.NOT_CHECKABLE
    if not agrees and figure.reading == "exclusive" and figure.source_reading == "cumulative":
        return Verdict.CUMULATIVE_SOURCE
    if synthetic:
        return Verdict.REPRODUCED if agrees else Verdict.NOT_REPRODUCED
    return Verdict.CONSISTENT if agrees else Verdict.INCONSISTENT
