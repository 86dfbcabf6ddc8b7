"""Closed forms of sample size and power for a share and for the difference of two shares.

Numbers of people here are effective ones (as if drawn one by one from a large population) and need not be
whole; `analysis/evidence/planning.py` turns them into people to ask.
"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

WILSON, NORMAL = "wilson", "normal"
INTERVALS = (WILSON, NORMAL)
_MOST = 1e18  # people; a power that these do not reach is not reached


def z_of(alpha: float) -> float:
    """Return the two-sided normal quantile of an error rate."""
    return float(ndtri(1 - alpha / 2))


def bounds(share: float, n: float, level: float, interval: str = WILSON) -> tuple[float, float]:
    """Return the interval of a share among n effective people (Wilson 1927, or the plain normal one)."""
    z = z_of(1 - level)
    if interval == NORMAL:
        reach = z * math.sqrt(share * (1 - share) / n)
        return max(share - reach, 0.0), min(share + reach, 1.0)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = half_width(share, n, level)
    return max(centre - reach, 0.0), min(centre + reach, 1.0)


def half_width(share: float, n: float, level: float, interval: str = WILSON) -> float:
    """Return half the width of the interval: z·√(pq/n + z²/4n²)/(1 + z²/n) (Wilson 1927), or z·√(pq/n)."""
    z = z_of(1 - level)
    spread = share * (1 - share) / n
    if interval == NORMAL:
        return z * math.sqrt(spread)
    return z * math.sqrt(spread + (z / (2 * n)) ** 2) / (1 + z * z / n)


def people_for_margin(share: float, margin: float, level: float, interval: str = WILSON) -> float:
    """Return the effective people whose interval has this half width.

    normal: z²pq/d² (Cochran 1977, §4.4); wilson: z²(pq - 2d² + √(p²q² + d²(1 - 4pq)))/2d² (Piegorsch 2004).
    """
    z2 = z_of(1 - level) ** 2
    spread = share * (1 - share)
    if interval == NORMAL:
        return z2 * spread / margin**2
    root = math.sqrt(spread**2 + margin**2 * (1 - 4 * spread))
    return max(z2 * (spread - 2 * margin**2 + root) / (2 * margin**2), 0.0)


def power(first: float, second: float, n_first: float, n_second: float, alpha: float) -> float:
    """Return the power of the two-sided z test of two shares, pooled under the null (Fleiss 1981, §3.2)."""
    pooled = (n_first * first + n_second * second) / (n_first + n_second)
    null = math.sqrt(pooled * (1 - pooled) * (1 / n_first + 1 / n_second))
    true = math.sqrt(first * (1 - first) / n_first + second * (1 - second) / n_second)
    gap, reach = abs(first - second), z_of(alpha) * null
    if true == 0:
        return float(gap > reach)
    return float(ndtr((gap - reach) / true) + ndtr((-gap - reach) / true))


def people_for_difference(
    first: float, second: float, wanted: float, alpha: float, ratio: float = 1.0
) -> float:
    """Return the effective people in the first segment; the second has `ratio` times as many.

    The smallest n at which `power` is as wanted (Fleiss 1981, §3.2, without continuity correction).
    """

    def short(log_n: float) -> float:
        n = math.exp(log_n)
        return power(first, second, n, ratio * n, alpha) - wanted

    low, high = math.log(1e-3), math.log(_MOST)
    if short(low) >= 0:
        return 1e-3
    return math.exp(float(brentq(short, low, high, xtol=1e-13, rtol=1e-13)))


def smallest_difference(
    share: float, n_first: float, n_second: float, wanted: float, alpha: float
) -> tuple[float | None, float | None]:
    """Return by how much a second segment must lie below, and above, a first to be told apart with a power.

    None where no share on that side is far enough (the share lies too near to 0 or to 1).
    """

    def side(end: float) -> float | None:
        def short(second: float) -> float:
            return power(share, second, n_first, n_second, alpha) - wanted

        if share == end or short(end) < 0:
            return None
        return abs(float(brentq(short, share, end, xtol=1e-13, rtol=1e-13)) - share)

    return side(0.0), side(1.0)
