"""The only judge of validity: form fields → Response, or every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from questionnaires.model import Answer, Missing, Question
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw, read_answer

SPECIAL_SUFFIX = ".special"


@dataclass(frozen=True)
class Response:
    """The answers to one page, ready to be kept."""

    answers: Mapping[str, Answer]


def field_names(question: Question) -> tuple[str, ...]:
    """Return the names of the form fields that belong to a question."""
    apart = question.special and QUESTION_TYPES[question.type].special_apart
    return (question.name, question.name + SPECIAL_SUFFIX) if apart else (question.name,)


def raw_values(question: Question, form: Mapping[str, Sequence[str]]) -> Raw:
    """Take a question's own values out of a form."""
    special = form.get(question.name + SPECIAL_SUFFIX, ())
    return Raw(tuple(form.get(question.name, ())), " ".join(special))


def read_page(
    questions: Iterable[Question], form: Mapping[str, Sequence[str]]
) -> Response | tuple[AnswerProblem, ...]:
    """Judge a posted page: the response, or the problems of all its questions in their order."""
    verdicts = {question.name: read_answer(question, raw_values(question, form)) for question in questions}
    problems = tuple(v for v in verdicts.values() if isinstance(v, AnswerProblem))
    if problems:
        return problems
    return Response({name: v for name, v in verdicts.items() if not isinstance(v, AnswerProblem)})


def foreign_fields(questions: Iterable[Question], form: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
    """Return the names of posted fields that belong neither to a question asked nor to the page itself."""
    known = {name for question in questions for name in field_names(question)} | set(own)
    return tuple(name for name in form if name not in known)


def to_json(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return answers as plain JSON values; a missing one is {"missing": "dont_know"}."""
    return {
        name: {"missing": answer.name.lower()} if isinstance(answer, Missing) else answer
        for name, answer in answers.items()
    }


def from_json(stored: Mapping[str, Any]) -> dict[str, Answer]:
    """Return stored answers as the values that `read_page` made; the inverse of `to_json`."""
    return {name: _answer(value) for name, value in stored.items()}


def _answer(value: Any) -> Answer:
    if isinstance(value, dict):
        return Missing[value["missing"].upper()]
    return tuple(value) if isinstance(value, list) else value
