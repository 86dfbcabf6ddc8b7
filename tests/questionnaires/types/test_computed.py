"""Computed values: from earlier answers, never asked, never taken from a form."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.answers import PageReading
from questionnaires.model import Missing, Questionnaire
from questionnaires.question_types import QUESTION_TYPES, Raw
from questionnaires.routing import on_path, walk

A, B = "{name: a, type: number, text: Q}", "{name: b, type: number, text: Q}"


def value(formula: str) -> str:
    return f"{{name: v, type: computed, value: '{formula}'}}"


@pytest.mark.parametrize(
    ("formula", "answers", "expected"),
    [
        ("a + b", {"a": 1, "b": 2}, 3.0),
        ("a - b", {"a": 1, "b": 2}, -1.0),
        ("a / b", {"a": 1, "b": 0}, Missing.NOT_ANSWERED),
        ("a + b", {"a": 1}, Missing.NOT_ANSWERED),
        ("a > b", {"a": 1, "b": 2}, 0.0),
        ("a > b", {"a": 3, "b": 2}, 1.0),
        ("a > b", {}, Missing.NOT_ANSWERED),
        ("count(a) + count(b)", {"a": Missing.DONT_KNOW}, 0.0),
        ("first(a, 7)", {}, 7.0),
        ("first(a, 7)", {"a": Missing.DONT_KNOW}, Missing.NOT_ANSWERED),
    ],
)
def test_value(
    read: Callable[..., Questionnaire], formula: str, answers: dict[str, object], expected: object
) -> None:
    found = on_path(read(A, B, value(formula)), answers)["v"]  # type: ignore[arg-type]
    assert (found, type(found)) == (expected, type(expected))


def test_a_truth_stays_one_for_conditions(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A, B, value("a > b"), "{name: c, type: text, ask_if: v, text: Q}")
    assert walk(questionnaire, {"a": 3, "b": 2}).known["v"] is True
    assert on_path(questionnaire, {"a": 3, "b": 2})["c"] is Missing.NOT_ANSWERED
    assert on_path(questionnaire, {"a": 1, "b": 2})["c"] is Missing.NOT_ASKED


def test_no_answer_overrides_it(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A, B, value("a + b"))
    assert on_path(questionnaire, {"a": 1, "b": 2, "v": 99})["v"] == 3.0
    reading = PageReading(questionnaire, {"a": 1, "b": 2}, 0)
    assert reading.read(questionnaire.question("v"), {"v": Raw(("99",))}) == []
    assert reading.answers == {}
    assert reading.known["v"] == 3


def test_it_may_not_be_asked(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A, value("a * 2").replace("type:", "ask_if: a > 5, type:"))
    assert on_path(questionnaire, {"a": 6})["v"] == 12.0
    assert on_path(questionnaire, {"a": 5})["v"] is Missing.NOT_ASKED


def test_a_negative_value_is_no_missing_answer(read: Callable[..., Questionnaire]) -> None:
    question, kind = read(A, value("a - 5")).question("v"), QUESTION_TYPES["computed"]
    assert [column.name for column in kind.columns(question)] == ["v", "v.missing"]
    assert kind.cells(question, -1.0) == (-1.0, 0)
    assert kind.cells(question, Missing.NOT_ASKED) == (None, -1)


@pytest.mark.parametrize(
    ("formula", "code", "words"),
    [
        ("v + 1", "name-unknown", 'no question "v" before'),
        ("a +", "expression-syntax", "cannot be read"),
        ("story", "number-kind", "`story` in `story` is no number"),
        ("used", "number-kind", "`used` in `used` is no number"),
        ("", "type-needs", 'needs "value"'),
    ],
)
def test_an_author_is_told(told: Callable[..., None], formula: str, code: str, words: str) -> None:
    used = "{name: used, type: several, text: Q, choices: [{code: 1, text: A}]}"
    told(code, 10, words, A, "{name: story, type: text, text: Q}", used, value(formula))
