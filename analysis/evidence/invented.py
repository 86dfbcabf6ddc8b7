"""A table of invented people in whole numbers that has exactly the published shares, and says that it is invented.

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
    Floats,
    Frame,
    Given,
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
MOST_CELLS = 2000
_ROUNDS, _CLOSE = 5000, 1e-10
_REACH = (0, 1, 3, 10)  # people by which a cell may leave its expected number, the nearest first
_INSIDE = 1e-7  # keeps a share off the very edge of its rounding, where two ways of rounding differ


@dataclass(frozen=True)
class Figure:
    """A published share: of the people in `base` (category names by axis; none: all) those in `meant`."""

    name: str
    share: Stated
    meant: Mapping[str, Sequence[str]]
    base: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Reached:
    """A figure with the share that the whole people of the table have, inside its rounding."""

    name: str
    printed: str
    low: float
    high: float
    share: float


@dataclass(frozen=True)
class InventedTable:
    """Whole people by the axes, shape as the axes' lengths; `fewest` and `most` that each cell could hold."""

    axes: Mapping[str, tuple[str, ...]]
    counts: NDArray[np.int64]
    fewest: NDArray[np.int64]
    most: NDArray[np.int64]
    reached: tuple[Reached, ...]

    @property
    def undetermined(self) -> int:
        """Return how many cells the figures leave open."""
        return int((self.most > self.fewest).sum())

    def about(self) -> dict[str, Any]:
        """Return what the file's metadata say: how it was made and from what."""
        figures = [
            {"name": one.name, "published": one.printed, "low": one.low, "high": one.high, "share": one.share}
            for one in self.reached
        ]
        return {"generator": GENERATOR, "n": int(self.counts.sum()), "figures": figures}

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
        return marked(pa.table(columns), self.about())

    def write(self, path: Path) -> None:
        """Write the people as Parquet, which carries the mark."""
        pq.write_table(self.people(), path)

    def __str__(self) -> str:
        rows = self.rows()
        lines = [
            (*(row[axis] for axis in self.axes), f"{row['people']:,}", f"{row['fewest']:,} - {row['most']:,}")
            for row in rows
        ]
        table = aligned((*self.axes, "people", "possible"), lines, left=len(self.axes))
        told = [
            f"- {one.name}: published {one.printed}, here {percent(one.share, 2)}" for one in self.reached
        ]
        mark = "SYNTHETIC: invented people with given shares; nothing follows from them."
        return "\n".join([mark, "", table, "", *told, ""])


def invented_table(
    axes: Mapping[str, Sequence[str]], figures: Sequence[Figure], n: int, *, cells: Floats | None = None
) -> InventedTable:
    """Return n invented people by `axes` (categories by name) whose shares print as the figures.

    Maximum entropy relative to `cells` (expected people, shape as the axes; None: all alike) by cyclic
    projection (Csiszár 1975), then controlled rounding to whole people (Cox 1987) as an integer programme.
    Raises DataProblem "invented_size", "unknown_choice", "figures_contradict" or "figures_not_whole".
    """
    named = {axis: tuple(names) for axis, names in axes.items()}
    shape = tuple(len(names) for names in named.values())
    if not 1 <= n <= 10_000_000 or prod(shape) > MOST_CELLS or prod(shape) < 2:
        raise DataProblem("invented_size", value=f"{n:,} people in {prod(shape):,} cells", most=MOST_CELLS)
    given = [_given(one, named, shape) for one in figures]
    frame = people_of(n, prod(shape))
    near = nearest(frame, given, [one.share.value for one in figures])
    if near is None:
        raise _contradiction(frame, given)
    start = np.full(prod(shape), n / prod(shape)) if cells is None else cells.ravel() * (n / cells.sum())
    expected = _evened(start, given, near)
    whole = _whole(expected, given, shape, n)
    if whole is None:
        raise DataProblem("figures_not_whole", value=f"{n:,}", figures=listed([one.name for one in given]))
    low, high = cell_bounds(frame, given)
    return InventedTable(
        named,
        whole.reshape(shape),
        np.ceil(low - 1e-6).astype(np.int64).reshape(shape),
        np.floor(high + 1e-6).astype(np.int64).reshape(shape),
        tuple(
            Reached(one.name, str(figure.share), one.low, one.high, one.share(whole) or 0.0)
            for one, figure in zip(given, figures, strict=True)
        ),
    )


def _given(figure: Figure, axes: Mapping[str, tuple[str, ...]], shape: tuple[int, ...]) -> Given:
    base = _cells(figure.base, axes, shape)
    return Given(
        figure.name, _cells(figure.meant, axes, shape) & base, base, figure.share.low, figure.share.high
    )


def _cells(
    where: Mapping[str, Sequence[str]], axes: Mapping[str, tuple[str, ...]], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    inside = np.ones(shape, dtype=bool)
    for axis, names in where.items():
        if axis not in axes:
            raise DataProblem("unknown_column", value=axis, near=f"the axes are {listed(list(axes))}")
        for name in names:
            if name not in axes[axis]:
                raise DataProblem("unknown_choice", column=axis, value=name, known=listed(axes[axis]))
        chosen = np.array([one in names for one in axes[axis]])
        along = [1] * len(shape)
        along[list(axes).index(axis)] = -1
        inside = inside & chosen.reshape(along)
    return inside.ravel()


def _contradiction(frame: Frame, given: Sequence[Given]) -> DataProblem:
    """Return the problem that names the smallest contradiction, and what each figure in it could be."""
    worst = smallest_contradiction(frame, given)
    said = []
    for one in worst:
        left = share_range(frame, [other for other in worst if other is not one], one)
        printed = f"'{one.name}' is {percent((one.low + one.high) / 2)}"
        span = (
            "nobody is left for it" if left is None else f"{percent(left[0])} to {percent(left[1])} is left"
        )
        said.append(f"{printed} where {span}" if len(worst) > 1 else printed)
    return DataProblem(
        "figures_contradict", value=", ".join(one.name for one in worst), figures="; ".join(said)
    )


def _evened(start: Floats, given: Sequence[Given], near: Floats) -> Floats:
    """Return the table nearest to `start` whose shares are those of `near`: projections in turn."""
    cells, total = start.copy(), start.sum()
    shares = [one.share(near) for one in given]
    for _ in range(_ROUNDS):
        off = 0.0
        for one, share in zip(given, shares, strict=True):
            if share is not None:
                off = max(off, _project(cells, one, share))
        cells *= total / cells.sum()
        if off < _CLOSE:
            break
    return cells


def _project(cells: Floats, one: Given, share: float) -> float:
    """Scale the meant and the others of the base so that the share is met; return by how much it was off."""
    others = one.base & ~one.meant
    inside, outside = float(cells[one.meant].sum()), float(cells[others].sum())
    if inside + outside <= 0:
        return 0.0
    off = abs(inside / (inside + outside) - share)
    if share <= 0 or share >= 1:
        cells[one.meant if share <= 0 else others] = 0.0
    elif inside > 0 and outside > 0:
        ratio = share * outside / ((1 - share) * inside)
        cells[one.meant] *= ratio ** (1 - share)
        cells[others] *= ratio ** (-share)
    return off


def _whole(
    expected: Floats, given: Sequence[Given], shape: tuple[int, ...], n: int
) -> NDArray[np.int64] | None:
    """Round to whole people: by less than one where that can be, keeping every axis' totals; None: impossible."""
    for reach in _REACH:
        for margins in (True, False):
            found = _rounded(expected, given, shape, n, reach, margins)
            if found is not None and _holds(found, given, n):
                return found
    return None


def _rounded(
    expected: Floats, given: Sequence[Given], shape: tuple[int, ...], n: int, reach: int, margins: bool
) -> NDArray[np.int64] | None:
    size = len(expected)
    low = np.maximum(np.floor(expected + 1e-9) - reach, 0)
    high = np.ceil(expected - 1e-9) + reach
    none = np.zeros((1, size))
    rules = [LinearConstraint(np.hstack([np.ones((1, size)), none]), n, n)]
    for one in given:
        # a figure of few people must not be kept so far off its edge that no whole number is left
        rules.append(LinearConstraint(np.hstack([one.rows(), np.zeros((2, size))]), -np.inf, -_INSIDE))
    both = np.hstack([np.eye(size), -np.eye(size)]), np.hstack([-np.eye(size), -np.eye(size)])
    rules += [LinearConstraint(both[0], -np.inf, expected), LinearConstraint(both[1], -np.inf, -expected)]
    if margins:
        rules += _margins(expected, shape, reach)
    found = milp(
        np.concatenate([np.zeros(size), np.ones(size)]),
        integrality=np.concatenate([np.ones(size), np.zeros(size)]),
        bounds=Bounds(np.concatenate([low, np.zeros(size)]), np.concatenate([high, np.full(size, np.inf)])),
        constraints=rules,
        options={"mip_rel_gap": 0.05, "time_limit": 20.0, "node_limit": 20_000},
    )
    return None if found.x is None else np.rint(found.x[:size]).astype(np.int64)


def _margins(expected: Floats, shape: tuple[int, ...], reach: int) -> list[LinearConstraint]:
    """Keep the total of every category of every axis within its expected number, rounded."""
    rules = []
    place = np.indices(shape).reshape(len(shape), -1)
    for axis, length in enumerate(shape):
        for category in range(length):
            chosen = (place[axis] == category).astype(np.float64)
            total = float(chosen @ expected)
            row = np.concatenate([chosen, np.zeros(len(expected))])[None, :]
            rules.append(LinearConstraint(row, floor(total - 1e-6) - reach, ceil(total + 1e-6) + reach))
    return rules


def _holds(cells: NDArray[np.int64], given: Sequence[Given], n: int) -> bool:
    """Check in whole numbers what the programme promised within its tolerance."""
    shares = [one.share(cells) for one in given]
    met = all(
        share is not None and one.low - 1e-12 <= share <= one.high + 1e-12
        for one, share in zip(given, shares, strict=True)
    )
    return bool(met and cells.sum() == n and (cells >= 0).all())
