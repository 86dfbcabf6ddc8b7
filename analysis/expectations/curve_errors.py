"""How sure a Kaplan-Meier curve is: its variance at each time, from what every case's weight moves.

A case moves the curve S at t by -S(t)·m: m = event/(n(T) - d(T)) - C(T) once its own time T has come, and -C(t)
before, C(t) adding d/(n(n - d)) up. So sums by unit and time are enough, however many cases there are.
"""

from __future__ import annotations

import numpy as np

from analysis.estimators.design_variance import Stage, rule_of
from analysis.expectations.events import Risks
from analysis.table.column import Numbers
from analysis.table.sums import Matrix, moved

AT_ONCE = 1 << 21
"""Numbers of units × times that are worked on at once."""


def robust_variances(risks: Risks) -> Numbers:
    """Return Σ w²·influence² at each told time (infinitesimal jackknife; R survfit's robust)."""
    squares = _squares(risks, risks.sums.total(risks.sums.square)[None, :])
    return np.asarray(risks.survival[risks.told] ** 2 * squares[0], dtype=np.float64)


def design_variances(risks: Risks, stage: Stage) -> Numbers:
    """Return the linearised variance at each told time, between first-stage units within strata.

    Raises DataProblem "lonely_stratum", "lonely_all".
    """
    sums = risks.sums
    total = np.zeros((len(sums.strata), len(risks.told)))
    raw = np.zeros_like(total)
    step = max(AT_ONCE // (len(risks.told) + 1), 1)
    for begin in range(0, len(sums.stratum), step):
        rows = slice(begin, begin + step)
        each = _totals(risks, sums.weight[rows])
        np.add.at(total, sums.stratum[rows], each)
        np.add.at(raw, sums.stratum[rows], each**2 if sums.clustered else _squares(risks, sums.square[rows]))
    centred = np.maximum(raw - total**2 / np.maximum(sums.units, 1)[:, None], 0.0)
    active = stage.strata_of(stage.present(np.arange(len(sums.columns))))
    unit = "cluster" if sums.clustered else "person"
    rule = rule_of(stage.design, sums.strata, sums.units, stage.left_out, active, unit)
    variance = (rule.scale @ centred + rule.alone @ raw) * rule.average
    return np.asarray(risks.survival[risks.told] ** 2 * variance, dtype=np.float64)


def settled(risks: Risks) -> tuple[Numbers, Numbers]:
    """Return m of each column of the sums once its time has come, (columns,), and C at each told time, (told,)."""
    # where nobody is left both are infinite and the curve is 0: nothing moves it
    leap = np.where(np.isfinite(risks.leap), risks.leap, 0.0)
    common = np.where(np.isfinite(risks.leap_sum), risks.leap_sum, 0.0)
    return risks.event * leap[risks.place] - common[risks.place], common[risks.told]


def _by_time(risks: Risks, matrix: Matrix, values: Numbers) -> tuple[Numbers, Numbers]:
    """Add up matrix × value by row over the columns whose time has come, and over the others, (rows, told) both."""
    rows, told = matrix.shape[0], len(risks.told)
    # the first told time by which a column's time has come
    first = np.searchsorted(risks.told, risks.place)
    table = moved(matrix * values[None, :], np.arange(rows), first, (rows, told + 1))
    come = (table if isinstance(table, np.ndarray) else table.toarray()).cumsum(axis=1)
    return come[:, :told], come[:, -1:] - come[:, :told]


def _totals(risks: Risks, weight: Matrix) -> Numbers:
    """Return Σ w·m by row at each told time, (rows, told)."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, weight, moves)
    _, waiting = _by_time(risks, weight, np.ones_like(moves))
    return np.asarray(come - common * waiting, dtype=np.float64)


def _squares(risks: Risks, square: Matrix) -> Numbers:
    """Return Σ w²·m² by row at each told time, (rows, told)."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, square, moves**2)
    _, waiting = _by_time(risks, square, np.ones_like(moves))
    return np.asarray(come + common**2 * waiting, dtype=np.float64)
