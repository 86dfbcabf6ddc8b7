"""The values at which conditions turn: what a question's answer is held against anywhere in a questionnaire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from questionnaires.expressions import Code, Tree, evaluate, names
from questionnaires.expressions.trees import operands
from questionnaires.model import Question, Questionnaire

Constants = Mapping[str, tuple[Code, ...]]
"""By stored question: the codes, numbers and texts that expressions name beside it."""


def constants(questionnaire: Questionnaire) -> Constants:
    """Return the constants of all expressions by the question they are about.

    A number in arithmetic, or beside a computed value, belongs to every question that the value is made of; so
    does the number at which both sides become equal, as far as the sides are straight lines.
    """
    questions = {question.name: question for question in questionnaire}
    found: dict[str, dict[Code, None]] = {}
    for tree in trees(questionnaire):
        for name, value in _constants(tree):
            for about in sources(name, questions):
                found.setdefault(about, {})[value] = None
        for name, value in _turns(tree, questions):
            found.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in found.items()}


def trees(questionnaire: Questionnaire) -> Iterator[Tree]:
    """Yield every expression of a questionnaire."""
    for section in questionnaire.sections:
        for question in section.questions:
            for variable in dict.fromkeys((question.name, *(v.name for v in question.variables))):
                yield from _of_question(next(q for q in (question, *question.parts) if q.name == variable))
        yield from (check.condition for check in section.checks)
        yield from (end.condition for end in section.screen_out if end.condition)
    yield from (end.condition for end in questionnaire.ends if end.condition)


def _of_question(question: Question) -> Iterator[Tree]:
    yield from (tree for tree in (question.condition, question.value) if tree is not None)
    yield from question.limits.values()
    yield from (choice.condition for choice in question.choices if choice.condition is not None)


def _constants(tree: Tree) -> Iterator[tuple[str, Code]]:
    match tree[0]:
        case "compare" | "arithmetic":
            about = names(tree)
            for value in _values(tree):
                yield from ((name, value) for name in about)
        case "in":
            yield from ((name, code) for name in names(tree[1]) for code in tree[2])
        case "contains":
            yield from ((name, value) for name in names(tree[1]) for value in _values(tree[2]))
        case "first":
            yield from ((tree[1], value) for value in _values(tree[2]))
    for inner in operands(tree):
        yield from _constants(inner)


def _values(tree: Tree) -> Iterator[Code]:
    if tree[0] == "value":
        yield tree[1]
    for inner in operands(tree):
        yield from _values(inner)


def sources(name: str, questions: Mapping[str, Question]) -> frozenset[str]:
    """Return the questions that people answer behind a name: those that a computed value is made of."""
    question = questions.get(name)
    if question is None or question.value is None:
        return frozenset({name})
    return frozenset({name}).union(*(sources(inner, questions) for inner in names(question.value)))


def _turns(tree: Tree, questions: Mapping[str, Question]) -> Iterator[tuple[str, Code]]:
    """Yield the numbers at which the sides of comparisons meet, the other numbers being at their limits."""
    if tree[0] == "compare":
        made_of = sorted(frozenset().union(*(sources(name, questions) for name in names(tree))))
        numbers = [name for name in made_of if name in questions and questions[name].type == "number"]
        for name in numbers:
            for key, usual in (("minimum", 0.0), ("maximum", 100.0)):
                others = {
                    n: usual if (limit := getattr(questions[n], key)) is None else limit for n in numbers
                }
                meeting = _meeting(tree, name, others, questions)
                yield from ((name, number) for number in meeting)
    for inner in operands(tree):
        yield from _turns(inner, questions)


def _meeting(
    tree: Tree, name: str, others: Mapping[str, float], questions: Mapping[str, Question]
) -> Iterator[float]:
    """Yield where the sides of one comparison meet, from the values at 0 and 1."""
    difference: Tree = ("arithmetic", "-", tree[2], tree[3])
    at = [
        evaluate(difference, with_computed({**others, name: value}, tree, questions)) for value in (0.0, 1.0)
    ]
    if all(isinstance(value, float) for value in at) and at[0] != at[1]:
        root = at[0] / (at[0] - at[1])
        yield from dict.fromkeys((float(root // 1), float(-(-root // 1)), round(root, 6)))


def with_computed(
    known: Mapping[str, object], tree: Tree, questions: Mapping[str, Question]
) -> dict[str, object]:
    """Return the answers with the computed values that a tree needs."""
    found = dict(known)
    for name in names(tree):
        question = questions.get(name)
        if question is not None and question.value is not None:
            found[name] = evaluate(question.value, with_computed(known, question.value, questions))
    return found
