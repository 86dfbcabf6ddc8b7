"""Degrees of freedom: of every two columns of a table, and what variances between unequal clusters rest on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.estimators.design_variance import Stage, indicators
from analysis.table.column import Codes, Mask, Numbers
from analysis.table.sums import add_up


def degrees_of_pairs(stage: Stage, inside: Codes, segment: Codes, segments: int) -> tuple[Codes, Codes]:
    """Return the degrees of freedom of every two segments, both of shape (segments, segments).

    `segment` is that of each of the columns `inside`, all with people. The first counts the units
    with cases in any segment, less strata, over the strata with cases in one of the two: what the
    variance in these strata rests on. The second counts units with cases in the two only.
    """
    stratum, size = stage.sums.stratum, len(stage.sums.units)
    rows = stage.totals(inside, indicators(segment, segments)) > 0
    strata = add_up(stratum, rows.astype(np.float64), size) > 0
    strata_in_two = _in_either(strata, np.ones(size))
    if not stage.sums.clustered:
        people = np.bincount(segment, weights=stage.sums.people[inside], minlength=segments).astype(np.int64)
        both = people[:, None] + people[None, :]
        np.fill_diagonal(both, people)
        return both - strata_in_two, both - strata_in_two
    units = np.bincount(stratum[rows.any(axis=1)], minlength=size)
    return _in_either(strata, units - 1.0), _in_either(rows, np.ones(len(rows))) - strata_in_two


def _in_either(present: Mask, each: NDArray[Any]) -> Codes:
    """Add up what `each` place counts for over the places `seen` in either of two segments, for every two."""
    both = np.rint((present * each[:, None]).T @ present).astype(np.int64)
    alone = np.diag(both)
    return np.asarray(alone[:, None] + alone[None, :] - both, dtype=np.int64)


def effective_units(stage: Stage, inside: Codes, segment: Codes, segments: int) -> Numbers:
    """Return the effective first-stage units with cases in each segment, (ΣW)²/ΣW² (Kish 1965), shape (segments,).

    W is a unit's weight in the segment, so members of a cluster are taken as all alike, the least favourable
    case. `segment` is that of each of the columns `inside`, all with people.
    """
    places = indicators(segment, segments)
    total = stage.totals(inside, places)
    squares = (total**2 if stage.sums.clustered else stage.squares(inside, places)).sum(axis=0)
    whole = total.sum(axis=0) ** 2
    return np.asarray(np.divide(whole, squares, out=np.zeros(segments), where=squares > 0))


def effective_degrees(stage: Stage, expected: Numbers) -> Numbers:
    """Return the effective degrees of freedom of variances between clusters, shape (k,).

    `expected` (units, k) is, in any unit, the variance of each cluster's total under a model, in k cases. The
    stratified variance then has the degrees of freedom 2·E²/V (Satterthwaite 1946; of clusters: Bell & McCaffrey
    2002; Kott 2020, RTI Press). Clusters of one variance give their number less that of their strata; infinite
    where no stratum of several clusters counts.
    """
    size, stratum = len(stage.sums.units), stage.sums.stratum
    largest = expected.max(axis=0, initial=0.0)
    each = np.divide(expected, largest, out=np.zeros(expected.shape), where=largest > 0)
    whole, square = add_up(stratum, each, size), add_up(stratum, each**2, size)
    # of z'Az with A = a/(a-1)·(I - J/a): the diagonal counts in full, the rest by 1/(a-1)²
    beside = (whole**2 - square) / np.maximum(stage.sums.units - 1, 1)[:, None] ** 2
    counted = np.where(stage.sums.units > 1, stage.left_out, 0.0)
    mean, spread = counted @ whole, counted**2 @ (square + beside)
    return np.asarray(np.divide(mean**2, spread, out=np.full(len(mean), np.inf), where=spread > 0))


def expected_variances(weight: Numbers, own: Numbers, seen: Numbers) -> Numbers:
    """Return each cluster's variance under a random effect of clusters, as `effective_degrees` takes it, (units, k).

    `weight` (units, k) is Σw of each cluster's people in k cases, `own` their Σw², and `seen` (k,) the estimated
    variance of the whole total by that of one person: as much as it is above Σ own, people of a cluster are
    alike, at most wholly (Imbens & Kolesár 2016, §IV; one correlation for all cases).
    """
    together = np.maximum(weight**2 - own, 0.0)
    most = float(together.sum())
    alike = min(max(float(seen.sum() - own.sum()) / most, 0.0), 1.0) if most > 0 else 0.0
    return np.asarray(own + alike * together, dtype=np.float64)
