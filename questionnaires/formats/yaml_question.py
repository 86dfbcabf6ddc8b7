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
from questionnaires.formats.draft import Draft
from questionnaires.formats.shapes import ChoiceShape, QuestionShape, shaped
from questionnaires.formats.yaml_choices import choices_of, distinct_names, written_choices
from questionnaires.formats.yaml_source import Path
from questionnaires.model import Choice, Order, Question
from questionnaires.question_types import QUESTION_TYPES, WRITABLE

OWN_KEYS = frozenset(QuestionShape.model_fields) - {
    "name", "type", "text", "hint", "required", "special", "ask_if",
}  # fmt: skip
MOST_CELLS = 64
_FACTOR = re.compile(r"\{(\w+)(?=[}:])")
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def read_question(draft: Draft, data: Any, path: Path) -> Question | None:
    """Return a question, and add everything that is stored of it to what was read so far."""
    shape = shaped(draft.source, QuestionShape, data, path)
    if shape is None:
        draft.broken |= {str(data["name"])} if isinstance(data, dict) and "name" in data else set()
        return None
    draft.name(shape.name, (*path, "name"))
    if shape.name in draft.names or shape.name in draft.broken:
        draft.source.fault("name-repeated", (*path, "name"), name=shape.name)
    draft.names.add(shape.name)
    question = _without_parts(draft, shape, path)
    if shape.items and shape.type == "matrix":
        question = _matrix(draft, shape, question, path)
    elif shape.factors and shape.type == "vignette":
        question = _vignette(draft, shape, question, path)
    else:
        # The words of "other, please write".
        parts = [
            Question(
                name=f"{question.name}.{choice.name}_text",
                type="text",
                text=choice.text,
                lines=1,
                max_length=min(question.max_length, 200),
                condition=("in", ("answer", question.name), (choice.code,)),
            )
            for choice in question.choices
            if choice.write
        ]
        if question.order in (Order.RANDOM, Order.FLIPPED):
            parts.append(_order_part(question, question.choices))
        question = replace(question, parts=tuple(parts))
    _check_type(draft, shape, question, path)
    for variable in question.variables:
        draft.questions.setdefault(variable.name, variable)
    return question


def _without_parts(draft: Draft, shape: QuestionShape, path: Path) -> Question:
    limits = {key: _limit(draft, shape, key, path) for key in ("minimum", "maximum")}
    numbers = {key: limit for key, limit in limits.items() if not isinstance(limit, tuple)}
    low, high = numbers.get("minimum"), numbers.get("maximum")
    if low is not None and high is not None and low > high:
        draft.source.fault("range-empty", (*path, "minimum"), minimum=shape.minimum, maximum=shape.maximum)
    order = shape.order
    if order is None:
        ready = Order.ALPHABET if shape.choices == "countries" else Order.WRITTEN
        order = Order.RANDOM if shape.type == "pair" else ready
    is_shown = shape.type not in QUESTION_TYPES or QUESTION_TYPES[shape.type].shown
    # The text of a vignette may name its factors, which are read later.
    text = shape.text if shape.factors else draft.text(shape.text, (*path, "text"), required=is_shown)
    extra: dict[str, Any] = {
        key: draft.text(getattr(shape, key), (*path, key), required=False)
        for key in ("hint", "label", "unit", "low", "high")
    }
    return Question(
        name=shape.name,
        type=shape.type,
        text=text,
        required=shape.required,
        special=tuple(shape.special),
        choices=choices_of(draft, shape, path),
        order=order,
        limits={key: limit for key, limit in limits.items() if isinstance(limit, tuple)},
        decimals=shape.decimals,
        precision=shape.precision,
        lines=shape.lines,
        max_length=shape.max_length or 1000,
        value=draft.quantity(shape.value, (*path, "value"), truth=True),
        ask_if=shape.ask_if,
        condition=draft.condition(shape.ask_if, (*path, "ask_if")),
        **extra,
        **numbers,
    )


def _limit(draft: Draft, shape: QuestionShape, key: str, path: Path) -> Any:
    """Return a limit: a number, the tree of an expression over earlier answers, or None."""
    written = getattr(shape, key)
    if written is None:
        return None
    if shape.type == "date" and _DATE.fullmatch(str(written)):
        try:
            return date_number(str(written), Question(shape.name, shape.type, shape.text))
        except ExpressionFault as fault:
            draft.source.fault(fault.code, (*path, key), **fault.values)
            return None
    if isinstance(written, str) or shape.type == "date":
        return draft.quantity(str(written), (*path, key))
    if written < 0:
        draft.source.fault("range-negative", (*path, key), minimum=written)
    return written


def _order_part(question: Question, choices: Sequence[Choice]) -> Question:
    return Question(
        name=f"{question.name}.order",
        type="order",
        text=question.text,
        order=question.order,
        choices=tuple(choices),
        condition=question.condition,
    )


def _matrix(draft: Draft, shape: QuestionShape, question: Question, path: Path) -> Question:
    flipped = question.order if question.order is Order.FLIPPED else Order.WRITTEN
    items = []
    for index, item in enumerate(shape.items):
        where = (*path, "items", index)
        draft.name(item.name, (*where, "name"))
        own = draft.condition(item.ask_if, (*where, "ask_if"))
        both = [tree for tree in (question.condition, own) if tree is not None]
        items.append(
            Question(
                name=f"{question.name}.{item.name}",
                type="single",
                text=draft.text(item.text, (*where, "text")),
                label=question.text,
                required=question.required,
                special=question.special,
                choices=question.choices,
                order=flipped,
                condition=both[0] if len(both) == 1 else ("and", *both) if both else None,
            )
        )
    distinct_names(draft, [item.name for item in shape.items], (*path, "items"))
    parts = list(items)
    if question.order is Order.RANDOM:
        rows = [Choice(n, item.name.partition(".")[2], item.text) for n, item in enumerate(items, start=1)]
        parts.append(_order_part(question, rows))
    elif flipped is Order.FLIPPED:
        parts.append(_order_part(question, question.choices))
    return replace(question, own=False, parts=tuple(parts))


def _vignette(draft: Draft, shape: QuestionShape, question: Question, path: Path) -> Question:
    factors = [_factor(draft, question, name, levels, path) for name, levels in shape.factors.items()]

    def full_name(match: re.Match[str]) -> str:
        return f"{{{shape.name}.{match[1]}" if match[1] in shape.factors else match[0]

    # A factor is named without the vignette's name before it.
    text = {language: _FACTOR.sub(full_name, words) for language, words in shape.text.items()}
    questions = {**draft.questions, **{factor.name: factor for factor in factors}}
    text = dict(draft.text(text, (*path, "text"), questions=questions))
    # Too many cells are never made: a few long factors fill the memory.
    count = prod(len(factor.choices) for factor in factors)
    if count > MOST_CELLS:
        draft.source.fault("factor-cells", (*path, "factors"), n=count, most=MOST_CELLS)
    combined = product(*(factor.choices for factor in factors)) if count <= MOST_CELLS else ()
    cells = []
    for number, levels in enumerate(combined, start=1):
        words = {key: ", ".join(level.text[key] for level in levels) for key in levels[0].text}
        cells.append(Choice(number, "_".join(level.name for level in levels)[:60], words))
    distinct_names(draft, [cell.name for cell in cells], (*path, "factors"))
    return replace(question, text=text, choices=tuple(cells), parts=tuple(factors))


def _factor(
    draft: Draft, question: Question, name: str, levels: Sequence[ChoiceShape], path: Path
) -> Question:
    where = (*path, "factors", name)
    draft.name(name, where)
    choices = written_choices(draft, levels, where)
    for index, level in enumerate(levels):
        for key in sorted(level.model_fields_set & {"offer_if", "write", "exclusive", "apart", "fixed"}):
            draft.source.fault("type-key", (*where, index, key), type="factor", key=key)
    if len(choices) < 2:
        draft.source.fault("factor-levels", where, name=name)
    return Question(
        name=f"{question.name}.{name}",
        type="factor",
        text=dict.fromkeys(draft.languages, name),
        choices=choices,
        condition=question.condition,
    )


def _check_type(draft: Draft, shape: QuestionShape, question: Question, path: Path) -> None:
    """Report keys that the type does not take or needs, and what does not go together."""

    def unfit(at: str, key: str, code: str = "type-key") -> None:
        draft.source.fault(code, (*path, at), type=shape.type, key=key)

    if shape.type not in WRITABLE:
        draft.source.fault("type-unknown", (*path, "type"), type=shape.type, known=", ".join(WRITABLE))
        return
    kind = QUESTION_TYPES[shape.type]
    for key in sorted(OWN_KEYS & shape.model_fields_set - kind.takes):
        unfit(key, key)
    for key in sorted(kind.needs):
        # A key that was left out for its own fault is not missing.
        left_out = key not in shape.model_fields_set and (*path, key) in draft.source.lines
        if not getattr(shape, key) and not left_out:
            unfit("type", key, "type-needs")
    if shape.type == "scale" and not (shape.choices or shape.points):
        unfit("type", "choices", "type-needs")
    if shape.points and not (shape.low and shape.high):
        unfit("points", "low and high", "type-needs")
    sides = sum(not choice.apart for choice in question.choices)
    if shape.type == "pair" and sides != 2:
        draft.source.fault("pair-two", (*path, "choices"), n=sides)
    if any(choice.write for choice in question.choices) and shape.type not in ("single", "several"):
        unfit("choices", "write")
    # Both would be one field.
    if shape.type == "ranking" and shape.special and any(c.name == "special" for c in question.choices):
        draft.source.fault("name-reserved", (*path, "choices"), name="special")
    # They have an order of their own.
    if shape.order is Order.RANDOM and shape.type in ("scale", "reply_time"):
        unfit("order", "order: random")
    if shape.order is Order.ALPHABET and shape.type != "list":
        unfit("order", "order: alphabet")
    for key in ("required", "special"):
        if not kind.asks and getattr(shape, key):
            unfit(key, key)
