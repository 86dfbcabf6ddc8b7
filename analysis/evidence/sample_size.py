"""Closed forms of sample size and power for a share and for the difference of two shares.

Numbers of people are effective ones (as if drawn one by one from a large population) and need not be whole;
`Fielding` turns them into people to ask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from analysis.table.column import Numbers

WILSON, NORMAL = "wilson", "normal"
INTERVALS = (WILSON, NORMAL)
_MOST = 1e18  # people; a power that these do not reach is not reached
_TRIED = 10_000  # numbers of people tried at once
_ROUNDING = 1e-9  # people; a need this little above a whole number is that number


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
    first: float, second: float, least: float, alpha: float, ratio: float = 1.0
) -> float:
    """Return the effective people in the first segment; the second has `ratio` times as many.

    The smallest n at which the power is `least` (Fleiss 1981, §3.2, without continuity correction).
    """

    def short(log_n: float) -> float:
        n = math.exp(log_n)
        return power(first, second, n, ratio * n, alpha) - least

    low, high = math.log(1e-3), math.log(_MOST)
    if short(low) >= 0:
        return 1e-3
    return math.exp(float(brentq(short, low, high, xtol=1e-13, rtol=1e-13)))


def smallest_difference(
    share: float, n_first: float, n_second: float, least: float, alpha: float
) -> tuple[float | None, float | None]:
    """Return by how much a second segment must lie below, and above, a first to be told apart with the power `least`.

    None where no share on that side is far enough (the share lies too near to 0 or to 1).
    """

    def side(end: float) -> float | None:
        def short(second: float) -> float:
            return power(share, second, n_first, n_second, alpha) - least

        if share == end or short(end) < 0:
            return None
        return abs(float(brentq(short, share, end, xtol=1e-13, rtol=1e-13)) - share)

    return side(0.0), side(1.0)


def smallest_part(
    whole: float, part: float, n: int, effect: float = 1.0, comparisons: int = 1, power: float | None = None
) -> int | None:
    """Return the fewest people in a part whose share differs from the others' significantly at 5 %.

    z = (p_part - rest)/√(deff·(p_part·q_part/n_part + rest·(1-rest)/(n - n_part))), two-sided, Bonferroni over
    `comparisons`; with a power: z_{α/2} + z_power. The rest is what the whole implies. None: no number is
    enough.
    """
    need = z_of(0.05 / comparisons) + (0.0 if power is None else z_of(2 * (1 - power)))

    def enough(people: Numbers) -> NDArray[np.bool_]:
        size = people / n
        rest = (whole - size * part) / (1 - size)
        with np.errstate(invalid="ignore"):
            error = np.sqrt(effect * (part * (1 - part) / people + rest * (1 - rest) / (n - people)))
            return (rest >= 0) & (rest <= 1) & (np.abs(part - rest) >= need * error) & (error > 0)

    low, high = 2.0, float(n)
    # a net of numbers is tried first, then those between the last that is too few and the first that is enough
    while True:
        spaced = high - low > _TRIED
        tried = np.unique(np.geomspace(low, high, _TRIED).round()) if spaced else np.arange(low, high)
        tried = tried[tried < n]
        places = np.flatnonzero(enough(tried))
        if not len(places):
            return None
        first = int(places[0])
        if first == 0 or tried[first] - tried[first - 1] <= 1:
            return int(tried[first])
        low, high = float(tried[first - 1]), float(tried[first]) + 1


def part_for_margin(part: float, margin: float, level: float = 0.95) -> int:
    """Return the people in a part whose share has this margin of error: z²pq/d² (Cochran 1977, §4.4)."""
    return math.ceil(z_of(1 - level) ** 2 * part * (1 - part) / margin**2)


def whole(people: float) -> int:
    """Return whole people, rounded up."""
    return math.ceil(people - _ROUNDING)


@dataclass(frozen=True)
class Fielding:
    """How people are drawn and reached: what turns effective people into people to invite.

    `design_effect` multiplies the clusters' 1 + (m-1)ρ (Kish 1965, §5.4) and the weights' 1 + CV² (Kish 1965,
    §11.7). `population` None: so large that it does not matter.
    """

    design_effect: float = 1.0
    cluster_size: float | None = None
    icc: float = 0.0
    weight_cv: float = 0.0
    population: int | None = None
    response_rate: float = 1.0

    @property
    def effect(self) -> float:
        """Return the design effect of everything together."""
        clusters = 1.0 if self.cluster_size is None else 1 + (self.cluster_size - 1) * self.icc
        return self.design_effect * clusters * (1 + self.weight_cv**2)

    def people(self, effective: float, part: float = 1.0) -> int:
        """Return who must answer, in a part of the population: n₀/(1 + (n₀-1)/N) (Cochran 1977, §4.4)."""
        n = effective * self.effect
        if self.population is not None:
            n = n / (1 + (n - 1) / (self.population * part))
        return whole(n)

    def effective(self, people: float, part: float = 1.0) -> float:
        """Return the effective people of `people` answers: n(N-1)/((N-n)·deff); infinite if all are asked."""
        if self.population is None:
            return people / self.effect
        everyone = self.population * part
        if people >= everyone:
            return math.inf
        return people * (everyone - 1) / (everyone - people) / self.effect

    def invited(self, people: int) -> int:
        """Return how many must be invited for so many answers."""
        return whole(people / self.response_rate)
