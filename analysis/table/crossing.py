"""Codes for combinations of several columns' codes: a stratum's cluster, a segment under a condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.table.columns import Codes

TABLE = 1 << 22  # combinations that are looked up in a table; more are looked up by name


class Crossing:
    """Codes for combinations of several columns' codes, numbered as they appear; `members` lists them."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.members: list[tuple[int, ...]] = [] if width else [()]
        self._place: dict[tuple[int, ...], int] = {}
        self._table: Codes = np.zeros(0, dtype=np.int64)
        self._room: tuple[int, ...] = ()

    @classmethod
    def of(cls, members: Codes) -> Crossing:
        """Return the crossing with such members, shape (size, width)."""
        crossing = cls(members.shape[1])
        for combination in members.tolist():
            crossing.learn(tuple(combination))
        return crossing

    @property
    def size(self) -> int:
        """Return the number of combinations seen."""
        return len(self.members)

    def codes(self, parts: Sequence[Codes], sizes: Sequence[int], rows: int) -> Codes:
        """Return the combination of each row; `sizes` are the numbers of codes in use in each part."""
        if not self.width:
            return np.zeros(rows, dtype=np.int64)
        if any(size > room for size, room in zip(sizes, self._room or (0,) * self.width, strict=True)):
            self._make_room(sizes)
        key = np.asarray(parts[0], dtype=np.int64)
        for part, room in zip(parts[1:], self._room[1:], strict=True):
            key = key * room + part
        if not len(self._table):
            return self._by_name(key)
        codes = self._table[key]
        unknown = codes < 0
        if unknown.any():
            new = np.flatnonzero(np.bincount(key[unknown]))
            self._table[new] = self._learned(new)
            codes = self._table[key]
        return codes

    def learn(self, combination: tuple[int, ...]) -> int:
        """Return the code of a combination, the next one if it is new."""
        if not self.width:
            return 0
        code = self._place.setdefault(combination, len(self.members))
        if code == len(self.members):
            self.members.append(combination)
        return code

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the table, which can be made again."""
        return {**vars(self), "_table": self._table[:0], "_room": ()}

    def _by_name(self, key: Codes) -> Codes:
        found, at = np.unique(key, return_inverse=True)
        return self._learned(found)[at]

    def _learned(self, keys: Codes) -> Codes:
        """Return the codes of combinations by their keys, each once."""
        parts = []
        for room in reversed(self._room[1:]):
            keys, part = np.divmod(keys, room)
            parts.append(part.tolist())
        combinations = list(zip(keys.tolist(), *reversed(parts), strict=True))
        if self._place.keys().isdisjoint(combinations):
            first = self.size
            self.members += combinations
            self._place.update(zip(combinations, range(first, self.size), strict=True))
            return np.arange(first, self.size)
        return np.array([*map(self.learn, combinations)], dtype=np.int64)

    def _make_room(self, sizes: Sequence[int]) -> None:
        self._room = tuple(1 << max(size - 1, 1).bit_length() for size in sizes)
        room = int(np.prod([float(one) for one in self._room]))
        self._table = np.full(room if room <= TABLE else 0, -1, dtype=np.int64)
        for code, combination in enumerate(self.members):
            if len(self._table):
                self._table[int(np.ravel_multi_index(combination, self._room))] = code
