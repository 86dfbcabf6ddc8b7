"""Sums of chi-squares with unequal weights over an independent chi-square: the tails of Pearson's X²."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.table.column import Numbers

_STEP, _POINTS = 0.01, 2000
"""The trapezoid rule's steps on the sinh scale: about 1e-13 of the tail."""


def tail(statistic: float, weights: Numbers, df: float) -> float:
    """Return P(Σ weights·χ²₁ / (χ²_df / df) > statistic), exact also far in the tail.

    The probability that a sum of chi-squares with weights of both signs is above 0, by inverting its moment
    generating function through the saddlepoint (as Imhof 1961, on a path where nothing cancels).
    `weights` (k,) are 0 or more, with one above 0; the statistic and `df` are above 0.
    """
    top = float(weights.max())
    mix = _Mix(np.asarray(weights / top, dtype=np.float64), statistic / top / df, df)
    point = mix.saddlepoint()
    if abs(point) < 0.1:  # too near the pole at 0: any point above it will do
        point = 0.1
    level = float(mix.cumulant(np.array([point + 0j]))[0].real)
    width = 1 / math.sqrt(mix.curvature(point))
    u = _STEP * np.arange(_POINTS)
    t, pace = width * np.sinh(u), width * np.cosh(u)
    bend = min(1.0, 1 / width) / 2  # away from the poles on the left, so that nothing oscillates for long
    at = point + bend * t * t + 1j * t
    inside = (np.exp(mix.cumulant(at) - level) / at * (2 * bend * t + 1j)).imag * pace
    area = math.exp(level) / math.pi * _STEP * (float(inside.sum()) - float(inside[0]) / 2)
    return min(max(area if point > 0 else 1 + area, 0.0), 1.0)


def saddlepoint_tail(statistic: float, weights: Numbers, df: float) -> float:
    """Return the same probability by the saddlepoint approximation, with the whole part of `df`.

    Kuonen 1999, as R survey's pFsum(method = "saddlepoint"): a tenth off where the tail is thin.
    """
    mix = _Mix(np.asarray(weights, dtype=np.float64), statistic / df, math.floor(df))
    point = mix.saddlepoint()
    if abs(point) * float(mix.weights.max()) < 1e-4:  # 0/0 at the mean: Satterthwaite's approximation
        mean, square = float(mix.weights.mean()), float((mix.weights**2).mean())
        below = len(mix.weights) * mean**2 / square
        return float(special.fdtrc(below, df, statistic / (below * square / mean)))
    w = math.copysign(math.sqrt(-2 * float(mix.cumulant(np.array([point + 0j]))[0].real)), point)
    v = point * math.sqrt(mix.curvature(point))
    return float(special.ndtr(-(w + math.log(v / w) / w)))


@dataclass(frozen=True)
class _Mix:
    """Q = Σ weights·χ²₁ - below·χ²_df."""

    weights: Numbers
    below: float
    df: float

    def cumulant(self, at: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return K, the logarithm of the moment generating function, at complex numbers (n,)."""
        above = _log1p(-2 * at[:, None] * self.weights[None, :]).sum(axis=1)
        return np.asarray(-0.5 * above - self.df / 2 * _log1p(2 * at * self.below))

    def slope(self, at: float) -> float:
        """Return K', which rises between the poles."""
        above = float((self.weights / (1 - 2 * self.weights * at)).sum())
        return above - self.df * self.below / (1 + 2 * self.below * at)

    def curvature(self, at: float) -> float:
        """Return K''."""
        above = 2 * float((self.weights**2 / (1 - 2 * self.weights * at) ** 2).sum())
        return above + 2 * self.df * (self.below / (1 + 2 * self.below * at)) ** 2

    def saddlepoint(self) -> float:
        """Return where K' is 0, by halving."""
        low, high = -0.5 / self.below, 0.5 / float(self.weights.max())
        while True:
            middle = (low + high) / 2
            if not low < middle < high or high - low <= 1e-16 * abs(middle):
                return middle
            low, high = (middle, high) if self.slope(middle) < 0 else (low, middle)


def _log1p(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return log(1 + z) without losing a small z."""
    x, y = z.real, z.imag
    return np.asarray(0.5 * np.log1p(x * (2 + x) + y * y) + 1j * np.arctan2(y, 1 + x))
