"""Published against ours: the verdict by its rule, and an interval only where n is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.estimate import Estimate
from analysis.evidence.published import compare
from analysis.findings import Verdict
from questionnaires.study import Figure, Study

OURS = Estimate("channel", "online", "all", 0.34, 0.01, 0.32, 0.36, "logit", 2000, 1900.0, 1.05, 1999)


@pytest.fixture
def figure() -> Figure:
    return Figure("a", {"en": "a"}, 0.34, 2030, "channel", (1, 2), None, (), (), "x")


@pytest.mark.parametrize(
    ("value", "n", "synthetic", "verdict"),
    [
        (0.34, 2030, False, Verdict.CONSISTENT),
        (0.37, 2030, False, Verdict.CONSISTENT),  # 3 points, less half a point, within t · √(0.01² + 0.0107²)
        (0.38, 2030, False, Verdict.INCONSISTENT),
        (0.38, 200, False, Verdict.CONSISTENT),  # of 200 people such a figure is easily off by so much
        (0.36, None, False, Verdict.CONSISTENT),
        (0.38, None, False, Verdict.NOT_CHECKABLE),  # its own sampling error is unknown
        (None, 2030, False, Verdict.NOT_CHECKABLE),
        (0.34, None, True, Verdict.REPRODUCED),
        (0.38, None, True, Verdict.NOT_REPRODUCED),
    ],
)
def test_verdict(
    small: Study, figure: Figure, value: float | None, n: int | None, synthetic: bool, verdict: Verdict
) -> None:
    question = small.questionnaire.question("channel")
    held = compare(replace(figure, value=value, n=n), OURS, None, [], question, synthetic)
    assert held.verdict is verdict


@pytest.mark.parametrize("synthetic", [True, False])
def test_an_exclusive_reading_of_a_cumulative_source(small: Study, figure: Figure, synthetic: bool) -> None:
    figure = replace(figure, value=0.74, reading="exclusive", source_reading="cumulative")
    held = compare(figure, OURS, None, [], small.questionnaire.question("channel"), synthetic)
    assert held.verdict == "differs: the source is cumulative"


def test_published_interval_needs_n(small: Study, figure: Figure) -> None:
    """Wilson, 34 % of 2,030: 32.0 to 36.1 %."""
    question = small.questionnaire.question("channel")
    held = compare(figure, OURS, None, [], question, False)
    assert (round(held.published_low or 0, 3), round(held.published_high or 0, 3)) == (0.320, 0.361)
    unknown = compare(replace(figure, n=None), OURS, None, [], question, False)
    assert unknown.published_low is None


@pytest.mark.parametrize(
    ("second", "leader", "verdict"),
    [((0.28, 0.31), "chat", Verdict.REPRODUCED), ((0.30, 0.33), None, Verdict.NOT_REPRODUCED)],
)
def test_a_rank_needs_a_lead_beyond_the_intervals(
    small: Study, figure: Figure, second: tuple[float, float], leader: str | None, verdict: Verdict
) -> None:
    first = replace(OURS, choice="chat")
    other = replace(OURS, choice="phone", share=sum(second) / 2, low=second[0], high=second[1])
    ranked = replace(figure, value=None, rank="first", codes=(2,))
    held = compare(ranked, OURS, None, [other, first], small.questionnaire.question("channel"), True)
    assert (held.leader, held.verdict) == (leader, verdict)
    real = compare(ranked, OURS, None, [other, first], small.questionnaire.question("channel"), False)
    assert real.verdict is (Verdict.CONSISTENT if leader else Verdict.NOT_CHECKABLE)
