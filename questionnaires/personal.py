"""A question as one person sees it: choices filtered and in their order, limits filled in, lots drawn.

The judge of answers reads the question as it was seen, so that what was never offered is never accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from questionnaires.expressions import evaluate
from questionnaires.lots import heads, shuffled
from questionnaires.model import Answer, Choice, Order, Question, Questionnaire, Section
from questionnaires.question_types import QUESTION_TYPES, Lots

PathAnswers = Mapping[str, object]
"""The answers on the path so far, as conditions compare them."""


def as_seen(question: Question, path_answers: PathAnswers, seed: int) -> Question:
    """Return a question as one person sees it; the question itself where nothing depends on the person."""
    if question.seen_alike:
        return question
    changed: dict[str, Any] = {}
    # The rows of a matrix show their choices alike; in random order the rows are moved, not the choices.
    about = question.name.partition(".")[0]
    rows_move = bool(question.items) and question.order is Order.RANDOM
    order = Order.WRITTEN if rows_move else question.order
    choices = seen_choices(question.choices, order, about, path_answers, seed)
    if choices != question.choices:
        changed["choices"] = choices
    for key, tree in question.limits.items():
        limit = evaluate(tree, path_answers)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            changed[key] = limit
    if rows_move:
        rest = tuple(part for part in question.parts if part not in question.items)
        changed["parts"] = shuffled(question.items, lambda item: item.name, seed, about) + rest
    return replace(question, **changed) if changed else question


def seen_choices(
    choices: tuple[Choice, ...], order: Order, about: str, path_answers: PathAnswers, seed: int
) -> tuple[Choice, ...]:
    """Return the choices that are offered, in the order they are shown."""
    offered = tuple(c for c in choices if c.condition is None or evaluate(c.condition, path_answers) is True)
    # An alphabet is a matter of the language shown.
    stays = order in (Order.WRITTEN, Order.ALPHABET)
    if stays or (order is Order.FLIPPED and not heads(seed, "flipped")):
        return offered
    moving = tuple(choice for choice in offered if not choice.keeps_place)
    turned = moving[::-1] if order is Order.FLIPPED else shuffled(moving, lambda c: c.name, seed, about)
    following = iter(turned)
    return tuple(choice if choice.keeps_place else next(following) for choice in offered)


def draw(whole: Question, part: Question, path_answers: PathAnswers, seed: int) -> Answer:
    """Return what is drawn by lot for a part of a question (or for the question), as this person sees it."""
    kind = QUESTION_TYPES[part.type]
    assert isinstance(kind, Lots)
    own = as_seen(whole, path_answers, seed)
    rows = tuple(p for p in own.parts if p.condition is None or evaluate(p.condition, path_answers) is True)
    return kind.draw(part, replace(own, parts=rows) if own.items else own, seed)


def draws(questionnaire: Questionnaire, seed: int) -> dict[str, Answer]:
    """Return the cells and levels of all vignettes, which their own texts name."""
    return {
        variable.name: draw(question, variable, {}, seed)
        for question in questionnaire.questions
        if question.type == "vignette"
        for variable in question.variables
    }


def seen_order(section: Section, seed: int) -> tuple[Question, ...]:
    """Return the questions of a section in the order this person sees them."""
    if section.order is not Order.RANDOM:
        return section.questions
    return shuffled(section.questions, lambda question: question.name, seed, section.name)


def block_order(questionnaire: Questionnaire, seed: int) -> tuple[Section, ...]:
    """Return the sections in this person's order: those of one block are shuffled among themselves."""
    sections: list[Section] = []
    for section in questionnaire.sections:
        if section.block and sections and sections[-1].block == section.block:
            continue
        together = [s for s in questionnaire.sections if section.block and s.block == section.block]
        sections += shuffled(together, lambda s: s.name, seed, section.block) if together else [section]
    return tuple(sections)


def section_draws(questionnaire: Questionnaire, section: Section, seed: int) -> dict[str, Answer]:
    """Return what is stored of a section itself: the order of its questions and its place in its block."""
    answers: dict[str, Answer] = {}
    for part in section.drawn:
        if part.type == "place":
            block = [s.name for s in block_order(questionnaire, seed) if s.block == section.block]
            answers[part.name] = block.index(section.name) + 1
        else:
            codes = {choice.name: choice.code for choice in part.choices}
            answers[part.name] = tuple(codes[question.name] for question in seen_order(section, seed))
    return answers
