"""What belongs to a question in a form, and how answers are written down and read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from questionnaires.model import Answer, Missing, Question
from questionnaires.question_types import QUESTION_TYPES, Raw

SPECIAL_SUFFIX = ".special"


def field_names(question: Question) -> tuple[str, ...]:
    """Return the names of the form fields that belong to a question."""
    apart = question.special and QUESTION_TYPES[question.type].special_apart
    return (question.name, question.name + SPECIAL_SUFFIX) if apart else (question.name,)


def raw_values(question: Question, getlist: Callable[[str], Sequence[str]]) -> Raw:
    """Take a question's own values out of a form; `getlist` returns all values of a field, or none."""
    return Raw(tuple(getlist(question.name)), " ".join(getlist(question.name + SPECIAL_SUFFIX)))


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
    """Return stored answers as they were judged; the inverse of `to_json`."""
    return {name: _answer(value) for name, value in stored.items()}


def _answer(value: Any) -> Answer:
    if isinstance(value, dict):
        return Missing[value["missing"].upper()]
    return tuple(value) if isinstance(value, list) else value
