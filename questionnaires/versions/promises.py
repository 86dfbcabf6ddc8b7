"""What may not change once people have answered: the meaning of a code, a number, a drawn cell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

from questionnaires.expressions import Tree
from questionnaires.model import Choice, Interval, Order, Question, Questionnaire
from questionnaires.problems import Place, Problem
from questionnaires.question_types import QUESTION_TYPES


def broken_promises(old: Questionnaire, new: Questionnaire) -> list[Problem]:
    """Return what would give answers to `old` another meaning, or none, in the words of `new`."""
    before = old.by_name
    whole = {question.name: question for question in old.questions}
    grids = [question for question in new.questions if question.items and question.name in whole]
    grids = [grid for grid in grids if whole[grid.name].items]
    # The orders that number questions or rows; that of choices is written in the choices' own codes.
    orders = {part.name for section in new.sections for part in section.drawn}
    orders |= {f"{q.name}.order" for q in new.questions if q.items and q.order is Order.RANDOM}
    problems: list[Problem] = []
    # Said once of the matrix, not once a row.
    for grid in grids:
        problems += _choices(whole[grid.name], grid)
    rows = {item.name for grid in grids for item in grid.items}
    for variable in new:
        if variable.name in rows or variable.name not in before:
            continue
        if variable.type != "order" or variable.name in orders:
            problems += _broken(before[variable.name], variable)
    # A column that stays must hold the same kind of value, whichever question it comes from.
    broken = {problem.place.question for problem in problems}
    kinds = {c.name: c.kind for q in old for c in QUESTION_TYPES[q.type].columns(q)}
    return problems + [
        Problem("kind-changed", place_of(question), {"old": kinds[column.name], "new": column.kind})
        for question in new
        for column in QUESTION_TYPES[question.type].columns(question)
        if question.name not in broken and kinds.get(column.name, column.kind) != column.kind
    ]


def place_of(question: Question) -> Place:
    return Place("questionnaire.yaml", None, question.name)


def numbered(question: Question) -> str:
    """Return the points of a scale without words, such as 0-10; "" for any other question."""
    codes = [choice.code for choice in question.choices]
    if question.type != "scale" or not codes or any(c.name != f"p{c.code}" for c in question.choices):
        return ""
    return f"{codes[0]}-{codes[-1]}"


def reach(choice: Choice) -> str:
    """Return what a choice reaches in words: "more than 30, up to 60 min"; "" where it is no interval."""
    if not isinstance(choice, Interval):
        return ""
    if choice.aside is not None:
        return choice.aside.value.replace("_", " ")
    if choice.upto == math.inf:
        return f"more than {choice.start:g} min"
    return (f"more than {choice.start:g}, " if choice.start else "") + f"up to {choice.upto:g} min"


def measured(question: Question) -> str:
    """Return how a typed answer is stored: "a whole number", "a day"; "" for any other question."""
    if question.type == "number":
        return "a number with decimals" if question.decimals else "a whole number"
    return f"a {question.precision}" if question.type == "date" else ""


def extends(old: Tree, new: Tree) -> bool:
    """Tell whether a formula gives every answer of old codes the value it had: lists of codes may only grow."""
    if old[0] == new[0] == "in" and len(old) == len(new):
        return extends(old[1], new[1]) and set(old[2]) <= set(new[2])
    if len(old) != len(new):
        return False
    return all(
        extends(left, right)
        if isinstance(left, tuple) and isinstance(right, tuple) and left and right
        else left == right
        for left, right in zip(old, new, strict=True)
    )


def _broken(old: Question, new: Question) -> list[Problem]:
    place = place_of(new)
    if new.type == "order":
        for choice in old.choices:
            now = new.choice(choice.code)
            if now is not None and now.name != choice.name:
                values = {"code": str(choice.code), "old": choice.name, "new": now.name}
                return [Problem("order-changed", place, values)]
        return []
    if old.type != new.type:
        return [Problem("type-changed", place, {"old": old.type, "new": new.type})]
    if numbered(old) and numbered(new) and numbered(old) != numbered(new):
        return [Problem("points-changed", place, {"old": numbered(old), "new": numbered(new)})]
    if measured(old) != measured(new):
        return [Problem("kind-changed", place, {"old": measured(old), "new": measured(new)})]
    if old.value is not None and new.value is not None and not extends(old.value, new.value):
        return [Problem("value-changed", place)]
    if new.type != "vignette":
        return list(_choices(old, new))
    # A cell of a vignette is the place of its levels in the product of the factors.
    for number, (before, after) in enumerate(zip(_cells(old), _cells(new), strict=False), start=1):
        if before != after:
            values = {"cell": str(number), "old": ", ".join(before), "new": ", ".join(after)}
            return [Problem("cells-changed", place, values)]
    return []


def _choices(old: Question, new: Question) -> Iterator[Problem]:
    for choice in old.choices:
        now = new.choice(choice.code)
        values = {"code": str(choice.code), "old": choice.name, "new": now.name if now else ""}
        if now is None:
            yield Problem("choice-gone", place_of(new), values)
        elif reach(choice) != reach(now):
            limits = {"old": f"{choice.name}: {reach(choice)}", "new": f"{now.name}: {reach(now)}"}
            yield Problem("limit-changed", place_of(new), {**values, **limits})
        elif now.name != choice.name:
            yield Problem("code-reused", place_of(new), values)


def _cells(vignette: Question) -> list[tuple[str, ...]]:
    return list(product(*([choice.name for choice in factor.choices] for factor in vignette.parts)))
