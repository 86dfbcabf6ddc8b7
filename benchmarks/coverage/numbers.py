"""Cells of numbers: quantiles with Woodruff's intervals, and means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import ndtr, ndtri

from analysis.estimate import OK, Measure
from analysis.estimators.intervals import AUTO, MEAN
from analysis.estimators.means import means
from analysis.estimators.quantiles import quantiles
from analysis.table.column import Numbers
from analysis.table.design import sample_of
from analysis.table.sums import Sums, sums_of
from benchmarks.coverage.cell import Chance, Experiment, Goal, Row, Seen
from benchmarks.coverage.samples import DESIGN, EVERYONE, Clustered, codes_of

PROBABILITIES = (0.25, 0.5, 0.9)
_HEAPS = np.array([5.0, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 480, 1440])


@dataclass(frozen=True)
class Quantity:
    """A variable made of a standard normal one, with its true quantiles and mean."""

    name: str
    of_normal: Callable[[Numbers], Numbers]
    quantile: Callable[[float], float]
    mean: float


def _lognormal(spread: float) -> Quantity:
    def of_normal(z: Numbers) -> Numbers:
        return np.exp(spread * z)

    def quantile(p: float) -> float:
        return float(np.exp(spread * ndtri(p)))

    return Quantity(f"lognormal({spread:g})", of_normal, quantile, float(np.exp(spread**2 / 2)))


def _rounded_up(minutes: Numbers) -> Numbers:
    return np.asarray(_HEAPS[np.minimum(np.searchsorted(_HEAPS, minutes), len(_HEAPS) - 1)])


def _heaped() -> Quantity:
    """Minutes as people say them: 5, 10, 15, 30, 60 …"""

    def of_normal(z: Numbers) -> Numbers:
        return _rounded_up(40 * np.exp(z))

    def quantile(p: float) -> float:
        return float(of_normal(np.array([ndtri(p)]))[0])

    below = ndtr(np.log(_HEAPS / 40))
    share = np.diff(np.append(0.0, np.append(below[:-1], 1.0)))
    return Quantity("minutes in heaps", of_normal, quantile, float(share @ _HEAPS))


def _scale() -> Quantity:
    cuts = np.array([0.1, 0.25, 0.55, 0.85])

    def of_normal(z: Numbers) -> Numbers:
        return np.asarray(1.0 + (ndtr(z)[:, None] > cuts).sum(axis=1))

    shares = np.diff(np.concatenate([[0.0], cuts, [1.0]]))
    return Quantity(
        "scale of 1 to 5", of_normal, lambda p: 1.0 + int((p > cuts).sum()), float(shares @ np.arange(1, 6))
    )


SMOOTH, SKEWED, HEAPED, SCALE = _lognormal(0.5), _lognormal(1.0), _heaped(), _scale()


def seen(found: Measure, truth: float) -> Seen:
    """Return what an estimate of a number showed."""
    effective = min(found.effective_base, float(found.base))
    if found.low is None or found.high is None:
        return Seen(None, 0.0, effective, found.df, True)
    return Seen(
        found.low <= truth <= found.high, found.high - found.low, effective, found.df, found.status != OK
    )


Draw = Callable[[Chance], tuple[Sums, dict[int, float]]]


def _simple(quantity: Quantity, n: int, chance: Chance) -> tuple[Sums, dict[int, float]]:
    code, values = codes_of(quantity.of_normal(chance.normal(size=n)))
    return sums_of(sample_of(n), code), values


def _in_clusters(
    quantity: Quantity, design: Clustered, icc: float, chance: Chance
) -> tuple[Sums, dict[int, float]]:
    people = design.draw(chance)
    code, values = codes_of(quantity.of_normal(people.normal(icc, chance)))
    return people.sums(code), values


def of_quantiles(name: str, n: int, quantity: Quantity, draw: Draw) -> Experiment:
    """Look at three quantiles of one sample, where answers are heaped by R's interval too."""
    methods = (AUTO, MEAN) if quantity is HEAPED else (AUTO,)

    def once(chance: Chance) -> Sequence[Seen]:
        sums, values = draw(chance)
        return [
            seen(one, quantity.quantile(p))
            for method in methods
            for one, p in zip(_asked(sums, values, method), PROBABILITIES, strict=True)
        ]

    named = {AUTO: name, MEAN: f"{name}, interval 'mean'"}
    goal: Goal = "at least" if quantity is HEAPED else "hold"
    rows = (
        Row(f"quantile {p:g} of {named[method]}", n, p, goal=goal)
        for method in methods
        for p in PROBABILITIES
    )
    return Experiment(tuple(rows), once)


def _asked(sums: Sums, values: dict[int, float], method: str) -> list[Measure]:
    return quantiles(
        sums,
        question="q",
        values=values,
        probabilities=PROBABILITIES,
        segments=[EVERYONE],
        design=DESIGN,
        interval=method,
    )


def of_means(name: str, n: int, quantity: Quantity, draw: Draw) -> Experiment:
    """Look at the mean of one sample."""

    def once(chance: Chance) -> Sequence[Seen]:
        sums, values = draw(chance)
        found = means(sums, question="q", values=values, segments=[EVERYONE], design=DESIGN).rows[0]
        return [seen(found, quantity.mean)]

    return Experiment((Row(f"mean of {name}", n),), once)


Kind = Callable[[str, int, Quantity, Draw], Experiment]


def simple(kind: Kind, quantity: Quantity, n: int) -> Experiment:
    """Draw people one by one."""
    return kind(f"{quantity.name}, simple sample of {n}", n, quantity, partial(_simple, quantity, n))


def clustered(kind: Kind, quantity: Quantity, design: Clustered, icc: float) -> Experiment:
    """Draw clusters in strata."""
    name = f"{quantity.name}, {design}, ICC {icc:g}"
    return kind(name, design.people, quantity, partial(_in_clusters, quantity, design, icc))


def experiments() -> Iterator[Callable[[], Experiment]]:
    """Yield what makes each experiment."""
    design = Clustered(10, 3, True)
    yield from (partial(simple, of_quantiles, SKEWED, n) for n in (30, 100, 400))
    yield partial(simple, of_quantiles, HEAPED, 400)
    yield partial(clustered, of_quantiles, SKEWED, design, 0.2)
    yield partial(clustered, of_quantiles, HEAPED, design, 0.2)
    yield from (partial(simple, of_means, SCALE, n) for n in (30, 100))
    yield from (partial(simple, of_means, quantity, 100) for quantity in (SMOOTH, SKEWED))
    yield partial(simple, of_means, SKEWED, 400)
    yield partial(clustered, of_means, SCALE, design, 0.2)
