"""Ranking: places typed or chosen, all of them or the first few."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.answers import field_names
from questionnaires.model import Answer, Missing, Question, Questionnaire
from questionnaires.personal import as_seen
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw, read_answer
from questionnaires.question_types.choosing import places_of

CHOICES = "choices: [{code: 1, name: a, text: A}, {code: 2, name: b, text: B}, {code: 3, name: c, text: C}]"
RANKS = "{name: ranks, type: ranking, text: Q, special: [dont_know], " + CHOICES + "}"


def sent(*places: str) -> Raw:
    return Raw(named=dict(zip("abc", places, strict=False)))


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (sent("2", "1", "3"), (2, 1, 3)),
        (sent("", "1", ""), (2,)),
        (sent(), Missing.NOT_ANSWERED),
        (Raw(special="dont_know"), Missing.DONT_KNOW),
    ],
)
def test_accepts(one: Callable[[str], Question], raw: Raw, answer: Answer) -> None:
    assert read_answer(one(RANKS), raw) == answer


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (sent("1", "1", "2"), "rank_same"),
        (sent("1", "3", ""), "rank_gap"),
        (sent("2", "", ""), "rank_gap"),
        (sent("0", "", ""), "choice_unknown"),
        (sent("-1", "", ""), "choice_unknown"),
        (sent("4", "", ""), "rank_gap"),
        (sent("１", "", ""), "choice_unknown"),
        (sent("1 2", "", ""), "choice_unknown"),
        (sent("1" * 5000, "", ""), "choice_unknown"),
        (sent("1\x00", "", ""), "choice_unknown"),
        (Raw(("1",)), "choice_unknown"),
        (Raw(named={"a": "1"}, special="dont_know"), "special_mixed"),
        (Raw(special="bogus"), "choice_unknown"),
    ],
)
def test_refuses(one: Callable[[str], Question], raw: Raw, code: str) -> None:
    problem = read_answer(one(RANKS), raw)
    assert isinstance(problem, AnswerProblem)
    assert problem.code == code


def test_a_required_ranking_has_every_place(one: Callable[[str], Question]) -> None:
    question = one(RANKS.replace("text: Q", "text: Q, required: true"))
    for raw, code in ((sent("1", "2"), "rank_gap"), (sent(), "rank_needed")):
        problem = read_answer(question, raw)
        assert isinstance(problem, AnswerProblem)
        assert problem.code == code


@pytest.mark.parametrize(("maximum", "places"), [("2", 2), ("9", 3), ("0", 1)])
def test_the_first_few(one: Callable[[str], Question], maximum: str, places: int) -> None:
    question = one(RANKS.replace("text: Q", f"text: Q, required: true, maximum: {maximum}"))
    assert places_of(question) == places
    if places == 2:
        assert read_answer(question, sent("2", "", "1")) == (3, 1)
        assert isinstance(read_answer(question, sent("1", "2", "3")), AnswerProblem)


def test_a_choice_that_was_not_offered_has_no_place(read: Callable[..., Questionnaire]) -> None:
    filtered = RANKS.replace("name: c,", "name: c, offer_if: age > 5,")
    ranks = read("{name: age, type: number, text: Q}", filtered).question("ranks")
    seen = as_seen(ranks, {"age": 3}, 0)
    assert places_of(seen) == 2
    assert read_answer(seen, sent("2", "1", "")) == (2, 1)
    problem = read_answer(seen, sent("2", "1", "3"))
    assert isinstance(problem, AnswerProblem)
    assert problem.code == "choice_unknown"


def test_a_column_a_choice_with_its_place(one: Callable[[str], Question]) -> None:
    question, kind = one(RANKS), QUESTION_TYPES["ranking"]
    assert [column.name for column in kind.columns(question)] == ["ranks.a", "ranks.b", "ranks.c"]
    assert kind.cells(question, (3, 1)) == (2, 0, 1)
    assert kind.cells(question, Missing.NOT_ASKED) == (-1, -1, -1)


def test_no_two_fields_have_one_name(told: Callable[..., None], one: Callable[[str], Question]) -> None:
    names = field_names(one(RANKS))
    assert names == ("ranks.a", "ranks.b", "ranks.c", "ranks.special")
    told("name-reserved", 7, '"special" is used by earshot itself', RANKS.replace("name: c", "name: special"))
    random = RANKS.replace("name: c", "name: order").replace("text: Q", "text: Q, order: random")
    told("column-repeated", 7, 'the column "ranks.order"', random)
