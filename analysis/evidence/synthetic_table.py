"""A table of invented people in whole numbers that has exactly the published shares, and says that it is synthetic.

Everything the figures do not say is as even as they allow (maximum entropy): no association is made up. How
little they say is told by the bounds of every cell. Nothing may be inferred from such a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, prod
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.evidence.feasible import (
    CellShare,
    CellTotals,
    Floats,
    cell_bounds,
    nearest,
    people_of,
    share_range,
    smallest_contradiction,
)
from analysis.evidence.marked import marked
from analysis.evidence.stated import Stated
from analysis.problems import DataProblem
from analysis.rows import aligned, percent
from analysis.table.naming import listed

GENERATOR = "earshot invented table, 1"
MARK = "SYNTHETIC: invented people with given shares; nothing follows from them."
MOST_CELLS = 2000
_ROUNDS, _CLOSE = 5000, 1e-10
_REACH = (0, 1, 3, 10)  # people by which a cell may leave its expected number, the nearest first
_INSIDE = 1e-7  # keeps a share off the very edge of its rounding, where two ways of rounding differ


@dataclass(frozen=True)
class TableFigure:
    """A published share: of the people in `base` (category names by axis; none: all) those in `chosen`."""

    name: str
    share: Stated
    chosen: Mapping[str, Sequence[str]]
    base: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Reached:
    """A figure with the share that the whole people of the table have, inside its rounding."""

    name: str
    printed: str
    low: float
    high: float
    share: float

    def __str__(self) -> str:
        return f"{self.name}: published {self.printed}, here {percent(self.share, 2)}"


@dataclass(frozen=True)
class SyntheticTable:
    """Whole people by the axes, shape as the axes' lengths; `fewest` and `most` that each cell could hold."""

    axes: Mapping[str, tuple[str, ...]]
    counts: NDArray[np.int64]
    fewest: NDArray[np.int64]
    most: NDArray[np.int64]
    reached: tuple[Reached, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per cell: its categories, people, and the bounds."""
        return [
            {
                **{axis: names[at] for (axis, names), at in zip(self.axes.items(), place, strict=True)},
                "people": int(self.counts[place]),
                "fewest": int(self.fewest[place]),
                "most": int(self.most[place]),
            }
            for place in np.ndindex(*self.counts.shape)
        ]

    def people(self) -> pa.Table:
        """Return one row per invented person, marked as synthetic in a column and in the metadata."""
        place = np.repeat(np.arange(self.counts.size), self.counts.ravel())
        codes = np.unravel_index(place, self.counts.shape)
        columns = {
            axis: pa.array([names[code] for code in code_of.tolist()])
            for (axis, names), code_of in zip(self.axes.items(), codes, strict=True)
        }
        figures = [
            {"name": r.name, "published": r.printed, "low": r.low, "high": r.high, "share": r.share}
            for r in self.reached
        ]
        about = {"generator": GENERATOR, "n": int(self.counts.sum()), "figures": figures}
        return marked(pa.table(columns), about)

    def write(self, path: Path) -> None:
        """Write the people as Parquet, which carries the mark."""
        pq.write_table(self.people(), path)

    def __str__(self) -> str:
        lines = [
            (*(row[axis] for axis in self.axes), f"{row['people']:,}", f"{row['fewest']:,} - {row['most']:,}")
            for row in self.rows()
        ]
        table = aligned((*self.axes, "people", "possible"), lines, left=len(self.axes))
        return "\n".join([MARK, "", table, "", *(f"- {figure}" for figure in self.reached), ""])


def synthetic_table(
    axes: Mapping[str, Sequence[str]], figures: Sequence[TableFigure], n: int, *, cells: Floats | None = None
) -> SyntheticTable:
    """Return n invented people by `axes` (categories by name) whose shares print as the figures.

    Maximum entropy relative to `cells` (expected people, shape as the axes; None: all alike) by cyclic
    projection (Csiszár 1975), then controlled rounding to whole people (Cox 1987) as an integer programme.
    Raises DataProblem "invented_size", "unknown_choice", "figures_contradict" or "figures_not_whole".
    """
    names = {axis: tuple(categories) for axis, categories in axes.items()}
    shape = tuple(len(categories) for categories in names.values())
    size = prod(shape)
    if not 1 <= n <= 10_000_000 or size > MOST_CELLS or size < 2:
        raise DataProblem("invented_size", value=f"{n:,} people in {size:,} cells", most=MOST_CELLS)
    shares = []
    for figure in figures:
        base = _inside(figure.base, names)
        chosen = _inside(figure.chosen, names) & base
        shares.append(CellShare(figure.name, chosen, base, figure.share.low, figure.share.high))
    totals = people_of(n, size)
    near = nearest(totals, shares, [figure.share.value for figure in figures])
    if near is None:
        raise _contradiction(totals, shares)
    start = np.full(size, n / size) if cells is None else cells.ravel() * (n / cells.sum())
    counts = _whole(_evened(start, shares, near), shares, shape, n)
    if counts is None:
        figure_names = listed([figure.name for figure in figures])
        raise DataProblem("figures_not_whole", value=f"{n:,}", figures=figure_names)
    low, high = cell_bounds(totals, shares)
    reached = [
        Reached(figure.name, str(figure.share), share.low, share.high, share.share(counts) or 0.0)
        for share, figure in zip(shares, figures, strict=True)
    ]
    fewest, most = np.ceil(low - 1e-6).astype(np.int64), np.floor(high + 1e-6).astype(np.int64)
    return SyntheticTable(
        names, counts.reshape(shape), fewest.reshape(shape), most.reshape(shape), tuple(reached)
    )


def _inside(where: Mapping[str, Sequence[str]], axes: Mapping[str, tuple[str, ...]]) -> NDArray[np.bool_]:
    """Return which cells lie in the categories of each axis, shape (cells,)."""
    inside = np.ones([len(names) for names in axes.values()], dtype=bool)
    for axis, categories in where.items():
        if axis not in axes:
            raise DataProblem("unknown_column", value=axis, near=f"the axes are {listed(list(axes))}")
        for name in categories:
            if name not in axes[axis]:
                raise DataProblem("unknown_choice", column=axis, value=name, known=listed(axes[axis]))
        along = [1] * inside.ndim
        along[list(axes).index(axis)] = -1
        inside = inside & np.array([name in categories for name in axes[axis]]).reshape(along)
    return inside.ravel()


def _contradiction(totals: CellTotals, shares: Sequence[CellShare]) -> DataProblem:
    """Return the problem that names the smallest contradiction, and what each figure in it could be."""
    worst = smallest_contradiction(totals, shares)
    sentences = []
    for share in worst:
        left = share_range(totals, [other for other in worst if other is not share], share)
        printed = f"'{share.name}' is {percent((share.low + share.high) / 2)}"
        room = (
            "nobody is left for it" if left is None else f"{percent(left[0])} to {percent(left[1])} is left"
        )
        sentences.append(f"{printed} where {room}" if len(worst) > 1 else printed)
    return DataProblem(
        "figures_contradict", value=", ".join(share.name for share in worst), figures="; ".join(sentences)
    )


def _evened(start: Floats, shares: Sequence[CellShare], near: Floats) -> Floats:
    """Return the table nearest to `start` whose shares are those of `near`: projections in turn."""
    cells, total = start.copy(), start.sum()
    targets = [share.share(near) for share in shares]
    for _ in range(_ROUNDS):
        off = 0.0
        for share, target in zip(shares, targets, strict=True):
            others = share.base & ~share.chosen
            inside, outside = float(cells[share.chosen].sum()), float(cells[others].sum())
            if target is None or inside + outside <= 0:
                continue
            off = max(off, abs(inside / (inside + outside) - target))
            if target <= 0 or target >= 1:
                cells[share.chosen if target <= 0 else others] = 0.0
            elif inside > 0 and outside > 0:
                ratio = target * outside / ((1 - target) * inside)
                cells[share.chosen] *= ratio ** (1 - target)
                cells[others] *= ratio ** (-target)
        cells *= total / cells.sum()
        if off < _CLOSE:
            break
    return cells


def _whole(
    expected: Floats, shares: Sequence[CellShare], shape: tuple[int, ...], n: int
) -> NDArray[np.int64] | None:
    """Round to whole people: by less than one where that can be, keeping every axis' totals; None: impossible."""
    for reach in _REACH:
        for margins in (_margins(expected, shape, reach), []):
            cells = _rounded(expected, shares, margins, n, reach)
            # check in whole numbers what the programme promised within its tolerance
            if cells is None or cells.sum() != n or (cells < 0).any():
                continue
            if all(share.holds(cells) for share in shares):
                return cells
    return None


def _rounded(
    expected: Floats, shares: Sequence[CellShare], margins: Sequence[LinearConstraint], n: int, reach: int
) -> NDArray[np.int64] | None:
    size = len(expected)
    low = np.maximum(np.floor(expected + 1e-9) - reach, 0)
    high = np.ceil(expected - 1e-9) + reach
    rules = [LinearConstraint(np.hstack([np.ones((1, size)), np.zeros((1, size))]), n, n)]
    for share in shares:
        # a figure of few people must not be kept so far off its edge that no whole number is left
        rules.append(LinearConstraint(np.hstack([share.rows(), np.zeros((2, size))]), -np.inf, -_INSIDE))
    # the second half of the unknowns are the distances from the expected numbers
    above, below = np.hstack([np.eye(size), -np.eye(size)]), np.hstack([-np.eye(size), -np.eye(size)])
    rules += [
        LinearConstraint(above, -np.inf, expected),
        LinearConstraint(below, -np.inf, -expected),
        *margins,
    ]
    solution = milp(
        np.concatenate([np.zeros(size), np.ones(size)]),
        integrality=np.concatenate([np.ones(size), np.zeros(size)]),
        bounds=Bounds(np.concatenate([low, np.zeros(size)]), np.concatenate([high, np.full(size, np.inf)])),
        constraints=rules,
        options={"mip_rel_gap": 0.05, "time_limit": 20.0, "node_limit": 20_000},
    )
    return None if solution.x is None else np.rint(solution.x[:size]).astype(np.int64)


def _margins(expected: Floats, shape: tuple[int, ...], reach: int) -> list[LinearConstraint]:
    """Keep the total of every category of every axis within its expected number, rounded."""
    rules = []
    place = np.indices(shape).reshape(len(shape), -1)
    for axis, length in enumerate(shape):
        for category in range(length):
            inside = (place[axis] == category).astype(np.float64)
            total = float(inside @ expected)
            row = np.concatenate([inside, np.zeros(len(expected))])[None, :]
            rules.append(LinearConstraint(row, floor(total - 1e-6) - reach, ceil(total + 1e-6) + reach))
    return rules
