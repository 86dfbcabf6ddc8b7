"""The few answers to a question that are worth trying: its limits, and the values at which conditions turn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from questionnaires.expressions import Code, Tree, evaluate, names
from questionnaires.expressions.trees import subtrees
from questionnaires.model import Question, Questionnaire, Value
from questionnaires.question_types.choosing import places_of

MOST_CANDIDATES = 14
USUAL_MAXIMUM = 100
FIRST_YEAR, LAST_YEAR = 1940, 2030
"""Where a date without limits is drawn from; no clock is asked."""

TurningPoints = Mapping[str, tuple[Code, ...]]
"""By stored question: the codes, numbers and texts at which an expression about it turns."""


def turning_points(questionnaire: Questionnaire) -> TurningPoints:
    """Return the constants of all expressions by the question they are about.

    A number in arithmetic, or beside a computed value, belongs to every question that the value is made of; so
    does the number at which both sides become equal, as far as the sides are straight lines.
    """
    questions = questionnaire.by_name
    points: dict[str, dict[Code, None]] = {}
    for tree in trees(questionnaire):
        for part in subtrees(tree):
            for name, value in _constants(part):
                for source in sources(name, questions):
                    points.setdefault(source, {})[value] = None
        for part in subtrees(tree):
            if part[0] == "compare":
                for name, number in _meetings(part, questions):
                    points.setdefault(name, {})[number] = None
    return {name: tuple(values) for name, values in points.items()}


def trees(questionnaire: Questionnaire) -> Iterator[Tree]:
    """Yield every expression of a questionnaire."""
    for section in questionnaire.sections:
        for question in section.questions:
            for part in (question, *question.parts):
                yield from part.trees
        yield from (check.condition for check in section.checks)
        yield from (end.condition for end in section.screen_out if end.condition)
    yield from (end.condition for end in questionnaire.ends if end.condition)


def _constants(tree: Tree) -> Iterator[tuple[str, Code]]:
    """Yield the constants that stand beside a question at the top of a tree."""
    values = [part[1] for part in subtrees(tree) if part[0] == "value"]
    match tree[0]:
        case "compare" | "arithmetic":
            yield from ((name, value) for value in values for name in names(tree))
        case "in":
            yield from ((name, code) for name in names(tree[1]) for code in tree[2])
        case "contains":
            members = [part[1] for part in subtrees(tree[2]) if part[0] == "value"]
            yield from ((name, value) for name in names(tree[1]) for value in members)
        case "first":
            yield from ((tree[1], value) for value in values)


def sources(name: str, questions: Mapping[str, Question]) -> frozenset[str]:
    """Return the questions that people answer behind a name: those that a computed value is made of."""
    question = questions.get(name)
    if question is None or question.value is None:
        return frozenset({name})
    return frozenset({name}).union(*(sources(inner, questions) for inner in names(question.value)))


def _meetings(comparison: Tree, questions: Mapping[str, Question]) -> Iterator[tuple[str, Code]]:
    """Yield the numbers at which two sides meet, from the values at 0 and 1; other numbers are at their limits."""
    difference: Tree = ("arithmetic", "-", comparison[2], comparison[3])
    made_of = sorted(frozenset().union(*(sources(name, questions) for name in names(comparison))))
    numbers = [name for name in made_of if name in questions and questions[name].type == "number"]
    for name in numbers:
        for key, usual in (("minimum", 0.0), ("maximum", 100.0)):
            limits = {n: getattr(questions[n], key) for n in numbers}
            others = {n: usual if limit is None else limit for n, limit in limits.items()}
            at_zero, at_one = (
                evaluate(difference, with_computed({**others, name: value}, comparison, questions))
                for value in (0.0, 1.0)
            )
            if isinstance(at_zero, float) and isinstance(at_one, float) and at_zero != at_one:
                root = at_zero / (at_zero - at_one)
                numbers_near = dict.fromkeys((float(root // 1), float(-(-root // 1)), round(root, 6)))
                yield from ((name, number) for number in numbers_near)


def with_computed(
    answers: Mapping[str, object], tree: Tree, questions: Mapping[str, Question]
) -> dict[str, object]:
    """Return the answers with the computed values that a tree needs."""
    whole = dict(answers)
    for name in names(tree):
        question = questions.get(name)
        if question is not None and question.value is not None:
            whole[name] = evaluate(question.value, with_computed(answers, question.value, questions))
    return whole


def candidates(question: Question, points: TurningPoints) -> tuple[Value, ...]:
    """Return the few answers that matter: those around which conditions turn, and the limits."""
    constants = points.get(question.name, ())
    codes = [choice.code for choice in question.choices]
    values: Sequence[Value]
    match question.type:
        case "several":
            values = _sets(question, constants)
        case "ranking":
            places = places_of(question)
            values = [
                tuple((codes[n:] + codes[:n])[:places]) for n in range(min(len(codes), MOST_CANDIDATES))
            ]
            if codes and not question.required:
                values = [*values, (codes[0],)]
        case "number":
            values = _numbers(question, constants)
        case "date":
            values = _dates(question, constants)
        case "text":
            values = [*(value for value in constants if isinstance(value, str) and value), "x"]
        case "consent" | "information":
            values = [1]
        case "computed":
            values = []
        case _:
            # The choices that conditions name, and two that they do not.
            turning = [code for code in codes if code in constants]
            others = [code for code in codes if code not in constants]
            values = [*turning[:MOST_CANDIDATES], *others[: 2 if turning else MOST_CANDIDATES]]
    return tuple(dict.fromkeys(values))


def _sets(question: Question, constants: Sequence[Code]) -> list[Value]:
    """Return single choices, pairs of them, all together, as many as are allowed."""
    free = [choice.code for choice in question.choices if not choice.exclusive]
    alone: list[Value] = [(choice.code,) for choice in question.choices if choice.exclusive]
    matter = [code for code in free if code in constants] or free[:3]
    most = int(question.maximum or len(free))
    least = min(len(free), max(1, int(question.minimum or 1)))
    counts = [tuple(sorted(free[:n])) for n in range(least, min(most, len(free)) + 1)]
    return [
        *((code,) for code in matter[:4]),
        *(tuple(sorted(pair)) for pair in combinations(matter[:4], 2)),
        *counts[:6],
        *counts[-1:],
        *alone,
    ]


def _numbers(question: Question, constants: Sequence[Code]) -> list[Value]:
    low, high = number_range(question)
    step = 10**-question.decimals if question.decimals else 1
    turning = [value for value in constants if isinstance(value, int | float) and not isinstance(value, bool)]
    near = [value + change for value in turning for change in (0, -step, step)]
    limits = [low, high, (low + high) // 2, low + step, high - step]
    inside = [value for value in (*near, *limits) if low <= value <= high]
    if question.decimals:
        return [round(value, question.decimals) for value in inside]
    return [int(value) for value in inside if float(value).is_integer()]


def _dates(question: Question, constants: Sequence[Code]) -> list[Value]:
    limits = (question.minimum, question.maximum)
    numbers = [n for n in (*constants, *limits) if isinstance(n, int | float) and not isinstance(n, bool)]
    usual = [dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31)]
    days = [first_day(number, usual[0]) for number in numbers] + usual
    steps = {"day": (1,), "month": (1, 31), "year": (1, 366)}[question.precision]
    near = [
        dt.date.fromordinal(min(max(day.toordinal() + sign * step, 365_000), 3_652_059))
        for day in days
        for step in (0, *steps)
        for sign in (1, -1)
    ]
    low, high = question.minimum or 0, question.maximum or 99_991_231
    return [date for day in near if low <= (date := stored_date(day, question)) <= high]


def number_range(question: Question) -> tuple[float, float]:
    """Return the limits of a number, usual ones where it has none."""
    low = question.minimum if question.minimum is not None else 0.0
    high = question.maximum if question.maximum is not None else max(USUAL_MAXIMUM, low + USUAL_MAXIMUM)
    return max(0.0, low), high


def first_day(number: float | None, usual: dt.date) -> dt.date:
    """Return the first day that a stored date can mean, `usual` where it is none."""
    if number is None:
        return usual
    year, month, day = int(number) // 10_000, int(number) // 100 % 100, int(number) % 100
    try:
        return dt.date(year, month or 1, day or 1)
    except ValueError:
        return usual


def stored_date(day: dt.date, question: Question) -> int:
    """Return a day as a question stores it: yyyymmdd, with 00 for what is not asked."""
    month = day.month if question.precision != "year" else 0
    return day.year * 10_000 + month * 100 + (day.day if question.precision == "day" else 0)
