"""Weighted sums by first-stage unit and by (cell, segment, answer): all that estimates and tests see.

`sums_of` makes them of rows in memory, `analysis.table.counting` of files of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.table.column import Codes, Numbers
from analysis.table.design import Sample

CELL, SEGMENT, ANSWER = range(3)
DENSE = 1 << 23
"""Numbers of a matrix that is kept whole; a larger one keeps only those that are not 0."""
Matrix = Any
"""A NumPy array or a SciPy sparse array: both know `@`, `.sum`, and taking rows and columns."""


@dataclass(frozen=True)
class Sums:
    """Weighted sums of a sample: a row for each first-stage unit, a column for each kind of answer.

    `columns` (k, 3) are the codes of cell (for weighting), segment and answer that occur, sorted. A row is a
    cluster where `clustered`; where people are the units it is all people of a stratum, since their variance
    follows from Σw and Σw². `stratum` and `cluster` (rows,) are the rows' codes, in order of both.

    `weight` and `square` (rows, k) are Σw and Σw². `people` (k,) counts those with a weight above 0, `idle` (k,)
    those with weight 0 (in the design, never in a base). `units` (strata,) counts first-stage units, `strata`
    names the strata by code, `fpc` gives their population or sampling fraction (None: not known).
    """

    stratum: Codes
    cluster: Codes
    columns: NDArray[np.int64]
    weight: Matrix
    square: Matrix
    people: Codes
    idle: Codes
    units: Codes
    clustered: bool
    strata: tuple[str, ...] = ("",)
    fpc: tuple[float, ...] | None = None

    def total(self, matrix: Matrix) -> Numbers:
        """Return the sums of a matrix's columns over all rows, shape (k,)."""
        return np.asarray(matrix.sum(axis=0), dtype=np.float64)

    def by_cell(self, values: NDArray[Any], cells: int) -> Numbers:
        """Add `values` of columns, shape (k,), up by weighting cell, shape (cells,)."""
        return add_up(self.columns[:, CELL], values, cells)


def sums_of(sample: Sample, answer: Codes, segment: Codes | None = None, cell: Codes | None = None) -> Sums:
    """Sum a sample's rows; `answer`, `segment`, `cell` are codes of 0 or more, shape (rows,), None = all 0.

    Every row goes in, also those without an answer (with a code of their own): they are in the design.
    """
    none = np.zeros(sample.rows, dtype=np.int64)
    kinds = [none if codes is None else codes for codes in (cell, segment, answer)]
    columns, column = numbered(kinds)
    if sample.cluster is None:
        stratum, row = np.arange(len(sample.strata)), sample.stratum
        cluster = np.zeros(len(sample.strata), dtype=np.int64)
        units = np.bincount(sample.stratum, minlength=len(sample.strata))
    else:
        pairs, row = numbered([sample.stratum, sample.cluster])
        stratum, cluster = pairs[:, 0], pairs[:, 1]
        units = np.bincount(stratum, minlength=len(sample.strata))
    shape = (len(stratum), len(columns))
    counts = sample.weight > 0
    return Sums(
        stratum,
        cluster,
        columns,
        matrix_of(row, column, sample.weight, shape),
        matrix_of(row, column, sample.weight**2, shape),
        np.bincount(column[counts], minlength=len(columns)),
        np.bincount(column[~counts], minlength=len(columns)),
        units,
        sample.cluster is not None,
        sample.strata,
        sample.fpc,
    )


def matrix_of(row: Codes, column: Codes, values: Numbers, shape: tuple[int, int]) -> Matrix:
    """Add `values` up at their row and column; entries of 0 are left out where the matrix is too large to be whole."""
    if shape[0] * shape[1] <= DENSE:
        # column by column in memory, since estimators take some columns of all rows
        return np.bincount(column * shape[0] + row, values, shape[0] * shape[1]).reshape(shape[::-1]).T
    return sparse.coo_array((values, (row, column)), shape=shape).tocsr()


def entries(matrix: Matrix) -> tuple[Codes, Codes, Numbers]:
    """Return row, column and value of a matrix's entries, those of 0 left out."""
    if isinstance(matrix, np.ndarray):
        row, column = np.nonzero(matrix)
        return row, column, matrix[row, column]
    listed = matrix.tocoo()
    return listed.row.astype(np.int64), listed.col.astype(np.int64), listed.data


def moved(matrix: Matrix, rows: Codes, columns: Codes, shape: tuple[int, int]) -> Matrix:
    """Add a matrix up anew: row i becomes row `rows[i]`, column j becomes column `columns[j]`."""
    apart = all(np.bincount(places).max(initial=0) < 2 for places in (rows, columns))
    if isinstance(matrix, np.ndarray) and apart and shape[0] * shape[1] <= DENSE:
        new = np.zeros(shape[::-1]).T
        # every row in its old place, which is the usual case, is quicker to say as a whole
        stays = np.array_equal(rows, np.arange(shape[0]))
        new[(slice(None), columns) if stays else np.ix_(rows, columns)] = matrix
        return new
    row, column, values = entries(matrix)
    return matrix_of(rows[row], columns[column], values, shape)


def numbered(columns: Sequence[Codes]) -> tuple[NDArray[np.int64], Codes]:
    """Number the combinations of codes that occur, in order, first column first.

    Returns the combinations (groups, columns) and the number of each row's, shape (rows,).
    """
    sizes = [int(codes.max(initial=0)) + 1 for codes in columns]
    key, room = columns[0].astype(np.int64), sizes[0]
    for codes, size in zip(columns[1:], sizes[1:], strict=True):
        # compress on the way where a key would overflow
        if room * size >= 2**62:
            distinct, key = np.unique(key, return_inverse=True)
            room = len(distinct)
        key, room = key * size + codes, room * size
    if room <= max(DENSE, len(key)):
        occurs = np.bincount(key, minlength=room) > 0
        number = np.cumsum(occurs) - 1
        first = np.zeros(room, dtype=np.int64)
        first[key] = np.arange(len(key))
        first, group = first[occurs], number[key]
    else:
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return np.stack([codes[first] for codes in columns], axis=1).astype(np.int64), group


def add_up(group: Codes, values: NDArray[Any], size: int) -> Numbers:
    """Add up `values`, shape (m,) or (m, k), over equal codes in `group`; shape (size,) or (size, k)."""
    if values.ndim == 1:
        return np.bincount(group, weights=values, minlength=size).astype(np.float64, copy=False)
    # in order: row by row, which is much faster
    if len(group) and bool((group[1:] >= group[:-1]).all()):
        begin = np.concatenate([[0], np.flatnonzero(group[1:] != group[:-1]) + 1])
        total = np.zeros((size, values.shape[1]))
        total[group[begin]] = np.add.reduceat(values, begin, axis=0)
        return total
    return np.stack([np.bincount(group, weights=column, minlength=size) for column in values.T], axis=1)


def recoded(
    sums: Sums,
    stratum: Codes,
    columns: NDArray[np.int64],
    strata: tuple[str, ...],
    fpc: tuple[float, ...] | None,
) -> Sums:
    """Return the sums under other codes.

    `stratum` leads from the codes of strata to those of the names in `strata`, `columns` (k, 3) are the new codes of
    cell, segment and answer; columns that become the same are added up.
    """
    rows, row = numbered([stratum[sums.stratum], sums.cluster])
    kinds, column = numbered(list(columns.T))
    shape = (len(rows), len(kinds))
    old = np.flatnonzero(sums.units)
    return Sums(
        rows[:, 0],
        rows[:, 1],
        kinds,
        moved(sums.weight, row, column, shape),
        moved(sums.square, row, column, shape),
        add_up(column, sums.people, shape[1]).astype(np.int64),
        add_up(column, sums.idle, shape[1]).astype(np.int64),
        add_up(stratum[old], sums.units[old], len(strata)).astype(np.int64),
        sums.clustered,
        strata,
        fpc,
    )


def joined(first: Sums, second: Sums) -> Sums:
    """Return the sums of the rows of both, which have the same codes; clusters may be in either or in both.

    Raises ValueError where they are not under one design.
    """
    if (first.clustered, first.strata, first.fpc) != (second.clustered, second.strata, second.fpc):
        raise ValueError("sums can be added only under one design with the same codes")
    stratum = np.concatenate([first.stratum, second.stratum])
    rows, row = numbered([stratum, np.concatenate([first.cluster, second.cluster])])
    kinds, column = numbered(list(np.concatenate([first.columns, second.columns]).T))
    shape, cut = (len(rows), len(kinds)), (len(first.stratum), len(first.columns))
    places = ((first, row[: cut[0]], column[: cut[1]]), (second, row[cut[0] :], column[cut[1] :]))
    weight, square = (
        sum(moved(getattr(sums, name), rows_to, columns_to, shape) for sums, rows_to, columns_to in places)
        for name in ("weight", "square")
    )
    people, idle = (
        sum(add_up(columns_to, getattr(sums, name), shape[1]) for sums, _, columns_to in places)
        for name in ("people", "idle")
    )
    size = max(len(first.units), len(second.units))
    units = sum(np.pad(sums.units, (0, size - len(sums.units))) for sums in (first, second))
    if first.clustered:
        units = np.bincount(rows[:, 0], minlength=size)
    return Sums(
        rows[:, 0], rows[:, 1], kinds, weight, square, np.asarray(people, np.int64), np.asarray(idle, np.int64),
        np.asarray(units, np.int64), first.clustered, first.strata, first.fpc,
    )  # fmt: skip
