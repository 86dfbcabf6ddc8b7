"""Weighted sums by (stratum, cluster, cell, segment, answer): all that estimates and tests see, and additive.

`analysis.table.counting` makes them of files of any size; `sums_of` is the short way for rows in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.table.columns import Codes, Numbers
from analysis.table.design import Sample

STRATUM, CLUSTER, CELL, SEGMENT, ANSWER = range(5)
Fpc = tuple[float, ...] | None
_DENSE = 1 << 22  # keys up to this many are counted in place; beyond, they are sorted


@dataclass(frozen=True)
class Sums:
    """Weighted sums of a sample, one line per group that occurs, sorted by key.

    `keys` has shape (groups, 5): codes of stratum, cluster, cell (for weighting), segment and answer. `n`
    counts the people with a weight above 0, `idle` those with weight 0 (in the design, never in a base), `w`
    sums weights, `w2` squared weights. Where `clustered` is False every person is a first-stage unit;
    persons are not enumerated, since their variance follows from n, w and w2 of the group.
    `strata` names the strata by code; `fpc` gives their population or sampling fraction.
    """

    keys: NDArray[np.int64]
    n: Codes
    idle: Codes
    w: Numbers
    w2: Numbers
    clustered: bool
    strata: tuple[str, ...] = ("",)
    fpc: tuple[float, ...] | None = None

    @property
    def by_unit(self) -> ByUnit | None:
        """Return the sums as one array over clusters, segments and answers, where they lie so already."""
        return None

    def __add__(self, other: Sums) -> Sums:
        """Return the sums of both parts together; both must use the same codes. Raises ValueError if not.

        Sums of files that have codes of their own are added as tallies, by the names of their codes
        (`analysis.table.tally.Tally.add`).
        """
        mine = (self.clustered, self.strata, self.fpc)
        if mine != (other.clustered, other.strata, other.fpc):
            raise ValueError("sums can be added only under one design with the same codes")
        keys = np.concatenate([self.keys, other.keys])
        pairs = ((self.n, other.n), (self.idle, other.idle), (self.w, other.w), (self.w2, other.w2))
        joined = [np.concatenate(pair) for pair in pairs]
        merged, totals = _grouped(list(keys.T), joined)
        return _sums(merged, totals, *mine)


@dataclass(frozen=True)
class ByUnit:
    """Sums of clusters that all have their cell in an array, codes being places along its axes.

    `weight` is Σw, shape (units, segments, answers); `stratum` (units,) ascends. `people` counts those with a
    weight above 0 and `squares` is Σw², both of shape (segments, answers). A unit with people has a weight.
    """

    stratum: Codes
    weight: Numbers
    people: Codes
    squares: Numbers


class SumsByUnit(Sums):
    """Sums that lie in an array; the line per group is made when somebody asks for it."""

    def __init__(self, by_unit: ByUnit, lines: Callable[[], Sums], strata: tuple[str, ...], fpc: Fpc) -> None:
        for name, value in (
            ("_by_unit", by_unit),
            ("_lines", lines),
            ("clustered", True),
            ("strata", strata),
            ("fpc", fpc),
        ):
            object.__setattr__(self, name, value)

    @property
    def by_unit(self) -> ByUnit | None:
        """Return the sums as one array."""
        found: ByUnit = self.__dict__["_by_unit"]
        return found

    @cached_property
    def _whole(self) -> Sums:
        lines: Callable[[], Sums] = self.__dict__["_lines"]
        return lines()

    def __getattr__(self, name: str) -> Any:
        """Return keys, n, idle, w and w2, which are made only now."""
        if name not in ("keys", "n", "idle", "w", "w2"):
            raise AttributeError(name)
        return getattr(self._whole, name)


def sums_of(sample: Sample, answer: Codes, segment: Codes | None = None, cell: Codes | None = None) -> Sums:
    """Sum a sample's rows; `answer`, `segment`, `cell` are codes of 0 or more, shape (rows,), None = all 0.

    Every row goes in, also those without an answer (with a code of their own): they are in the design.
    """
    none = np.zeros(sample.rows, dtype=np.int64)
    cluster = none if sample.cluster is None else sample.cluster
    columns = [
        sample.stratum,
        cluster,
        none if cell is None else cell,
        none if segment is None else segment,
        answer,
    ]
    weight = sample.weight
    counts = weight > 0
    keys, totals = _grouped(columns, [counts, ~counts, weight, weight * weight])
    return _sums(keys, totals, sample.cluster is not None, sample.strata, sample.fpc)


def add_up_groups(
    columns: Sequence[Codes],
    totals: Sequence[NDArray[Any]],
    clustered: bool,
    strata: tuple[str, ...] = ("",),
    fpc: tuple[float, ...] | None = None,
) -> Sums:
    """Sum groups again by `columns`, the five codes of a key, each of shape (groups,); groups may meet in one.

    `totals` are n, idle, w and w2 of the groups, as in Sums.
    """
    keys, found = _grouped(columns, totals)
    return _sums(keys, found, clustered, strata, fpc)


def add_up(group: Codes, values: NDArray[Any], size: int) -> Numbers:
    """Add up `values`, shape (m,) or (m, k), over equal codes in `group`; shape (size,) or (size, k)."""
    if values.ndim == 1:
        return np.bincount(group, weights=values, minlength=size).astype(np.float64, copy=False)
    if len(group) and bool((group[1:] >= group[:-1]).all()):  # in order: row by row, which is much faster
        begin = np.concatenate([[0], np.flatnonzero(group[1:] != group[:-1]) + 1])
        total = np.zeros((size, values.shape[1]))
        total[group[begin]] = np.add.reduceat(values, begin, axis=0)
        return total
    return np.stack([np.bincount(group, weights=column, minlength=size) for column in values.T], axis=1)


def _sums(
    keys: NDArray[np.int64],
    totals: Sequence[Numbers],
    clustered: bool,
    strata: tuple[str, ...],
    fpc: tuple[float, ...] | None,
) -> Sums:
    n, idle, w, w2 = totals
    return Sums(keys, n.astype(np.int64), idle.astype(np.int64), w, w2, clustered, strata, fpc)


def _grouped(columns: Sequence[Codes], values: Sequence[NDArray[Any]]) -> tuple[Codes, list[Numbers]]:
    """Add up `values` over rows of equal codes; keys come out sorted, first column first."""
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    room = 1
    for size in sizes:
        room *= size
    if room <= max(_DENSE, len(columns[0])):
        key = np.ravel_multi_index(tuple(columns), tuple(sizes))
        used = np.flatnonzero(np.bincount(key, minlength=room))
        keys = np.stack(np.unravel_index(used, tuple(sizes)), axis=1).astype(np.int64)
        return keys, [add_up(key, value, room)[used] for value in values]
    group, first = _sorted_groups(columns, sizes)
    keys = np.stack([column[first] for column in columns], axis=1)
    return keys, [add_up(group, value, len(first)) for value in values]


def _sorted_groups(columns: Sequence[Codes], sizes: Sequence[int]) -> tuple[Codes, Codes]:
    """Number the distinct combinations in sorted order; compress on the way where a key would overflow."""
    key = columns[0].astype(np.int64)
    top = sizes[0]
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        if top * size >= 2**62:
            distinct, key = np.unique(key, return_inverse=True)
            top = len(distinct)
        key = key * size + column
        top *= size
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return group, first
