"""The types of question: what each needs, how it reads an answer, which columns it fills.

A new type is a class here (or a file beside) and one line in QUESTION_TYPES.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from questionnaires.model import Answer, Missing, Question, Special, Value
from questionnaires.problems import AnswerProblem


@dataclass(frozen=True)
class Raw:
    """What a form sent for one question: the values of its fields, and the special answer if ticked."""

    values: tuple[str, ...] = ()
    special: str = ""


@dataclass(frozen=True)
class Column:
    """One column of the responses table; `kind` is code, flag, number, text or missing."""

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
    needs: ClassVar[frozenset[str]] = frozenset()
    empty_code: ClassVar[str] = "choose_one"
    special_apart: ClassVar[bool] = False
    """True where the special answers are fields of their own, not further options of the same field."""

    def read(self, question: Question, raw: Raw) -> Value | None:
        """Return the substantive answer, None where there is none; raise AnswerFault."""
        raise NotImplementedError

    def write(self, answer: Value) -> tuple[str, ...]:
        """Return the form values that stand for a stored answer."""
        return (str(answer),)

    def columns(self, question: Question) -> tuple[Column, ...]:
        return (Column(question.name, question.name, "code"),)

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        """Return the values of the columns; a missing answer is its negative code."""
        return (int(answer) if isinstance(answer, Missing) else answer,)


class Single(QuestionType):
    """One of several choices."""

    takes = frozenset({"choices"})
    needs = frozenset({"choices"})

    def read(self, question: Question, raw: Raw) -> Value | None:
        if len(raw.values) > 1:
            raise AnswerFault("one_only")
        return _code(question, raw.values[0]) if raw.values else None


class ReplyTime(Single):
    """How soon a reply is expected: ordered intervals, each reaching up to its limit."""

    takes = frozenset({"intervals"})
    needs = frozenset({"intervals"})


class Several(QuestionType):
    """Any number of choices; an exclusive one stands alone."""

    takes = frozenset({"choices"})
    needs = frozenset({"choices"})
    empty_code = "choose_several"

    def read(self, question: Question, raw: Raw) -> Value | None:
        codes = tuple(sorted({_code(question, value) for value in raw.values}))
        alone = next((c for c in question.choices if c.exclusive and c.code in codes), None)
        if alone and len(codes) > 1:
            raise AnswerFault("exclusive_mixed", choice=alone.text)
        return codes or None

    def write(self, answer: Value) -> tuple[str, ...]:
        return tuple(str(code) for code in answer) if isinstance(answer, tuple) else ()

    def columns(self, question: Question) -> tuple[Column, ...]:
        return tuple(
            Column(f"{question.name}.{choice.name}", question.name, "flag", choice.code)
            for choice in question.choices
        )

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        if isinstance(answer, Missing):
            return (int(answer),) * len(question.choices)
        chosen = answer if isinstance(answer, tuple) else ()
        return tuple(int(choice.code in chosen) for choice in question.choices)


class Number(QuestionType):
    """A whole number between limits."""

    takes = frozenset({"minimum", "maximum", "unit"})
    empty_code = "number_needed"
    special_apart = True

    def read(self, question: Question, raw: Raw) -> Value | None:
        text = "".join(raw.values[:1]).strip()
        if len(raw.values) > 1:
            raise AnswerFault("one_only")
        if not text:
            return None
        if not (text.isdecimal() and len(text) <= 9):
            raise AnswerFault("number_whole", example=_example(question))
        number = int(text)
        low, high = question.minimum, question.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise AnswerFault("number_range", minimum=low, maximum=high)
        return number

    def columns(self, question: Question) -> tuple[Column, ...]:
        return (Column(question.name, question.name, "number"),)


class FreeText(QuestionType):
    """An open answer, kept and shown exactly as written."""

    takes = frozenset({"max_length"})
    empty_code = "text_needed"
    special_apart = True

    def read(self, question: Question, raw: Raw) -> Value | None:
        if len(raw.values) > 1:
            raise AnswerFault("one_only")
        text = "".join(raw.values).replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            return None
        if any(_unstorable(character) for character in text):
            raise AnswerFault("text_characters")
        if len(text) > question.max_length:
            raise AnswerFault("text_long", n=question.max_length)
        return text

    def columns(self, question: Question) -> tuple[Column, ...]:
        """Return the text and, beside it, why it is missing (0 where it is not)."""
        missing = Column(f"{question.name}.missing", question.name, "missing")
        return (Column(question.name, question.name, "text"), missing)

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        return (None, int(answer)) if isinstance(answer, Missing) else (answer, 0)


class Consent(QuestionType):
    """One box to tick before anything is asked."""

    takes = frozenset({"label"})
    needs = frozenset({"label"})
    empty_code = "consent_needed"

    def read(self, question: Question, raw: Raw) -> Value | None:
        if raw.values and raw.values != ("1",):
            raise AnswerFault("choice_unknown")
        return 1 if raw.values else None


QUESTION_TYPES: Mapping[str, QuestionType] = {
    "single": Single(),
    "scale": Single(),
    "several": Several(),
    "reply_time": ReplyTime(),
    "number": Number(),
    "text": FreeText(),
    "consent": Consent(),
}


def read_answer(question: Question, raw: Raw) -> Answer | AnswerProblem:
    """Judge one question's form values: the answer, or the problem with it."""
    kind = QUESTION_TYPES[question.type]
    try:
        special, values = _special(question, raw, kind)
        answer = kind.read(question, Raw(values))
        if special and answer is not None:
            raise AnswerFault("special_mixed", special=special.value)
    except AnswerFault as fault:
        return AnswerProblem(fault.code, question.name, fault.values)
    if special:
        return special.missing
    if answer is None and question.required:
        return AnswerProblem(kind.empty_code, question.name)
    return Missing.NOT_ANSWERED if answer is None else answer


def form_values(question: Question, answer: Answer) -> Raw:
    """Return the form values that show a stored answer again; the inverse of `read_answer`."""
    if not isinstance(answer, Missing):
        return Raw(QUESTION_TYPES[question.type].write(answer))
    special = next((s for s in question.special if s.missing == answer), None)
    if special is None:
        return Raw()
    if QUESTION_TYPES[question.type].special_apart:
        return Raw(special=special.value)
    return Raw((special.value,))


def _special(question: Question, raw: Raw, kind: QuestionType) -> tuple[Special | None, tuple[str, ...]]:
    offered = {special.value: special for special in question.special}
    if kind.special_apart:
        if raw.special and raw.special not in offered:
            raise AnswerFault("choice_unknown")
        return offered.get(raw.special), raw.values
    ticked = [value for value in raw.values if value in offered]
    return (offered[ticked[0]] if ticked else None), tuple(v for v in raw.values if v not in offered)


def _code(question: Question, text: str) -> int:
    codes: Sequence[int] = [choice.code for choice in question.choices]
    if not (text.isascii() and text.isdecimal() and int(text[:9]) in codes and str(int(text[:9])) == text):
        raise AnswerFault("choice_unknown")
    return int(text)


def _example(question: Question) -> int:
    low, high = question.minimum or 0, question.maximum
    return min(34, high) if high is not None and low <= 34 else max(low, 34)


def _unstorable(character: str) -> bool:
    """Control characters, lone surrogates and non-characters break databases, files or spreadsheets."""
    code = ord(character)
    return (code < 32 and character not in "\n\t") or 0xD800 <= code <= 0xDFFF or code & 0xFFFE == 0xFFFE
