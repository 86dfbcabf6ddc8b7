"""The value of a tree, given the answers so far. The form's script does the same, rule for rule."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from questionnaires.expressions.trees import SPECIAL, Tree


def evaluate(tree: Tree, answers: Mapping[str, Any]) -> Any:
    """Return the value of a tree, None where it is unknown; never raise for a tree that was parsed.

    `answers` holds the answers on the path: a code, a number, a truth, a text, a tuple of codes, or a
    word of SPECIAL. A question that is not there is unanswered.
    """
    return _EVALUATE[tree[0]](tree, answers)


def _and(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    parts = [evaluate(part, answers) for part in tree[1:]]
    if any(part is False for part in parts):
        return False
    return True if all(part is True for part in parts) else None


def _or(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    parts = [evaluate(part, answers) for part in tree[1:]]
    if any(part is True for part in parts):
        return True
    return False if all(part is False for part in parts) else None


def _not(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    value = evaluate(tree[1], answers)
    return not value if isinstance(value, bool) else None


_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _compare(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    left, right = evaluate(tree[2], answers), evaluate(tree[3], answers)
    if tree[1] in _ORDER:
        low, high = _number(left), _number(right)
        return None if low is None or high is None else _ORDER[tree[1]](low, high)
    if left is None or right is None or _is_set(left) or _is_set(right):
        return None
    return _same(left, right) is (tree[1] == "==")


def _in(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    value = evaluate(tree[1], answers)
    if value is None:
        return None
    members = value if _is_set(value) else (value,)
    return any(_same(member, code) for member in members for code in tree[2])


def _contains(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    value, wanted = evaluate(tree[1], answers), evaluate(tree[2], answers)
    if value is None or wanted is None:
        return None
    return any(_same(member, wanted) for member in (value if _is_set(value) else (value,)))


def _arithmetic(tree: Tree, answers: Mapping[str, Any]) -> float | None:
    left, right = _number(evaluate(tree[2], answers)), _number(evaluate(tree[3], answers))
    if left is None or right is None:
        return None
    match tree[1]:
        case "+":
            return _number(left + right)
        case "-":
            return _number(left - right)
        case "*":
            return _number(left * right)
    return None if right == 0 else _number(left / right)


def _answered(tree: Tree, answers: Mapping[str, Any]) -> bool:
    return _known(answers.get(tree[1])) is not None


def _count(tree: Tree, answers: Mapping[str, Any]) -> int:
    value = _known(answers.get(tree[1]))
    if _is_set(value):
        return len(value)
    return 0 if value is None or value in SPECIAL.values() else 1


def _first(tree: Tree, answers: Mapping[str, Any]) -> Any:
    value = _known(answers.get(tree[1]))
    if _is_set(value):
        value = _known(value[0]) if value else None
    return evaluate(tree[2], answers) if value is None else value


_EVALUATE: dict[str, Callable[[Tree, Mapping[str, Any]], Any]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "compare": _compare,
    "in": _in,
    "contains": _contains,
    "arithmetic": _arithmetic,
    "answered": _answered,
    "count": _count,
    "first": _first,
    "value": lambda tree, answers: _known(tree[1]),
    "answer": lambda tree, answers: _known(answers.get(tree[1])),
}


def _number(value: Any) -> float | None:
    """Return a number as the double it is; None for what is no number, or no finite one."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _known(value: Any) -> Any:
    """Return a value as it is, None for what the language does not know."""
    if isinstance(value, bool | str) or _is_set(value):
        return value
    return None if _number(value) is None else value


def _same(left: Any, right: Any) -> bool:
    """Return whether two values are of one kind and equal; sets and the unknown equal nothing."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) or isinstance(right, str):
        return isinstance(left, str) and isinstance(right, str) and left == right
    number = _number(left)
    return number is not None and number == _number(right)


def _is_set(value: Any) -> bool:
    return isinstance(value, tuple | list)
