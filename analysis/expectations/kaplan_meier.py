"""Delivered reply times, some of them still open: the Kaplan-Meier curve, its errors, its median.

What is still open counts as long as it was watched; a median of the closed cases alone would be too short.
The curve is a function of sums by (time, delivered or open), as every estimate of this room.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from analysis.estimate import EMPTY, LOW_BASE, OK
from analysis.estimators.design_variance import staged
from analysis.estimators.intervals import ENOUGH, interval_head, quantile_t
from analysis.estimators.proportion import LOW
from analysis.expectations.events import (
    Observed,
    Risks,
    check_observed,
    design_variances,
    risks_of,
    robust_variances,
)
from analysis.rows import aligned, percent, span
from analysis.table.design import Design, Sample

GREENWOOD, ROBUST, DESIGN = "greenwood", "robust", "design"
METHODS = (GREENWOOD, ROBUST, DESIGN)
NOT_REACHED = "not reached"
NO_INTERVAL = "no_interval"


@dataclass(frozen=True)
class DeliveryStep:
    """The curve at one time: `open_share` of cases wait longer than `time`.

    `at_risk`, `delivered` and `censored` are weighted and belong to this time. `se`, `low`, `high` are None
    before the first delivery and where nobody is left (the log-log interval has no meaning there): the
    `status` is "no_interval" then, "low_base" where as few as under 30 cases drawn one by one would be as
    sure, or under 5 of them on one side, else "ok".
    """

    time: float
    at_risk: float
    delivered: float
    censored: float
    open_share: float
    se: float | None
    low: float | None
    high: float | None
    status: str = OK

    def as_row(self) -> dict[str, Any]:
        """Return the step as a row."""
        return asdict(self)


@dataclass(frozen=True)
class Quantile:
    """The time by which a share of cases is delivered, with its interval; None has its reason."""

    share: float
    time: float | None
    low: float | None
    high: float | None
    reason: str = ""

    def __str__(self) -> str:
        time, low, high = (NOT_REACHED if t is None else f"{t:g}" for t in (self.time, self.low, self.high))
        return f"{time} ({low} to {high})"


@dataclass(frozen=True)
class DeliveryCurve:
    """A Kaplan-Meier curve: its steps, median, and the cases behind it; `base` counts cases unweighted.

    `status` is "empty" where nothing was delivered, "low_base" with fewer than 30 cases, else "ok".
    """

    method: str
    level: float
    base: int
    delivered: int
    steps: tuple[DeliveryStep, ...]
    median: Quantile
    status: str = OK

    def as_json(self) -> dict[str, Any]:
        """Return the curve as an object of plain values."""
        return asdict(self)

    def open_at(self, time: float) -> DeliveryStep | None:
        """Return the step in force at a time; None before the first time."""
        before = [step for step in self.steps if step.time <= time]
        return before[-1] if before else None

    def __str__(self) -> str:
        lines = [
            (
                f"{s.time:g}", f"{s.at_risk:g}", f"{s.delivered:g}", percent(s.open_share), span(s.low, s.high),
                "low base" if s.status == LOW_BASE else "",
            )
            for s in self.steps
        ]  # fmt: skip
        heads = ("time", "at risk", "delivered", "still open", interval_head(self.level), "")
        table = aligned(heads, lines, left=0, tail=1)
        head = f"{self.delivered:,} of {self.base:,} delivered; median {self.median}"
        return f"{head}\n\n{table}\n"


def kaplan_meier(
    observed: Observed,
    *,
    sample: Sample | None = None,
    design: Design | None = None,
    method: str | None = None,
    level: float = 0.95,
) -> DeliveryCurve:
    """Estimate the share of cases still open at every time, Π(1 - d/n) (Kaplan & Meier 1958).

    `method`: "greenwood" for unweighted cases (Greenwood 1926), "robust" for weights (infinitesimal jackknife,
    as R survfit's robust), "design" for a sampling design (linearised, n/(n-1) between first-stage units);
    None: greenwood without a sample, design with one. Intervals are log-log with the normal quantile, for
    "design" with t. Raises DataProblem "times_wrong", "unknown_option", and those of a design.
    """
    chosen = check_observed(observed, sample, method, METHODS, (GREENWOOD, DESIGN))
    risks = risks_of(observed, sample)
    if not risks.events.any():
        nothing = Quantile(0.5, None, None, None, "nothing was delivered")
        steps = tuple(_step(risks, place, math.nan, 0.0) for place in risks.listed)
        return DeliveryCurve(chosen, level, risks.people, 0, steps, nothing, EMPTY)
    z = float(ndtri((1 + level) / 2))
    if chosen == GREENWOOD:
        spread = risks.leap_sum[risks.listed]
        se = risks.survival[risks.listed] * np.sqrt(np.where(np.isfinite(spread), spread, 0.0))
    elif chosen == ROBUST:
        se = np.sqrt(robust_variances(risks))
    else:
        stage = staged(risks.sums, design or Design())
        z = quantile_t(max(stage.degrees(np.arange(len(risks.sums.columns))), 1), level)
        se = np.sqrt(design_variances(risks, stage))
    steps = tuple(_step(risks, place, float(error), z) for place, error in zip(risks.listed, se, strict=True))
    status = OK if risks.people >= LOW else LOW_BASE
    median = _quantile(risks, steps, 0.5)
    return DeliveryCurve(chosen, level, risks.people, risks.delivered, steps, median, status)


def _step(risks: Risks, place: int, error: float, z: float) -> DeliveryStep:
    share = float(risks.survival[place])
    low = high = se = None
    status = NO_INTERVAL
    if 0.0 < share < 1.0 and math.isfinite(error):
        effective = share * (1 - share) / error**2 if error > 0 else 0.0
        enough = effective >= LOW and effective * min(share, 1 - share) >= ENOUGH
        se, status = error, OK if enough else LOW_BASE
        reach = math.exp(z * error / (share * abs(math.log(share)))) if error > 0 else 1.0
        low, high = share**reach, share ** (1 / reach)
    return DeliveryStep(
        float(risks.times[place]), float(risks.at_risk[place]), float(risks.events[place]),
        float(risks.censored[place]), share, se, low, high, status,
    )  # fmt: skip


def _quantile(risks: Risks, steps: tuple[DeliveryStep, ...], share: float) -> Quantile:
    """Return the first time at which at most 1 - share is open; bounds by inversion (Brookmeyer & Crowley 1982).

    The curve itself is read at every time, the bounds at the times listed.
    """
    left = 1 - share + 1e-12
    hit = np.flatnonzero(risks.survival <= left)
    time = float(risks.times[hit[0]]) if len(hit) else None
    bounds = [
        next((s.time for s in steps if (getattr(s, end) if s.se is not None else s.open_share) <= left), None)
        for end in ("low", "high")
    ]
    low = None if bounds[0] is None else bounds[0] if time is None else min(bounds[0], time)
    reason = (
        "" if time is not None else f"{percent(float(risks.survival[-1]))} were still open at the last time"
    )
    return Quantile(share, time, low, bounds[1], reason)
