"""The "ask only if" language: text → tree → value, with a defined meaning for the unanswered.

A small whitelisted part of Python's expression syntax, parsed with `ast` and never evaluated by Python.
The tree is nested tuples of plain values, so that it can be written as JSON and read elsewhere.
Unanswered and off-path answers are *unknown* (None): every comparison with them, and `not` of it,
is unknown (Kleene's three-valued logic). "Don't know" and its like are answers: they can be compared
for equality by name, and have no order.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Tree: TypeAlias = tuple[Any, ...]
"""(operation, operand, …); operands are trees, numbers, texts or tuples of codes."""

Code: TypeAlias = "int | str"
"""A choice's code, or the word of SPECIAL for "don't know" and its like."""

SPECIAL = {name: "!" + name for name in ("dont_know", "prefer_not", "not_applicable")}
"""How "don't know" and its like look among the answers: no number, so that they have no order."""
MAXIMUM_LENGTH = 2000
MAXIMUM_DEPTH = 40


class Asked(Protocol):
    """What an expression needs to know of a question."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def choices(self) -> Sequence[Any]: ...
    @property
    def groups(self) -> Mapping[str, tuple[int, ...]]: ...


@dataclass(frozen=True)
class ExpressionFault(Exception):
    """What is wrong with an expression: a code of `problems.CATALOGUE` and the words to fill it."""

    code: str
    values: Mapping[str, str]


_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_ABOUT_ANSWERING = ("answered", "count", "first")


def parse(text: str, questions: Mapping[str, Asked]) -> Tree:
    """Return the tree of an expression over the named questions; raise ExpressionFault."""
    if len(text) > MAXIMUM_LENGTH:
        raise _fault("expression-long", text=text[:40] + "…", limit=str(MAXIMUM_LENGTH))
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _fault("expression-syntax", text=text) from None
    return _Reader(text, questions).read(node)


def names(tree: Tree) -> frozenset[str]:
    """Return the names of the questions that a tree asks about."""
    if tree[0] in ("answer", *_ABOUT_ANSWERING):
        return frozenset({tree[1]}) | frozenset(n for part in tree[2:] if _is_tree(part) for n in names(part))
    return frozenset(n for part in tree[1:] if _is_tree(part) for n in names(part))


def choice_codes(text: str | Sequence[str], question: Asked) -> tuple[Code, ...]:
    """Return the codes meant by `group("online")`, `within("60 min")` or a list of choice names."""
    if not isinstance(text, str):
        return tuple(_code_of(question, name) for name in text)
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise _fault("expression-syntax", text=text) from None
    return _Reader(text, {question.name: question}).codes(node, question)


class _Reader:
    """Turns Python's syntax tree into ours, binding names and choice names to codes on the way."""

    def __init__(self, text: str, questions: Mapping[str, Asked]) -> None:
        self.text = text
        self.questions = questions

    def read(self, node: ast.expr, depth: int = 0) -> Tree:
        if depth > MAXIMUM_DEPTH:
            raise _fault("expression-long", text=self.text[:40] + "…", limit=f"{MAXIMUM_DEPTH} levels")
        match node:
            case ast.BoolOp(op=op, values=values):
                return (
                    "and" if isinstance(op, ast.And) else "or",
                    *(self.read(v, depth + 1) for v in values),
                )
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ("not", self.read(operand, depth + 1))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return ("arithmetic", "-", ("value", 0), self.read(operand, depth + 1))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return (
                    "arithmetic",
                    _ARITHMETIC[type(op)],
                    self.read(left, depth + 1),
                    self.read(right, depth + 1),
                )
            case ast.Compare(left=left, ops=ops, comparators=rights):
                return self._comparisons([left, *rights], ops, depth)
            case ast.Name(id=name):
                return ("answer", self._question(name).name)
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return ("value", value)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _ABOUT_ANSWERING:
                return self._about_answering(name, arguments, depth)
        raise _fault("expression-unknown", part=ast.unparse(node), text=self.text)

    def _comparisons(self, operands: list[ast.expr], ops: list[ast.cmpop], depth: int) -> Tree:
        parts = tuple(
            self._comparison(left, op, right, depth)
            for left, op, right in zip(operands, ops, operands[1:], strict=False)
        )
        return parts[0] if len(parts) == 1 else ("and", *parts)

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr, depth: int) -> Tree:
        if isinstance(op, ast.In | ast.NotIn):
            tree = self._membership(left, right, depth)
            return tree if isinstance(op, ast.In) else ("not", tree)
        if type(op) not in _COMPARE:
            raise _fault("expression-unknown", part=ast.unparse(left), text=self.text)
        sides = self._bound(left, right, depth), self._bound(right, left, depth)
        return ("compare", _COMPARE[type(op)], *sides)

    def _membership(self, left: ast.expr, right: ast.expr, depth: int) -> Tree:
        if isinstance(right, ast.Name):  # "email" in used
            question = self._question(right.id)
            return ("contains", ("answer", question.name), ("value", self._constant(left, question)))
        if not isinstance(left, ast.Name):
            raise _fault("expression-unknown", part=ast.unparse(left), text=self.text)
        question = self._question(left.id)
        return ("in", ("answer", question.name), self.codes(right, question))

    def codes(self, node: ast.expr, question: Asked) -> tuple[Code, ...]:
        match node:
            case ast.Call(func=ast.Name(id="group"), args=[ast.Constant(value=str() as name)], keywords=[]):
                if name not in question.groups:
                    raise _fault("group-unknown", group=name, question=question.name,
                                 known=_listed(question.groups))  # fmt: skip
                return question.groups[name]
            case ast.Call(func=ast.Name(id="within"), args=[ast.Constant(value=str() as limit)], keywords=[]):
                return _within(limit, question)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return tuple(self._constant(part, question) for part in parts)
        raise _fault("expression-unknown", part=ast.unparse(node), text=self.text)

    def _bound(self, node: ast.expr, other: ast.expr, depth: int) -> Tree:
        if isinstance(node, ast.Constant) and isinstance(other, ast.Name):
            return ("value", self._constant(node, self._question(other.id)))
        return self.read(node, depth + 1)

    def _constant(self, node: ast.expr, question: Asked) -> Any:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return _code_of(question, node.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            if question.choices and node.value not in {choice.code for choice in question.choices}:
                raise _unknown_choice(question, str(node.value))
            return node.value
        raise _fault("expression-unknown", part=ast.unparse(node), text=self.text)

    def _about_answering(self, name: str, arguments: list[ast.expr], depth: int) -> Tree:
        wanted = 2 if name == "first" else 1
        if len(arguments) != wanted or not isinstance(arguments[0], ast.Name):
            raise _fault("expression-unknown", part=f"{name}(…)", text=self.text)
        question = self._question(arguments[0].id)
        return (name, question.name, *(self.read(argument, depth + 1) for argument in arguments[1:]))

    def _question(self, name: str) -> Asked:
        if name not in self.questions:
            raise _fault("name-unknown", name=name, text=self.text, known=_listed(self.questions))
        return self.questions[name]


def evaluate(tree: Tree, answers: Mapping[str, Any]) -> Any:
    """Return the value of a tree, None where it is unknown.

    `answers` holds the answers on the path: a code, a number, a text, a tuple of codes, or a word of
    SPECIAL. A question that is not there is unanswered.
    """
    return _EVALUATE[tree[0]](tree, answers)


def _and(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    parts = [evaluate(part, answers) for part in tree[1:]]
    return False if False in parts else None if None in parts else True


def _or(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    parts = [evaluate(part, answers) for part in tree[1:]]
    return True if True in parts else None if None in parts else False


def _not(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    value = evaluate(tree[1], answers)
    return None if value is None else not value


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _compare(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    left, right = evaluate(tree[2], answers), evaluate(tree[3], answers)
    if left is None or right is None:
        return None
    if tree[1] in ("==", "!="):
        return bool((left == right) == (tree[1] == "=="))
    return _ORDER[tree[1]](left, right) if _is_number(left) and _is_number(right) else None


def _in(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    value = evaluate(tree[1], answers)
    if isinstance(value, tuple):
        return any(code in tree[2] for code in value)
    return None if value is None else value in tree[2]


def _contains(tree: Tree, answers: Mapping[str, Any]) -> bool | None:
    value, wanted = evaluate(tree[1], answers), evaluate(tree[2], answers)
    if value is None or wanted is None:
        return None
    return wanted in value if isinstance(value, tuple) else value == wanted


def _arithmetic(tree: Tree, answers: Mapping[str, Any]) -> float | None:
    left, right = evaluate(tree[2], answers), evaluate(tree[3], answers)
    if not (_is_number(left) and _is_number(right)):
        return None
    match tree[1]:
        case "+":
            return left + right  # type: ignore[no-any-return]
        case "-":
            return left - right  # type: ignore[no-any-return]
        case "*":
            return left * right  # type: ignore[no-any-return]
    return None if right == 0 else left / right


def _answered(tree: Tree, answers: Mapping[str, Any]) -> bool:
    return tree[1] in answers


def _count(tree: Tree, answers: Mapping[str, Any]) -> int:
    value = answers.get(tree[1])
    if isinstance(value, tuple):
        return len(value)
    return 0 if value is None or value in SPECIAL.values() else 1


def _first(tree: Tree, answers: Mapping[str, Any]) -> Any:
    value = answers.get(tree[1])
    value = value[0] if isinstance(value, tuple) and value else value
    return evaluate(tree[2], answers) if value is None or value == () else value


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
    "value": lambda tree, answers: tree[1],
    "answer": lambda tree, answers: answers.get(tree[1]),
}


def minutes(text: str) -> float | None:
    """Return a duration such as "15 min", "1 h" or "2 days" in minutes; None where it is none."""
    units = {"min": 1, "minute": 1, "minutes": 1, "h": 60, "hour": 60, "hours": 60, "day": 1440, "days": 1440}
    number, _, unit = str(text).strip().partition(" ")
    try:
        return float(number) * units[unit.strip()]
    except (ValueError, KeyError):
        return None


def _within(limit: str, question: Asked) -> tuple[int, ...]:
    wanted = minutes(limit)
    limits = {c.code: c.upto for c in question.choices if getattr(c, "upto", None) and c.aside is None}
    if wanted is None or wanted not in limits.values():
        raise _fault("limit-unknown", limit=limit, question=question.name,
                     known=", ".join(f"{upto:g} min" for upto in limits.values() if upto != float("inf")))  # fmt: skip
    return tuple(code for code, upto in limits.items() if upto <= wanted)


def _code_of(question: Asked, name: str) -> Code:
    if name in SPECIAL:
        return SPECIAL[name]
    for choice in question.choices:
        if choice.name == name:
            return int(choice.code)
    raise _unknown_choice(question, name)


def _unknown_choice(question: Asked, name: str) -> ExpressionFault:
    known = _listed({choice.name: None for choice in question.choices})
    return _fault("choice-unknown", choice=name, question=question.name, known=known)


def _fault(code: str, **values: str) -> ExpressionFault:
    return ExpressionFault(code, values)


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "none"


def _is_tree(part: Any) -> bool:
    return isinstance(part, tuple) and bool(part) and isinstance(part[0], str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
