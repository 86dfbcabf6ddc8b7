"""The tree of an expression: its shape, the names in it, its kind of value, and how it is written as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol, TypeAlias

Tree: TypeAlias = tuple[Any, ...]
"""(operation, operand, …); operands are trees, numbers, texts or tuples of codes."""

Code: TypeAlias = "int | float | str"
"""A choice's code, the word of SPECIAL for "don't know" and its like, or a plain number or text."""

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


class ExpressionFault(Exception):
    """What is wrong with an expression: a code of `problems.CATALOGUE` and the words to fill it."""

    def __init__(self, code: str, values: Mapping[str, str]) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


def fault(code: str, **values: str) -> ExpressionFault:
    """Return the fault with words that can be printed anywhere, lone surrogates written out."""
    return ExpressionFault(
        code, {key: value.encode("utf-8", "backslashreplace").decode() for key, value in values.items()}
    )


def listed(names: Mapping[str, Any]) -> str:
    """Return names as a message lists them."""
    return ", ".join(names) or "none"


def names(tree: Tree) -> frozenset[str]:
    """Return the names of the questions that a tree asks about."""
    own = {tree[1]} if tree[0] in ("answer", "answered", "count", "first") else set()
    return frozenset(own).union(*(names(part) for part in operands(tree)))


def operands(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts of a tree that are trees themselves; a tuple of codes may look like one."""
    match tree[0]:
        case "and" | "or" | "not":
            return tree[1:]
        case "compare" | "arithmetic" | "first":
            return tree[2:]
        case "in":
            return tree[1:2]
        case "contains":
            return tree[1:3]
    return ()


def subtrees(tree: Tree) -> Iterator[Tree]:
    """Yield a tree and all trees inside it, each before its own parts."""
    yield tree
    for operand in operands(tree):
        yield from subtrees(operand)


class Kind(Enum):
    """The kinds of value, before anyone has answered; ANY is what only the answers tell."""

    TRUTH = "truth"
    NUMBER = "number"
    TEXT = "text"
    SET = "set"
    ANY = "any"


_BY_TYPE = {
    "several": Kind.SET,
    "ranking": Kind.SET,
    "number": Kind.NUMBER,
    "date": Kind.NUMBER,
    "consent": Kind.NUMBER,
    "text": Kind.TEXT,
}
_BY_OPERATION = {"arithmetic": Kind.NUMBER, "count": Kind.NUMBER}
_BY_CONSTANT = {bool: Kind.TRUTH, str: Kind.TEXT, int: Kind.NUMBER, float: Kind.NUMBER}


class Kinds:
    """The kinds of trees over the named questions."""

    def __init__(self, questions: Mapping[str, Asked]) -> None:
        self.questions = questions

    def of(self, tree: Tree) -> Kind:
        match tree[0]:
            case "value":
                return _BY_CONSTANT[type(tree[1])]
            case "answer":
                return self.asked(self.questions[tree[1]])
            case "first":
                own, default = self.asked(self.questions[tree[1]]), self.of(tree[2])
                own = Kind.NUMBER if own is Kind.SET else own
                return own if own is default else Kind.ANY
        return _BY_OPERATION.get(tree[0], Kind.TRUTH)

    def asked(self, question: Asked) -> Kind:
        """Return the kind of a question's answers; codes of choices are numbers."""
        value = getattr(question, "value", None)
        if value is not None:
            return self.of(value) if names(value) <= self.questions.keys() else Kind.ANY
        return _BY_TYPE.get(question.type) or (Kind.NUMBER if question.choices else Kind.ANY)


def to_data(tree: Tree) -> list[Any]:
    """Return a tree as nested lists, ready for JSON."""
    return [to_data(part) if isinstance(part, tuple) else part for part in tree]


def from_data(data: Sequence[Any]) -> Tree:
    """Return the tree that `to_data` wrote down."""
    return tuple(from_data(part) if isinstance(part, list) else part for part in data)
