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
from analysis.table.weighting.calibration import Calibration, Mass, finished, held_against
from analysis.table.weighting.distances import LINEAR, RAKING, Limited, logit
from analysis.table.weighting.feasibility import Offence, offence
from analysis.table.weighting.margins import Cells, Held, Level, Margin
from analysis.table.weighting.residuals import indicators
from analysis.table.weighting.solving import TOLERANCE, Solution, solve

Kind = Literal["linear", "raking", "logit"]
KINDS: tuple[Kind, ...] = ("linear", "raking", "logit")
_PEOPLE = -1  # the "margin" of the number of people


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
    levels: Sequence[Level] = (),
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
    asked = _asked(base, cells, held, levels)
    occurs = base > 0
    limited = _limited(kind, limits, (start * _each(sums, cells))[occurs])
    part, design = base[occurs] / whole, asked.design[occurs]
    scaled = design @ sparse.diags_array(asked.scale)
    solution = solve(part, scaled, asked.totals * asked.scale, limited, tolerance=tolerance)
    if not solution.settled:
        found = offence(part, design, asked.totals, limited.low, limited.high, asked.margin)
        raise _problem(found, asked, solution, limits, whole)
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
    asked = _asked(base, cells, held_against(sums, cells, tuple(margins)), ())
    low, high = limits.of_cells(_each(sums, cells))
    whole = float(base.sum())
    occurs = base > 0
    found = offence(
        base[occurs] / whole, asked.design[occurs], asked.totals, low[occurs], high[occurs], asked.margin
    )
    if found is not None:
        raise _problem(found, asked, None, limits, whole)


@dataclass(frozen=True)
class _Asked:
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


def _asked(base: Numbers, cells: Cells, margins: Sequence[Held], levels: Sequence[Level]) -> _Asked:
    """Write what is asked for as totals; numbers are taken from their mean and in standard deviations."""
    design, totals, number = [indicators(np.zeros(cells.size, dtype=np.int64), 1)], [1.0], [_PEOPLE]
    told: list[tuple[str, str | None]] = [("", None)]
    for place, held in enumerate(margins):
        used = np.flatnonzero(held.target > 0)
        design.append(indicators(cells.members[:, held.place], len(held.target))[:, used])
        totals += held.target[used].tolist()
        number += [place] * len(used)
        told += [(cells.variables[held.place], cells.categories[held.place][at]) for at in used.tolist()]
    unit, centre = [1.0] * len(totals), [0.0] * len(totals)
    for at, level in enumerate(levels):
        value = cells.levels[:, cells.numbers.index(level.variable)]
        mean = float(base @ value) / float(base.sum())
        spread = float(np.sqrt(base @ (value - mean) ** 2 / base.sum())) or max(abs(mean), 1.0)
        design.append(sparse.csr_array(((value - level.mean) / spread)[:, None]))
        totals.append(0.0)
        number.append(len(margins) + at)
        told.append((level.variable, None))
        unit.append(spread)
        centre.append(level.mean)
    aims = np.array(totals)
    return _Asked(
        sparse.hstack(design, format="csr"),
        aims,
        np.array(number),
        tuple(told),
        np.array(unit),
        np.array(centre),
        1.0 / np.where(aims > 0, aims, 1.0),
    )


def _problem(
    found: Offence | None, asked: _Asked, solution: Solution | None, limits: Limits, whole: float
) -> DataProblem:
    """Return the problem that names the margin and category which cannot be met."""
    if found is None:
        steps, gap = (solution.steps, f"{solution.gap:.1e}") if solution else (0, "0")
        return DataProblem("calibration_stuck", value=gap, iterations=steps)
    said = str(limits)
    if found.margin is None:
        nearest = f"{found.nearest * whole:.6g}"
        return DataProblem("total_infeasible", value=f"{whole:.6g}", nearest=nearest, limits=said)
    column, category = asked.names[found.column]
    unit, centre = float(asked.unit[found.column]), float(asked.centre[found.column])
    wanted = float(asked.totals[found.column])
    digits = "{:.6g}" if category is None else "{:.4f}"
    return DataProblem(
        "margins_infeasible",
        column=column,
        value=category,
        limits=said,
        what=_called(column, category) + ("" if category is None else f", category '{squeezed(category)}'"),
        nearest=digits.format(centre + unit * found.nearest),
        target=digits.format(centre + unit * wanted),
        remedy=_remedy(found, asked, limits),
    )


def _remedy(found: Offence, asked: _Asked, limits: Limits) -> str:
    """Say what would help: a mean cannot be merged, and only limits that were set can be wider."""
    blamed = asked.names[found.column]
    others = [asked.names[int(np.flatnonzero(asked.margin == one)[0])] for one in found.others]
    leave = (
        "".join(f", or {_called(*one)}" for one in others)
        if found.alone
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
