"""Several choices: exclusive ones, how many, two that can be written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.model import Answer, Missing, Question, Questionnaire
from questionnaires.personal import as_seen
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw, read_answer

CHOICES = (
    "choices: [{code: 1, name: a, text: A}, {code: 2, name: b, text: B}, {code: 3, name: c, text: C}, "
    "{code: 8, name: none, exclusive: true, text: None}, {code: 9, name: never, exclusive: true, text: Never}]"
)
USED = "{name: used, type: several, text: Q, special: [dont_know], minimum: 2, maximum: 2, " + CHOICES + "}"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (("2", "1"), (1, 2)),
        (("1", "1", "2"), (1, 2)),
        (("8",), (8,)),
        ((), Missing.NOT_ANSWERED),
        (("dont_know",), Missing.DONT_KNOW),
    ],
)
def test_accepts(one: Callable[[str], Question], sent: tuple[str, ...], answer: Answer) -> None:
    assert read_answer(one(USED), Raw(sent)) == answer


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (("1",), "choose_at_least"),
        (("1", "1"), "choose_at_least"),
        (("1", "2", "3"), "choose_at_most"),
        (("1", "8"), "exclusive_mixed"),
        (("8", "9"), "exclusive_mixed"),
        (("8", "dont_know"), "special_mixed"),
        (("1", "2", "4"), "choice_unknown"),
        (("",), "choice_unknown"),
        (("1,2",), "choice_unknown"),
        (("prefer_not",), "choice_unknown"),
    ],
)
def test_refuses(one: Callable[[str], Question], sent: tuple[str, ...], code: str) -> None:
    problem = read_answer(one(USED), Raw(sent))
    assert isinstance(problem, AnswerProblem)
    assert problem.code == code


def test_no_more_is_demanded_than_is_offered(read: Callable[..., Questionnaire]) -> None:
    filtered = USED.replace("{code: 2,", "{code: 2, offer_if: age > 5,").replace(
        "{code: 3,", "{code: 3, offer_if: age > 5,"
    )
    used = read("{name: age, type: number, text: Q}", filtered).question("used")
    seen = as_seen(used, {"age": 3}, 0)
    assert [choice.code for choice in seen.choices] == [1, 8, 9]
    assert read_answer(seen, Raw(("1",))) == (1,)
    hidden = read_answer(seen, Raw(("1", "2")))
    assert isinstance(hidden, AnswerProblem)
    assert hidden.code == "choice_unknown"


def test_two_may_be_written_each_with_words_of_its_own(read: Callable[..., Questionnaire]) -> None:
    both = USED.replace("{code: 2,", "{code: 2, write: true,").replace("{code: 3,", "{code: 3, write: true,")
    questionnaire = read(both)
    assert [question.name for question in questionnaire] == ["used", "used.b_text", "used.c_text"]
    assert questionnaire.question("used.b_text").condition == ("in", ("answer", "used"), (2,))


def test_a_column_a_choice(one: Callable[[str], Question]) -> None:
    used, kind = one(USED), QUESTION_TYPES["several"]
    assert [(c.name, c.choice) for c in kind.columns(used)][:2] == [("used.a", 1), ("used.b", 2)]
    assert kind.cells(used, (1, 3)) == (1, 0, 1, 0, 0)
    assert kind.cells(used, Missing.DONT_KNOW) == (-3,) * 5


def test_a_choice_cannot_have_the_column_of_the_order(told: Callable[..., None]) -> None:
    choices = "choices: [{code: 1, name: order, text: A}, {code: 2, text: B}]"
    told(
        "column-repeated", 7, 'question "used": two answers would be stored in the column "used.order"',
        "{name: used, type: several, order: random, text: Q, " + choices + "}",
    )  # fmt: skip


def test_a_choice_cannot_have_the_column_of_written_words(told: Callable[..., None]) -> None:
    choices = "choices: [{code: 1, name: x, write: true, text: A}, {code: 2, name: x_text, text: B}]"
    told(
        "column-repeated", 7, 'column "used.x_text"', "{name: used, type: several, text: Q, " + choices + "}"
    )
