"""What a simulated respondent would answer: a likely value of a question, and all that are worth trying."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from questionnaires.bands import parse_band
from questionnaires.expressions import Code
from questionnaires.model import Choice, Question, Value
from questionnaires.question_types.ranking import places_of
from questionnaires.rehearsal.constants import Constants
from questionnaires.rehearsal.dice import Dice

MOST_CANDIDATES = 14
USUAL_MAXIMUM = 100
FIRST_YEAR, LAST_YEAR = 1940, 2030
"""Where a date without limits is drawn from; no clock is asked."""


@dataclass(frozen=True)
class Habits:
    """How simulated people answer.

    `shares` are those that the study itself foresees (`synthetic.yaml`), by question and choice or band;
    without them every choice is as likely as another. An explorer looks for the values at which conditions
    turn (`constants`) and is no measure of shares.
    """

    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    constants: Constants = field(default_factory=dict)


def proposed(question: Question, dice: Dice, habits: Habits, explorer: bool) -> Value | None:
    """Return a substantive answer to a question as it is seen; None where there is none to think of."""
    propose = _PROPOSE.get(question.type)
    if propose is None:
        return None
    if explorer and dice.chance(0.5):
        turning = candidates(question, habits.constants)
        return dice.pick(turning) if turning else None
    return propose(question, dice, habits.shares.get(question.name, {}))


def candidates(question: Question, constants: Constants) -> tuple[Value, ...]:
    """Return the few answers that matter: those around which conditions turn, and the limits."""
    named = constants.get(question.name, ())
    found = _CANDIDATES.get(question.type, _codes)(question, named)
    return tuple(dict.fromkeys(found))


def _one(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    if not question.choices:
        return None
    return dice.weighted(question.choices, _weights(question.choices, shares)).code


def _several(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    alone = [choice for choice in question.choices if choice.exclusive]
    others = [choice for choice in question.choices if not choice.exclusive]
    if shares:
        chosen = tuple(c.code for c in others if dice.chance(min(1.0, shares.get(c.name, 0.0))))
        if chosen or not alone:
            return chosen or None
        return (alone[0].code,)
    if alone and (not others or dice.chance(0.1)):
        return (dice.pick(alone).code,)
    if not others:
        return None
    least = min(len(others), max(1, int(question.minimum or 1)))
    most = max(least, min(len(others), int(question.maximum or len(others))))
    return tuple(sorted(choice.code for choice in dice.some(others, dice.between(least, most))))


def _ranked(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    if not question.choices:
        return None
    wanted = places_of(question)
    count = wanted if question.required else dice.between(1, max(1, wanted))
    return tuple(choice.code for choice in dice.some(question.choices, count))


def _number(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    low, high = _range(question)
    bands = {label: band for label in shares if (band := parse_band(label))}
    if bands:
        labels = list(bands)
        band = bands[dice.weighted(labels, [shares[label] for label in labels])]
        low, high = max(low, band.low), min(high, band.high)
    step = 10**question.decimals
    if low > high:
        return None
    number = dice.between(-int(-low * step // 1), max(-int(-low * step // 1), int(high * step)))
    return round(number / step, question.decimals) if question.decimals else number


def _range(question: Question) -> tuple[float, float]:
    low = question.minimum if question.minimum is not None else 0.0
    high = question.maximum if question.maximum is not None else max(USUAL_MAXIMUM, low + USUAL_MAXIMUM)
    return max(0.0, low), high


def _date(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    first = _day(question.minimum, dt.date(FIRST_YEAR, 1, 1))
    last = _day(question.maximum, max(dt.date(LAST_YEAR, 12, 31), first))
    if first > last:
        return None
    return _stored(dt.date.fromordinal(dice.between(first.toordinal(), last.toordinal())), question)


def _text(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    return "some words of my own"[: question.max_length]


def _consent(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    return 1


def _weights(choices: Sequence[Choice], shares: Mapping[str, float]) -> list[float]:
    return [shares.get(choice.name, 0.0) if shares else 1.0 for choice in choices]


_PROPOSE: Mapping[str, Callable[[Question, Dice, Mapping[str, float]], Value | None]] = {
    **dict.fromkeys(("single", "scale", "pair", "list", "reply_time"), _one),
    "several": _several,
    "ranking": _ranked,
    "number": _number,
    "date": _date,
    "text": _text,
    "consent": _consent,
}


def _codes(question: Question, named: Sequence[Code]) -> list[Value]:
    """The choices that conditions name, and two that they do not."""
    codes = [choice.code for choice in question.choices]
    asked = [code for code in codes if code in named]
    others = [code for code in codes if code not in named]
    return [*asked[:MOST_CANDIDATES], *others[:2]] if asked else [*others[:MOST_CANDIDATES]]


def _sets(question: Question, named: Sequence[Code]) -> list[Value]:
    """Single choices, pairs of them, all together, as many as are allowed."""
    free = [choice.code for choice in question.choices if not choice.exclusive]
    alone: list[Value] = [(choice.code,) for choice in question.choices if choice.exclusive]
    matter = [code for code in free if code in named] or free[:3]
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


def _rankings(question: Question, named: Sequence[Code]) -> list[Value]:
    codes = [choice.code for choice in question.choices]
    wanted = places_of(question)
    turned = [tuple((codes[n:] + codes[:n])[:wanted]) for n in range(min(len(codes), MOST_CANDIDATES))]
    return [*turned, *((codes[0],) for _ in range(1) if codes and not question.required)]


def _numbers(question: Question, named: Sequence[Code]) -> list[Value]:
    low, high = _range(question)
    step = 10**-question.decimals if question.decimals else 1
    turning = [value for value in named if isinstance(value, int | float) and not isinstance(value, bool)]
    near = [value + change for value in turning for change in (0, -step, step)]
    found = [*near, low, high, (low + high) // 2, low + step, high - step]
    inside = [value for value in found if low <= value <= high]
    if question.decimals:
        return [round(value, question.decimals) for value in inside]
    return [int(value) for value in inside if float(value).is_integer()]


def _dates(question: Question, named: Sequence[Code]) -> list[Value]:
    limits = (question.minimum, question.maximum)
    numbers = [n for n in (*named, *limits) if isinstance(n, int | float) and not isinstance(n, bool)]
    usual = [dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31)]
    days = [_day(number, usual[0]) for number in numbers] + usual
    steps = {"day": (1,), "month": (1, 31), "year": (1, 366)}[question.precision]
    near = [
        dt.date.fromordinal(min(max(day.toordinal() + sign * step, 365_000), 3_652_059))
        for day in days
        for step in (0, *steps)
        for sign in (1, -1)
    ]
    low, high = question.minimum or 0, question.maximum or 99_991_231
    return [date for day in near if low <= (date := _stored(day, question)) <= high]


def _texts(question: Question, named: Sequence[Code]) -> list[Value]:
    return [*(value for value in named if isinstance(value, str) and value), "x"]


_CANDIDATES: Mapping[str, Callable[[Question, Sequence[Code]], list[Value]]] = {
    "several": _sets,
    "ranking": _rankings,
    "number": _numbers,
    "date": _dates,
    "text": _texts,
    "consent": lambda question, named: [1],
    "information": lambda question, named: [1],
    "computed": lambda question, named: [],
}


def _day(number: float | None, usual: dt.date) -> dt.date:
    """Return the first day that a stored date can mean."""
    if number is None:
        return usual
    year, month, day = int(number) // 10_000, int(number) // 100 % 100, int(number) % 100
    try:
        return dt.date(year, month or 1, day or 1)
    except ValueError:
        return usual


def _stored(day: dt.date, question: Question) -> int:
    month = day.month if question.precision != "year" else 0
    return day.year * 10_000 + month * 100 + (day.day if question.precision == "day" else 0)
