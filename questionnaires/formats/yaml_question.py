"""One question of `questionnaire.yaml`, with its parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

from questionnaires.expressions import ExpressionFault
from questionnaires.expressions.words import date_number
from questionnaires.formats.question_shapes import QuestionShape
from questionnaires.formats.reading import Reading
from questionnaires.formats.shapes import shaped
from questionnaires.formats.yaml_choices import choices_of, distinct_names, written_choices
from questionnaires.formats.yaml_source import Path
from questionnaires.model import Choice, Order, Question, Text
from questionnaires.question_types import QUESTION_TYPES, WRITABLE

OWN_KEYS = frozenset(QuestionShape.model_fields) - {
    "name", "type", "text", "hint", "required", "special", "ask_if",
}  # fmt: skip
MOST_CELLS = 64
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_FACTOR = re.compile(r"\{(\w+)(?=[}:])")


def read_question(reading: Reading, data: Any, path: Path) -> Question | None:
    """Return a question, and add everything that is stored of it to what was read so far."""
    shape = shaped(reading.source, QuestionShape, data, path)
    if shape is None:
        reading.broken |= {str(data["name"])} if isinstance(data, dict) and "name" in data else set()
        return None
    reading.name(shape.name, (*path, "name"))
    if shape.name in reading.taken or shape.name in reading.broken:
        reading.source.fault("name-repeated", (*path, "name"), name=shape.name)
    reading.taken.add(shape.name)
    question = _with_parts(reading, shape, _plain_question(reading, shape, path), path)
    _fits_type(reading, shape, question, path)
    for variable in question.variables:
        reading.questions.setdefault(variable.name, variable)
    return question


def _plain_question(reading: Reading, shape: QuestionShape, path: Path) -> Question:
    text, factors = shape.text, frozenset(shape.factors)
    if factors:  # a factor is named without the vignette's name before it
        text = {k: _FACTOR.sub(lambda m: _full(m, shape.name, factors), v) for k, v in text.items()}
    limits = {key: _limit(reading, shape, key, path) for key in ("minimum", "maximum")}
    numbers = {key: limit for key, limit in limits.items() if not isinstance(limit, tuple)}
    _range(reading, shape, numbers, path)
    shown = shape.type not in QUESTION_TYPES or QUESTION_TYPES[shape.type].shown
    return Question(
        name=shape.name,
        type=shape.type,
        text=text if factors else reading.text(text, (*path, "text"), wanted=shown),
        hint=reading.text(shape.hint, (*path, "hint"), wanted=False),
        label=reading.text(shape.label, (*path, "label"), wanted=False),
        unit=reading.text(shape.unit, (*path, "unit"), wanted=False),
        low=reading.text(shape.low, (*path, "low"), wanted=False),
        high=reading.text(shape.high, (*path, "high"), wanted=False),
        required=shape.required,
        special=tuple(shape.special),
        choices=choices_of(reading, shape, path),
        order=_order(shape),
        limits={key: limit for key, limit in limits.items() if isinstance(limit, tuple)},
        decimals=shape.decimals,
        precision=shape.precision,
        lines=shape.lines,
        max_length=shape.max_length or 1000,
        value=reading.quantity(shape.value, (*path, "value"), truth=True),
        ask_if=shape.ask_if,
        condition=reading.condition(shape.ask_if, (*path, "ask_if")),
        **numbers,
    )


def _full(match: re.Match[str], name: str, factors: frozenset[str]) -> str:
    return f"{{{name}.{match[1]}" if match[1] in factors else match[0]


def _order(shape: QuestionShape) -> Order:
    if shape.order is not None:
        return shape.order
    if shape.type == "pair":
        return Order.RANDOM
    return Order.ALPHABET if shape.choices == "countries" else Order.WRITTEN


def _limit(reading: Reading, shape: QuestionShape, key: str, path: Path) -> Any:
    """Return a limit: a number, the tree of an expression over earlier answers, or None."""
    written = getattr(shape, key)
    if written is None:
        return None
    if shape.type == "date" and _DATE.fullmatch(str(written)):
        try:
            return date_number(str(written), Question(shape.name, shape.type, shape.text))
        except ExpressionFault as fault:
            reading.source.fault(fault.code, (*path, key), **fault.values)
            return None
    if isinstance(written, str) or shape.type == "date":
        return reading.quantity(str(written), (*path, key))
    if written < 0:
        reading.source.fault("range-negative", (*path, key), minimum=written)
    return written


def _range(reading: Reading, shape: QuestionShape, limits: dict[str, Any], path: Path) -> None:
    low, high = limits.get("minimum"), limits.get("maximum")
    if low is not None and high is not None and low > high:
        reading.source.fault("range-empty", (*path, "minimum"), minimum=shape.minimum, maximum=shape.maximum)


def _with_parts(reading: Reading, shape: QuestionShape, question: Question, path: Path) -> Question:
    """Return a question with the parts that are stored beside or instead of its own answer."""
    if shape.items and shape.type == "matrix":
        return _matrix(reading, shape, question, path)
    if shape.factors and shape.type == "vignette":
        return _vignette(reading, shape, question, path)
    parts = [_written_text(question, choice) for choice in question.choices if choice.write]
    if question.order in (Order.RANDOM, Order.FLIPPED):
        parts.append(_order_part(question, question.choices))
    return replace(question, parts=tuple(parts))


def _written_text(question: Question, choice: Choice) -> Question:
    """Return the question for the words of "other, please write"."""
    return Question(
        name=f"{question.name}.{choice.name}_text",
        type="text",
        text=choice.text,
        lines=1,
        max_length=min(question.max_length, 200),
        condition=("in", ("answer", question.name), (choice.code,)),
    )


def _order_part(question: Question, choices: Sequence[Choice]) -> Question:
    return Question(
        name=f"{question.name}.order",
        type="order",
        text=question.text,
        order=question.order,
        choices=tuple(choices),
        condition=question.condition,
    )


def _matrix(reading: Reading, shape: QuestionShape, question: Question, path: Path) -> Question:
    flipped = question.order if question.order is Order.FLIPPED else Order.WRITTEN
    items = []
    for index, item in enumerate(shape.items):
        where = (*path, "items", index)
        reading.name(item.name, (*where, "name"))
        own = reading.condition(item.ask_if, (*where, "ask_if"))
        both = [tree for tree in (question.condition, own) if tree is not None]
        items.append(
            Question(
                name=f"{question.name}.{item.name}",
                type="single",
                text=reading.text(item.text, (*where, "text")),
                label=question.text,
                required=question.required,
                special=question.special,
                choices=question.choices,
                order=flipped,
                condition=both[0] if len(both) == 1 else ("and", *both) if both else None,
            )
        )
    distinct_names(reading, [item.name for item in shape.items], (*path, "items"))
    parts = list(items)
    if question.order is Order.RANDOM:
        rows = [Choice(n, item.name.partition(".")[2], item.text) for n, item in enumerate(items, start=1)]
        parts.append(_order_part(question, rows))
    elif flipped is Order.FLIPPED:
        parts.append(_order_part(question, question.choices))
    return replace(question, own=False, parts=tuple(parts))


def _vignette(reading: Reading, shape: QuestionShape, question: Question, path: Path) -> Question:
    factors = []
    for name, levels in shape.factors.items():
        where = (*path, "factors", name)
        reading.name(name, where)
        choices = written_choices(reading, levels, where)
        for index, level in enumerate(levels):
            for key in sorted(level.model_fields_set & {"offer_if", "write", "exclusive", "apart", "fixed"}):
                reading.source.fault("type-key", (*where, index, key), type="factor", key=key)
        if len(choices) < 2:
            reading.source.fault("factor-levels", where, name=name)
        factors.append(
            Question(
                name=f"{question.name}.{name}",
                type="factor",
                text=dict.fromkeys(reading.languages, name),
                choices=choices,
                condition=question.condition,
            )
        )
    known = {**reading.questions, **{factor.name: factor for factor in factors}}
    text = reading.text(question.text, (*path, "text"), known=known)
    count = prod(len(factor.choices) for factor in factors)
    if count > MOST_CELLS:  # never made: a few long factors fill the memory
        reading.source.fault("factor-cells", (*path, "factors"), n=count, most=MOST_CELLS)
    combined = product(*(factor.choices for factor in factors)) if count <= MOST_CELLS else ()
    cells = tuple(_cell(number, levels) for number, levels in enumerate(combined, start=1))
    distinct_names(reading, [cell.name for cell in cells], (*path, "factors"))
    return replace(question, text=text, choices=cells, parts=tuple(factors))


def _cell(number: int, levels: Sequence[Choice]) -> Choice:
    text: Text = {
        language: ", ".join(level.text[language] for level in levels) for language in levels[0].text
    }
    return Choice(number, "_".join(level.name for level in levels)[:60], text)


def _fits_type(reading: Reading, shape: QuestionShape, question: Question, path: Path) -> None:
    if shape.type not in WRITABLE:
        reading.source.fault("type-unknown", (*path, "type"), type=shape.type, known=", ".join(WRITABLE))
        return
    kind = QUESTION_TYPES[shape.type]
    for key in sorted(OWN_KEYS & shape.model_fields_set - kind.takes):
        reading.source.fault("type-key", (*path, key), type=shape.type, key=key)
    for key in sorted(kind.needs):
        left_out = (
            key not in shape.model_fields_set and (*path, key) in reading.source.lines
        )  # for its own fault
        if not getattr(shape, key) and not left_out:
            reading.source.fault("type-needs", (*path, "type"), type=shape.type, key=key)
    if shape.type == "scale" and not (shape.choices or shape.points):
        reading.source.fault("type-needs", (*path, "type"), type=shape.type, key="choices")
    if shape.points and not (shape.low and shape.high):
        reading.source.fault("type-needs", (*path, "points"), type=shape.type, key="low and high")
    if shape.type == "pair" and sum(not choice.apart for choice in question.choices) != 2:
        reading.source.fault("pair-two", (*path, "choices"), n=sum(not c.apart for c in question.choices))
    if any(choice.write for choice in question.choices) and shape.type not in ("single", "several"):
        reading.source.fault("type-key", (*path, "choices"), type=shape.type, key="write")
    if shape.type == "ranking" and shape.special and any(c.name == "special" for c in question.choices):
        reading.source.fault("name-reserved", (*path, "choices"), name="special")  # both would be one field
    if shape.order is Order.RANDOM and shape.type in (
        "scale",
        "reply_time",
    ):  # they have an order of their own
        reading.source.fault("type-key", (*path, "order"), type=shape.type, key="order: random")
    if shape.order is Order.ALPHABET and shape.type != "list":
        reading.source.fault("type-key", (*path, "order"), type=shape.type, key="order: alphabet")
    if not kind.asks:
        for key in ("required", "special"):
            if getattr(shape, key):
                reading.source.fault("type-key", (*path, key), type=shape.type, key=key)
