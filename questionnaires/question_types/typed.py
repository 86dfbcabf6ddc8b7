"""Types whose answer is typed: numbers, dates, and texts in a person's own words."""

from __future__ import annotations

import datetime as dt
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


class Number(QuestionType):
    """A number between limits, whole unless it has `decimals`."""

    takes = frozenset({"minimum", "maximum", "unit", "decimals"})
    empty_code = "number_needed"
    special_apart = True

    def read(self, question: Question, raw: Raw) -> Value | None:
        text = "".join(raw.values[:1]).strip()
        if len(raw.values) > 1:
            raise AnswerFault("one_only")
        if not text:
            return None
        low, high = question.minimum, question.maximum
        least = int(low or 0)
        example = min(34, int(high)) if high is not None and least <= 34 else max(least, 34)
        whole, _, part = text.replace(",", ".").partition(".")
        if not question.decimals:
            if not (text.isascii() and text.isdecimal() and len(text) <= 9):
                raise AnswerFault("number_whole", example=example)
            number: int | float = int(text)
        elif not (
            text.isascii() and whole.isdecimal() and (part.isdecimal() or not part) and len(text) <= 15
        ):
            raise AnswerFault("number_decimal", example=f"{example}.5")
        elif len(part) > question.decimals:
            raise AnswerFault("number_places", n=question.decimals)
        else:
            number = float(f"{int(whole)}.{part or 0}")
        if low is not None and high is not None and not low <= number <= high:
            raise AnswerFault("number_range", minimum=_plain(low), maximum=_plain(high))
        if low is not None and number < low:
            raise AnswerFault("number_low", minimum=_plain(low))
        if high is not None and number > high:
            raise AnswerFault("number_high", maximum=_plain(high))
        return number

    def write(self, question: Question, answer: Value) -> Raw:
        if not isinstance(answer, float):
            return Raw((str(answer),))
        # As it can be typed: Python would write 0.00001 as 1e-05.
        text = f"{answer:.{question.decimals}f}"
        return Raw((text.rstrip("0").rstrip(".") if question.decimals else text,))

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return (ResponseColumn(question.name, question.name, "decimal" if question.decimals else "number"),)


class Date(QuestionType):
    """A day, a month or a year; stored as the number yyyymmdd, with 00 for what is not asked."""

    takes = frozenset({"minimum", "maximum", "precision"})
    empty_code = "date_needed"
    special_apart = True

    def fields(self, question: Question) -> tuple[str, ...]:
        return DATE_FIELDS[question.precision]

    def read(self, question: Question, raw: Raw) -> Value | None:
        texts = {name: raw.named.get(name, "").strip() for name in self.fields(question)}
        if raw.values:
            raise AnswerFault("choice_unknown")
        if not any(texts.values()):
            return None
        if not all(texts.values()):
            raise AnswerFault("date_incomplete_" + question.precision)
        if not all(text.isascii() and text.isdecimal() and len(text) <= 4 for text in texts.values()):
            raise AnswerFault("date_numbers_" + question.precision)
        year, month, day = (int(texts.get(name, 0)) for name in ("year", "month", "day"))
        if year < 1000:
            raise AnswerFault("date_year")
        try:
            dt.date(year, month if "month" in texts else 1, day if "day" in texts else 1)
        except ValueError:
            raise AnswerFault("date_unreal") from None
        date = year * 10_000 + month * 100 + day
        low, high = question.minimum, question.maximum
        if low is not None and _before(date, int(low)):
            raise AnswerFault("date_early", date=int(low))
        if high is not None and _before(int(high), date):
            raise AnswerFault("date_late", date=int(high))
        return date

    def write(self, question: Question, answer: Value) -> Raw:
        number = int(answer) if isinstance(answer, int | float) else 0
        parts = {"year": number // 10_000, "month": number // 100 % 100, "day": number % 100}
        return Raw(named={name: str(parts[name]) for name in self.fields(question)})

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return (ResponseColumn(question.name, question.name, "date"),)


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


DATE_FIELDS = {"day": ("day", "month", "year"), "month": ("month", "year"), "year": ("year",)}


def date_text(number: int) -> str:
    """Return yyyymmdd as 2026-01-31, 2026-01 or 2026, as authors write it."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    return f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")


def _before(date: int, other: int) -> bool:
    """Compare as far as both dates go: every day of 2025 lies within "2025 or earlier"."""
    unit = next((unit for unit in (10_000, 100) if not date % unit or not other % unit), 1)
    return date // unit < other // unit


def _plain(limit: float) -> Any:
    return int(limit) if float(limit).is_integer() else limit
