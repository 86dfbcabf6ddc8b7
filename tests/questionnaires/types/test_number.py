"""Numbers: whole or with decimals, between limits that may come from earlier answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.formats.yaml_form import read_questionnaire
from questionnaires.model import Missing, Question, Questionnaire
from questionnaires.personal import as_seen
from questionnaires.problems import AnswerProblem, Problem
from questionnaires.question_types import Raw, form_values, read_answer

SPENT = "{name: spent, type: number, decimals: 2, minimum: 0, special: [dont_know], text: Q}"
CONTACTS = "{name: contacts, type: number, text: Q}"


def code(question: Question, text: str) -> str:
    found = read_answer(question, Raw((text,)))
    return found.code if isinstance(found, AnswerProblem) else ""


@pytest.mark.parametrize(
    "text", ["0x1", "1e3", "1_000", "+5", "-5", "½", "²", "٣½", "five", "1 000", "NaN", "1\x00"]
)
def test_not_a_whole_number(one: Callable[[str], Question], text: str) -> None:
    assert code(one(CONTACTS), text) == "number_whole"
    assert code(one(SPENT), text) == "number_decimal"


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("007", 7), ("\t5\n", 5)])
def test_digits(one: Callable[[str], Question], text: str, number: int) -> None:
    assert read_answer(one(CONTACTS), Raw((text,))) == number


@pytest.mark.parametrize("text", ["١٢", "１２"])
def test_other_digits_are_told_of(one: Callable[[str], Question], text: str) -> None:
    """The script on the page does not read them either: both must see the same answer."""
    for question in (one(CONTACTS), one(SPENT)):
        assert isinstance(read_answer(question, Raw((text,))), AnswerProblem)


@pytest.mark.parametrize(
    ("text", "number"), [("12.5", 12.5), ("12,5", 12.5), ("12.", 12.0), ("0,01", 0.01), ("3", 3.0)]
)
def test_decimals(one: Callable[[str], Question], text: str, number: float) -> None:
    answer = read_answer(one(SPENT), Raw((text,)))
    assert (answer, type(answer)) == (number, float)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1.234", "number_places"), (".5", "number_decimal"), ("1.2.3", "number_decimal"),
        ("1,2.3", "number_decimal"), ("1e-2", "number_decimal"), ("inf", "number_decimal"),
        ("9" * 16, "number_decimal"), (".", "number_decimal"),
    ],
)  # fmt: skip
def test_not_a_decimal(one: Callable[[str], Question], text: str, problem: str) -> None:
    assert code(one(SPENT), text) == problem


SIX, _ = read_questionnaire(
    "q.yaml",
    b"name: x\nlanguages: [en]\nsections: [{name: s, title: T, questions: "
    b"[{name: n, type: number, decimals: 6, text: Q}]}]",
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.decimals("0", "99999999.999999", places=6))
def test_a_decimal_is_shown_again_as_it_can_be_typed(number: object) -> None:
    """Python would write 0.00001 as 1e-05, which is no answer."""
    assert SIX is not None
    question = SIX.questions[0]
    answer = read_answer(question, Raw((f"{number:f}",)))
    assert isinstance(answer, float), answer
    assert read_answer(question, form_values(question, answer)) == answer


@pytest.mark.parametrize(("number", "text"), [(0.00001, "0.00001"), (100.0, "100"), (2.5, "2.5"), (0.0, "0")])
def test_what_is_shown_again(number: float, text: str) -> None:
    assert SIX is not None
    assert form_values(SIX.questions[0], number) == Raw((text,))


def test_the_largest_that_can_be_typed(one: Callable[[str], Question]) -> None:
    question = one(SPENT)
    answer = read_answer(question, Raw(("9" * 15,)))
    assert isinstance(answer, float)
    assert read_answer(question, form_values(question, answer)) == answer


def test_limits_from_earlier_answers(read: Callable[..., Questionnaire]) -> None:
    line = "{name: n, type: number, minimum: contacts - 5, maximum: contacts, text: Q}"
    question = read(CONTACTS, line).question("n")
    seen = as_seen(question, {"contacts": 7}, 0)
    assert (seen.minimum, seen.maximum) == (2, 7)
    assert code(seen, "8") == "number_range"
    assert code(seen, "2") == ""
    unknown = as_seen(question, {}, 0)
    assert (unknown.minimum, unknown.maximum) == (None, None)
    assert code(unknown, "99999") == ""
    special = as_seen(question, {"contacts": "!dont_know"}, 0)
    assert (special.minimum, special.maximum) == (None, None)


def test_one_limit_alone(one: Callable[[str], Question]) -> None:
    assert code(one("{name: n, type: number, minimum: 5, text: Q}"), "4") == "number_low"
    assert code(one("{name: n, type: number, maximum: 5, text: Q}"), "6") == "number_high"
    assert code(one("{name: n, type: number, minimum: 5, maximum: 5, text: Q}"), "6") == "number_range"


@pytest.mark.parametrize("maximum", ["5", "500", "0"])
def test_the_example_lies_between_the_limits(one: Callable[[str], Question], maximum: str) -> None:
    question = one(f"{{name: n, type: number, maximum: {maximum}, text: Q}}")
    problem = read_answer(question, Raw(("x",)))
    assert isinstance(problem, AnswerProblem)
    assert 0 <= problem.values["example"] <= int(maximum)


def test_a_special_answer_stands_apart(one: Callable[[str], Question]) -> None:
    question = one(SPENT)
    assert read_answer(question, Raw(("",), "dont_know")) is Missing.DONT_KNOW
    assert read_answer(question, Raw((), "dont_know prefer_not")) != Missing.DONT_KNOW
    assert code(question, "dont_know") == "number_decimal"


@pytest.mark.parametrize(
    ("limit", "problem", "words"),
    [
        ("minimum: agee - 1", "name-unknown", 'no question "agee" before this one'),
        ("minimum: n", "name-unknown", 'no question "n" before this one'),
        ("minimum: -1", "range-negative", "minimum -1 is below 0"),
        ("minimum: 5, maximum: 4", "range-empty", "minimum 5 is above maximum 4"),
        ("maximum: contacts >= 1", "number-kind", "`contacts >= 1` in `contacts >= 1` is no number"),
        ("maximum: story", "number-kind", "`story` in `story` is no number"),
        ("decimals: 7", "value-wrong", "decimals"),
        ("precision: year", "type-key", 'takes no "precision"'),
    ],
)
def test_limits_that_are_none(told: Callable[..., None], limit: str, problem: str, words: str) -> None:
    line = f"{{name: n, type: number, {limit}, text: Q}}"
    told(problem, 9, words, CONTACTS, "{name: story, type: text, text: Q}", line)


def test_no_limit_is_infinite(problems: Callable[..., list[Problem]]) -> None:
    found = problems("{name: n, type: number, maximum: 1e400, text: Q}")
    assert {problem.code for problem in found} == {"value-wrong"}
    assert "finite number, found inf" in str(found[0])
