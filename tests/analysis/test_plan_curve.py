"""The reply-time curve: both readings from one scale, by arithmetic that can be done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from analysis.estimate import Estimate
from analysis.estimators.proportion import Answer
from analysis.plan import WeightedResponses, curve
from analysis.table.responses import SHIFT
from questionnaires.model import Question
from questionnaires.study import PlannedPart, Study

COUNTS = {1: 20, 2: 10, 3: 40, 4: 5, 5: 25}  # of 100 people


class Counted:
    """A hundred people whose answers are counted by hand."""

    def estimate(self, question: Question, answers: Sequence[Answer]) -> list[Estimate]:
        estimates = []
        for answer in answers:
            share = sum(COUNTS[code - SHIFT] for code in answer.codes) / 100
            estimates.append(
                Estimate(question.name, answer.name, "all", share, 0, 0, 1, "none", 100, 100.0, 1.0, 99)
            )
        return estimates


def test_cumulative_contains_exclusive(small: Study) -> None:
    question = small.questionnaire.question("wait")
    found = curve(cast(WeightedResponses, Counted()), PlannedPart("curve", "wait"), question)
    assert [(p.interval.upto, p.cumulative.share, p.exclusive.share) for p in found.points] == [
        (30, 0.20, 0.20),
        (60, 0.30, 0.10),
        (840, 0.70, 0.40),
    ]
    assert [(i.name, e.share) for i, e in found.without_limit] == [("longer", 0.05), ("no_reply", 0.25)]
