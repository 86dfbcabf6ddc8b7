"""Codes for a column's values as they appear, batch after batch: 0 is an empty cell, place + 1 a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.table.columns import Codes, Column, NumberColumn, TextColumn, number_of, number_text
from analysis.table.datafile import text_column
from analysis.table.stream import Cells, NumberCells, TextCells, named_words

MOST_CHOICES = 1000  # of a question or a segment column that is tabulated
LIMIT = 100_000  # different values of one question or segment that are kept apart; more is an id
MOST_UNITS = 1_000_000  # strata or clusters; each takes some hundred bytes
SPAN = 1 << 16  # integers this close together are looked up in a table
_EXACT = 2**53  # whole numbers up to this are exact as floats; larger ones are ids


def most_codes(missing: Sequence[str]) -> int:
    """Return how many codes of a tabulated column are kept: values that mean no answer may come on top."""
    return MOST_CHOICES + 2 * len(missing) + 1


class Misread(Exception):
    """A text column of whole numbers written as 1.0 turned out to hold other cells: read it again, as text."""

    def __init__(self, column: str) -> None:
        self.column = column
        super().__init__(column)


@dataclass(frozen=True)
class Coded:
    """A batch's codes, shape (rows,): `values` + `shift`, kept apart so that small integers need no copy."""

    values: NDArray[Any]
    shift: int = 0

    def taken(self, order: Codes | None) -> Coded:
        """Return the codes of rows in another order (None: as they are)."""
        return self if order is None else Coded(self.values[order], self.shift)

    def codes(self) -> Codes:
        """Return the codes, shape (rows,)."""
        return np.asarray(np.add(self.values, self.shift, dtype=np.int64))


class Coding:
    """The values of one column seen so far, numbered in order of appearance; beyond `limit` it is `full`.

    The state lasts for one reading of a file (or of a part of it); `column` then says which value is which.
    """

    def __init__(self, name: str, limit: int | None = None) -> None:
        self.name = name
        self.limit = limit
        self.place: dict[Any, int] = {}
        self.text: bool | None = None
        self.ordered = False
        self.decimal = "."
        self.full = False
        self._table: Codes = np.zeros(0, dtype=np.int64)
        self._low = 0
        self._shift: int | None = None

    @property
    def size(self) -> int:
        """Return the number of codes in use, the one for empty cells included."""
        return len(self.place) + 1

    def codes(self, cells: Cells) -> Coded | None:
        """Return the codes of a batch, or None when the column has too many values to tell apart."""
        if self.full:
            return None
        cells = self._one_kind(cells)
        small = isinstance(cells, NumberCells) and cells.values.dtype.kind in "iu" and len(cells.values) > 0
        found = self._looked_up(cells) if small and isinstance(cells, NumberCells) else None
        if found is None:
            values, codes = cells.distinct()
            found = Coded(np.append(self.learn(values), 0)[codes])
        self.full = self.limit is not None and len(self.place) > self.limit
        if self.full:
            self.place.clear()
            return None
        return found

    def column(self) -> Column:
        """Return the values as a column with one row for each, in the order of their codes."""
        values, rows = list(self.place), np.arange(len(self.place))
        if self.text and self.ordered:
            return named_in_order(self.name, values, self.decimal)
        if self.text:
            return text_column(self.name, tuple(values), rows, self.decimal)
        if _are_numbers(values):
            return NumberColumn(self.name, np.array(values, dtype=np.float64))
        return text_column(self.name, tuple(map(str, values)), rows)

    def ranks(self) -> Codes:
        """Return the places of the values in the order of the column's choices, without making their names."""
        values = list(self.place)
        if self.text or not _are_numbers(values):
            return self.column().codes
        return np.unique(np.array(values, dtype=np.float64), return_inverse=True)[1]

    def absorb(self, other: Coding) -> Codes:
        """Take over another coding's values; return where its codes lead (all to 0 when there are too many)."""
        self.full = self.full or other.full
        to = np.zeros(other.size, dtype=np.int64)
        if other.text is not None:
            self._one_kind(
                TextCells((), to[:0], other.ordered, other.decimal) if other.text else NumberCells(to)
            )
            to[1:] = self.learn([_word(one) for one in other.place] if self.text else list(other.place))
        if self.full or (self.limit is not None and len(self.place) > self.limit):
            self.full = True
            self.place.clear()
            return np.zeros_like(to)
        return to

    def learn(self, values: Sequence[Any]) -> Codes:
        """Return the codes of values, new ones numbered after those known; blank words have 0; (values,)."""
        return np.array([*map(self._code, values)], dtype=np.int64)

    def _learned(self, values: list[int]) -> Codes:
        """Return the codes of whole numbers, quickly where all are new."""
        if not self.place.keys().isdisjoint(values):
            return self.learn(values)
        first = self.size
        self.place.update(zip(values, range(first - 1, first - 1 + len(values)), strict=True))
        return np.arange(first, first + len(values))

    def _code(self, value: Any) -> int:
        if isinstance(value, str) and not value.strip():
            return 0
        return self.place.setdefault(value, len(self.place)) + 1

    def _one_kind(self, cells: Cells) -> Cells:
        """Take a column that is numbers in one part of a file and text in another as text throughout."""
        text = isinstance(cells, TextCells)
        if self.text is None:
            self.text = text
        if isinstance(cells, TextCells):
            self.ordered, self.decimal = cells.ordered, cells.decimal
        if text and not self.text:
            self.place = {_word(value): code for value, code in self.place.items()}
            self.text, self._shift, self._table = True, None, self._table[:0]
        if not text and self.text:
            values, codes = cells.distinct()
            return TextCells([_word(value) for value in values], codes)
        return cells

    def _looked_up(self, cells: NumberCells) -> Coded | None:
        """Code integers that lie close together by a table; None where they lie too far apart."""
        low, high = int(cells.values.min()), int(cells.values.max())
        if not self._cover(low, high):
            return None
        if self._shift is not None and cells.gaps is None and self._known(low, high):
            return Coded(cells.values, self._shift)
        at = np.subtract(cells.values, self._low, dtype=np.int64)
        codes = self._table[at]
        unknown = codes < 0 if cells.gaps is None else (codes < 0) & ~cells.gaps
        if unknown.any():
            new = np.flatnonzero(np.bincount(at[unknown]))
            self._table[new] = self._learned((new + self._low).tolist())
            codes = self._table[at]
            self._find_shift()
        if cells.gaps is not None:
            codes[cells.gaps] = 0
        return Coded(codes)

    def _cover(self, low: int, high: int) -> bool:
        """Make the table reach from `low` to `high`; False where that would be too long a table."""
        end = self._low + len(self._table)
        if not len(self._table):
            self._low = end = low
        if low >= self._low and high < end:
            return True
        low, end = min(low, self._low), max(high + 1, end)
        if end - low > SPAN:
            return False
        table = np.full(end - low, -1, dtype=np.int64)
        table[self._low - low : self._low - low + len(self._table)] = self._table
        for value, place in self.place.items():  # what was read before by another way
            if low <= value < end and value == int(value):
                table[int(value) - low] = place + 1
        self._table, self._low = table, low
        self._find_shift()
        return True

    def _known(self, low: int, high: int) -> bool:
        return bool(self._table[low - self._low] > 0 and self._table[high - self._low] > 0)

    def _find_shift(self) -> None:
        """See whether code = value + shift for all values known, with no gap between them."""
        known = np.flatnonzero(self._table > 0)
        shifts = self._table[known] - known - self._low
        whole = len(known) > 0 and known[-1] - known[0] + 1 == len(known) and len(set(shifts.tolist())) == 1
        self._shift = int(shifts[0]) if whole else None


def _are_numbers(values: Sequence[Any]) -> bool:
    """Tell whether numbers are exact as floats; whole ones that are not are ids, and text."""
    found = np.array(values)
    return found.dtype.kind not in "iuO" or not len(found) or float(np.abs(found).max()) < _EXACT


def named_in_order(name: str, words: Sequence[str], decimal: str) -> TextColumn:
    """Return words whose order is their own as a column with one row for each; blank ones are missing."""
    kept = [place for place, word in enumerate(words) if word.strip()]
    codes = np.full(len(words), -1, dtype=np.int64)
    codes[kept] = np.arange(len(kept))
    return TextColumn(name, tuple(words[place] for place in kept), codes, decimal)


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else number_text(value)


class Fold:
    """Codes for classes of a column's values: `classify` says the class (0 and more) of each row of a column.

    It is asked once for each value while the values can be told apart, and batch by batch beyond. `seen` are the
    classes met so far. A text column may turn out late not to hold whole numbers written as 1.0 throughout;
    then Misread is raised, and the file is read again with its name in `plain`.
    """

    def __init__(self, coding: Coding, classify: Callable[[Column], Codes], plain: bool = False) -> None:
        self.coding = coding
        self.classify = classify
        self.seen: set[int] = set()
        self.dotted: bool | None = False if plain else None
        self._classes: Codes = np.zeros(1, dtype=np.int64)

    def codes(self, cells: Cells, coded: Coded | None) -> Codes:
        """Return the class of each row of a batch; `coded` are its codes, None where there are too many."""
        if coded is None:
            values, codes = cells.distinct()
            classes = self._asked(values, cells)
            return np.append(classes, 0)[codes]
        if len(self._classes) < self.coding.size:
            new = list(self.coding.place)[len(self._classes) - 1 :]
            self._classes = np.concatenate([self._classes, self._asked(new, cells)])
        return self._classes[coded.codes()]

    def _asked(self, values: Sequence[Any], cells: Cells) -> Codes:
        if not values:
            return np.zeros(0, dtype=np.int64)
        column: Column
        if isinstance(cells, TextCells) or isinstance(values[0], str):
            ordered = isinstance(cells, TextCells) and cells.ordered
            decimal = cells.decimal if isinstance(cells, TextCells) else "."
            words = TextCells([_word(value) for value in values], np.zeros(0), ordered, decimal)
            column = named_words(self.coding.name, words, self._is_dotted(words))
        elif _are_numbers(values):
            column = NumberColumn(self.coding.name, np.array(values, dtype=np.float64))
        else:
            column = named_words(self.coding.name, TextCells([*map(str, values)], np.zeros(0)), False)
        classes = self.classify(column)
        self.seen.update(np.unique(classes).tolist())
        return classes

    def _is_dotted(self, words: TextCells) -> bool:
        if words.ordered or self.dotted is False:
            return False
        some = [word for word in words.words if word.strip()]
        if not some:
            return bool(self.dotted)
        here = all(word.endswith(".0") and number_of(word, words.decimal) is not None for word in some)
        if self.dotted and not here:
            raise Misread(self.coding.name)
        self.dotted = here
        return here
