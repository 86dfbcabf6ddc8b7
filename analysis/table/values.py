"""The distinct values of a column, found on a first way through a file, and every cell's code on a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.table.column import (
    EXACT,
    Codes,
    Column,
    NumberColumn,
    are_dotted,
    cell_word,
    column_of,
    gaps_of,
    numpy_of,
    ordered_column,
    places_of,
    text_column,
)

SPAN = 1 << 16
"""Integers this close together are looked up in a table."""


class Values:
    """The values of one column, numbered as they are met: code 0 is an empty cell, code i + 1 the i-th value.

    Beyond `limit` values the column is `full`: its values are not kept, and what is asked of them is asked batch
    by batch. Numbers in one part of a file and text in another are text throughout.
    """

    def __init__(self, name: str, decimal: str = ".", limit: int | None = None) -> None:
        self.name = name
        self.decimal = decimal
        self.limit = limit
        self.place: dict[Any, int] = {}
        self.kind: str | None = None
        self.full = False
        self.dotted = True
        self._table: Codes | None = None
        self._low = 0

    @property
    def size(self) -> int:
        """Return the number of codes in use, the one for empty cells included."""
        return len(self.place) + 1

    def learn(self, cells: Any) -> None:
        """Take up the values of some plain cells, all words of a dictionary; blank words are empty cells."""
        if pa.types.is_dictionary(cells.type):
            self.take(cells.dictionary.to_pylist(), "ordered" if cells.type.ordered else "text")
        else:
            text = not (pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type))
            self.take(cells.unique().to_pylist(), "text" if text else "number")

    def take(self, values: Sequence[Any], kind: str) -> None:
        """Take up values of a kind: number, text, or ordered (words in an order of their own)."""
        if kind != "number" and self.kind == "number":
            self.place = {cell_word(value): place for value, place in self.place.items()}
        if self.kind is None or kind != "number":
            self.kind = kind
        if self.kind != "number":
            values = [word for word in map(cell_word, values) if word.strip()]
            self.dotted = self.dotted and are_dotted(values, self.decimal)
        if self.full:
            return
        size = len(self.place)
        for value in values:
            if value is not None:
                self.place.setdefault(value, len(self.place))
        if len(self.place) > size:
            self._table = None
        if self.limit is not None and len(self.place) > self.limit:
            self.full = True
            self.place.clear()

    def codes(self, cells: Any) -> Codes:
        """Return the codes of cells whose values are known, shape (rows,); not of a column that is full."""
        table = self._tabled()
        if len(table) and pa.types.is_integer(cells.type):
            gaps, place = gaps_of(cells), numpy_of(cells)
            if self._low:
                place = np.subtract(place, self._low, dtype=np.int64)
            return table.take(place) if gaps is None else np.where(gaps, 0, table[np.where(gaps, 0, place)])
        places = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
        values = places.dictionary.to_pylist()
        if self.kind != "number":
            values = map(cell_word, values)
        to = np.array([*(self.place.get(value, -1) + 1 for value in values), 0], dtype=np.int64)
        return np.asarray(to[places_of(places)])

    def _tabled(self) -> Codes:
        """Return a table of the codes of whole numbers that lie close together; empty for others."""
        if self._table is None:
            self._table, numbers = np.zeros(0, dtype=np.int64), np.array(list(self.place))
            if numbers.dtype.kind == "i" and numbers.max() - numbers.min() < SPAN:
                # a table from 0 needs no subtraction
                self._low = 0 if numbers.min() >= 0 and numbers.max() < SPAN else int(numbers.min())
                self._table = np.zeros(int(numbers.max()) - self._low + 1, dtype=np.int64)
                self._table[numbers - self._low] = np.arange(1, self.size)
        return self._table

    def column(self) -> Column:
        """Return the values as a column with one row for each, in the order of their codes."""
        values, rows = list(self.place), np.arange(len(self.place))
        if self.kind == "ordered":
            return ordered_column(self.name, values, rows, self.decimal)
        if self.kind == "text":
            return text_column(self.name, values, rows, self.decimal)
        if all(isinstance(value, float) or abs(value) < EXACT for value in values):
            return NumberColumn(self.name, np.array(values, dtype=np.float64))
        return text_column(self.name, tuple(map(str, values)), rows)

    def batch(self, cells: Any) -> Column:
        """Return some cells as a column, one row for each, as they are named in the whole column."""
        if self.kind != "number" and not pa.types.is_dictionary(cells.type):
            cells = cells if pa.types.is_string(cells.type) else pa.array(map(cell_word, cells.to_pylist()))
        return column_of(self.name, cells, self.decimal, self.dotted and self.kind == "text")

    def absorb(self, other: Values) -> Codes:
        """Take up another column's values; return where its codes lead (all to 0 when there are too many)."""
        known = list(other.place)
        self.dotted = self.dotted and other.dotted
        self.full = self.full or other.full
        if other.kind is not None:
            self.take(known, other.kind)
        self._table = None
        if self.full:
            self.place.clear()
            return np.zeros(other.size, dtype=np.int64)
        words = map(cell_word, known) if self.kind != "number" else known
        return np.array([0, *(self.place[value] + 1 for value in words)], dtype=np.int64)


class Classes:
    """The class of each cell of a column: `classify` says it (0 and more) of each row of a column.

    It is asked once for each value, or batch by batch where there are too many values.
    """

    def __init__(self, values: Values, classify: Callable[[Column], Codes]) -> None:
        self.values = values
        self.classify = classify
        if not values.full:
            column = values.column()
            empty = classify(column_of(values.name, pa.nulls(1, pa.string())))
            self.by_code = np.concatenate([empty, classify(column)])

    def of(self, cells: Any, codes: Codes | None) -> Codes:
        """Return the class of each row of a batch; `codes` are its codes, None where there are too many."""
        return self.classify(self.values.batch(cells)) if codes is None else self.by_code[codes]


def cell_at(cells: Any, row: int) -> str | None:
    """Return the cell of a row as a choice would be named, None where it is empty."""
    word = cell_word(cells[row].as_py())
    return word if word.strip() else None
