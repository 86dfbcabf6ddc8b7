"""How sure a Kaplan-Meier curve is: its variance at each time, from what every case's weight moves.

A case moves the curve S at t by -S(t)·m: m = event/(n(T) - d(T)) - C(T) once its own time T has come, and -C(t)
before, C(t) adding d/(n(n - d)) up. So sums by unit and time are enough, however many cases there are.
"""

from __future__ import annotations

import numpy as np

from analysis.estimators.strata import rule_of
from analysis.estimators.variance import Stage
from analysis.expectations.events import Risks
from analysis.table.columns import Codes, Numbers
from analysis.table.sums import STRATUM, add_up

_ALL = slice(None)
_AT_ONCE = 1 << 21  # numbers of units x times worked on at once


def robust_variances(risks: Risks) -> Numbers:
    """Return Σ w²·influence² at each told time (infinitesimal jackknife; R survfit's robust)."""
    everyone = np.zeros(len(risks.place), dtype=np.int64)
    return _scaled(risks, _squares(risks, everyone, 1)[0])


def design_variances(risks: Risks, stage: Stage) -> Numbers:
    """Return the linearised variance at each told time, between first-stage units within strata.

    Raises DataProblem "lonely_stratum", "lonely_all".
    """
    sums, strata = risks.sums, len(risks.sums.strata)
    stratum = sums.keys[:, STRATUM]
    if sums.clustered:
        total, raw = _unit_sums(risks, stage)
    else:
        total, raw = _totals(risks, stratum, strata), _squares(risks, stratum, strata)
    centred = np.maximum(raw - total**2 / np.maximum(stage.units, 1)[:, None], 0.0)
    active = np.bincount(stratum, weights=sums.n, minlength=strata) > 0
    unit = "cluster" if sums.clustered else "person"
    rule = rule_of(stage.design, sums.strata, stage.units, stage.left_out, active, unit)
    return _scaled(risks, rule.total(centred, raw))


def settled(risks: Risks) -> tuple[Numbers, Numbers]:
    """Return m of each group of cases once its time has come, (groups,), and C at each told time, (told,)."""
    # where nobody is left both are infinite and the curve is 0: nothing moves it
    leap = np.where(np.isfinite(risks.leap), risks.leap, 0.0)
    common = np.where(np.isfinite(risks.leap_sum), risks.leap_sum, 0.0)
    return risks.event * leap[risks.place] - common[risks.place], common[risks.told]


def _scaled(risks: Risks, variance: Numbers) -> Numbers:
    return np.asarray(risks.survival[risks.told] ** 2 * variance, dtype=np.float64)


def _by_time(risks: Risks, key: Codes, size: int, values: Numbers, rows: slice) -> tuple[Numbers, Numbers]:
    """Add `values` of groups up by key, over those whose time has come and the others, (size, told) both."""
    told = len(risks.told)
    column = np.searchsorted(
        risks.told, risks.place[rows]
    )  # the first told time by which the group's has come
    table = add_up(key * (told + 1) + column, values, size * (told + 1)).reshape(size, told + 1)
    come = table.cumsum(axis=1)
    return come[:, :told], come[:, -1:] - come[:, :told]


def _totals(risks: Risks, key: Codes, size: int, rows: slice = _ALL) -> Numbers:
    """Return Σ w·m by key at each told time, (size, told), of the groups `rows`."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, key, size, risks.sums.w[rows] * moves[rows], rows)
    _, waiting = _by_time(risks, key, size, risks.sums.w[rows], rows)
    return np.asarray(come - common * waiting, dtype=np.float64)


def _squares(risks: Risks, key: Codes, size: int) -> Numbers:
    """Return Σ w²·m² by key at each told time, (size, told)."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, key, size, risks.sums.w2 * moves**2, _ALL)
    _, waiting = _by_time(risks, key, size, risks.sums.w2, _ALL)
    return np.asarray(come + common**2 * waiting, dtype=np.float64)


def _unit_sums(risks: Risks, stage: Stage) -> tuple[Numbers, Numbers]:
    """Return the sums of units' totals and of their squares by stratum, (strata, told) both."""
    units = len(stage.unit_stratum)
    step = max(_AT_ONCE // (len(risks.told) + 1), 1)
    total = np.zeros((len(risks.sums.strata), len(risks.told)))
    raw = np.zeros_like(total)
    for begin in range(0, units, step):
        end = min(begin + step, units)
        first, last = np.searchsorted(stage.unit, [begin, end]).tolist()
        rows = slice(first, last)
        own = _totals(risks, stage.unit[rows] - begin, end - begin, rows)
        np.add.at(total, stage.unit_stratum[begin:end], own)
        np.add.at(raw, stage.unit_stratum[begin:end], own**2)
    return total, raw
