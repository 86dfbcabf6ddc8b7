"""Weights that are too large or too small: cut off, with what was cut spread over everyone else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.problems import DataProblem
from analysis.table.columns import Numbers
from analysis.table.sums import CELL, Sums, add_up
from analysis.table.weighting.calibration import Calibration, finished

_ROUNDS = 1000


def spread(sums: Sums, calibration: Calibration, low: float, high: float) -> Calibration:
    """Cut weights off at `low` and `high` and add what was cut equally to the others, until all lie within.

    R survey's trimWeights(strict = TRUE) (Potter 1990): the sum of the weights stays, the margins do not hold
    exactly any more. Errors stay those of the calibration's residuals. Cells must be told apart by base weight
    where that varies. Raises DataProblem "trim_impossible" where the mean weight is outside the limits.
    """
    cells = calibration.cells
    people = add_up(sums.keys[:, CELL], sums.n, cells.size)
    base = calibration.mean_base if cells.base is None else cells.base
    before = calibration.factors * base
    counts = people > 0
    mean = float(people @ before) / float(people.sum())
    if not low < mean < high:
        raise DataProblem("trim_impossible", value=f"{low:.6g},{high:.6g}", mean=f"{mean:.6g}")
    after = before.copy()
    after[counts] = _cut(before[counts], people[counts], low, high)
    pace = np.divide(after, before, out=np.ones_like(after), where=before != 0)
    found = finished(
        sums,
        cells,
        calibration.factors * pace,
        calibration.held,
        calibration.levels,
        calibration.iterations,
        calibration.mass,
        pace,
    )
    return replace(found, explanation=calibration.explanation)


def _cut(weight: Numbers, people: Numbers, low: float, high: float) -> Numbers:
    for _ in range(_ROUNDS):
        outside = (weight < low) | (weight > high)
        if not outside.any():
            return weight
        cut = np.clip(weight, low, high)
        over = float(people @ (weight - cut))
        weight = np.where(outside, cut, weight + over / float(people[~outside].sum() or 1.0))
    return np.clip(weight, low, high)


def limits_of(weight: Numbers, low: float, high: float, of: str) -> tuple[float, float]:
    """Return limits given as multiples of the mean or the median of the weights above 0, or as weights."""
    if of == "weight":
        return low, high
    counted = weight[weight > 0]
    one = float(counted.mean() if of == "mean" else np.median(counted))
    return low * one, high * one
