"""One cell of the table: what a run shows, what all runs add up to, and what the rule says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.estimators.intervals import wilson

EFFECTIVE, EXPECTED, DEGREES = 30.0, 5.0, 10.0  # from here on an interval must hold what it promises
LOW, HIGH, ELSEWHERE = 0.94, 0.96, 0.93
_MOSTLY = 0.5  # of the samples: from here on a miss is called a warned one
_MANY = 1_000_000  # degrees of freedom of a normal quantile

Chance = np.random.Generator
Goal = Literal["hold", "at least"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One run: whether the interval `held` the truth (None: no interval), its width, and what it rested on.

    For a test of something that is so, `held` means that it did not reject. `warned`: the result said that it
    must not be relied on (a status that is not ok, or no interval).
    """

    held: bool | None
    width: float
    effective: float
    df: float
    warned: bool


NOTHING = Seen(None, 0.0, 0.0, 0.0, True)
"""A sample from which no figure could be had, and which said so."""


@dataclass(frozen=True)
class Row:
    """A line of the table: its name, people in a sample, and the share at stake (None: there are no two sides).

    `goal` "at least" is for what can only err on the safe side: several tests as one family, and intervals whose
    ends are among a few values.
    """

    name: str
    n: int
    share: float | None = None
    test: bool = False
    goal: Goal = "hold"


@dataclass(frozen=True)
class Experiment:
    """Samples that are drawn once and looked at in several ways: `once` returns what each of `rows` showed."""

    rows: tuple[Row, ...]
    once: Callable[[Chance], Sequence[Seen]]


@dataclass(frozen=True)
class Totals:
    """What the runs of one row add up to."""

    runs: int = 0
    told: int = 0
    held: int = 0
    warned: int = 0
    sure: int = 0
    sure_held: int = 0
    width: float = 0.0
    effective: float = 0.0
    df: float = 0.0

    def __add__(self, other: Totals) -> Totals:
        """Return both together."""
        return Totals(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def coverage(self) -> float | None:
        """Return the share of intervals that held the truth; None where there was no interval."""
        return self.held / self.told if self.told else None

    def bounds(self) -> tuple[float, float]:
        """Return the 99 % Monte-Carlo interval of the coverage (Wilson)."""
        return wilson(self.held / self.told, self.told, _MANY, 0.99) if self.told else (0.0, 1.0)

    @property
    def sure_coverage(self) -> float | None:
        """Return the coverage of the results that carried no warning."""
        return self.sure_held / self.sure if self.sure else None


def totals_of(found: Iterable[Seen]) -> Totals:
    """Add up runs."""
    runs = list(found)
    told = [one for one in runs if one.held is not None]
    sure = [one for one in told if not one.warned]
    return Totals(
        len(runs),
        len(told),
        sum(bool(one.held) for one in told),
        sum(one.warned for one in runs),
        len(sure),
        sum(bool(one.held) for one in sure),
        float(sum(one.width for one in told)),
        float(sum(one.effective for one in runs)),
        float(sum(one.df for one in runs)),
    )


def sides(row: Row, totals: Totals) -> tuple[float, float] | None:
    """Return the expected effective people on each side of the share; None where there are no sides."""
    if row.share is None:
        return None
    effective = totals.effective / totals.runs
    return effective * row.share, effective * (1 - row.share)


def ordinary(row: Row, totals: Totals) -> bool:
    """Tell whether a cell is one in which the promise must be kept, by its average sample."""
    if not totals.told:
        return False
    both = sides(row, totals)
    effective, df = totals.effective / totals.runs, totals.df / totals.runs
    # the average of many runs is a little off a round number that it stands for
    return effective >= 0.99 * EFFECTIVE and df >= DEGREES and (both is None or min(both) >= 0.99 * EXPECTED)


def verdict(row: Row, totals: Totals) -> str:
    """Return "held", "warned" or a miss, with the side on which it errs, and whether most results said so."""
    coverage, (low, high) = totals.coverage, totals.bounds()
    if coverage is None:
        return "warned"
    if ordinary(row, totals):
        said = ", warned" if totals.warned >= _MOSTLY * totals.runs else ""
        if high < LOW:
            return f"MISS: {'rejects too often' if row.test else 'too narrow'}{said}"
        if low > HIGH:
            wide = "rejects seldom" if row.test else "wide"
            return f"MISS: {wide}{said}" if row.goal == "hold" else f"held, {wide}"
        return "held"
    if coverage >= ELSEWHERE:
        return "held"
    sure = totals.sure_coverage
    if sure is None or sure >= ELSEWHERE:
        return "warned"
    return "MISS: too narrow, not warned"


def named(row: Row, method: str) -> Row:
    """Return the row under the name of one method."""
    return replace(row, name=f"{row.name}, {method}")
