"""A condition back in the words of its author: tree → text, with the names of choices in place of codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from questionnaires.expressions import SPECIAL, Tree, names
from questionnaires.model import Question, Questionnaire
from questionnaires.question_types.typed import date_text

_WORDS = {value: name for name, value in SPECIAL.items()}


def written(tree: Tree | None, questionnaire: Questionnaire) -> str:
    """Return a condition as it could be written in `questionnaire.yaml`; "" where there is none."""
    return "" if tree is None else _text(tree, questionnaire.by_name, None)


def _text(tree: Tree, questions: Mapping[str, Question], beside: Question | None) -> str:
    """Return a tree as text; `beside` is the question whose choices a constant is one of."""

    def part(inner: Tree, about: Question | None = None) -> str:
        return _text(inner, questions, about)

    match tree[0]:
        case "and" | "or":
            return f" {tree[0]} ".join(_bracketed(inner, part(inner), _JOINED) for inner in tree[1:])
        case "not":
            return f"not {_bracketed(tree[1], part(tree[1]), _TRUTHS)}"
        case "compare":
            left, right = tree[2], tree[3]
            sides = part(left, _question_of(right, questions)), part(right, _question_of(left, questions))
            return f"{sides[0]} {tree[1]} {sides[1]}"
        case "arithmetic":
            left, right = (_bracketed(inner, part(inner), _NUMBERS) for inner in tree[2:])
            return f"{left} {tree[1]} {right}"
        case "in":
            about = _question_of(tree[1], questions)
            groups = about.groups if about is not None else {}
            group = next((name for name, members in groups.items() if members == tree[2]), None)
            codes = ", ".join(_constant(code, about) for code in tree[2])
            return f"{part(tree[1])} in " + (f"[{codes}]" if group is None else f'group("{group}")')
        case "contains":
            return f"{part(tree[2], _question_of(tree[1], questions))} in {part(tree[1])}"
        case "answered" | "count":
            return f"{tree[0]}({tree[1]})"
        case "first":
            return f"first({tree[1]}, {part(tree[2], questions.get(tree[1]))})"
        case "answer":
            return str(tree[1])
    return _constant(tree[1], beside)


_JOINED = frozenset({"and", "or"})
_TRUTHS = _JOINED | {"compare", "in", "contains"}
_NUMBERS = frozenset({"arithmetic"})


def _bracketed(tree: Tree, text: str, operations: frozenset[str]) -> str:
    return f"({text})" if tree[0] in operations else text


def _question_of(tree: Tree, questions: Mapping[str, Question]) -> Question | None:
    return questions.get(next(iter(names(tree)), "")) if tree[0] in ("answer", "first") else None


def _constant(value: Any, beside: Question | None) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return f'"{_WORDS.get(value, value)}"'
    choice = beside.choice(value) if beside is not None and beside.choices else None
    if choice is not None:
        return f'"{choice.name}"'
    if beside is not None and beside.type == "date":
        return f'"{date_text(int(value))}"'
    return f"{value:g}" if isinstance(value, float) else str(value)
