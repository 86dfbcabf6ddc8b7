"""Answers in one's own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.model import Missing, Question
from questionnaires.problems import AnswerProblem, Problem
from questionnaires.question_types import QUESTION_TYPES, Raw, form_values, read_answer

STORY = "{name: story, type: text, max_length: 10, special: [prefer_not], text: Q}"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "{age}",
        "{{7*7}}",
        "<b>&amp;",
        "a\nb\tc",
        "prefer_not",
        " lead ",
        "\u202eabc",
        "😀😀",
        "-1",
        "é" * 10,
    ],
)
def test_kept_exactly_as_written(one: Callable[[str], Question], text: str) -> None:
    question = one(STORY)
    assert read_answer(question, Raw((text,))) == text
    assert form_values(question, text) == Raw((text,))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 11, "text_long"),
        ("x" * 1_000_000, "text_long"),
        ("a\x00", "text_characters"),
        ("a\x1b[0m", "text_characters"),
        ("a\ud800", "text_characters"),
        ("\udfff", "text_characters"),
        ("a\ufffe", "text_characters"),
        ("a\U0010ffff", "text_characters"),
    ],
)
def test_refuses(one: Callable[[str], Question], text: str, code: str) -> None:
    problem = read_answer(one(STORY), Raw((text,)))
    assert isinstance(problem, AnswerProblem)
    assert problem.code == code


@pytest.mark.parametrize("text", ["", "  ", "\r\n", "\n\t", "\u3000", "\xa0"])
def test_nothing_written_is_no_answer(one: Callable[[str], Question], text: str) -> None:
    assert read_answer(one(STORY), Raw((text,))) is Missing.NOT_ANSWERED
    assert read_answer(one(STORY), Raw((text,), "prefer_not")) is Missing.PREFER_NOT
    needed = read_answer(one(STORY.replace("text: Q", "required: true, text: Q")), Raw((text,)))
    assert isinstance(needed, AnswerProblem)
    assert needed.code == "text_needed"


def test_every_end_of_line_is_one_character(one: Callable[[str], Question]) -> None:
    assert read_answer(one(STORY), Raw(("a\r\nb\rc\nd",))) == "a\nb\nc\nd"
    assert read_answer(one(STORY), Raw(("\r\n".join("abcde"),))) == "\n".join("abcde")


def test_the_words_and_why_they_are_missing(one: Callable[[str], Question]) -> None:
    question, kind = one(STORY), QUESTION_TYPES["text"]
    assert [column.name for column in kind.columns(question)] == ["story", "story.missing"]
    assert kind.cells(question, Missing.PREFER_NOT) == (None, -4)
    assert kind.cells(question, "-4") == ("-4", 0)


def test_what_a_browser_could_not_send_at_once_is_refused(problems: Callable[..., list[Problem]]) -> None:
    long = [f"{{name: t{n}, type: text, text: T, max_length: 5000}}" for n in range(3)]
    assert problems(*long[:2]) == []
    assert [problem.code for problem in problems(*long)] == ["page-letters"]
