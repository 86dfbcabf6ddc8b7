"""Cells of tests: how often a test at 5 % finds something where there is nothing to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

import numpy as np

from analysis.estimators.association import association
from analysis.estimators.crosstab import crosstab
from analysis.estimators.differences import OK as TESTED
from analysis.estimators.differences import differences
from analysis.estimators.ranks import rank_test, trend_test
from analysis.estimators.significance import Significance
from analysis.table.column import Codes
from analysis.table.design import sample_of
from analysis.table.sums import Sums, sums_of
from benchmarks.coverage.cell import NOTHING, Chance, Experiment, Row, Seen
from benchmarks.coverage.samples import DESIGN, YES, YES_OR_NO, Clustered, answers, segments

ALPHA = 0.05
THREE, SPARSE = (0.5, 0.3, 0.2), (0.5, 0.3, 0.12, 0.06, 0.02)
TESTS = ("Rao-Scott F", "adjusted Wald", "rank test", "trend of ranks")

Place = Literal["across clusters", "of whole clusters", "of whole strata"]
ACROSS: Place = "across clusters"


def _tested(sums: Sums, shares: Sequence[float], columns: int, effective: float) -> list[Seen]:
    parts = segments(columns)
    table = crosstab(sums, answers(len(shares)), parts, DESIGN)
    df = min(table.stage.degrees(table.stage.columns_in(part.codes)) for part in parts)
    made = (
        association(table, "rao-scott"),
        association(table, "adjusted-wald"),
        rank_test(table).significance,
        trend_test(table).significance,
    )
    return [_seen(one, effective, df) for one in made]


def _seen(found: Significance, effective: float, df: float) -> Seen:
    if found.p is None:
        return Seen(None, 0.0, effective, df, True)
    return Seen(found.p >= ALPHA, 0.0, effective, df, found.warning is not None)


def _rows(name: str, n: int, share: float) -> tuple[Row, ...]:
    return tuple(Row(f"{test}, {name}", n, share, test=True) for test in TESTS)


def simple(shares: Sequence[float], columns: int, n: int) -> Experiment:
    """Draw people one by one into segments of the same size."""

    def once(chance: Chance) -> Sequence[Seen]:
        segment = chance.integers(0, columns, n)
        sums = sums_of(sample_of(n), chance.choice(len(shares), n, p=shares), segment)
        return _tested(sums, shares, columns, n / columns)

    name = f"{len(shares)} answers × {columns} segments, simple sample of {n}"
    return Experiment(_rows(name, n, min(shares)), once)


def clustered(
    shares: Sequence[float], columns: int, design: Clustered, icc: float, place: Place
) -> Experiment:
    """Draw clusters; segments cross them, or each cluster, or each stratum, belongs to one segment."""

    def once(chance: Chance) -> Sequence[Seen]:
        people = design.draw(chance)
        segment: Codes = chance.integers(0, columns, len(people.cluster))
        if place == "of whole clusters":
            segment = people.cluster % columns
        if place == "of whole strata":
            segment = people.sample.stratum * columns // design.strata
        sums = people.sums(people.choices(shares, icc, chance), segment)
        effect = 1.0 if place == "across clusters" else 1 + (len(segment) / people.clusters - 1) * icc
        return _tested(sums, shares, columns, len(segment) / columns / effect)

    name = f"{len(shares)} answers × {columns} segments {place}, {design}, ICC {icc:g}"
    return Experiment(_rows(name, design.people, min(shares)), once)


# --- pairs of columns --------------------------------------------------------------------------------------


def family(share: float, columns: int, design: Clustered | None, n: int, icc: float = 0.0) -> Experiment:
    """Test all pairs of columns as one family (Holm): did any test find something?"""

    def once(chance: Chance) -> Sequence[Seen]:
        if design is None:
            segment = chance.integers(0, columns, n)
            sums = sums_of(sample_of(n), (chance.random(n) < share).astype(np.int64), segment)
        else:
            people = design.draw(chance)
            segment = chance.integers(0, columns, len(people.cluster))
            sums = people.sums(people.yes(share, icc, chance), segment)
        found = differences(
            sums, answers=YES, segments=segments(columns), design=DESIGN, base_codes=YES_OR_NO
        )
        told = [one.adjusted for one in found if one.adjusted is not None]
        if not told:
            return [NOTHING]
        warned = any(one.status != TESTED for one in found)
        df = float(np.mean([one.df for one in found]))
        return [Seen(min(told) >= ALPHA, 0.0, len(segment) / columns, df, warned)]

    place = f"simple sample of {n}" if design is None else f"{design}, ICC {icc:g}"
    name = f"any of {columns * (columns - 1) // 2} pairs after Holm, share {share:g}, {place}"
    return Experiment((Row(name, n, share, test=True, goal="at least"),), once)


def equivalence(first: float, margin: float, n: int) -> Experiment:
    """Test whether two shares are the same within a margin, where they differ by just that margin."""

    def once(chance: Chance) -> Sequence[Seen]:
        segment = np.repeat([0, 1], n)
        yes = (chance.random(2 * n) < np.where(segment == 0, first, first - margin)).astype(np.int64)
        (found,) = differences(
            sums_of(sample_of(2 * n), yes, segment), answers=YES, segments=segments(2), design=DESIGN,
            base_codes=YES_OR_NO, margin=margin,
        )  # fmt: skip
        if found.equivalent_p is None:
            return [NOTHING]
        return [Seen(found.equivalent_p >= ALPHA, 0.0, float(n), found.df, found.status != TESTED)]

    name = f"equivalence within {margin:g} where the shares {first:g} and {first - margin:g} differ by it, n {n} each"
    row = Row(name, n, min(first - margin, 1 - first), test=True, goal="at least")
    return Experiment((row,), once)


def experiments() -> Iterator[Callable[[], Experiment]]:
    """Yield what makes each experiment."""
    yield partial(simple, THREE, 4, 400)
    yield partial(simple, SPARSE, 4, 120)
    yield partial(clustered, THREE, 4, Clustered(10, 3, True), 0.1, ACROSS)
    yield partial(clustered, THREE, 4, Clustered(20, 3), 0.1, "of whole strata")
    yield partial(clustered, THREE, 4, Clustered(20, 3, True), 0.1, "of whole strata")
    # enough clusters for a Wald test without a warning, just
    yield partial(clustered, THREE, 4, Clustered(28, 4), 0.1, "of whole strata")
    yield partial(clustered, THREE, 4, Clustered(44, 5, True), 0.1, "of whole strata")
    yield partial(clustered, THREE, 4, Clustered(10, 3, True), 0.1, "of whole clusters")
    yield partial(clustered, SPARSE, 4, Clustered(10, 3, True), 0.1, ACROSS)
    yield partial(clustered, THREE, 4, Clustered(5, 2), 0.1, ACROSS)
    yield partial(family, 0.34, 4, None, 400)
    yield partial(family, 0.34, 4, Clustered(10, 3, True), 300, 0.1)
    yield from (partial(equivalence, 0.45, 0.1, n) for n in (200, 600))
