"""The dice of simulated respondents: the same seed throws the same numbers in every later version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from questionnaires.lots import lot

Thing = TypeVar("Thing")
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

    def pick(self, things: Sequence[Thing]) -> Thing:
        """Return one of some things, each as likely as the others."""
        return things[self.throw() % len(things)]

    def some(self, things: Sequence[Thing], count: int) -> list[Thing]:
        """Return `count` different things in random order."""
        rest = list(things)
        return [rest.pop(self.throw() % len(rest)) for _ in range(min(count, len(rest)))]

    def weighted(self, things: Sequence[Thing], weights: Sequence[float]) -> Thing:
        """Return one of some things, each as likely as its weight; evenly where all weights are 0."""
        total = sum(weights)
        if total <= 0:
            return self.pick(things)
        point = self.throw() / 2**64 * total
        for thing, weight in zip(things, weights, strict=True):
            point -= weight
            if point < 0:
                return thing
        return things[-1]
