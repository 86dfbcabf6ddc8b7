"""What a published share of everyone and one of a part of them imply for each other."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis.evidence.sample_size import z_of
from analysis.evidence.stated import Stated, counts
from analysis.table.column import Numbers

_TRIED = 10_000  # numbers of people tried at once


def remainder(whole: float, part: float, size: float) -> float:
    """Return the share among the others: (p - s·p_part)/(1 - s), s being the part's share of the sample."""
    return (whole - size * part) / (1 - size)


def remainder_range(whole: Stated, part: Stated, size: float) -> tuple[float, float]:
    """Return the lowest and the highest share among the others that the rounding of both figures allows."""
    return remainder(whole.low, part.high, size), remainder(whole.high, part.low, size)


def largest_part(whole: Stated, part: Stated) -> float:
    """Return the largest share of the sample that the part can be: s·p_part ≤ p, and the same for the noes."""
    ends = [1.0]
    if part.low > 0:
        ends.append(whole.high / part.low)
    if part.high < 1:
        ends.append((1 - whole.low) / (1 - part.high))
    return min(ends)


def can_contradict(whole: Stated, size: float) -> bool:
    """Tell whether any share of a part of this size would be impossible beside the whole."""
    return whole.high < size or 1 - whole.low < size


def counts_fit(whole: Stated, n: int, part: Stated, part_n: int) -> bool:
    """Tell whether whole people can give both figures at once: those of the part are among those of all."""
    every, some = counts(whole, n), counts(part, part_n)
    if every is None or some is None:
        return False
    # the others, n - part_n people, make up the difference
    return some[0] <= every[1] and every[0] - some[1] <= n - part_n


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
    while (
        True
    ):  # some numbers between the bounds are tried, then those between the last too few and the first enough
        tried = (
            np.unique(np.geomspace(low, high, _TRIED).round())
            if high - low > _TRIED
            else np.arange(low, high)
        )
        tried = tried[tried < n]
        found = np.flatnonzero(enough(tried))
        if not len(found):
            return None
        first = int(found[0])
        if first == 0 or tried[first] - tried[first - 1] <= 1:
            return int(tried[first])
        low, high = float(tried[first - 1]), float(tried[first]) + 1


def part_for_margin(part: float, margin: float, level: float = 0.95) -> int:
    """Return the people in a part whose share has this margin of error: z²pq/d² (Cochran 1977, §4.4)."""
    return math.ceil(z_of(1 - level) ** 2 * part * (1 - part) / margin**2)
