"""The value of a tree, given the answers so far. The form's script does the same, rule for rule."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from questionnaires.expressions.trees import SPECIAL, Tree

_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def evaluate(tree: Tree, answers: Mapping[str, Any]) -> Any:
    """Return the value of a tree, None where it is unknown; never raise for a tree that was parsed.

    `answers` holds the answers on the path: a code, a number, a truth, a text, a tuple of codes, or a
    word of SPECIAL. A question that is not there is unanswered.
    """
    match tree[0]:
        case "compare":
            return _compare(tree[1], evaluate(tree[2], answers), evaluate(tree[3], answers))
        case "answer":
            return _known(answers.get(tree[1]))
        case "value":
            return _known(tree[1])
        case "in":
            return _is_among(evaluate(tree[1], answers), tree[2])
        case "and" | "or":
            # One part alone decides: a false one an "and", a true one an "or".
            parts = [evaluate(part, answers) for part in tree[1:]]
            deciding = tree[0] == "or"
            if any(part is deciding for part in parts):
                return deciding
            return not deciding if all(isinstance(part, bool) for part in parts) else None
        case "not":
            value = evaluate(tree[1], answers)
            return not value if isinstance(value, bool) else None
        case "contains":
            member = evaluate(tree[2], answers)
            return None if member is None else _is_among(evaluate(tree[1], answers), (member,))
        case "arithmetic":
            return _calculate(tree[1], evaluate(tree[2], answers), evaluate(tree[3], answers))
    value = _known(answers.get(tree[1]))
    match tree[0]:
        case "answered":
            return value is not None
        case "count":
            if _is_set(value):
                return len(value)
            return 0 if value is None or value in SPECIAL.values() else 1
    if _is_set(value):
        value = _known(value[0]) if value else None
    return evaluate(tree[2], answers) if value is None else value


def _compare(sign: str, left: Any, right: Any) -> bool | None:
    if sign in _ORDER:
        low, high = _number(left), _number(right)
        return None if low is None or high is None else _ORDER[sign](low, high)
    if left is None or right is None or _is_set(left) or _is_set(right):
        return None
    return _same(left, right) is (sign == "==")


def _is_among(value: Any, codes: tuple[Any, ...]) -> bool | None:
    """Tell whether an answer, or any member of a set of answers, is one of some codes."""
    if value is None:
        return None
    members = value if _is_set(value) else (value,)
    return any(_same(member, code) for member in members for code in codes)


def _calculate(sign: str, left: Any, right: Any) -> float | None:
    first, second = _number(left), _number(right)
    if first is None or second is None:
        return None
    match sign:
        case "+":
            return _number(first + second)
        case "-":
            return _number(first - second)
        case "*":
            return _number(first * second)
    return None if second == 0 else _number(first / second)


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
