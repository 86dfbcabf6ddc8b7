"""How a weight may move away from its base weight: linear, raking and logit distances, cut off at limits.

The factor of a person with auxiliary values x is F(x'λ); F, its slope, its integral and its inverse are those
of Deville & Särndal (1992, §2 and table 1). Limits cut F off, which keeps the integral convex.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.table.column import Numbers

_STEEP = 50.0
"""Exponents beyond are cut off: no factor is that large, and nothing may overflow."""


@dataclass(frozen=True)
class Distance:
    """A distance by its factor function; all take and return arrays of one shape."""

    factor: Callable[[Numbers], Numbers]
    slope: Callable[[Numbers], Numbers]
    area: Callable[[Numbers], Numbers]
    inverse: Callable[[Numbers], Numbers]


def _exp(u: Numbers) -> Numbers:
    return np.asarray(np.exp(np.clip(u, -_STEEP, _STEEP)), dtype=np.float64)


def _log(factor: Numbers) -> Numbers:
    found: Numbers = np.log(factor, out=np.full_like(factor, -np.inf), where=factor > 0)
    return found


LINEAR = Distance(lambda u: 1.0 + u, np.ones_like, lambda u: u + u * u / 2, lambda factor: factor - 1.0)
RAKING = Distance(_exp, _exp, _exp, _log)


def logit(low: float, high: float) -> Distance:
    """Return the logit distance, whose factors lie between `low` < 1 and `high` > 1."""
    pace = (high - low) / ((high - 1.0) * (1.0 - low))
    shift = np.log((1.0 - low) / (high - 1.0))

    def part(u: Numbers) -> Numbers:
        return np.asarray(1.0 / (1.0 + _exp(-(pace * u + shift))), dtype=np.float64)

    def area(u: Numbers) -> Numbers:
        return np.asarray(
            low * u + (high - low) / pace * np.logaddexp(0.0, pace * u + shift), dtype=np.float64
        )

    def inverse(factor: Numbers) -> Numbers:
        share = np.clip((factor - low) / (high - low), 0.0, 1.0)
        with np.errstate(divide="ignore"):
            return np.asarray((np.log(share) - np.log1p(-share) - shift) / pace, dtype=np.float64)

    return Distance(
        lambda u: low + (high - low) * part(u),
        lambda u: (high - low) * pace * part(u) * (1.0 - part(u)),
        area,
        inverse,
    )


@dataclass(frozen=True)
class Limited:
    """A distance cut off at factors between `low` and `high`, shape (cells,), low <= high."""

    distance: Distance
    low: Numbers
    high: Numbers

    def factor(self, u: Numbers) -> Numbers:
        """Return F(u) within the limits."""
        return np.clip(self.distance.factor(u), self.low, self.high)

    def slope(self, u: Numbers) -> Numbers:
        """Return the slope of F at u, 0 beyond the limits."""
        factor = self.distance.factor(u)
        return np.where((factor > self.low) & (factor < self.high), self.distance.slope(u), 0.0)

    def area(self, u: Numbers) -> Numbers:
        """Return the integral of F up to u, but for a constant."""
        first, last = self.distance.inverse(self.low), self.distance.inverse(self.high)
        inside = np.clip(u, first, last)
        low, high = (np.where(np.isfinite(one), one, 0.0) for one in (self.low, self.high))
        beyond = low * np.minimum(u - inside, 0.0) + high * np.maximum(u - inside, 0.0)
        return np.asarray(self.distance.area(inside) + beyond, dtype=np.float64)
