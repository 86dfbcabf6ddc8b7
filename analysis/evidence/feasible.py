"""Can figures hold together? Linear programmes over the cells of a table that nobody has seen.

A figure is a share of some cells in some others, known up to its rounding. What no table can meet is a
contradiction, and the smallest one is what a person needs to hear; what tables leave open is an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
MOST_TRIED = 3000  # sets of figures looked through for the smallest; beyond, figures are left out one by one


@dataclass(frozen=True)
class CellShare:
    """A figure over cells, shape (cells,): of those in `base`, a share from `low` to `high` is in `chosen`."""

    name: str
    chosen: Mask
    base: Mask
    low: float
    high: float

    def rows(self) -> Floats:
        """Return the two rows r, shape (2, cells), of r·x ≤ 0 that say so."""
        inside = (self.chosen & self.base).astype(np.float64)
        base = self.base.astype(np.float64)
        return np.stack([self.low * base - inside, inside - self.high * base])

    def holds(self, cells: NDArray[np.int64]) -> bool:
        """Tell whether whole people give the share."""
        share = self.share(cells)
        return share is not None and self.low - 1e-12 <= share <= self.high + 1e-12

    def share(self, cells: NDArray[np.int64] | Floats) -> float | None:
        """Return the share in a table; None where nobody is in the base."""
        total = cells[self.base].sum()
        return float(cells[self.chosen & self.base].sum() / total) if total > 0 else None


@dataclass(frozen=True)
class CellTotals:
    """What holds whatever the figures say: `totals` of sets of cells (rows of `sums`), cells that are `open`."""

    sums: Floats
    totals: Floats
    open: Mask

    @property
    def size(self) -> int:
        """Return the number of cells."""
        return int(self.sums.shape[1])

    @property
    def bounds(self) -> list[tuple[int, int | None]]:
        """Return the least and the most of each cell: None leaves it free, a closed cell holds nobody."""
        return [(0, None if free else 0) for free in self.open]


def people_of(n: int, size: int) -> CellTotals:
    """Return the totals of n people in `size` cells."""
    return CellTotals(np.ones((1, size)), np.array([float(n)]), np.ones(size, dtype=bool))


def _limits(figures: Sequence[CellShare], size: int) -> Floats:
    return np.concatenate([np.zeros((0, size)), *(figure.rows() for figure in figures)])


def _least(totals: CellTotals, figures: Sequence[CellShare], aim: Floats) -> float | None:
    """Return the least aim·x over all tables that meet the figures; None where no table does."""
    limits = _limits(figures, totals.size)
    solution = linprog(
        aim,
        A_ub=limits,
        b_ub=np.zeros(len(limits)),
        A_eq=totals.sums,
        b_eq=totals.totals,
        bounds=totals.bounds,
    )
    return None if solution.x is None else float(solution.fun)


def nearest(totals: CellTotals, figures: Sequence[CellShare], shares: Sequence[float]) -> Floats | None:
    """Return cells that meet all figures, as near to the `shares` as can be; None: there are none.

    Least sum of distances |inside - share × base|, a linear programme.
    """
    count, size = len(figures), totals.size
    off = [
        np.where(figure.base, figure.chosen.astype(np.float64) - share, 0.0)
        for figure, share in zip(figures, shares, strict=True)
    ]
    distance = np.array(off).reshape(count, size)
    limits = _limits(figures, size)
    rows = np.block(
        [
            [limits, np.zeros((len(limits), count))],
            [distance, -np.eye(count)],
            [-distance, -np.eye(count)],
        ]
    )
    solution = linprog(
        np.concatenate([np.zeros(size), np.ones(count)]),
        A_ub=rows,
        b_ub=np.zeros(len(rows)),
        A_eq=np.hstack([totals.sums, np.zeros((len(totals.sums), count))]),
        b_eq=totals.totals,
        bounds=[*totals.bounds, *((0, None) for _ in range(count))],
    )
    return None if solution.x is None else np.maximum(solution.x[:size], 0.0)


def can_hold(totals: CellTotals, figures: Sequence[CellShare]) -> bool:
    """Tell whether some table meets all figures, people being divisible."""
    return _least(totals, figures, np.zeros(totals.size)) is not None


def smallest_contradiction(totals: CellTotals, figures: Sequence[CellShare]) -> tuple[CellShare, ...]:
    """Return the fewest figures that cannot hold together, () where all can.

    Every set of one, two, three … is tried while that is at most MOST_TRIED programmes; beyond, figures are left
    out one by one as long as the rest contradicts itself, which leaves a set without a part to spare
    (Chinneck & Dravnieks 1991).
    """
    if can_hold(totals, figures):
        return ()
    tried = 0
    for size in range(1, len(figures) + 1):
        tried += comb(len(figures), size)
        if tried > MOST_TRIED:
            break
        for some in combinations(figures, size):
            if not can_hold(totals, some):
                return some
    contradiction = list(figures)
    for figure in figures:
        rest = [other for other in contradiction if other is not figure]
        if not can_hold(totals, rest):
            contradiction = rest
    return tuple(contradiction)


def share_range(
    totals: CellTotals, figures: Sequence[CellShare], figure: CellShare
) -> tuple[float, float] | None:
    """Return the lowest and highest share that the figures leave to another; None where its base is empty.

    A linear-fractional programme by the substitution of Charnes & Cooper 1962.
    """
    inside = np.append((figure.chosen & figure.base).astype(np.float64), 0.0)
    base = np.append(figure.base.astype(np.float64), 0.0)
    limits = _limits(figures, totals.size)
    ends = []
    for sign in (1.0, -1.0):
        solution = linprog(
            sign * inside,
            A_ub=np.hstack([limits, np.zeros((len(limits), 1))]),
            b_ub=np.zeros(len(limits)),
            A_eq=np.vstack([np.hstack([totals.sums, -totals.totals[:, None]]), base]),
            b_eq=np.append(np.zeros(len(totals.sums)), 1.0),
            bounds=[*totals.bounds, (0, None)],
        )
        if solution.x is None:
            return None
        ends.append(sign * float(solution.fun))
    # + 0.0 so that no -0.0 is printed
    low, high = (min(max(end, 0.0), 1.0) + 0.0 for end in ends)
    return low, high


def cell_bounds(totals: CellTotals, figures: Sequence[CellShare]) -> tuple[Floats, Floats]:
    """Return how few and how many people each cell can hold (Fréchet 1951), both of shape (cells,).

    Raises ValueError where the figures contradict each other.
    """
    ends = np.empty((2, totals.size))
    for at in range(totals.size):
        for side, sign in enumerate((1.0, -1.0)):
            least = _least(totals, figures, sign * np.eye(totals.size)[at])
            if least is None:
                raise ValueError("the figures contradict each other")
            ends[side, at] = sign * least
    return np.maximum(ends[0], 0.0), ends[1]
