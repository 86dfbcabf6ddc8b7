"""Calibration to margins and means of numbers by a distance, within limits; what is impossible is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from analysis.problems import DataProblem
from analysis.table.column import Codes, Numbers
from analysis.table.naming import squeezed
from analysis.table.sums import Sums
from analysis.weighting.calibration import (
    Calibration,
    Mass,
    cross_products,
    finished,
    held_against,
    indicators,
)
from analysis.weighting.distances import LINEAR, RAKING, Limited, logit
from analysis.weighting.feasibility import Offence, offence
from analysis.weighting.margins import Cells, Held, Margin, PopulationMean

TOLERANCE = 1e-10
STEPS = 200
_FINEST = 1e-13
"""What rounding leaves of a gap."""
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


Kind = Literal["linear", "raking", "logit"]
KINDS: tuple[Kind, ...] = ("linear", "raking", "logit")
_PEOPLE = -1
"""The "margin" of the number of people."""


@dataclass(frozen=True)
class Limits:
    """What a weight may become: factors and weights, both ends inside; weights are those of one person."""

    factors: tuple[float, float] = (-np.inf, np.inf)
    weights: tuple[float, float] = (-np.inf, np.inf)

    def of_cells(self, base: Numbers) -> tuple[Numbers, Numbers]:
        """Return the lowest and highest factor of each cell; `base` (cells,) is its people's base weight."""
        some = np.where(base > 0, base, 1.0)
        return np.maximum(self.factors[0], self.weights[0] / some), np.minimum(
            self.factors[1], self.weights[1] / some
        )

    def __str__(self) -> str:
        said = []
        if self.factors == (0.0, np.inf):
            said += [] if self.weights[0] >= 0 else ["of 0 or more"]
        elif np.isfinite(self.factors).any():
            said.append(f"whose factors lie {_between(*self.factors)}")
        if np.isfinite(self.weights).any():
            said.append(f"that lie {_between(*self.weights)}")
        return " and ".join(said) or "of any size"


def calibrate(
    sums: Sums,
    cells: Cells,
    margins: Sequence[Margin],
    levels: Sequence[PopulationMean] = (),
    *,
    kind: Kind = "linear",
    limits: Limits | None = None,
    total: float | None = None,
    start: float = 1.0,
    mass: Mass = "weight",
    tolerance: float = TOLERANCE,
) -> Calibration:
    """Bring margins, and means of numbers, to the population's (Deville & Särndal 1992; R's calibrate).

    `kind` is the distance that is least: "linear" (the generalised regression estimator; weights below 0 are
    possible unless limits keep them out), "raking" or "logit" (which needs limits of factors). Limits of
    weights need cells that are told apart by base weight where that varies. Weights add up to `total` (None:
    to what the base weights do). Factors are limited as multiples of `start` × base weight. Raises
    DataProblem as `rake` does, and "bad_limits", "logit_limits", "margins_infeasible", "total_infeasible" or
    "calibration_stuck".
    """
    limits = limits or Limits((0.0 if kind == "raking" else -np.inf, np.inf))
    held = held_against(sums, cells, tuple(margins))
    base = start * sums.by_cell(sums.total(sums.weight), cells.size)
    whole = float(base.sum()) if total is None else total
    targets = _targets(base, cells, held, levels)
    occurs = base > 0
    limited = _limited(kind, limits, (start * _each(sums, cells))[occurs])
    part, design = base[occurs] / whole, targets.design[occurs]
    scaled = design @ sparse.diags_array(targets.scale)
    solution = solve(part, scaled, targets.totals * targets.scale, limited, tolerance=tolerance)
    if not solution.settled:
        found = offence(part, design, targets.totals, limited.low, limited.high, targets.margin)
        raise _problem(found, targets, solution, limits, whole)
    factors = np.ones(cells.size)
    factors[occurs] = solution.factors * start
    return finished(sums, cells, factors, held, tuple(levels), solution.steps, mass)


def _limited(kind: Kind, limits: Limits, each: Numbers) -> Limited:
    """Return the distance within the limits of every cell; `each` (cells,) is its people's base weight."""
    distance = {"linear": LINEAR, "raking": RAKING}.get(kind) or logit(*_both(limits))
    low, high = limits.of_cells(each)
    if kind == "raking":
        low = np.maximum(low, 0.0)
    if (low > high).any():
        raise DataProblem("bad_limits", value=str(limits))
    return Limited(distance, low, high)


def check_feasible(sums: Sums, cells: Cells, margins: Sequence[Margin], limits: Limits) -> None:
    """Raise DataProblem "margins_infeasible" unless some weights within limits meet every margin."""
    base = sums.by_cell(sums.total(sums.weight), cells.size)
    targets = _targets(base, cells, held_against(sums, cells, tuple(margins)), ())
    low, high = limits.of_cells(_each(sums, cells))
    whole = float(base.sum())
    occurs = base > 0
    found = offence(
        base[occurs] / whole,
        targets.design[occurs],
        targets.totals,
        low[occurs],
        high[occurs],
        targets.margin,
    )
    if found is not None:
        raise _problem(found, targets, None, limits, whole)


@dataclass(frozen=True)
class _Targets:
    """The totals to meet, as shares of the population: `design` (cells, k), `totals` (k,), `margin` (k,) the
    number of each one's margin; `names` say what they are, `unit` and `centre` what a step of one is, `scale`
    makes their gaps relative."""

    design: sparse.csr_array
    totals: Numbers
    margin: Codes
    names: tuple[tuple[str, str | None], ...]
    unit: Numbers
    centre: Numbers
    scale: Numbers


def _targets(
    base: Numbers, cells: Cells, margins: Sequence[Held], levels: Sequence[PopulationMean]
) -> _Targets:
    """Write margins and means as totals; numbers are taken from their mean and in standard deviations."""
    design, totals, number = [indicators(np.zeros(cells.size, dtype=np.int64), 1)], [1.0], [_PEOPLE]
    names: list[tuple[str, str | None]] = [("", None)]
    for place, held in enumerate(margins):
        used = np.flatnonzero(held.target > 0)
        design.append(indicators(cells.members[:, held.place], len(held.target))[:, used])
        totals += held.target[used].tolist()
        number += [place] * len(used)
        names += [(cells.variables[held.place], cells.categories[held.place][at]) for at in used.tolist()]
    unit, centre = [1.0] * len(totals), [0.0] * len(totals)
    for at, level in enumerate(levels):
        value = cells.levels[:, cells.numbers.index(level.variable)]
        mean = float(base @ value) / float(base.sum())
        spread = float(np.sqrt(base @ (value - mean) ** 2 / base.sum())) or max(abs(mean), 1.0)
        design.append(sparse.csr_array(((value - level.mean) / spread)[:, None]))
        totals.append(0.0)
        number.append(len(margins) + at)
        names.append((level.variable, None))
        unit.append(spread)
        centre.append(level.mean)
    aims = np.array(totals)
    return _Targets(
        sparse.hstack(design, format="csr"),
        aims,
        np.array(number),
        tuple(names),
        np.array(unit),
        np.array(centre),
        1.0 / np.where(aims > 0, aims, 1.0),
    )


def _problem(
    violation: Offence | None, targets: _Targets, solution: Solution | None, limits: Limits, whole: float
) -> DataProblem:
    """Return the problem that names the margin and category which cannot be met."""
    if violation is None:
        steps, gap = (solution.steps, f"{solution.gap:.1e}") if solution else (0, "0")
        return DataProblem("calibration_stuck", value=gap, iterations=steps)
    said = str(limits)
    if violation.margin is None:
        nearest = f"{violation.nearest * whole:.6g}"
        return DataProblem("total_infeasible", value=f"{whole:.6g}", nearest=nearest, limits=said)
    column, category = targets.names[violation.column]
    unit, centre = float(targets.unit[violation.column]), float(targets.centre[violation.column])
    wanted = float(targets.totals[violation.column])
    digits = "{:.6g}" if category is None else "{:.4f}"
    return DataProblem(
        "margins_infeasible",
        column=column,
        value=category,
        limits=said,
        what=_called(column, category) + ("" if category is None else f", category '{squeezed(category)}'"),
        nearest=digits.format(centre + unit * violation.nearest),
        target=digits.format(centre + unit * wanted),
        remedy=_remedy(violation, targets, limits),
    )


def _remedy(violation: Offence, targets: _Targets, limits: Limits) -> str:
    """Say what would help: a mean cannot be merged, and only limits that were set can be wider."""
    blamed = targets.names[violation.column]
    others = [targets.names[int(np.flatnonzero(targets.margin == number)[0])] for number in violation.others]
    leave = (
        "".join(f", or {_called(*number)}" for number in others)
        if violation.alone
        else " (others cannot be met either)"
    )
    ways = [
        f"leave out {_called(*blamed)}{leave}",
        "correct it" if blamed[1] is None else "merge the category",
    ]
    if np.isfinite(limits.weights).any() or (
        np.isfinite(limits.factors).any() and limits.factors != (0.0, np.inf)
    ):
        ways.append("set wider limits")
    return f"{', '.join(ways[:-1])}, or {ways[-1]}"


def _called(column: str, category: str | None) -> str:
    return f"the mean of '{column}'" if category is None else f"margin '{column}'"


def _each(sums: Sums, cells: Cells) -> Numbers:
    """Return the base weight of each cell's people, shape (cells,)."""
    if cells.base is not None:
        return cells.base
    people = sums.by_cell(sums.people, cells.size)
    return sums.by_cell(sums.total(sums.weight), cells.size) / np.where(people > 0, people, 1.0)


def _both(limits: Limits) -> tuple[float, float]:
    low, high = limits.factors
    if not (np.isfinite(low) and np.isfinite(high) and low < 1.0 < high):
        raise DataProblem("logit_limits", value=f"{low:g},{high:g}")
    return low, high


def _between(low: float, high: float) -> str:
    if not np.isfinite(high):
        return f"at {low:.6g} or above"
    return f"at {high:.6g} or below" if not np.isfinite(low) else f"between {low:.6g} and {high:.6g}"
