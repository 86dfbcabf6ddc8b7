"""What a variance between clusters rests on where they are of unequal size."""

from __future__ import annotations

import numpy as np

from analysis.estimators.variance import Stage
from analysis.table.columns import Numbers
from analysis.table.sums import add_up


def effective_degrees(stage: Stage, expected: Numbers) -> Numbers:
    """Return the effective degrees of freedom of variances between clusters, shape (k,).

    `expected` (units, k) is, in any unit, the variance of each cluster's total under a model, in k cases. The
    stratified variance then has the degrees of freedom 2·E²/V (Satterthwaite 1946; of clusters: Bell & McCaffrey
    2002; Kott 2020, RTI Press). Clusters of one variance give their number less that of their strata; infinite
    where no stratum of several clusters counts.
    """
    size, stratum = len(stage.units), stage.unit_stratum
    largest = expected.max(axis=0, initial=0.0)
    each = np.divide(expected, largest, out=np.zeros(expected.shape), where=largest > 0)
    whole, square = add_up(stratum, each, size), add_up(stratum, each**2, size)
    # of z'Az with A = a/(a-1)·(I - J/a): the diagonal counts in full, the rest by 1/(a-1)²
    beside = (whole**2 - square) / np.maximum(stage.units - 1, 1)[:, None] ** 2
    counted = np.where(stage.units > 1, stage.left_out, 0.0)
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
