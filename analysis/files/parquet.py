"""Parquet files, and folders of them that are read as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.files.data_file import Batch, DataFile, named, unreadable
from analysis.problems import DataProblem
from analysis.table.column import MISSING, Column, NumberColumn, plain_cells

BATCH = 1 << 18
"""Rows read together: enough that work on a batch is worth its calls, few enough to be small."""


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
    for part in parts[1:]:
        here = pq.read_schema(part).names
        if here != stored:
            odd = [name for name in stored if name not in here] + [
                name for name in here if name not in stored
            ]
            raise DataProblem("part_differs", value=part.name, column=(odd or stored)[0])
    names, notes = named(stored)
    return DataFile(path, names, tuple(notes), partial(_batches, parts, stored, names))


def _batches(
    parts: Sequence[Path], stored: Sequence[str], names: Sequence[str], wanted: Sequence[str]
) -> Iterator[Batch]:
    """Yield the columns `wanted` of all parts; columns have the name `stored` in the file, and `names` outside."""
    places = [names.index(name) for name in wanted]
    # of repeated names a file gives none alone
    columns = None if len(set(stored)) < len(stored) else [stored[place] for place in places]
    first = 1
    for part in parts:
        try:
            # without pre_buffer what was read is given back
            with pq.ParquetFile(part, pre_buffer=False) as file:
                for data in file.iter_batches(BATCH, columns=columns, use_threads=False):
                    arrays = data.columns if columns is None else [data.column(name) for name in columns]
                    chosen = [arrays[place] for place in places] if columns is None else arrays
                    cells = {name: plain_cells(array) for name, array in zip(wanted, chosen, strict=True)}
                    yield Batch(cells, data.num_rows, first)
                    first += data.num_rows
        except (OSError, pa.ArrowException) as fault:
            raise unreadable(part, fault) from fault


def arrow_array(column: Column) -> pa.Array:
    """Return a column as it is written to Parquet: numbers, or a dictionary of choices in their order."""
    if isinstance(column, NumberColumn):
        return pa.array(column.values, from_pandas=True)
    codes = pa.array(column.codes, mask=column.codes == MISSING, type=pa.int32())
    choices = pa.array(column.choices, pa.string())
    return pa.DictionaryArray.from_arrays(codes, choices, ordered=not column.as_found)
