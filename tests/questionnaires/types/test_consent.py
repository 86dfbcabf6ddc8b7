"""Consent: one box to tick."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.model import Missing, Question
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import Raw, form_values, read_answer

CONSENT = "{name: agree, type: consent, required: true, text: Q, label: I agree}"


def test_ticked_or_not(one: Callable[[str], Question]) -> None:
    question = one(CONSENT)
    assert read_answer(question, Raw(("1",))) == 1
    assert form_values(question, 1) == Raw(("1",))
    problem = read_answer(question, Raw())
    assert isinstance(problem, AnswerProblem)
    assert problem.code == "consent_needed"
    assert read_answer(one(CONSENT.replace("true", "false")), Raw()) is Missing.NOT_ANSWERED


@pytest.mark.parametrize("values", [("on",), ("0",), ("",), ("1", "1"), ("１",), ("true",)])
def test_nothing_else_is_consent(one: Callable[[str], Question], values: tuple[str, ...]) -> None:
    problem = read_answer(one(CONSENT), Raw(values))
    assert isinstance(problem, AnswerProblem)
    assert problem.code == "choice_unknown"


def test_consent_says_to_what(told: Callable[..., None]) -> None:
    told("type-needs", 7, 'needs "label"', "{name: agree, type: consent, text: Q}")
