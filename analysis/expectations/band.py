"""How far a curve may stray at all of its points at once: the largest of several correlated t values."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr, ndtri, stdtr, stdtrit

from analysis.table.column import Numbers

POINTS = 4096
_JITTER = 1e-10  # keeps a correlation of 1 (a step that nobody chose) from being singular
_MOST_DF = 10_000  # beyond, Student's t is the normal


def critical(correlation: Numbers, df: int, level: float = 0.95) -> float:
    """Return c with P(|T₁| ≤ c, …, |T_k| ≤ c) = level for Student's T with a correlation, shape (k, k).

    Numerical integration by conditioning (Genz & Bretz 2009, §4.2) over a fixed lattice: the same input
    gives the same c, to three or four digits. Of one point it is the quantile of t.
    """
    alone = float(stdtrit(df, (1 + level) / 2))
    size = len(correlation)
    if size == 1:
        return alone
    # Bonferroni is never too narrow
    most = float(stdtrit(df, 1 - (1 - level) / (2 * size)))
    root = _root(correlation)
    # points that fill the unit cube evenly, shape (POINTS, size) (Richtmyer 1951, folded)
    step = np.sqrt(np.asarray(_primes(size), dtype=np.float64)) % 1
    points = (np.arange(1, POINTS + 1)[:, None] * step) % 1
    lattice = np.abs(2 * points - 1)

    def short(c: float) -> float:
        return _inside(c, root, df, lattice) - level

    if short(alone) >= 0:
        return alone
    return most if short(most) <= 0 else float(brentq(short, alone, most, xtol=1e-8))


def _root(correlation: Numbers) -> Numbers:
    """Return the Cholesky root of a correlation; of the nearest one, where rounding has made it none."""
    alone = np.eye(len(correlation))
    try:
        return np.asarray(np.linalg.cholesky(correlation + _JITTER * alone), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, basis = np.linalg.eigh(correlation)
        nearest = (basis * np.maximum(values, 1e-8)) @ basis.T
        scale = np.sqrt(np.diag(nearest))
        return np.asarray(np.linalg.cholesky(nearest / np.outer(scale, scale)), dtype=np.float64)


def equivalent_level(c: float, df: int) -> float:
    """Return the confidence of a single interval that reaches ± c standard errors."""
    return float(2 * stdtr(df, c) - 1)


def _primes(count: int) -> list[int]:
    primes: list[int] = []
    number = 2
    while len(primes) < count:
        if all(number % prime for prime in primes):
            primes.append(number)
        number += 1
    return primes


def _inside(c: float, root: Numbers, df: int, lattice: Numbers) -> float:
    """Return the probability that all |T| are at most c, by one coordinate after the other."""
    points = np.clip(lattice, 1e-12, 1 - 1e-12)
    reach = np.full(len(points), c)
    if df < _MOST_DF:
        reach = c * np.sqrt(chdtri(df, points[:, -1]) / df)
    done = np.empty((len(points), len(root)))
    chance = np.ones(len(points))
    for at, row in enumerate(root):
        mean = done[:, :at] @ row[:at]
        below, above = ndtr((-reach - mean) / row[at]), ndtr((reach - mean) / row[at])
        chance *= above - below
        if at < len(root) - 1:
            done[:, at] = ndtri(np.clip(below + points[:, at] * (above - below), 1e-300, 1 - 1e-16))
    return float(chance.mean())
