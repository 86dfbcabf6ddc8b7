"""Weights nearest to the base weights that meet known totals, within limits: Newton's method on the dual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from analysis.table.column import Numbers
from analysis.table.weighting.distances import Limited
from analysis.table.weighting.residuals import cross_products

TOLERANCE = 1e-10
STEPS = 200
_FINEST = 1e-13  # what rounding leaves of a gap
_HALVINGS = 40


@dataclass(frozen=True)
class Solution:
    """Factors (cells,), the number of steps, and the largest gap that is left, relative to its scale."""

    factors: Numbers
    steps: int
    gap: float
    settled: bool


def solve(
    base: Numbers,
    design: sparse.csr_array,
    totals: Numbers,
    limited: Limited,
    *,
    tolerance: float = TOLERANCE,
    steps: int = STEPS,
) -> Solution:
    """Find the factors F(design·λ) with Σ base·factor·design = totals (Deville & Särndal 1992, eq. 2.3).

    `base` (cells,), `design` (cells, k) and `totals` (k,) in units in which a gap of 1 is the whole of a
    total; the first variable is a constant of 1. Convex in λ: minimised by Newton steps, which are damped by
    the curve without limits where too few cells lie within theirs.
    """
    effect = np.zeros(design.shape[1])
    even = float(totals[0] / (base.sum()))
    effect[0] = float(limited.distance.inverse(np.array([even]))[0])
    if not np.isfinite(effect[0]):
        effect[0] = 0.0
    best = _Point(base, design, totals, limited, effect)
    taken = 0
    while taken < steps and best.gap > _FINEST:
        taken += 1
        found = _step(base, design, totals, limited, best)
        if found is None:
            break
        finer = found.gap < best.gap
        if best.gap <= tolerance and not finer:
            break
        best = found
    return Solution(best.factors, taken, best.gap, best.gap <= tolerance)


class _Point:
    """The dual at one λ: its value, its gradient (the gaps) and the factors there."""

    def __init__(
        self, base: Numbers, design: sparse.csr_array, totals: Numbers, limited: Limited, effect: Numbers
    ) -> None:
        self.effect = effect
        self.along = np.asarray(design @ effect, dtype=np.float64)
        self.factors = limited.factor(self.along)
        self.gaps = totals - design.T @ (base * self.factors)
        self.gap = float(np.abs(self.gaps).max(initial=0.0))
        self.value = float(base @ limited.area(self.along) - totals @ effect)


def _step(
    base: Numbers, design: sparse.csr_array, totals: Numbers, limited: Limited, at: _Point
) -> _Point | None:
    """Take the Newton step, halved until the dual falls; None where no step leads down."""
    curve = cross_products(design, base * limited.slope(at.along))
    for damping in (0.0, 1e-3, 1.0):
        if damping:
            curve = curve + damping * cross_products(design, base * limited.distance.slope(at.along))
        step = np.linalg.pinv(curve, rcond=1e-12, hermitian=True) @ at.gaps
        gain = float(step @ at.gaps)
        if gain <= 0:
            continue
        for halving in range(_HALVINGS):
            found = _Point(base, design, totals, limited, at.effect + step * 0.5**halving)
            falls = found.value <= at.value - 1e-4 * gain * 0.5**halving
            if falls or (found.gap < at.gap / 2):
                return found
    return None
