"""What weighting costs and how far weights lie apart: the figures that a reader asks for, and a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.table.column import Numbers

BINS = 12


@dataclass(frozen=True)
class Diagnostics:
    """The weights of `people` with a weight above 0 (`idle` rows have none).

    `design_effect` is Kish's 1 + CV² = n·Σw²/(Σw)² (Kish 1965, §11.7), `effective_base` is people /
    design_effect; `ratio` is largest / smallest; `top_1` and `top_5` are the shares of all weight that the
    heaviest 1 % and 5 % of people carry. `edges` (bins + 1,) and `counts` (bins,) are the histogram.
    """

    people: int
    idle: int
    total: float
    mean: float
    median: float
    smallest: float
    largest: float
    ratio: float
    design_effect: float
    effective_base: float
    top_1: float
    top_5: float
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}


def diagnose(weight: Numbers) -> Diagnostics:
    """Describe weights, shape (rows,), of which at least one is not 0."""
    counted = np.sort(weight[weight != 0])
    people, total, squares = len(counted), float(counted.sum()), float(counted @ counted)
    low, high = float(counted[0]), float(counted[-1])
    # one bin where all weights are the same
    alike = high - low <= 1e-9 * abs(high)
    bins = [low - abs(low) * 0.05, high + abs(high) * 0.05] if alike else np.linspace(low, high, BINS + 1)
    counts, edges = np.histogram(counted, bins=bins)
    return Diagnostics(
        people=people,
        idle=int(len(weight) - people),
        total=total,
        mean=total / people,
        median=float(np.median(counted)),
        smallest=float(counted[0]),
        largest=float(counted[-1]),
        ratio=float(counted[-1] / counted[0]),
        design_effect=people * squares / total**2,
        effective_base=total**2 / squares,
        top_1=_top(counted, 0.01) / total,
        top_5=_top(counted, 0.05) / total,
        edges=tuple(edges.tolist()),
        counts=tuple(int(count) for count in counts),
    )


def _top(counted: Numbers, share: float) -> float:
    """Return the weight of the heaviest part of people; a person in part where the part is no whole number."""
    many = share * len(counted)
    whole = int(many)
    heaviest = counted[::-1]
    return float(heaviest[:whole].sum() + (many - whole) * heaviest[whole])


def plain(number: float) -> str:
    """Write a weight with three digits, whole ones in full while a person can count their digits."""
    return f"{number:.0f}" if 1000 <= abs(number) < 1e15 else f"{number:.3g}"
