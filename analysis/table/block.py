"""Sums by (unit, place, answer) that grow as rows come in: a dense block while it is small, else sorted keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.table.coding import Coded
from analysis.table.columns import Codes

LARGEST = 1 << 23  # cells of one dense block; beyond, only the keys that occur are kept, in order
PENDING = 1 << 20  # keys that wait before they are merged
_AT_ONCE = 1024  # units whose sums are moved together
_PLACES, _ANSWERS = 22, 17  # bits of a place and of an answer in a sorted key; the unit has the other 24

_KINDS: dict[str, Any] = {"rows": np.int32, "pair": np.complex128, "idle": np.int32}

Pair = NDArray[np.complex128]
Sizes = tuple[int, int, int]


@dataclass(frozen=True)
class Weights:
    """A batch's weights: `pair` is w + i·w² of each row, `idle` tells who has weight 0; None: all weigh 1.

    Two sums in one complex number, because adding a number to its cell once costs half as much as twice.
    """

    pair: Pair | None = None
    idle: NDArray[np.bool_] | None = None

    def taken(self, order: Codes | None) -> Weights:
        """Return the weights of rows in another order (None: as they are)."""
        if order is None:
            return self
        pair = None if self.pair is None else self.pair[order]
        return Weights(pair, None if self.idle is None else self.idle[order])


@dataclass(frozen=True)
class Groups:
    """Groups that occur, by ascending key: unit, place and answer, shape (groups, 3), and their sums.

    `rows` counts everybody, `idle` those with weight 0, `pair` is Σw + i·Σw²; all of shape (groups,).
    """

    keys: NDArray[np.int64]
    rows: Codes
    idle: Codes
    pair: Pair


class Keys:
    """Where a batch's rows lie in blocks: what comes before the answer is worked out once for all questions."""

    def __init__(self, unit: Codes, place: Codes, order: Codes | None = None) -> None:
        self.unit, self.place = (unit, place) if order is None else (unit[order], place[order])
        self._begun: dict[tuple[int, int, int], Codes] = {}

    def of(self, places: int, answers: int, coded: Coded) -> Codes:
        """Return (unit × places + place) × answers + answer of each row."""
        sizes = (places, answers, coded.shift)
        if sizes not in self._begun:
            self._begun[sizes] = (self.unit * places + self.place) * answers + coded.shift
        return np.asarray(np.add(self._begun[sizes], coded.values))

    def sorted(self, coded: Coded) -> Codes:
        """Return the key that sorts by unit, place and answer, however many there will be."""
        return (self.unit << (_PLACES + _ANSWERS)) + (self.place << _ANSWERS) + coded.codes()


class Block:
    """What the rows of one question add up to, by the codes of unit, place and answer."""

    def __init__(self) -> None:
        self.shape: Sizes = (0, 0, 0)
        self.sorted: Sorted | None = None
        self._sums: dict[str, NDArray[Any]] = {"rows": np.zeros(0, dtype=np.int32)}

    def fit(self, sizes: Sizes) -> None:
        """Make room for so many units, places and answers."""
        if self.sorted is not None or all(a <= b for a, b in zip(sizes, self.shape, strict=True)):
            return
        grown = _room(sizes, self.shape, 0.125)
        if _cells(grown) > LARGEST:
            grown = _room(sizes, self.shape, 0.0)
        if _cells(grown) > LARGEST:
            self.sorted = Sorted()
            self.sorted.put(self._dense_groups())
            self._sums = {}
            return
        self._sums = {name: _moved(old, self.shape, grown) for name, old in self._sums.items()}
        self.shape = grown

    @property
    def cells(self) -> float:
        """Return the number of cells that the block keeps room for."""
        return _cells(self.shape) if self.sorted is None else float(self.sorted.size)

    def add(self, keys: Keys, coded: Coded, weights: Weights) -> None:
        """Add a batch of rows; `fit` has made room for their codes."""
        if self.sorted is not None:
            self.sorted.add(keys.sorted(coded), weights)
            return
        key = keys.of(self.shape[1], self.shape[2], coded)
        if weights.pair is not None:
            np.add.at(self._made("pair"), key, weights.pair)
        np.add.at(self._sums["rows"], key, np.int32(1))
        if weights.idle is not None:
            np.add.at(self._made("idle"), key[weights.idle], np.int32(1))

    def put(self, groups: Groups) -> None:
        """Add sums that were taken elsewhere; `fit` has made room for their codes."""
        if self.sorted is not None:
            self.sorted.put(groups)
            return
        key = np.ravel_multi_index(tuple(groups.keys.T), self.shape)
        self._made("pair")[key] += groups.pair
        self._sums["rows"][key] += groups.rows.astype(np.int32)
        if groups.idle.any():
            self._made("idle")[key] += groups.idle.astype(np.int32)

    def absorb(self, other: Block, to: Sequence[Codes]) -> None:
        """Add a block whose codes of unit, place and answer lead to those in `to`; `fit` has made room."""
        if self.sorted is not None or other.sorted is not None:
            groups = other.groups()
            keys = np.stack([one[codes] for one, codes in zip(to, groups.keys.T, strict=True)], axis=1)
            self.put(Groups(keys, groups.rows, groups.idle, groups.pair))
            return
        weighed = "pair" in self._sums or "pair" in other._sums
        for name in (
            ("pair", "idle", "rows") if weighed else ("idle", "rows")
        ):  # pair first: it may begin as rows
            if name != "idle" or "idle" in other._sums:
                mine, theirs = self._made(name), other._made(name)
                used = theirs.reshape(other.shape)[tuple(slice(len(one)) for one in to)]
                _add_at(mine.reshape(self.shape), to, used)

    def groups(self) -> Groups:
        """Return the groups that occur."""
        return self._dense_groups() if self.sorted is None else self.sorted.groups()

    def array(self) -> tuple[NDArray[np.int32], Pair | None] | None:
        """Return the numbers of rows and Σw + i·Σw² (None: as many) as arrays of three axes, or None.

        Not where keys are sorted, and not where somebody has weight 0.
        """
        if self.sorted is not None or "idle" in self._sums:
            return None
        pair = self._sums.get("pair")
        return self._sums["rows"].reshape(self.shape), None if pair is None else pair.reshape(self.shape)

    def _made(self, name: str) -> NDArray[Any]:
        if name not in self._sums:
            self._sums[name] = np.zeros(int(_cells(self.shape)), dtype=_KINDS[name])
            if name == "pair" and self._sums["rows"].any():  # what came before had no weights: each weighed 1
                self._sums[name] += self._sums["rows"] * (1 + 1j)
        return self._sums[name]

    def _dense_groups(self) -> Groups:
        used = np.flatnonzero(self._sums["rows"])
        rows = self._sums["rows"][used].astype(np.int64)
        pair = np.asarray(self._sums["pair"][used] if "pair" in self._sums else rows * (1 + 1j))
        idle = self._sums["idle"][used].astype(np.int64) if "idle" in self._sums else np.zeros_like(rows)
        keys = np.stack(np.unravel_index(used, self.shape), axis=1) if len(used) else np.zeros((0, 3))
        return Groups(keys.astype(np.int64), rows, idle, pair)


class Sorted:
    """Sums by sorted key, for more cells than a dense block may have; in proportion to the groups that occur."""

    def __init__(self) -> None:
        self._parts: list[tuple[Codes, NDArray[np.float64]]] = []

    def add(self, key: Codes, weights: Weights) -> None:
        """Add a batch of rows."""
        ones = np.ones(len(key))
        pair = ones * (1 + 1j) if weights.pair is None else weights.pair
        idle = np.zeros(len(key)) if weights.idle is None else weights.idle.astype(np.float64)
        self._take(key, np.stack([ones, idle, pair.real, pair.imag]))

    def put(self, groups: Groups) -> None:
        """Add sums that were taken elsewhere."""
        unit, place, answer = groups.keys.T
        key = (unit << (_PLACES + _ANSWERS)) + (place << _ANSWERS) + answer
        self._take(key, np.stack([groups.rows, groups.idle, groups.pair.real, groups.pair.imag]))

    @property
    def size(self) -> int:
        """Return the number of keys kept."""
        return sum(len(key) for key, _ in self._parts)

    def groups(self) -> Groups:
        """Return the groups that occur."""
        self._merge()
        key, (rows, idle, w, w2) = self._parts[0]
        parts = key >> (_PLACES + _ANSWERS), (key >> _ANSWERS) % (1 << _PLACES), key % (1 << _ANSWERS)
        return Groups(np.stack(parts, axis=1), rows.astype(np.int64), idle.astype(np.int64), w + 1j * w2)

    def _take(self, key: Codes, sums: NDArray[np.float64]) -> None:
        self._parts.append(_grouped(key, sums))
        if sum(len(one) for one, _ in self._parts[1:]) > max(PENDING, len(self._parts[0][0])):
            self._merge()

    def _merge(self) -> None:
        keys, sums = zip(*self._parts, strict=True)
        self._parts = [_grouped(np.concatenate(keys), np.concatenate(sums, axis=1))]


def _grouped(key: Codes, sums: NDArray[np.float64]) -> tuple[Codes, NDArray[np.float64]]:
    found, at = np.unique(key, return_inverse=True)
    return found, np.stack([np.bincount(at, weights=one, minlength=len(found)) for one in sums])


def _add_at(total: NDArray[Any], to: Sequence[Codes], values: NDArray[Any]) -> None:
    """Add `values` at the places `to`, each distinct, along every axis; in place."""
    units, places, answers = to
    if all(np.array_equal(one, np.arange(len(one))) for one in (places, answers)):
        total[units, : len(places), : len(answers)] += values
        return
    line = (places[:, None] * total.shape[2] + answers).ravel()
    lines, values = total.reshape(len(total), -1), values.reshape(len(values), -1)
    for first in range(0, len(units), _AT_ONCE):  # as many as stay in the processor's cache
        here = units[first : first + _AT_ONCE]
        some = lines[here]
        some[:, line] += values[first : first + _AT_ONCE]
        lines[here] = some


def _cells(sizes: Sequence[int]) -> float:
    return float(sizes[0]) * sizes[1] * sizes[2]


def _room(sizes: Sizes, now: Sizes, spare: float) -> Sizes:
    """Return the room for `sizes`; what outgrew its room gets some to spare, so that it rarely does again."""
    units, places, answers = (
        have if size <= have else size + int(spare * size * (have > 0))
        for size, have in zip(sizes, now, strict=True)
    )
    return units, places, answers


def _moved(old: NDArray[Any], shape: Sizes, to: Sizes) -> NDArray[Any]:
    new = np.zeros(to, dtype=old.dtype)
    new[: shape[0], : shape[1], : shape[2]] = old.reshape(shape)
    return new.reshape(-1)
