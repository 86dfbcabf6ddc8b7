"""A data file batch by batch: the cells of some thousand people at a time, before they have common codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.table.columns import (
    MISSING,
    Codes,
    Column,
    NumberColumn,
    Numbers,
    TextColumn,
    number_of,
    number_text,
)

Mask = NDArray[np.bool_]
BATCH = 1 << 17  # rows: enough to come back to each cell of the sums soon, few enough to be small


@dataclass(frozen=True)
class NumberCells:
    """Numbers as stored, shape (rows,), integers or floats; `gaps` are empty cells, and so are NaN."""

    values: NDArray[Any]
    gaps: Mask | None = None

    def floats(self) -> Numbers:
        """Return the cells as numbers, shape (rows,); NaN where empty."""
        values = self.values.astype(np.float64)
        if self.gaps is not None:
            values[self.gaps] = np.nan
        return values

    def text(self, row: int) -> str | None:
        """Return a cell as a choice would be named, None where it is empty."""
        return _one(NumberColumn("", self.floats()[row : row + 1]))

    def distinct(self) -> tuple[list[Any], Codes]:
        """Return the different values and each row's place among them, -1 = empty."""
        values = np.ascontiguousarray(self.values)
        gaps = np.isnan(values) if values.dtype.kind == "f" else self.gaps
        known = None if gaps is None else pa.py_buffer(np.packbits(~gaps, bitorder="little"))
        kind = pa.from_numpy_dtype(values.dtype)
        found = pa.Array.from_buffers(kind, len(values), [known, pa.py_buffer(values)]).dictionary_encode()
        return found.dictionary.to_pylist(), _places(found)


@dataclass(frozen=True)
class TextCells:
    """Cells as text: `codes[i]` is the place of row i's cell in `words`, -1 = empty; blank words are empty too.

    `ordered` words are choices in their own order, whether they occur or not; others are as they appeared.
    """

    words: Sequence[str]
    codes: NDArray[Any]
    ordered: bool = False
    decimal: str = "."

    def floats(self) -> Numbers:
        """Return the cells as numbers, shape (rows,); NaN where empty or not a number."""
        read = [number_of(word, self.decimal) for word in self.words]
        values = np.array([np.nan if one is None else one for one in read] + [np.nan])
        return np.asarray(values[self.codes], dtype=np.float64)

    def text(self, row: int) -> str | None:
        """Return a cell as written, None where it is empty."""
        code = int(self.codes[row])
        return self.words[code] if code >= 0 and self.words[code].strip() else None

    def distinct(self) -> tuple[list[Any], Codes]:
        """Return the words and each row's place among them, -1 = empty."""
        return list(self.words), self.codes


Cells = NumberCells | TextCells


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows: cells by column; `first` is the number a spreadsheet shows beside the first."""

    cells: Mapping[str, Cells]
    rows: int
    first: int


def cells_of_column(column: Column) -> Cells:
    """Return a whole column, whose choices are all known, as cells."""
    if isinstance(column, NumberColumn):
        return NumberCells(column.values)
    return TextCells(column.choices, column.codes, not column.as_found, column.decimal)


def cells_of_array(data: Any) -> Cells:
    """Return an Arrow array as cells: numbers as numbers, ordered dictionaries in their order, else text."""
    kind = data.type
    if pa.types.is_dictionary(kind):
        words = [_cell_text(cell) for cell in data.dictionary.to_pylist()]
        return TextCells(words, _places(data), kind.ordered)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        gaps, values = gaps_of(data), numpy_of(pc.cast(data, pa.float64(), safe=False))
        good = np.isfinite(values) if gaps is None else np.isfinite(values) & ~gaps
        return NumberCells(values if good.all() else np.where(good, values, np.nan))
    if pa.types.is_integer(kind) and not _beyond(data):
        gaps, values = gaps_of(data), numpy_of(data)
        return NumberCells(values if gaps is None else np.where(gaps, 0, values), gaps)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        data = pa.array([None if cell is None else str(cell) for cell in data.to_pylist()], pa.string())
    return words_of_array(data if pa.types.is_string(data.type) else pc.cast(data, pa.large_string()))


def words_of_array(data: Any, decimal: str = ".") -> TextCells:
    """Return an Arrow array of text as cells in the order in which they appear."""
    found = data.dictionary_encode()
    words = [_cell_text(cell) for cell in found.dictionary.to_pylist()]
    return TextCells(words, _places(found), False, decimal)


def _beyond(data: Any) -> bool:
    """Tell whether unsigned integers are too large for signed ones."""
    return bool(pa.types.is_uint64(data.type)) and (pc.max(data).as_py() or 0) >= 2**63


def _places(data: Any) -> Codes:
    gaps, places = gaps_of(data), numpy_of(data.indices)
    return places if gaps is None else np.where(gaps, MISSING, places)


def numpy_of(data: Any) -> NDArray[Any]:
    """Return an Arrow array of numbers as it lies in memory, whatever nulls hold; pyarrow's way loads pandas."""
    bare = pa.Array.from_buffers(data.type, len(data), [None, data.buffers()[1]], offset=data.offset)
    return np.asarray(np.from_dlpack(bare))


def gaps_of(data: Any) -> Mask | None:
    """Return where an Arrow array is null, None where nowhere."""
    return numpy_of(pc.cast(data.is_null(), pa.uint8())).view(np.bool_) if data.null_count else None


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    return number_text(cell) if isinstance(cell, float) and np.isfinite(cell) else str(cell)


def _one(column: NumberColumn) -> str | None:
    return column.choices[0] if column.choices else None


def named_words(name: str, cells: TextCells, dotted: bool) -> TextColumn:
    """Return the distinct words as a column of one row each; `dotted`: all are whole numbers written as 1.0."""
    kept = [bool(word.strip()) for word in cells.words]
    names = tuple(word[:-2] if dotted and not cells.ordered else word for word in cells.words)
    codes = np.where(kept, np.arange(len(names)), MISSING).astype(np.int64)
    return TextColumn(name, names, codes, cells.decimal)
