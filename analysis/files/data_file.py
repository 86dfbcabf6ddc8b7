"""A data file as every reader of one gives it: its names, its oddities, its columns batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.problems import DataProblem
from analysis.table.column import Column, cell_word, column_of, plain_cells
from analysis.table.notes import Note


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows: an Arrow array of plain cells by column (`analysis.table.column.plain_cells`).

    `first` is the number that a spreadsheet shows beside the first row.
    """

    cells: Mapping[str, Any]
    rows: int
    first: int


@dataclass(frozen=True)
class Table:
    """Columns of equal length; `first_row` is the number a spreadsheet shows beside the first person."""

    columns: Mapping[str, Column]
    rows: int
    first_row: int = 1


@dataclass(frozen=True)
class DataFile:
    """An opened file: its column names, what was odd about it, and how to read the columns asked for.

    `reader` yields the named columns some thousand rows at a time; `decimal` stands before the fraction of a
    number that is written as text.
    """

    path: Path
    names: tuple[str, ...]
    notes: tuple[Note, ...]
    reader: Callable[[Sequence[str]], Iterator[Batch]]
    decimal: str = "."

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the named columns. Raises DataProblem "no_rows", "ragged_row" or "file_unreadable"."""
        rows = 0
        for batch in self.reader(names):
            rows += batch.rows
            yield batch
        if rows == 0:
            raise DataProblem("no_rows", value=self.path.name)

    def read(self, names: Sequence[str]) -> Table:
        """Return the named columns whole; raises what `batches` raises."""
        parts: dict[str, list[Any]] = {name: [] for name in names}
        rows, first_row = 0, 1
        for batch in self.batches(names):
            first_row = first_row if rows else batch.first
            rows += batch.rows
            for name, arrays in parts.items():
                cells = batch.cells[name]
                # words are kept once and not once a row
                arrays.append(cells.dictionary_encode() if pa.types.is_string(cells.type) else cells)
        columns = {name: column_of(name, _joined(arrays), self.decimal) for name, arrays in parts.items()}
        return Table(columns, rows, first_row)


def _joined(arrays: Sequence[Any]) -> Any:
    """Join batches of one column; numbers in one part of a file and text in another are text throughout."""
    kinds = {array.type for array in arrays}
    if len(kinds) > 1 and any(
        pa.types.is_dictionary(kind) or pa.types.is_large_string(kind) for kind in kinds
    ):
        return pa.concat_arrays(
            [pa.array(map(cell_word, array.to_pylist()), pa.string()) for array in arrays]
        )
    if len(kinds) > 1:
        whole = all(pa.types.is_integer(kind) for kind in kinds)
        arrays = [array.cast(pa.int64() if whole else pa.float64()) for array in arrays]
    joined = pa.chunked_array(arrays)
    joined = joined.unify_dictionaries() if pa.types.is_dictionary(joined.type) else joined
    return plain_cells(joined.combine_chunks())


def unreadable(path: Path, fault: Exception) -> DataProblem:
    """Return the problem that says why a file could not be read."""
    reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    return DataProblem("file_unreadable", value=path.name, reason=reason, kind=path.suffix.lstrip("."))


def named(header: Sequence[str]) -> tuple[tuple[str, ...], list[Note]]:
    """Give every column a name of its own: "column 3" for an unnamed one, "a (2)" for a repeated one."""
    names: list[str] = []
    notes: list[Note] = []
    written_names = set(header)
    for place, written in enumerate(header, start=1):
        stem = written if written.strip() else f"column {place}"
        name, copy = stem, 1
        while name in names or (name != written and name in written_names):
            copy += 1
            name = f"{stem} ({copy})"
        if name != written:
            what = "has no name" if not written.strip() else f"repeats the name '{written}'"
            text = f"Column {place} {what}; it is called '{name}' here."
            notes.append(Note("renamed_column", text, column=name, value=written))
        names.append(name)
    return tuple(names), notes
