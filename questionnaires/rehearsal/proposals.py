"""What a simulated respondent would answer: dice that are the same in every later version, and likely answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from questionnaires.bands import parse_band
from questionnaires.lots import lot
from questionnaires.model import Question, Value
from questionnaires.question_types.choosing import places_of
from questionnaires.rehearsal.candidates import (
    FIRST_YEAR,
    LAST_YEAR,
    TurningPoints,
    candidates,
    first_day,
    number_range,
    stored_date,
)

Item = TypeVar("Item")
_MASK = 2**64 - 1


class Dice:
    """A small generator of even numbers (SplitMix64), begun by a seed and what it is thrown for."""

    def __init__(self, seed: int, *about: str) -> None:
        self._state = lot(seed, "dice", *about)

    def throw(self) -> int:
        """Return a whole number from 0 to 2**64 - 1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = ((self._state ^ (self._state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both possible."""
        return low + self.throw() % (high - low + 1)

    def chance(self, share: float) -> bool:
        """Return true in this share of throws."""
        return self.throw() < share * _MASK

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of some items, each as likely as the others."""
        return items[self.throw() % len(items)]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """Return `count` different items in random order."""
        rest = list(items)
        return [rest.pop(self.throw() % len(rest)) for _ in range(min(count, len(rest)))]

    def weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """Return one of some items, each as likely as its weight; evenly where all weights are 0."""
        total = sum(weights)
        if total <= 0:
            return self.pick(items)
        point = self.throw() / 2**64 * total
        for item, weight in zip(items, weights, strict=True):
            point -= weight
            if point < 0:
                return item
        return items[-1]


@dataclass(frozen=True)
class Habits:
    """How simulated people answer.

    `shares` are those that the study itself foresees (`synthetic.yaml`), by question and choice or band;
    without them every choice is as likely as another. An explorer looks for the values at which conditions
    turn (`points`) and is no measure of shares.
    """

    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    points: TurningPoints = field(default_factory=dict)


CHOOSING = frozenset({"single", "scale", "pair", "list", "reply_time"})
PROPOSING = CHOOSING | {"several", "ranking", "number", "date", "text", "consent"}
"""The types of question that people answer; all others are only read, drawn or computed."""


def proposed(question: Question, dice: Dice, habits: Habits, explorer: bool) -> Value | None:
    """Return a substantive answer to a question as it is seen; None where there is none to think of."""
    if question.type not in PROPOSING:
        return None
    if explorer and dice.chance(0.5):
        turning = candidates(question, habits.points)
        return dice.pick(turning) if turning else None
    shares = habits.shares.get(question.name, {})
    match question.type:
        case "several":
            return _set(question, dice, shares)
        case "ranking" if question.choices:
            places = places_of(question)
            count = places if question.required else dice.between(1, max(1, places))
            return tuple(choice.code for choice in dice.some(question.choices, count))
        case "number":
            return _number(question, dice, shares)
        case "date":
            first = first_day(question.minimum, dt.date(FIRST_YEAR, 1, 1))
            last = first_day(question.maximum, max(dt.date(LAST_YEAR, 12, 31), first))
            if first > last:
                return None
            ordinal = dice.between(first.toordinal(), last.toordinal())
            return stored_date(dt.date.fromordinal(ordinal), question)
        case "text":
            return "some words of my own"[: question.max_length]
        case "consent":
            return 1
    if not question.choices:
        return None
    weights = [shares.get(choice.name, 0.0) if shares else 1.0 for choice in question.choices]
    return dice.weighted(question.choices, weights).code


def _set(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
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


def _number(question: Question, dice: Dice, shares: Mapping[str, float]) -> Value | None:
    low, high = number_range(question)
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
