"""Times until something happened, or until watching ended: checked, counted by time, and how sure their curve is.

A case moves the Kaplan-Meier curve S at t by -S(t)·m: m = event/(n(T) - d(T)) - C(T) once its own time T has come,
and -C(t) before, C(t) adding d/(n(n - d)) up. So sums by unit and time are enough, however many cases there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.estimators.design_variance import Stage, rule_of
from analysis.problems import DataProblem
from analysis.table.column import Codes, Numbers
from analysis.table.design import Sample, sample_of
from analysis.table.sums import ANSWER, SEGMENT, Matrix, Sums, add_up, moved, sums_of

Mask = NDArray[np.bool_]
MOST_TIMES = 2000  # times that a curve lists; of more, so many are chosen evenly
_AT_ONCE = 1 << 21  # numbers of units x times worked on at once


@dataclass(frozen=True)
class Observed:
    """Cases: `time` (cases,) of 0 or more in any one unit, `delivered` (cases,) False where still open then."""

    time: Numbers
    delivered: Mask


@dataclass(frozen=True)
class Risks:
    """Cases counted by time, all of shape (times,) and weighted, with the `sums` that they come from.

    `survival` is the Kaplan-Meier curve; `leap` is 1/(n-d), `leap_sum` adds d/(n(n-d)) up, Greenwood's
    variance of the curve's logarithm. `place` and `event` (columns,) say which time a column of the sums has and
    whether it was delivered. `listed` are the places of the times to print.
    """

    sums: Sums
    times: Numbers
    at_risk: Numbers
    events: Numbers
    censored: Numbers
    place: Codes
    event: Mask
    people: int
    delivered: int
    listed: Codes

    @cached_property
    def survival(self) -> Numbers:
        """Return the share still open after each time."""
        return np.asarray(np.cumprod(1 - self.events / self.at_risk), dtype=np.float64)

    @cached_property
    def leap(self) -> Numbers:
        """Return 1/(n - d) at each time; infinite where nobody is left."""
        left = self.at_risk - self.events
        gone = left <= 1e-12 * self.at_risk
        return np.asarray(np.where(gone, np.inf, 1 / np.where(gone, 1.0, left)), dtype=np.float64)

    @cached_property
    def leap_sum(self) -> Numbers:
        """Return Σ d/(n(n - d)) up to each time."""
        each = np.where(self.events > 0, self.events / self.at_risk * self.leap, 0.0)
        return np.asarray(np.cumsum(each), dtype=np.float64)


def check_observed(
    observed: Observed,
    sample: Sample | None,
    method: str | None,
    methods: Sequence[str],
    default: tuple[str, str],
) -> str:
    """Return the method to use. Raises DataProblem "times_wrong" or "unknown_option"."""
    if method is not None and method not in methods:
        raise DataProblem("unknown_option", option="method", value=method, known=", ".join(methods))
    time = observed.time
    if len(time) == 0:
        raise DataProblem("times_wrong", value="none", row=0, reason="there are no cases")
    wrong = np.flatnonzero(~(np.isfinite(time) & (time >= 0)))
    if len(wrong):
        row = int(wrong[0])
        reason = "a time is a number of 0 or more; a case that is still open has the time it was watched"
        raise DataProblem("times_wrong", value=f"{time[row]:g}", row=row + 1, reason=reason)
    if len(observed.delivered) != len(time) or (sample is not None and sample.rows != len(time)):
        raise ValueError("times, outcomes and the sample must be of the same cases")
    return method or default[sample is not None]


def risks_of(observed: Observed, sample: Sample | None, group: Codes | None = None) -> Risks:
    """Count cases by time; `group` (cases,) codes go into the sums as segments."""
    times, time_of = np.unique(observed.time, return_inverse=True)
    code = (2 * time_of.reshape(-1) + observed.delivered).astype(np.int64)
    sums = sums_of(sample_of(len(code)) if sample is None else sample, code, group)
    times = np.asarray(times, dtype=np.float64)
    place, event = sums.columns[:, ANSWER] // 2, sums.columns[:, ANSWER] % 2 == 1
    size, weight = len(times), sums.total(sums.weight)
    events = add_up(place, weight * event, size)
    censored = add_up(place, weight * ~event, size)
    gone = np.cumsum(events + censored)
    at_risk = gone[-1] - np.concatenate([[0.0], gone[:-1]])
    # cases of weight 0 at the end are at no risk
    used = at_risk > 0
    listed = np.flatnonzero(used)
    if len(listed) > MOST_TIMES:
        listed = listed[np.unique(np.linspace(0, len(listed) - 1, MOST_TIMES).round().astype(np.int64))]
    return Risks(
        sums, times, np.where(used, at_risk, 1.0), events, censored, place, event, int(sums.people.sum()),
        int(sums.people[event].sum()), listed.astype(np.int64),
    )  # fmt: skip


def by_group(risks: Risks, groups: int) -> tuple[Numbers, Numbers]:
    """Return the weighted cases at risk and delivered by time and group, both of shape (times, groups)."""
    size = len(risks.times)
    key, weight = risks.place * groups + risks.sums.columns[:, SEGMENT], risks.sums.total(risks.sums.weight)
    room = size * groups
    every = add_up(key, weight, room).reshape(size, groups)
    events = add_up(key, weight * risks.event, room).reshape(size, groups)
    at_risk = every[::-1].cumsum(axis=0)[::-1]
    return at_risk, events


# --- how sure the curve is ---------------------------------------------------------------------------------


def robust_variances(risks: Risks) -> Numbers:
    """Return Σ w²·influence² at each listed time (infinitesimal jackknife; R survfit's robust)."""
    squares = _squares(risks, risks.sums.total(risks.sums.square)[None, :])
    return np.asarray(risks.survival[risks.listed] ** 2 * squares[0], dtype=np.float64)


def design_variances(risks: Risks, stage: Stage) -> Numbers:
    """Return the linearised variance at each listed time, between first-stage units within strata.

    Raises DataProblem "lonely_stratum", "lonely_all".
    """
    sums = risks.sums
    total = np.zeros((len(sums.strata), len(risks.listed)))
    raw = np.zeros_like(total)
    step = max(_AT_ONCE // (len(risks.listed) + 1), 1)
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
    return np.asarray(risks.survival[risks.listed] ** 2 * variance, dtype=np.float64)


def settled(risks: Risks) -> tuple[Numbers, Numbers]:
    """Return m of each column of the sums once its time has come, (columns,), and C at each listed time, (times,)."""
    # where nobody is left both are infinite and the curve is 0: nothing moves it
    leap = np.where(np.isfinite(risks.leap), risks.leap, 0.0)
    common = np.where(np.isfinite(risks.leap_sum), risks.leap_sum, 0.0)
    return risks.event * leap[risks.place] - common[risks.place], common[risks.listed]


def _by_time(risks: Risks, matrix: Matrix, values: Numbers) -> tuple[Numbers, Numbers]:
    """Add up matrix × value by row over the columns whose time has come, and over the others, (rows, times) both."""
    rows, times = matrix.shape[0], len(risks.listed)
    # the first listed time by which a column's time has come
    first = np.searchsorted(risks.listed, risks.place)
    table = moved(matrix * values[None, :], np.arange(rows), first, (rows, times + 1))
    come = (table if isinstance(table, np.ndarray) else table.toarray()).cumsum(axis=1)
    return come[:, :times], come[:, -1:] - come[:, :times]


def _totals(risks: Risks, weight: Matrix) -> Numbers:
    """Return Σ w·m by row at each listed time, (rows, times)."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, weight, moves)
    _, waiting = _by_time(risks, weight, np.ones_like(moves))
    return np.asarray(come - common * waiting, dtype=np.float64)


def _squares(risks: Risks, square: Matrix) -> Numbers:
    """Return Σ w²·m² by row at each listed time, (rows, times)."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, square, moves**2)
    _, waiting = _by_time(risks, square, np.ones_like(moves))
    return np.asarray(come + common**2 * waiting, dtype=np.float64)
