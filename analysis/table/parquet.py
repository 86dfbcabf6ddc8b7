"""Parquet files: numbers as choices, stored dictionaries in their own order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.table.columns import MISSING, Column, NumberColumn, Numbers, TextColumn, number_text
from analysis.table.datafile import DataFile, Table, named, text_column, unreadable


def open_parquet(path: Path) -> DataFile:
    stored = pq.read_schema(path).names
    names, notes = named(stored)

    def read(wanted: Sequence[str]) -> Table:
        try:
            repeated = len(set(stored)) < len(stored)
            data = pq.read_table(
                path, columns=None if repeated else [stored[names.index(one)] for one in wanted]
            )
            places = [names.index(one) if repeated else place for place, one in enumerate(wanted)]
            columns = {
                one: _arrow_column(one, data.column(at)) for one, at in zip(wanted, places, strict=True)
            }
        except (OSError, pa.ArrowException) as fault:
            raise unreadable(path, fault) from fault
        return Table(columns, data.num_rows)

    return DataFile(path, names, tuple(notes), read)


def _arrow_column(name: str, data: pa.ChunkedArray) -> Column:
    kind = data.type
    if pa.types.is_dictionary(kind):
        return _dictionary_column(name, data.unify_dictionaries().combine_chunks())
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


def _dictionary_column(name: str, data: Any, in_order: bool = True) -> TextColumn:
    """Keep a stored dictionary's order; the order of plain text is that of first appearance."""
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
