"""Cells of shares: simple samples, weights, raking, clusters, domains; differences of shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

import numpy as np

from analysis.estimate import OK, Estimate
from analysis.estimators.differences import differences
from analysis.estimators.intervals import AUTO, BETA, LOGIT, WILSON
from analysis.estimators.means import means
from analysis.estimators.proportion import shares
from analysis.problems import DataProblem
from analysis.table.design import sample_of
from analysis.table.segments import Segment
from analysis.table.sums import Sums, sums_of
from analysis.weighting.calibration import Raking
from benchmarks.coverage.cell import NOTHING, Chance, Experiment, Row, Seen
from benchmarks.coverage.samples import (
    DESIGN,
    DOMAIN,
    EVERYONE,
    RAKED_TRUTH,
    UNTIED_TRUTH,
    YES,
    YES_OR_NO,
    Clustered,
    raked,
    segments,
    spread_weights,
)

METHODS = (AUTO, LOGIT, BETA, WILSON)
SIMPLE_SHARES, SIMPLE_SIZES = (0.02, 0.1, 0.34, 0.5), (30, 100, 400)
DESIGNS = ((5, 2), (5, 3), (10, 3), (20, 3))


def seen(estimate: Estimate, truth: float) -> Seen:
    """Return what an estimate of a share showed."""
    if estimate.low is None or estimate.high is None:
        return NOTHING
    return Seen(
        estimate.low <= truth <= estimate.high,
        estimate.high - estimate.low,
        min(estimate.effective_base, float(estimate.base)),
        estimate.df,
        estimate.status != OK,
    )


def estimated(
    sums: Sums, places: Sequence[Segment], method: str = AUTO, raking: Raking | None = None
) -> list[Estimate]:
    """Return the shares of yes among those who said yes or no."""
    return shares(
        sums, question="q", answers=YES, segments=places, design=DESIGN, raking=raking, interval=method,
        base_codes=YES_OR_NO,
    )  # fmt: skip


# --- simple samples, weighted samples ----------------------------------------------------------------------


def simple(share: float, n: int) -> Experiment:
    """Draw people one by one; samples with as many yeses are the same and are estimated once."""

    @cache
    def of_count(yes: int) -> tuple[Seen, ...]:
        sums = sums_of(sample_of(n), (np.arange(n) < yes).astype(np.int64))
        return tuple(seen(estimated(sums, [EVERYONE], method)[0], share) for method in METHODS)

    def once(chance: Chance) -> Sequence[Seen]:
        return of_count(int(chance.binomial(n, share)))

    name = f"share {share:g}, simple sample of {n}"
    return Experiment(tuple(Row(f"{name}, {method}", n, share) for method in METHODS), once)


def weighted(share: float, n: int) -> Experiment:
    """Draw people whose weights have nothing to do with the answer and cost a third of the sample."""

    def once(chance: Chance) -> Sequence[Seen]:
        sample = sample_of(n, spread_weights(n, 1.5, chance))
        sums = sums_of(sample, (chance.random(n) < share).astype(np.int64))
        return [seen(estimated(sums, [EVERYONE], method)[0], share) for method in (AUTO, WILSON)]

    name = f"share {share:g}, weights of Kish effect 1.5, n {n}"
    return Experiment(tuple(Row(f"{name}, {method}", n, share) for method in (AUTO, WILSON)), once)


def after_raking(n: int, tied: bool = True) -> Experiment:
    """Draw people of whom the young answer more often, and rake to age and gender; `tied`: so do answers."""
    truth = RAKED_TRUTH if tied else UNTIED_TRUTH

    def once(chance: Chance) -> Sequence[Seen]:
        try:
            sums, raking = raked(n, chance, tied)
        except DataProblem:
            return NOTHING, NOTHING
        return [seen(one, truth) for one in estimated(sums, [EVERYONE, DOMAIN], AUTO, raking)]

    what = "raked share" if tied else "raked share that age does not change"
    rows = (Row(f"{what}, n {n}", n, truth), Row(f"{what}, domain of 40 % of {n}", n, truth))
    return Experiment(rows, once)


# --- clusters and domains ----------------------------------------------------------------------------------


def clustered(design: Clustered, share: float, icc: float) -> Experiment:
    """Draw clusters in strata; everyone, and a domain of half the people that crosses the clusters."""

    def once(chance: Chance) -> Sequence[Seen]:
        people = design.draw(chance)
        half = chance.integers(0, 2, len(people.cluster))
        found = estimated(people.sums(people.yes(share, icc, chance), half), [EVERYONE, DOMAIN])
        return [seen(one, share) for one in found]

    name = f"{design}, ICC {icc:g}"
    rows = (
        Row(f"share {share:g}, {name}", design.people, share),
        Row(f"share {share:g} of a domain of half the people, {name}", design.people // 2, share),
    )
    return Experiment(rows, once)


def gathered(design: Clustered, share: float, icc: float) -> Experiment:
    """Draw a domain that lives in some clusters only: each cluster is of it or not, by chance."""

    def once(chance: Chance) -> Sequence[Seen]:
        people = design.draw(chance)
        inside = chance.integers(0, 2, people.clusters)[people.cluster]
        (found,) = estimated(people.sums(people.yes(share, icc, chance), inside), [DOMAIN])
        return [seen(found, share)]

    name = f"share {share:g} of a domain of half the clusters, {design}, ICC {icc:g}"
    return Experiment((Row(name, design.people // 2, share),), once)


# --- differences -------------------------------------------------------------------------------------------


def _apart(sums: Sums, truth: float, share: float, raking: Raking | None = None) -> Seen:
    (found,) = differences(
        sums, answers=YES, segments=segments(2), design=DESIGN, raking=raking, base_codes=YES_OR_NO
    )
    if found.low is None or found.high is None:
        return NOTHING
    # p(1-p)/se² of a difference of two equal halves is a quarter of the effective people
    effective = 0.0 if not found.se else 4 * share * (1 - share) / found.se**2
    return Seen(
        found.low <= truth <= found.high, found.high - found.low, effective / 2, found.df, found.status != OK
    )


def independent(first: float, second: float, n: int) -> Experiment:
    """Draw two segments of n people each, one by one."""

    def once(chance: Chance) -> Sequence[Seen]:
        segment = np.repeat([0, 1], n)
        yes = (chance.random(2 * n) < np.where(segment == 0, first, second)).astype(np.int64)
        return [_apart(sums_of(sample_of(2 * n), yes, segment), first - second, (first + second) / 2)]

    share = min(first, second, 1 - first, 1 - second)
    return Experiment((Row(f"difference {first:g} - {second:g}, segments of {n}", n, share),), once)


def within_clusters(design: Clustered, share: float, icc: float) -> Experiment:
    """Draw two segments that live in the same clusters: their shares go together."""

    def once(chance: Chance) -> Sequence[Seen]:
        people = design.draw(chance)
        segment = chance.integers(0, 2, len(people.cluster))
        return [_apart(people.sums(people.yes(share, icc, chance), segment), 0.0, share)]

    name = f"difference {share:g} - {share:g} within the same clusters, {design}, ICC {icc:g}"
    return Experiment((Row(name, design.people // 2, share),), once)


def raked_difference(n: int) -> Experiment:
    """Draw two segments of one raked sample that cross its margins."""

    def once(chance: Chance) -> Sequence[Seen]:
        try:
            sums, raking = raked(n, chance)
        except DataProblem:
            return [NOTHING]
        return [_apart(sums, 0.0, RAKED_TRUTH, raking)]

    return Experiment((Row(f"difference of two raked segments of one sample of {n}", n, RAKED_TRUTH),), once)


def same_people(first: float, second: float, n: int) -> Experiment:
    """Draw people who choose one of three answers; the difference of two answers' shares."""

    def once(chance: Chance) -> Sequence[Seen]:
        answer = chance.choice(3, n, p=[first, second, 1 - first - second])
        # the difference of two answers' shares is the mean of 1 for the one and -1 for the other
        values = {0: 1.0, 1: -1.0, 2: 0.0}
        sums = sums_of(sample_of(n), answer)
        (found,) = means(sums, question="q", values=values, segments=[EVERYONE], design=DESIGN).rows
        if found.low is None or found.high is None:
            return [NOTHING]
        held = found.low <= first - second <= found.high
        return [Seen(held, found.high - found.low, float(n), found.df, found.reason is not None)]

    name = f"difference {first:g} - {second:g} of two answers of the same {n} people"
    return Experiment((Row(name, n, min(first, second)),), once)


def experiments() -> Iterator[Callable[[], Experiment]]:
    """Yield what makes each experiment."""
    for share in SIMPLE_SHARES:
        yield from (partial(simple, share, n) for n in SIMPLE_SIZES)
    yield from (partial(weighted, share, n) for share in (0.1, 0.34) for n in (100, 400))
    yield from (partial(after_raking, n) for n in (50, 100, 400))
    yield from (partial(after_raking, n, False) for n in (40, 60, 100, 200, 500))
    for strata, each in DESIGNS:
        for icc in (0.05, 0.2):
            yield from (partial(clustered, Clustered(strata, each, one), 0.34, icc) for one in (False, True))
    yield partial(clustered, Clustered(10, 3, True), 0.05, 0.05)
    yield partial(gathered, Clustered(10, 3, True), 0.34, 0.05)
    yield partial(gathered, Clustered(20, 3, True), 0.34, 0.2)
    yield from (partial(independent, 0.34, 0.5, n) for n in (50, 200))
    yield partial(independent, 0.02, 0.06, 200)
    yield partial(within_clusters, Clustered(10, 3, True), 0.34, 0.2)
    yield partial(raked_difference, 400)
