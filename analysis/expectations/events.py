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

from analysis.estimators.strata import rule_of
from analysis.estimators.variance import Stage
from analysis.problems import DataProblem
from analysis.table.columns import Codes, Numbers
from analysis.table.design import Sample, sample_of
from analysis.table.sums import ANSWER, SEGMENT, STRATUM, Sums, add_up, sums_of

Mask = NDArray[np.bool_]
MOST_TIMES = 2000  # times that a curve lists; of more, so many are chosen evenly
_ALL = slice(None)
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
    variance of the curve's logarithm. `place` and `event` (groups,) say which time a group of the sums has and
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
    place, event = sums.keys[:, ANSWER] // 2, sums.keys[:, ANSWER] % 2 == 1
    size = len(times)
    events = add_up(place, sums.w * event, size)
    censored = add_up(place, sums.w * ~event, size)
    gone = np.cumsum(events + censored)
    at_risk = gone[-1] - np.concatenate([[0.0], gone[:-1]])
    # cases of weight 0 at the end are at no risk
    used = at_risk > 0
    listed = np.flatnonzero(used)
    if len(listed) > MOST_TIMES:
        listed = listed[np.unique(np.linspace(0, len(listed) - 1, MOST_TIMES).round().astype(np.int64))]
    return Risks(
        sums, times, np.where(used, at_risk, 1.0), events, censored, place, event, int(sums.n.sum()),
        int(sums.n[event].sum()), listed.astype(np.int64),
    )  # fmt: skip


def by_group(risks: Risks, groups: int) -> tuple[Numbers, Numbers]:
    """Return the weighted cases at risk and delivered by time and group, both of shape (times, groups)."""
    size = len(risks.times)
    key = risks.place * groups + risks.sums.keys[:, SEGMENT]
    room = size * groups
    every = add_up(key, risks.sums.w, room).reshape(size, groups)
    events = add_up(key, risks.sums.w * risks.event, room).reshape(size, groups)
    at_risk = every[::-1].cumsum(axis=0)[::-1]
    return at_risk, events


# --- how sure the curve is ---------------------------------------------------------------------------------


def robust_variances(risks: Risks) -> Numbers:
    """Return Σ w²·influence² at each listed time (infinitesimal jackknife; R survfit's robust)."""
    everyone = np.zeros(len(risks.place), dtype=np.int64)
    return _scaled(risks, _squares(risks, everyone, 1)[0])


def design_variances(risks: Risks, stage: Stage) -> Numbers:
    """Return the linearised variance at each listed time, between first-stage units within strata.

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
    """Return m of each group of cases once its time has come, (groups,), and C at each listed time, (times,)."""
    # where nobody is left both are infinite and the curve is 0: nothing moves it
    leap = np.where(np.isfinite(risks.leap), risks.leap, 0.0)
    common = np.where(np.isfinite(risks.leap_sum), risks.leap_sum, 0.0)
    return risks.event * leap[risks.place] - common[risks.place], common[risks.listed]


def _scaled(risks: Risks, variance: Numbers) -> Numbers:
    return np.asarray(risks.survival[risks.listed] ** 2 * variance, dtype=np.float64)


def _by_time(risks: Risks, key: Codes, size: int, values: Numbers, rows: slice) -> tuple[Numbers, Numbers]:
    """Add `values` of groups up by key, over those whose time has come and the others, (size, times) both."""
    times = len(risks.listed)
    # the first listed time by which the group's own has come
    column = np.searchsorted(risks.listed, risks.place[rows])
    table = add_up(key * (times + 1) + column, values, size * (times + 1)).reshape(size, times + 1)
    come = table.cumsum(axis=1)
    return come[:, :times], come[:, -1:] - come[:, :times]


def _totals(risks: Risks, key: Codes, size: int, rows: slice = _ALL) -> Numbers:
    """Return Σ w·m by key at each listed time, (size, times), of the groups `rows`."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, key, size, risks.sums.w[rows] * moves[rows], rows)
    _, waiting = _by_time(risks, key, size, risks.sums.w[rows], rows)
    return np.asarray(come - common * waiting, dtype=np.float64)


def _squares(risks: Risks, key: Codes, size: int) -> Numbers:
    """Return Σ w²·m² by key at each listed time, (size, times)."""
    moves, common = settled(risks)
    come, _ = _by_time(risks, key, size, risks.sums.w2 * moves**2, _ALL)
    _, waiting = _by_time(risks, key, size, risks.sums.w2, _ALL)
    return np.asarray(come + common**2 * waiting, dtype=np.float64)


def _unit_sums(risks: Risks, stage: Stage) -> tuple[Numbers, Numbers]:
    """Return the sums of units' totals and of their squares by stratum, (strata, times) both."""
    units = len(stage.unit_stratum)
    step = max(_AT_ONCE // (len(risks.listed) + 1), 1)
    total = np.zeros((len(risks.sums.strata), len(risks.listed)))
    raw = np.zeros_like(total)
    for begin in range(0, units, step):
        end = min(begin + step, units)
        first, last = np.searchsorted(stage.unit, [begin, end]).tolist()
        rows = slice(first, last)
        own = _totals(risks, stage.unit[rows] - begin, end - begin, rows)
        np.add.at(total, stage.unit_stratum[begin:end], own)
        np.add.at(raw, stage.unit_stratum[begin:end], own**2)
    return total, raw
