"""Scales: in words, and as numbered points."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.model import Question, Questionnaire
from questionnaires.personal import as_seen
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw, read_answer

POINTS = "{{name: q, type: scale, text: Q, points: {points}, low: Bad, high: Good}}"
WORDS = (
    "{name: q, type: scale, text: Q, order: flipped, choices: [{code: 1, text: A}, {code: 2, text: B}, "
    "{code: 3, text: C}, {code: 4, apart: true, text: D}]}"
)


def test_points_are_their_own_codes(one: Callable[[str], Question]) -> None:
    question = one(POINTS.format(points="0-10"))
    assert [choice.code for choice in question.choices] == list(range(11))
    assert {choice.text["en"] for choice in question.choices} == {str(n) for n in range(11)}
    assert read_answer(question, Raw(("0",))) == 0
    assert read_answer(question, Raw(("10",))) == 10
    assert isinstance(read_answer(question, Raw(("11",))), AnswerProblem)


@pytest.mark.parametrize("points", ["10-0", "5-5", "0-101", "1..5", "-1-5", "5", "a-b", '""-'])
def test_points_that_are_no_range(told: Callable[..., None], points: str) -> None:
    told("points-form", 7, "are no range; write for example 0-10", POINTS.format(points=f"'{points}'"))


def test_points_say_what_both_ends_mean(told: Callable[..., None]) -> None:
    told("type-needs", 7, 'needs "low and high"', "{name: q, type: scale, text: Q, points: 0-10, low: Bad}")
    told("type-needs", 7, 'needs "choices"', "{name: q, type: scale, text: Q}")


def test_points_and_choices_are_not_both(told: Callable[..., None]) -> None:
    told(
        "type-key", 7, "choices beside points",
        "{name: q, type: scale, text: Q, points: 1-2, low: A, high: B, choices: [{code: 1, text: A}]}",
    )  # fmt: skip


def test_flipped_turns_the_scale_and_not_what_stands_apart(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(WORDS)
    question = questionnaire.questions[0]
    seen = {tuple(c.code for c in as_seen(question, {}, seed).choices) for seed in range(20)}
    assert seen == {(1, 2, 3, 4), (3, 2, 1, 4)}
    order = questionnaire.question("q.order")
    assert QUESTION_TYPES["order"].cells(order, (3, 2, 1, 4)) == ("3 2 1 4",)
    assert QUESTION_TYPES["scale"].columns(question)[0].kind == "code"


def test_a_scale_is_never_shuffled(told: Callable[..., None]) -> None:
    told("type-key", 7, 'takes no "order: random"', WORDS.replace("flipped", "random"))
