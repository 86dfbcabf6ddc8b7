"""The constants of an expression: names of choices, limits of reply time, dates."""

from __future__ import annotations

import math
import re
from datetime import date

from questionnaires.expressions.trees import SPECIAL, Asked, Code, ExpressionFault, fault, listed

_UNITS = {"min": 1, "minute": 1, "minutes": 1, "h": 60, "hour": 60, "hours": 60, "day": 1440, "days": 1440}
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


def minutes(text: str) -> float | None:
    """Return a duration such as "15 min", "1 h" or "2 days" in minutes; None where it is none."""
    number, _, unit = str(text).strip().partition(" ")
    try:
        return float(number) * _UNITS[unit.strip()]
    except (ValueError, KeyError):
        return None


def within(limit: str, question: Asked) -> tuple[int, ...]:
    """Return the codes of the intervals up to a limit; raise ExpressionFault where none ends there."""
    longest = minutes(limit)
    limits = {c.code: c.upto for c in question.choices if getattr(c, "upto", None) and c.aside is None}
    if longest is None or longest not in limits.values():
        texts = ", ".join(f"{upto:g} min" for upto in limits.values() if upto != math.inf)
        raise fault("limit-unknown", limit=limit, question=question.name, known=texts or "none")
    return tuple(code for code, upto in limits.items() if upto <= longest)


def text_constant(text: str, question: Asked) -> Code:
    """Return what a quoted word means beside a question; raise ExpressionFault where it means nothing."""
    if text in SPECIAL:
        return SPECIAL[text]
    if question.type == "date":
        return date_number(text, question)
    if not question.choices and question.type not in ("number", "computed"):
        return text
    return code_of(question, text)


def number_constant(number: float, question: Asked) -> Code:
    """Return a number that stands beside a question; raise ExpressionFault where it can be no answer."""
    if question.choices and (isinstance(number, bool) or number not in {c.code for c in question.choices}):
        raise unknown_choice(question, str(number))
    if question.type != "date":
        return number
    # The number yyyymmdd, judged by the rule for written dates.
    digits = _DIGITS.fullmatch(str(int(number))) if number == int(number) else None
    if digits is None:
        raise fault("date-constant", value=str(number), question=question.name)
    return date_number("-".join(part for part in digits.groups() if part != "00"), question)


def code_of(question: Asked, name: str) -> Code:
    """Return the code of a choice, or the word of a special answer, by its name; raise ExpressionFault."""
    if name in SPECIAL:
        return SPECIAL[name]
    for choice in question.choices:
        if choice.name == name:
            return int(choice.code)
    raise unknown_choice(question, name)


def date_number(text: str, question: Asked) -> int:
    """Return a date as the number yyyymmdd, 00 for what is not given; raise ExpressionFault."""
    match = _DATE.fullmatch(text)
    year, month, day = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        match = None
    if match is None or (match[2] is not None and not month) or (match[3] is not None and not day):
        raise fault("date-constant", value=text, question=question.name)
    return year * 10000 + month * 100 + day


def unknown_choice(question: Asked, name: str) -> ExpressionFault:
    """Return the fault of naming a choice that a question has not."""
    choices = listed({choice.name: None for choice in question.choices})
    return fault("choice-unknown", choice=name, question=question.name, known=choices)
