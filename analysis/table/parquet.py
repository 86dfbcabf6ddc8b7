"""Parquet files: numbers as choices, stored dictionaries in their own order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.problems import DataProblem
from analysis.table.columns import MISSING, Column, NumberColumn, Numbers, TextColumn, number_text
from analysis.table.datafile import DataFile, Table, named, text_column, unreadable
from analysis.table.stream import BATCH, Batch, cells_of_array

AHEAD = 1_000_000  # rows that are read in the time that a program takes to start


def open_parquet(path: Path) -> DataFile:
    """Open a Parquet file."""
    return _opened(path, [path])


def open_folder(path: Path) -> DataFile:
    """Open a folder of Parquet files as one, in the order of their names: its own, or those in its "responses".

    Raises DataProblem "folder_empty", "part_differs" or "file_unreadable".
    """
    parts = sorted(path.glob("*.parquet")) or sorted((path / "responses").glob("*.parquet"))
    if not parts:
        raise DataProblem("folder_empty", value=str(path))
    return _opened(path, parts)


def _opened(path: Path, parts: Sequence[Path]) -> DataFile:
    stored = pq.read_schema(parts[0]).names
    names, notes = named(stored)
    at, stretches = 1, []
    for part in parts:
        about = pq.read_metadata(part)
        _check_part(part, stored, about.schema.to_arrow_schema().names)
        for group in range(about.num_row_groups):
            rows = about.row_group(group).num_rows
            stretches.append(Stretch(str(part), group, at, rows))
            at += rows

    def read(wanted: Sequence[str]) -> Table:
        try:
            return _whole(parts, stored, names, wanted)
        except (OSError, pa.ArrowException) as fault:
            raise unreadable(path, fault) from fault

    return DataFile(path, names, tuple(notes), read, ParquetFlow(tuple(stored), names, tuple(stretches)))


def _check_part(part: Path, stored: Sequence[str], here: Sequence[str]) -> None:
    if list(here) != list(stored):
        odd = next((one for one in stored if one not in here), None) or next(
            (one for one in here if one not in stored), stored[0]
        )
        raise DataProblem("part_differs", value=part.name, column=odd)


@dataclass(frozen=True)
class Stretch:
    """A row group of a file: its rows have the numbers from `first` on."""

    file: str
    group: int
    first: int
    rows: int


@dataclass(frozen=True)
class ParquetFlow:
    """Row groups that are read one after the other; `stored` are the columns' names in the file."""

    stored: tuple[str, ...]
    names: tuple[str, ...]
    stretches: tuple[Stretch, ...]

    def __call__(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Yield the batches of the named columns. Raises DataProblem "file_unreadable"."""
        for file, some in groupby(self.stretches, lambda one: one.file):
            try:
                yield from self._batches(file, list(some), wanted)
            except (OSError, pa.ArrowException) as fault:
                raise unreadable(Path(file), fault) from fault

    def split(self, count: int, late: bool = False) -> list[ParquetFlow]:
        """Return at most `count` flows of consecutive row groups with about as many rows each.

        The first has some more where the others are `late`: it is read while their programs start.
        """
        total, taken = sum(one.rows for one in self.stretches), 0
        more = min(AHEAD, total // (2 * count)) if late else 0
        each = max((total - more) / count, 1.0)
        parts: list[list[Stretch]] = [[] for _ in range(count)]
        for one in self.stretches:
            place = int((taken + one.rows // 2 - more) / each)
            parts[min(max(place, 0), count - 1)].append(one)
            taken += one.rows
        return [replace(self, stretches=tuple(part)) for part in parts if part]

    def _batches(self, path: str, some: Sequence[Stretch], wanted: Sequence[str]) -> Iterator[Batch]:
        places = [self.names.index(one) for one in wanted]
        repeated = len(set(self.stored)) < len(self.stored)
        columns = None if repeated else [self.stored[place] for place in places]
        first = some[0].first
        with pq.ParquetFile(path, pre_buffer=False) as file:  # else what was read stays
            groups = [one.group for one in some]
            for data in file.iter_batches(BATCH, row_groups=groups, columns=columns, use_threads=False):
                found = data.schema.names
                at = places if repeated else [found.index(self.stored[place]) for place in places]
                cells = {
                    name: cells_of_array(data.column(place)) for name, place in zip(wanted, at, strict=True)
                }
                yield Batch(cells, data.num_rows, first)
                first += data.num_rows


def _whole(
    parts: Sequence[Path], stored: Sequence[str], names: Sequence[str], wanted: Sequence[str]
) -> Table:
    repeated = len(set(stored)) < len(stored)
    columns = None if repeated else [stored[names.index(one)] for one in wanted]
    tables = [pq.read_table(part, columns=columns) for part in parts]
    data = tables[0] if len(tables) == 1 else pa.concat_tables(tables, promote_options="permissive")
    places = [names.index(one) if repeated else place for place, one in enumerate(wanted)]
    return Table(
        {one: _arrow_column(one, data.column(at)) for one, at in zip(wanted, places, strict=True)},
        data.num_rows,
    )


def _arrow_column(name: str, data: pa.ChunkedArray) -> Column:
    kind = data.type
    if pa.types.is_dictionary(kind):
        return _dictionary_column(name, data.unify_dictionaries().combine_chunks(), kind.ordered)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return NumberColumn(name, _floats(data))
    if pa.types.is_integer(kind):
        values = _floats(data)
        if len(values) == 0 or np.nanmax(np.abs(values), initial=0.0) < 2**53:
            return NumberColumn(name, values)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        data = pa.chunked_array(
            [[None if cell is None else str(cell) for cell in data.to_pylist()]], pa.string()
        )
    text = data if pa.types.is_string(data.type) else pc.cast(data, pa.large_string())
    return _dictionary_column(name, text.dictionary_encode().combine_chunks(), in_order=False)


def _floats(data: pa.ChunkedArray) -> Numbers:
    values = pc.cast(data, pa.float64(), safe=False).to_numpy()
    return np.asarray(np.where(np.isfinite(values), values, np.nan), dtype=np.float64)


def _dictionary_column(name: str, data: Any, in_order: bool) -> TextColumn:
    """Keep an ordered dictionary's order; words of another, and of plain text, stand as they come."""
    data = data.combine_chunks() if isinstance(data, pa.ChunkedArray) else data
    codes = np.asarray(pc.fill_null(data.indices, MISSING).to_numpy(zero_copy_only=False), dtype=np.int64)
    cells = tuple(_cell_text(cell) for cell in data.dictionary.to_pylist())
    if not in_order:
        return text_column(name, cells, codes)
    kept = [place for place, cell in enumerate(cells) if cell.strip()]
    to = np.full(len(cells) + 1, MISSING, dtype=np.int64)
    to[kept] = np.arange(len(kept))
    return TextColumn(name, tuple(cells[place] for place in kept), to[codes])


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    return number_text(cell) if isinstance(cell, float) and np.isfinite(cell) else str(cell)
