"""Times until something happened, or until watching ended: checked, and counted by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.problems import DataProblem
from analysis.table.column import Codes, Numbers
from analysis.table.design import Sample, sample_of
from analysis.table.sums import ANSWER, SEGMENT, Sums, add_up, sums_of

Mask = NDArray[np.bool_]
MOST_TOLD = 2000  # times at which a curve is told; of more, so many are chosen evenly


@dataclass(frozen=True)
class Observed:
    """Cases: `time` (cases,) of 0 or more in any one unit, `delivered` (cases,) False where still open then."""

    time: Numbers
    delivered: Mask


@dataclass(frozen=True)
class Risks:
    """Cases counted by time, all of shape (times,) and weighted, with the `sums` that they come from.

    `survival` is the Kaplan-Meier curve; `leap` is 1/(n-d), `leap_sum` adds d/(n(n-d)) up and `spread` is the
    same for Greenwood's variance. `place` and `event` (columns,) say which time a column of the sums has and
    whether it was delivered. `told` are the places of the times to print.
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
    told: Codes

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

    @cached_property
    def spread(self) -> Numbers:
        """Return Greenwood's sum, the variance of the logarithm of the curve."""
        return self.leap_sum


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
    times, place = np.unique(observed.time, return_inverse=True)
    code = 2 * place.reshape(-1) + observed.delivered
    sums = sums_of(sample_of(len(code)) if sample is None else sample, code.astype(np.int64), group)
    return counted(sums, np.asarray(times, dtype=np.float64))


def counted(sums: Sums, times: Numbers) -> Risks:
    """Count sums whose answers are 2 × the place of a time, + 1 where delivered."""
    code, weight = sums.columns[:, ANSWER], sums.total(sums.weight)
    place, event = code // 2, code % 2 == 1
    size = len(times)
    events = add_up(place, weight * event, size)
    censored = add_up(place, weight * ~event, size)
    gone = np.cumsum(events + censored)
    at_risk = gone[-1] - np.concatenate([[0.0], gone[:-1]])
    used = at_risk > 0  # cases of weight 0 at the end are at no risk
    told = np.flatnonzero(used)
    if len(told) > MOST_TOLD:
        told = told[np.unique(np.linspace(0, len(told) - 1, MOST_TOLD).round().astype(np.int64))]
    return Risks(
        sums, times, np.where(used, at_risk, 1.0), events, censored, place, event, int(sums.people.sum()),
        int(sums.people[event].sum()), told.astype(np.int64),
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
