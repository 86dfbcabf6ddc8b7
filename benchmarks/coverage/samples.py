"""Samples from populations whose truth is known, as the sums that every estimator reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimators.proportion import Answer
from analysis.table.column import Codes, Numbers, TextColumn
from analysis.table.design import Design, Sample, sample_of
from analysis.table.segments import Segment
from analysis.table.sums import Sums, sums_of
from analysis.weighting.calibration import Raking
from analysis.weighting.margins import Cells, Margin, cells_of
from analysis.weighting.raking import rake
from benchmarks.coverage.cell import Chance

DESIGN = Design()
YES = (Answer("yes", frozenset({1})),)
YES_OR_NO = frozenset({0, 1})
EVERYONE = Segment("all", {}, frozenset({0, 1}))
DOMAIN = Segment("domain", {}, frozenset({1}))

_SIZES = np.array([3, 5, 8, 12, 22])  # unequal clusters: 10 people on average, CV 0.67

# Whom a web survey reaches: young people answer far more often than old.
_AGES = ("18-23", "24-34", "35-44", "45-54", "55-64", "65+")
_POPULATION = np.array([0.113, 0.194, 0.169, 0.184, 0.161, 0.179])
_ANSWERING = _POPULATION * np.array([2.2, 1.3, 1.0, 0.8, 0.6, 0.5])
_TIED = np.array([0.25, 0.60, 0.35, 0.28, 0.20, 0.12])
_WOMEN = 0.514
RAKED_TRUTH = float(_TIED @ _POPULATION / _POPULATION.sum())
UNTIED_TRUTH = 0.3  # of an answer that age says nothing about: weights cost, and explain nothing


def answers(count: int) -> tuple[Answer, ...]:
    """Return `count` answers with the codes from 0."""
    return tuple(Answer(str(code), frozenset({code})) for code in range(count))


def segments(count: int) -> tuple[Segment, ...]:
    """Return `count` segments with the codes from 0."""
    return tuple(Segment(str(code), {}, frozenset({code})) for code in range(count))


def spread_weights(n: int, effect: float, chance: Chance) -> Numbers:
    """Return lognormal weights with the mean 1 and Kish's design effect `effect`."""
    variance = float(np.log(effect))
    return chance.lognormal(-variance / 2, np.sqrt(variance), n)


@dataclass(frozen=True)
class People:
    """Who was drawn: their place in the design, and their cluster numbered from 0."""

    sample: Sample
    cluster: Codes
    clusters: int

    def sums(self, answer: Codes, segment: Codes | None = None) -> Sums:
        """Return the sums of their answers."""
        return sums_of(self.sample, answer, segment)

    def yes(self, share: float, icc: float, chance: Chance) -> Codes:
        """Draw yes or no: each cluster has a share of its own, beta-distributed with an intraclass correlation."""
        own = chance.beta(share * (1 - icc) / icc, (1 - share) * (1 - icc) / icc, self.clusters)
        return (chance.random(len(self.cluster)) < own[self.cluster]).astype(np.int64)

    def choices(self, shares: Sequence[float], icc: float, chance: Chance) -> Codes:
        """Draw one of several answers: each cluster has shares of its own, of a Dirichlet distribution."""
        own = chance.dirichlet(np.array(shares) * (1 - icc) / icc, self.clusters).cumsum(axis=1)
        drawn = chance.random(len(self.cluster))
        found = (drawn[:, None] > own[self.cluster]).sum(axis=1)
        return np.minimum(found, len(shares) - 1).astype(np.int64)

    def normal(self, icc: float, chance: Chance) -> Numbers:
        """Draw standard normal values with an intraclass correlation."""
        between = chance.normal(0, np.sqrt(icc), self.clusters)[self.cluster]
        return np.asarray(between + chance.normal(0, np.sqrt(1 - icc), len(self.cluster)))


@dataclass(frozen=True)
class Clustered:
    """A stratified design: in each of `strata` strata `each` clusters of 10 people, or of 3 to 22."""

    strata: int
    each: int
    unequal: bool = False

    @property
    def df(self) -> int:
        """Return the clusters less the strata."""
        return self.strata * (self.each - 1)

    @property
    def people(self) -> int:
        """Return how many people a sample has on average."""
        return 10 * self.strata * self.each

    def draw(self, chance: Chance) -> People:
        """Draw the people of one sample."""
        clusters = self.strata * self.each
        size = chance.choice(_SIZES, clusters) if self.unequal else np.full(clusters, 10)
        cluster = np.repeat(np.arange(clusters), size)
        names = tuple(str(one) for one in range(self.strata))
        sample = Sample(np.ones(len(cluster)), cluster // self.each, cluster, names)
        return People(sample, cluster, clusters)

    def __str__(self) -> str:
        return f"{self.strata} strata × {self.each} {'unequal' if self.unequal else 'equal'} clusters"


def codes_of(values: Numbers) -> tuple[Codes, dict[int, float]]:
    """Return a code for each value, and the value of each code."""
    distinct, code = np.unique(values, return_inverse=True)
    return code.reshape(-1).astype(np.int64), dict(enumerate(distinct.tolist()))


def raked(n: int, chance: Chance, tied: bool = True) -> tuple[Sums, Raking]:
    """Draw people of whom the young answer more often, raked to age and gender; raises DataProblem.

    The answer (1 yes, 0 no) is `tied` to age, or not at all; the segment is 1 for a domain of 40 % at random.
    """
    age = chance.choice(6, n, p=_ANSWERING / _ANSWERING.sum())
    gender = chance.choice(2, n, p=[_WOMEN, 1 - _WOMEN])
    yes = (chance.random(n) < (_TIED[age] if tied else UNTIED_TRUTH)).astype(np.int64)
    cell, cells = _cells(age, gender)
    sums = sums_of(sample_of(n), yes, (chance.random(n) < 0.4).astype(np.int64), cell)
    shares = dict(zip(_AGES, _POPULATION.tolist(), strict=True))
    margins = [Margin("age", shares), Margin("gender", {"woman": _WOMEN, "man": 1 - _WOMEN})]
    return sums, rake(sums, cells, margins)


def _cells(age: Codes, gender: Codes) -> tuple[Codes, Cells]:
    return cells_of([TextColumn("age", _AGES, age), TextColumn("gender", ("woman", "man"), gender)])
