"""Weights that are too large or too small: cut off, with what was cut spread over everyone else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.problems import DataProblem
from analysis.table.column import Numbers
from analysis.table.sums import Sums
from analysis.weighting.calibration import Calibration, Spread, finished

_ROUNDS = 1000


def spread(
    sums: Sums, calibration: Calibration, low: float, high: float, slope: Numbers | None = None
) -> Calibration:
    """Cut weights off at `low` and `high` and add what was cut equally to the others, until all lie within.

    R survey's trimWeights(strict = TRUE) (Potter 1990): the sum of the weights stays, the margins do not hold
    exactly any more and have errors again (R takes the cut as given). Where nothing was calibrated, weights
    are fixed as they were. `slope` (cells,) is how fast factors move with what is known (None: as fast as they
    are large, as in raking). Cells must be told apart by base weight where that varies. Raises DataProblem
    "trim_impossible" where the mean weight is outside the limits.
    """
    cells = calibration.cells
    people = sums.by_cell(sums.people, cells.size)
    base = calibration.mean_base if cells.base is None else cells.base
    before = calibration.factors * base
    counts = people > 0
    mean = float(people @ before) / float(people.sum())
    if not low < mean < high:
        raise DataProblem("trim_impossible", value=f"{low:.6g},{high:.6g}", mean=f"{mean:.6g}")
    after, cut = before.copy(), np.zeros(cells.size, dtype=np.bool_)
    after[counts], cut[counts] = _cut(before[counts], people[counts], low, high)
    pace = np.divide(after, before, out=np.ones_like(after), where=before != 0)
    factors = calibration.factors if slope is None else slope
    known = bool(calibration.held or calibration.levels)
    found = finished(
        sums,
        cells,
        calibration.factors * pace,
        calibration.held,
        calibration.levels,
        calibration.iterations,
        calibration.mass,
        Spread(calibration.factors, factors, cut, (low < after) & (after < high)) if known else None,
    )
    return replace(found, explanation=calibration.explanation)


def _cut(weight: Numbers, people: Numbers, low: float, high: float) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the weights within the limits, and which of them were ever cut off."""
    ever = np.zeros(len(weight), dtype=np.bool_)
    for _ in range(_ROUNDS):
        outside = (weight < low) | (weight > high)
        if not outside.any():
            break
        ever |= outside
        within = np.clip(weight, low, high)
        over = float(people @ (weight - within))
        others = ever if outside.all() else ~outside  # with nobody between the limits all take a part
        weight = within + np.where(others, over / float(people[others].sum()), 0.0)
    return np.clip(weight, low, high), ever


def limits_of(weight: Numbers, low: float, high: float, of: str) -> tuple[float, float]:
    """Return limits given as multiples of the mean or the median of the weights above 0, or as weights."""
    if of == "weight":
        return low, high
    counted = weight[weight > 0]
    one = float(counted.mean() if of == "mean" else np.median(counted))
    return low * one, high * one
