"""What each type of question accepts, and what it says to the rest."""

from __future__ import annotations

import pytest

from questionnaires.model import Answer, Missing
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw, form_values, read_answer
from questionnaires.study import Study

GOOD: list[tuple[str, Raw, Answer]] = [
    ("age", Raw(("34",)), 34),
    ("age", Raw((" 34 ",)), 34),
    ("age", Raw(("",), "prefer_not"), Missing.PREFER_NOT),
    ("channel", Raw(("8",)), 8),
    ("platform", Raw(("dont_know",)), Missing.DONT_KNOW),
    ("used", Raw(("2", "1")), (1, 2)),
    ("used", Raw(("9",)), (9,)),
    ("used", Raw(), Missing.NOT_ANSWERED),
    ("wait", Raw(("4",)), 4),
    ("comment", Raw(("  \r\n",)), Missing.NOT_ANSWERED),
    ("comment", Raw(("a\r\nb",)), "a\nb"),
    ("comment", Raw(("=1+1 {{7*7}} <script>",)), "=1+1 {{7*7}} <script>"),
]

BAD: list[tuple[str, Raw, str]] = [
    ("age", Raw(), "number_needed"),
    ("age", Raw(("17",)), "number_range"),
    ("age", Raw(("121",)), "number_range"),
    ("age", Raw(("3.5",)), "number_whole"),
    ("age", Raw(("-20",)), "number_whole"),
    ("age", Raw(("²",)), "number_whole"),
    ("age", Raw(("9" * 5000,)), "number_whole"),
    ("age", Raw(("34", "35")), "one_only"),
    ("age", Raw(("34",), "prefer_not"), "special_mixed"),
    ("age", Raw(("",), "dont_know"), "choice_unknown"),
    ("channel", Raw(), "choose_one"),
    ("channel", Raw(("3",)), "choice_unknown"),
    ("channel", Raw(("01",)), "choice_unknown"),
    ("channel", Raw(("post",)), "choice_unknown"),
    ("channel", Raw(("prefer_not",)), "choice_unknown"),
    ("channel", Raw(("1", "2")), "one_only"),
    ("platform", Raw(("1", "dont_know")), "special_mixed"),
    ("used", Raw(("1", "9")), "exclusive_mixed"),
    ("used", Raw(("1", "7")), "choice_unknown"),
    ("comment", Raw(("x" * 51,)), "text_long"),
    ("comment", Raw(("a\x00b",)), "text_characters"),
    ("comment", Raw(("a\ud800b",)), "text_characters"),
    ("comment", Raw(("a\uffff",)), "text_characters"),
]


@pytest.mark.parametrize(("name", "raw", "answer"), GOOD)
def test_accepts(small: Study, name: str, raw: Raw, answer: Answer) -> None:
    assert read_answer(small.questionnaire.question(name), raw) == answer


@pytest.mark.parametrize(("name", "raw", "code"), BAD)
def test_refuses(small: Study, name: str, raw: Raw, code: str) -> None:
    problem = read_answer(small.questionnaire.question(name), raw)
    assert isinstance(problem, AnswerProblem)
    assert (problem.code, problem.question) == (code, name)


@pytest.mark.parametrize(("name", "raw", "answer"), GOOD)
def test_form_values_show_the_answer_again(small: Study, name: str, raw: Raw, answer: Answer) -> None:
    question = small.questionnaire.question(name)
    assert read_answer(question, form_values(question, answer)) == answer


def test_cells_fill_the_columns(complaint_channels: Study) -> None:
    """Every type fills exactly its columns, for an answer and for every kind of missing."""
    for question in complaint_channels.questionnaire:
        kind = QUESTION_TYPES[question.type]
        width = len(kind.columns(question))
        assert all(len(kind.cells(question, missing)) == width for missing in Missing)


def test_several_cells(small: Study) -> None:
    used = small.questionnaire.question("used")
    kind = QUESTION_TYPES["several"]
    assert [column.name for column in kind.columns(used)] == ["used.email", "used.phone", "used.none"]
    assert kind.cells(used, (1,)) == (1, 0, 0)
    assert kind.cells(used, Missing.NOT_ASKED) == (-1, -1, -1)


def test_text_says_why_it_is_missing(small: Study) -> None:
    comment = small.questionnaire.question("comment")
    kind = QUESTION_TYPES["text"]
    assert kind.cells(comment, "-1") == ("-1", 0)
    assert kind.cells(comment, Missing.NOT_ANSWERED) == (None, -2)
