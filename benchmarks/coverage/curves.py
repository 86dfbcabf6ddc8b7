"""Cells of times: the curve of expected reply times with its band and median, and Kaplan-Meier curves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from scipy.special import ndtr

from analysis.estimate import OK
from analysis.estimators.proportion import Answer
from analysis.expectations import band
from analysis.expectations.cumulative import ExpectationCurve, ReplyScale, ReplyStep, expectation_curves
from analysis.expectations.events import Observed
from analysis.expectations.kaplan_meier import kaplan_meier
from analysis.table.column import Numbers
from analysis.table.design import Sample, sample_of
from analysis.table.sums import Sums, sums_of
from benchmarks.coverage.cell import NOTHING, Chance, Experiment, Row, Seen
from benchmarks.coverage.samples import DESIGN, EVERYONE, Clustered

STEPS = (0.2, 0.25, 0.22, 0.18)  # named exactly this step; the rest has no limit
CUMULATIVE = tuple(np.cumsum(STEPS).tolist())  # the median lies in the third step
SCALE = ReplyScale(
    tuple(ReplyStep(str(at), at + 1.0, frozenset({at})) for at in range(len(STEPS))),
    (Answer("no limit", frozenset({len(STEPS)})),),
)
_SHARES = (*STEPS, 1 - sum(STEPS))
_MEDIAN = 2
_POINTS = (
    1024  # of the band's integral instead of 16,384: moves its bounds by less than a thousandth of themselves
)

OPEN_AT = (0.8, 0.5, 0.2)  # the true share still open at three times
TIMES = tuple(float(-np.log(share)) for share in OPEN_AT)
_STILL_OPEN = 0.43  # rate of censoring against deliveries of 1: 30 % are still open when last seen


def _curve(sums: Sums) -> ExpectationCurve:
    points, band.POINTS = band.POINTS, _POINTS
    try:
        return expectation_curves(sums, question="q", scale=SCALE, segments=[EVERYONE], design=DESIGN)[0]
    finally:
        band.POINTS = points


def _band(curve: ExpectationCurve, cumulative: Sequence[float]) -> list[Seen]:
    first = curve.points[0].cumulative
    effective = min(min(one.cumulative.effective_base, one.cumulative.base) for one in curve.points)
    warned = curve.status != OK or any(one.cumulative.status != OK for one in curve.points)
    ends = [(one.band_low, one.band_high) for one in curve.points]
    known = [(low, high) for low, high in ends if low is not None and high is not None]
    if len(known) < len(ends):
        return [NOTHING, NOTHING]
    held = all(low <= share <= high for (low, high), share in zip(known, cumulative, strict=True))
    width = float(np.mean([high - low for low, high in known]))
    names = [one.name for one in curve.points]
    after, upto = curve.median.surely_after, curve.median.surely_upto
    lowest = 0 if after is None else names.index(after) + 1
    highest = len(names) if upto is None else names.index(upto)
    return [
        Seen(held, width, effective, first.df, warned),
        Seen(lowest <= _MEDIAN <= highest, float(highest - lowest + 1), effective, first.df, warned),
    ]


def simple(n: int) -> Experiment:
    """Draw people one by one."""

    def once(chance: Chance) -> Sequence[Seen]:
        said = chance.choice(len(_SHARES), n, p=_SHARES)
        return _band(_curve(sums_of(sample_of(n), said)), CUMULATIVE)

    return Experiment(_rows(f"simple sample of {n}", n), once)


def clustered(design: Clustered, icc: float) -> Experiment:
    """Draw clusters in strata."""

    def once(chance: Chance) -> Sequence[Seen]:
        people = design.draw(chance)
        return _band(_curve(people.sums(people.choices(_SHARES, icc, chance))), CUMULATIVE)

    return Experiment(_rows(f"{design}, ICC {icc:g}", design.people), once)


def _rows(name: str, n: int) -> tuple[Row, ...]:
    # the band's side is the thinnest of its limits; the bracket is made of whole steps and can only hold more
    return (
        Row(
            f"band of expected reply times, {len(STEPS)} limits at once, {name}",
            n,
            min(CUMULATIVE[0], 1 - CUMULATIVE[-1]),
        ),
        Row(f"bracket of the median reply time, {name}", n, 0.5, goal="at least"),
    )


# --- Kaplan-Meier ------------------------------------------------------------------------------------------


def _observed(delivery: Numbers, chance: Chance) -> Observed:
    watched = chance.exponential(1 / _STILL_OPEN, len(delivery))
    return Observed(np.minimum(delivery, watched), delivery <= watched)


def _open(observed: Observed, sample: Sample | None, df: float) -> list[Seen]:
    curve = kaplan_meier(observed, sample=sample, design=None if sample is None else DESIGN)
    found = []
    for time, truth in zip(TIMES, OPEN_AT, strict=True):
        step = curve.open_at(time)
        if step is None or step.low is None or step.high is None or not step.se:
            found.append(NOTHING)
            continue
        effective = truth * (1 - truth) / step.se**2
        held = step.low <= truth <= step.high
        found.append(Seen(held, step.high - step.low, effective, df, step.status != OK))
    return found


def delivered(n: int) -> Experiment:
    """Watch cases one by one, some still open at the end."""

    def once(chance: Chance) -> Sequence[Seen]:
        return _open(_observed(chance.exponential(1.0, n), chance), None, n - 1)

    return Experiment(_open_rows(f"{n} cases", n), once)


def delivered_in_clusters(design: Clustered, icc: float) -> Experiment:
    """Watch cases in clusters: some desks are slower than others."""

    def once(chance: Chance) -> Sequence[Seen]:
        people = design.draw(chance)
        delivery = -np.log(ndtr(people.normal(icc, chance)))
        return _open(_observed(delivery, chance), people.sample, design.df)

    return Experiment(_open_rows(f"{design}, ICC {icc:g}", design.people), once)


def _open_rows(name: str, n: int) -> tuple[Row, ...]:
    return tuple(Row(f"Kaplan-Meier where {share:.0%} are open, {name}", n, share) for share in OPEN_AT)


def experiments() -> Iterator[Callable[[], Experiment]]:
    """Yield what makes each experiment."""
    yield partial(simple, 100)
    yield partial(clustered, Clustered(10, 3, True), 0.1)
    yield partial(clustered, Clustered(10, 3), 0.1)
    yield partial(clustered, Clustered(20, 3, True), 0.2)
    yield from (partial(delivered, n) for n in (30, 100))
    yield partial(delivered_in_clusters, Clustered(10, 3, True), 0.1)
