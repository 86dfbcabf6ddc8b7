"""How soon a reply is expected, on one scale of ordered intervals.

With one scale the cumulative shares at its limits are the whole non-parametric estimate (they are the
Turnbull curve); nothing is known between two limits, and no mean is taken of open-ended answers.
"No limit" and "no reply expected" count in the base and in no limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analysis.estimate import Estimate
from analysis.estimators.proportion import Answer
from analysis.findings import Curve, CurvePoint
from questionnaires.model import Interval, Question
from questionnaires.study import PlannedPart


def curve(
    part: PlannedPart,
    question: Question,
    estimate: Callable[[Sequence[Answer]], list[Estimate]],
    answers: Sequence[Answer],
) -> Curve:
    """Return both readings of a reply-time question at every limit asked.

    `answers` are the exclusive answers in the order of the question's intervals; `estimate` turns answers
    into shares of everyone who answered. The cumulative answer at a limit is the union of all steps up to it.
    """
    intervals = [choice for choice in question.choices if isinstance(choice, Interval)]
    steps = [
        (i, a) for i, a in zip(intervals, answers, strict=True) if i.aside is None and i.upto != float("inf")
    ]
    others = [(i, a) for i, a in zip(intervals, answers, strict=True) if i.aside or i.upto == float("inf")]
    upto = [
        Answer(interval.name, frozenset().union(*(a.codes for i, a in steps if i.upto <= interval.upto)))
        for interval, _ in steps
    ]
    exclusive = [answer for _, answer in (*steps, *others)]
    found = estimate([*upto, *exclusive])
    cumulative, single = found[: len(steps)], found[len(steps) :]
    points = tuple(
        CurvePoint(interval, total, own)
        for (interval, _), total, own in zip(steps, cumulative, single, strict=False)
    )
    without = tuple((i, e) for (i, _), e in zip(others, single[len(steps) :], strict=True))
    return Curve(part, question, points, without)
