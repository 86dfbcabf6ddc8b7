"""What a questionnaire shows, draws or computes without asking: texts, situations, orders, values."""

from __future__ import annotations

from typing import Any

from questionnaires.lots import lot
from questionnaires.model import Answer, Missing, Order, Question, Value
from questionnaires.question_types.kind import Lots, QuestionType, Raw, ResponseColumn


class Information(QuestionType):
    """A text to read. Its answer is 1: it was shown, and the person went on."""

    asks = False

    def read(self, question: Question, raw: Raw) -> Value | None:
        return 1

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return (ResponseColumn(question.name, question.name, "flag"),)


class Vignette(Lots):
    """A described situation with factors drawn by lot; its answer is the number of the cell that was drawn.

    Cells are numbered from 1 in the order of the factors, the last factor changing fastest.
    """

    takes = frozenset({"factors"})
    needs = frozenset({"factors"})
    writable = True

    def draw(self, question: Question, whole: Question, seed: int) -> Value:
        cell = 0
        for factor in factors(whole):
            codes = [level.code for level in factor.choices]
            cell = cell * len(codes) + codes.index(drawn_level(factor, seed))
        return cell + 1

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return (ResponseColumn(question.name, question.name, "code"),)


class Factor(Lots):
    """One factor of a vignette; its answer is the level that was drawn, each as likely as the others."""

    def draw(self, question: Question, whole: Question, seed: int) -> Value:
        return drawn_level(question, seed)


class OrderShown(Lots):
    """The order in which choices, items or questions were shown: their codes, the first first."""

    def draw(self, question: Question, whole: Question, seed: int) -> Value:
        if whole.items and question.order is Order.RANDOM:
            codes = {choice.name: choice.code for choice in question.choices}
            return tuple(codes[item.name.partition(".")[2]] for item in whole.items)
        return tuple(choice.code for choice in whole.choices)

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return (ResponseColumn(question.name, question.name, "order"),)

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        codes = answer if isinstance(answer, tuple) else ()
        return (None if isinstance(answer, Missing) else " ".join(map(str, codes)),)


class BlockPlace(Lots):
    """The place of a section among the sections of its block, from 1."""

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return (ResponseColumn(question.name, question.name, "number"),)


class Computed(QuestionType):
    """A value computed from earlier answers; not answered where they are unknown. True is 1, false 0."""

    takes = frozenset({"value"})
    needs = frozenset({"value"})
    shown = False
    asks = False

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        """Return the value and, beside it, why it is missing: a value may be negative itself."""
        missing = ResponseColumn(f"{question.name}.missing", question.name, "missing")
        return (ResponseColumn(question.name, question.name, "value"), missing)

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        return (None, int(answer)) if isinstance(answer, Missing) else (float(str(answer)), 0)


def factors(whole: Question) -> tuple[Question, ...]:
    """Return the factors of a vignette."""
    return tuple(part for part in whole.parts if part.type == "factor")


def drawn_level(factor: Question, seed: int) -> int:
    """Return the code of the level of a factor that a seed draws."""
    return factor.choices[lot(seed, "level", factor.name) % len(factor.choices)].code
