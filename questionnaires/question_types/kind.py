"""What a type of question is: which keys it takes, how it reads an answer, which columns it fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from questionnaires.model import Answer, Missing, Question, Special, Value


@dataclass(frozen=True)
class Raw:
    """What a form sent for one question.

    `values` are those of the field of its name, `named` those of its further fields (the month of a date, the
    place of a choice) by the rest of their names, `special` the special answer that was ticked apart.
    """

    values: tuple[str, ...] = ()
    special: str = ""
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ResponseColumn:
    """One column of the responses table.

    `kind` is code, flag, number, decimal, value, date (yyyymmdd), rank, order, text or missing; `choice` is the code
    of the choice that a column is about.
    """

    name: str
    question: str
    kind: str
    choice: int | None = None


class AnswerFault(Exception):
    """An answer that is not valid; carries the code of its message."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class QuestionType:
    """How a type of question behaves; one instance serves all questions of the type."""

    takes: ClassVar[frozenset[str]] = frozenset()
    """The keys of `questionnaire.yaml` that the type takes beside those of every question."""
    needs: ClassVar[frozenset[str]] = frozenset()
    empty_code: ClassVar[str] = "choose_one"
    special_apart: ClassVar[bool] = False
    """True where the special answers are fields of their own, not further options of the same field."""
    shown: ClassVar[bool] = True
    """False for what is only computed and never seen."""
    asks: ClassVar[bool] = True
    """False where there is nothing to answer: it is neither required nor optional."""
    writable: ClassVar[bool] = True
    """False for the types of parts, which earshot makes by itself."""

    def read(self, question: Question, raw: Raw) -> Value | None:
        """Return the substantive answer, None where there is none; raise AnswerFault."""
        raise NotImplementedError

    def write(self, question: Question, answer: Value) -> Raw:
        """Return the form values that show a stored answer again; the inverse of `read`."""
        return Raw((str(answer),))

    def fields(self, question: Question) -> tuple[str, ...]:
        """Return the names of the further fields of a question, without its own name before them."""
        return ()

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return (ResponseColumn(question.name, question.name, "code"),)

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        """Return the values of the columns; a missing answer is its negative code."""
        return (int(answer) if isinstance(answer, Missing) else answer,)

    def ticked(self, question: Question, raw: Raw) -> tuple[Special | None, Raw]:
        """Return the special answer that was chosen, and the rest of what was sent; raise AnswerFault."""
        offered = {special.value: special for special in question.special}
        if self.special_apart:
            if raw.special and raw.special not in offered:
                raise AnswerFault("choice_unknown")
            return offered.get(raw.special), raw
        ticked = [value for value in raw.values if value in offered]
        if len(set(ticked)) > 1:
            raise AnswerFault("special_mixed", special=ticked[1])
        rest = Raw(tuple(value for value in raw.values if value not in offered), named=raw.named)
        return (offered[ticked[0]] if ticked else None), rest


class Lots(QuestionType):
    """An answer that is drawn by lot; nothing of a form is read."""

    asks = False
    writable = False

    def draw(self, question: Question, whole: Question, seed: int) -> Value:
        """Return what was drawn for a question that is part of `whole`, as this person sees it."""
        raise NotImplementedError
