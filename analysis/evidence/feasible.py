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
class Given:
    """A figure over cells, shape (cells,): of those in `base`, a share from `low` to `high` is in `meant`."""

    name: str
    meant: Mask
    base: Mask
    low: float
    high: float

    def rows(self) -> Floats:
        """Return the two rows r, shape (2, cells), of r·x ≤ 0 that say so."""
        inside = (self.meant & self.base).astype(np.float64)
        base = self.base.astype(np.float64)
        return np.stack([self.low * base - inside, inside - self.high * base])

    def share(self, cells: NDArray[np.int64] | Floats) -> float | None:
        """Return the share in a table; None where nobody is in the base."""
        total = cells[self.base].sum()
        return float(cells[self.meant & self.base].sum() / total) if total > 0 else None


@dataclass(frozen=True)
class Frame:
    """What holds whatever the figures say: `totals` of sets of cells (rows of `sums`), cells that are `open`."""

    sums: Floats
    totals: Floats
    open: Mask

    @property
    def size(self) -> int:
        """Return the number of cells."""
        return int(self.sums.shape[1])


def people_of(n: int, size: int) -> Frame:
    """Return the frame of n people in `size` cells."""
    return Frame(np.ones((1, size)), np.array([float(n)]), np.ones(size, dtype=bool))


def nearest(frame: Frame, figures: Sequence[Given], wanted: Sequence[float]) -> Floats | None:
    """Return cells that meet all figures, their shares as near to the `wanted` as can be; None: there are none.

    Least sum of distances |inside - wanted × base|, a linear programme.
    """
    count, size = len(figures), frame.size
    off = [
        np.where(one.base, one.meant.astype(np.float64) - share, 0.0)
        for one, share in zip(figures, wanted, strict=True)
    ]
    distance = np.array(off).reshape(count, size)
    limits = np.concatenate([one.rows() for one in figures]) if figures else np.zeros((0, size))
    rows = np.block(
        [
            [limits, np.zeros((len(limits), count))],
            [distance, -np.eye(count)],
            [-distance, -np.eye(count)],
        ]
    )
    found = linprog(
        np.concatenate([np.zeros(size), np.ones(count)]),
        A_ub=rows if len(rows) else None,
        b_ub=np.zeros(len(rows)) if len(rows) else None,
        A_eq=np.hstack([frame.sums, np.zeros((len(frame.sums), count))]),
        b_eq=frame.totals,
        bounds=[*((0, None if free else 0) for free in frame.open), *((0, None) for _ in range(count))],
    )
    return None if found.x is None else np.maximum(found.x[:size], 0.0)


def can_hold(frame: Frame, figures: Sequence[Given]) -> bool:
    """Tell whether some table meets all figures, people being divisible."""
    limits = np.concatenate([one.rows() for one in figures]) if figures else None
    found = linprog(
        np.zeros(frame.size),
        A_ub=limits,
        b_ub=None if limits is None else np.zeros(len(limits)),
        A_eq=frame.sums,
        b_eq=frame.totals,
        bounds=[(0, None if free else 0) for free in frame.open],
    )
    return found.x is not None


def smallest_contradiction(frame: Frame, figures: Sequence[Given]) -> tuple[Given, ...]:
    """Return the fewest figures that cannot hold together, () where all can.

    Every set of one, two, three … is tried while that is at most MOST_TRIED programmes; beyond, figures are left
    out one by one as long as the rest contradicts itself, which leaves a set without a part to spare
    (Chinneck & Dravnieks 1991).
    """
    if can_hold(frame, figures):
        return ()
    tried = 0
    for size in range(1, len(figures) + 1):
        tried += comb(len(figures), size)
        if tried > MOST_TRIED:
            break
        for some in combinations(figures, size):
            if not can_hold(frame, some):
                return some
    kept = list(figures)
    for one in figures:
        rest = [other for other in kept if other is not one]
        if not can_hold(frame, rest):
            kept = rest
    return tuple(kept)


def share_range(frame: Frame, figures: Sequence[Given], wanted: Given) -> tuple[float, float] | None:
    """Return the lowest and highest share that the figures leave to another; None where its base is empty.

    A linear-fractional programme by the substitution of Charnes & Cooper 1962.
    """
    size = frame.size
    inside = np.append((wanted.meant & wanted.base).astype(np.float64), 0.0)
    base = np.append(wanted.base.astype(np.float64), 0.0)
    limits = np.concatenate([one.rows() for one in figures]) if figures else np.zeros((0, size))
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(
            sign * inside,
            A_ub=np.hstack([limits, np.zeros((len(limits), 1))]) if len(limits) else None,
            b_ub=np.zeros(len(limits)) if len(limits) else None,
            A_eq=np.vstack([np.hstack([frame.sums, -frame.totals[:, None]]), base]),
            b_eq=np.append(np.zeros(len(frame.sums)), 1.0),
            bounds=[*((0, None if free else 0) for free in frame.open), (0, None)],
        )
        if found.x is None:
            return None
        ends.append(sign * float(found.fun))
    low, high = (min(max(end, 0.0), 1.0) + 0.0 for end in ends)  # no -0.0
    return low, high


def cell_bounds(frame: Frame, figures: Sequence[Given]) -> tuple[Floats, Floats]:
    """Return how few and how many people each cell can hold (Fréchet 1951), both of shape (cells,).

    Raises ValueError where the figures contradict each other.
    """
    limits = np.concatenate([one.rows() for one in figures]) if figures else None
    ends = np.empty((2, frame.size))
    for at in range(frame.size):
        aim = np.zeros(frame.size)
        for side, sign in enumerate((1.0, -1.0)):
            aim[at] = sign
            found = linprog(
                aim,
                A_ub=limits,
                b_ub=None if limits is None else np.zeros(len(limits)),
                A_eq=frame.sums,
                b_eq=frame.totals,
                bounds=[(0, None if free else 0) for free in frame.open],
            )
            if found.x is None:
                raise ValueError("the figures contradict each other")
            ends[side, at] = sign * found.fun
    return np.maximum(ends[0], 0.0), ends[1]
