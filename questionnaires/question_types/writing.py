"""Answers in a person's own words."""

from __future__ import annotations

import re
from typing import Any

from questionnaires.model import Answer, Missing, Question, Value
from questionnaires.question_types.kind import AnswerFault, QuestionType, Raw, ResponseColumn

_UNSTORABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\ud800-\udfff"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""Control characters, lone surrogates and non-characters: they break databases, files or spreadsheets."""


class FreeText(QuestionType):
    """An open answer of one line or more, kept and shown exactly as written."""

    takes = frozenset({"max_length", "lines"})
    empty_code = "text_needed"
    special_apart = True

    def read(self, question: Question, raw: Raw) -> Value | None:
        if len(raw.values) > 1:
            raise AnswerFault("one_only")
        text = "".join(raw.values).replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            return None
        if _UNSTORABLE.search(text):
            raise AnswerFault("text_characters")
        if len(text) > question.max_length:
            raise AnswerFault("text_long", n=question.max_length)
        return text

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        """Return the text and, beside it, why it is missing (0 where it is not)."""
        missing = ResponseColumn(f"{question.name}.missing", question.name, "missing")
        return (ResponseColumn(question.name, question.name, "text"), missing)

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        return (None, int(answer)) if isinstance(answer, Missing) else (answer, 0)
