"""Text → tree: Python's own parser reads the syntax, and only what is whitelisted here becomes a tree."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from questionnaires.expressions.trees import (
    MAXIMUM_DEPTH,
    MAXIMUM_LENGTH,
    Asked,
    Code,
    ExpressionFault,
    Kind,
    Kinds,
    Tree,
    fault,
    listed,
)
from questionnaires.expressions.words import code_of, number_constant, text_constant, within

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_ABOUT_ANSWERING = ("answered", "count", "first")


def parse(text: str, questions: Mapping[str, Asked]) -> Tree:
    """Return the tree of an expression over the named questions; raise ExpressionFault.

    `questions` maps the names that may stand in the expression, dotted ones too, to what is asked.
    """
    return _Parser(text, questions).read(_syntax(text))


def parse_condition(text: str, questions: Mapping[str, Asked]) -> Tree:
    """Return the tree of an expression that is true, false or unknown; raise ExpressionFault."""
    return _Parser(text, questions).truth(_syntax(text))


def choice_codes(text: str | Sequence[str], question: Asked) -> tuple[Code, ...]:
    """Return the codes meant by `group("online")`, `within("60 min")` or a list of choice names."""
    if not isinstance(text, str):
        return tuple(code_of(question, name) for name in text)
    return _Parser(text, {question.name: question}).codes(_syntax(text), question)


def _syntax(text: str) -> ast.expr:
    if len(text) > MAXIMUM_LENGTH:
        raise fault("expression-long", text=text[:40] + "…", limit=f"{MAXIMUM_LENGTH} characters")
    try:
        # Of its own accord the parser comments on odd texts.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise fault("expression-syntax", text=text) from None


class _Parser:
    """Turns Python's syntax tree into ours, binding names and choice names to codes on the way."""

    def __init__(self, text: str, questions: Mapping[str, Asked]) -> None:
        self.text = text.strip()
        self.questions = questions
        self.kinds = Kinds(questions)
        self.parts = 0

    def read(self, node: ast.expr, depth: int = 0) -> Tree:
        # A chain of comparisons is read twice at each link: without a limit it could double at each level.
        self.parts += 1
        if depth > MAXIMUM_DEPTH or self.parts > MAXIMUM_LENGTH:
            limit = f"{MAXIMUM_DEPTH} levels" if depth > MAXIMUM_DEPTH else f"{MAXIMUM_LENGTH} parts"
            raise fault("expression-long", text=self.text[:40] + "…", limit=limit)
        literal = _literal(node)
        if literal is not None:
            return ("value", literal)
        name = _name(node)
        if name is not None:
            self._question(name)
            return ("answer", name)
        match node:
            case ast.BoolOp(op=op, values=values):
                word = "and" if isinstance(op, ast.And) else "or"
                return (word, *(self.truth(value, depth + 1) for value in values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ("not", self.truth(operand, depth + 1))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return ("arithmetic", "-", ("value", 0), self._number(operand, depth))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return ("arithmetic", _ARITHMETIC[type(op)], *(self._number(n, depth) for n in (left, right)))
            case ast.Compare(left=left, ops=ops, comparators=rights):
                links = zip([left, *rights], ops, rights, strict=False)
                parts = tuple(self._comparison(*link, depth) for link in links)
                return parts[0] if len(parts) == 1 else ("and", *parts)
            case ast.Call(func=ast.Name(id=word), args=arguments, keywords=[]) if word in _ABOUT_ANSWERING:
                return self._about_answering(word, arguments, depth)
        raise self._refused("expression-unknown", node)

    def truth(self, node: ast.expr, depth: int = 0) -> Tree:
        """Read what must be true or false; what can only be something else is refused."""
        tree = self.read(node, depth)
        if self.kinds.of(tree) not in (Kind.TRUTH, Kind.ANY):
            raise self._refused("condition-kind", node)
        return tree

    def _number(self, node: ast.expr, depth: int) -> Tree:
        tree = self.read(node, depth + 1)
        self._needs_number(node, tree)
        return tree

    def _needs_number(self, node: ast.expr, tree: Tree) -> None:
        kind = self.kinds.of(tree)
        if kind is Kind.SET:
            raise self._set_compared(node, tree)
        if kind not in (Kind.NUMBER, Kind.ANY):
            raise self._refused("number-kind", node)

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr, depth: int) -> Tree:
        if isinstance(op, ast.In | ast.NotIn):
            container, name = _name(right), _name(left)
            if container is not None:
                # "email" in used; in a text, a person would take it for a search.
                question = self._question(container)
                if self.kinds.asked(question) is Kind.TEXT:
                    raise self._refused("expression-unknown", right)
                member: Tree = ("value", self._constant(left, question))
                tree: Tree = ("contains", ("answer", container), member)
            elif name is not None:
                tree = ("in", ("answer", name), self.codes(right, self._question(name)))
            else:
                raise self._refused("expression-unknown", left)
            return tree if isinstance(op, ast.In) else ("not", tree)
        if type(op) not in _COMPARE:
            raise self._refused("expression-unknown", left)
        sides = self._bound(left, right, depth), self._bound(right, left, depth)
        for node, tree in zip((left, right), sides, strict=True):
            if self.kinds.of(tree) is Kind.SET:
                raise self._set_compared(node, tree)
            if not isinstance(op, ast.Eq | ast.NotEq):
                self._needs_number(node, tree)
        return ("compare", _COMPARE[type(op)], *sides)

    def codes(self, node: ast.expr, question: Asked) -> tuple[Code, ...]:
        match node:
            case ast.Call(func=ast.Name(id="group"), args=[ast.Constant(value=str() as name)], keywords=[]):
                if name not in question.groups:
                    known_groups = listed(question.groups)
                    raise fault("group-unknown", group=name, question=question.name, known=known_groups)
                return question.groups[name]
            case ast.Call(func=ast.Name(id="within"), args=[ast.Constant(value=str() as limit)], keywords=[]):
                return within(limit, question)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return tuple(self._constant(part, question) for part in parts)
        raise self._refused("expression-unknown", node)

    def _bound(self, node: ast.expr, other: ast.expr, depth: int) -> Tree:
        """Read a side of a comparison; a constant takes its meaning from the question on the other side."""
        literal, name = _literal(node), _name(other)
        if literal is not None and name is not None:
            question = self._question(name)
            if self.kinds.asked(question) is Kind.SET:
                raise self._set_compared(other, ("answer", name))
            return ("value", self._constant(node, question))
        match other:
            case ast.Call(func=ast.Name(id="first"), args=arguments) if isinstance(literal, str):
                return ("value", text_constant(literal, self._argument("first", arguments)))
        return self.read(node, depth + 1)

    def _constant(self, node: ast.expr, question: Asked) -> Code:
        literal = _literal(node)
        if literal is None:
            raise self._refused("expression-unknown", node)
        if isinstance(literal, str):
            return text_constant(literal, question)
        return number_constant(literal, question)

    def _about_answering(self, word: str, arguments: list[ast.expr], depth: int) -> Tree:
        question = self._argument(word, arguments if len(arguments) == 1 + (word == "first") else [])
        if word != "first":
            return (word, question.name)
        default = _literal(arguments[1])
        if isinstance(default, str):
            return (word, question.name, ("value", text_constant(default, question)))
        return (word, question.name, self.read(arguments[1], depth + 1))

    def _argument(self, word: str, arguments: list[ast.expr]) -> Asked:
        """Return the question that `answered(…)`, `count(…)` or `first(…)` is about."""
        name = _name(arguments[0]) if arguments else None
        if name is None:
            raise fault("expression-unknown", part=f"{word}(…)", text=self.text)
        return self._question(name)

    def _question(self, name: str) -> Asked:
        if name not in self.questions:
            raise fault("name-unknown", name=name, text=self.text, known=listed(self.questions))
        return self.questions[name]

    def _refused(self, code: str, node: ast.expr, **values: str) -> ExpressionFault:
        part = ast.get_source_segment(self.text, node) or self.text
        return fault(code, part=part, text=self.text, **values)

    def _set_compared(self, node: ast.expr, tree: Tree) -> ExpressionFault:
        question = self.questions[tree[1]]
        example = question.choices[0].name if question.choices else "…"
        return self._refused("set-compared", node, question=question.name, example=example)


def _name(node: ast.expr) -> str | None:
    """Return the name of a question, dotted or not; None for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr=part):
            return f"{name}.{part}"
    return None


def _literal(node: ast.expr) -> Any:
    """Return a constant that can be written as JSON and means the same elsewhere; None for anything else."""
    match node:
        case ast.Constant(value=bool() as value):
            return value
        case ast.Constant(value=int() | float() as value):
            return value if _is_double(value) else None
        # Half a character compares differently in the browser.
        case ast.Constant(value=str() as value):
            return None if any(0xD800 <= ord(character) <= 0xDFFF for character in value) else value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value if _is_double(value) and not isinstance(value, bool) else None
    return None


def _is_double(value: float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
