"""A data file as every reader of one sees it: its names, its oddities, its columns when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from analysis.problems import DataProblem
from analysis.table.columns import MISSING, Codes, Column, TextColumn, by_size, number_of
from analysis.table.notes import Note
from analysis.table.stream import Batch, cells_of_column


@dataclass(frozen=True)
class Table:
    """Columns of equal length; `first_row` is the number a spreadsheet shows beside the first person."""

    columns: Mapping[str, Column]
    rows: int
    first_row: int = 1


class Flow(Protocol):
    """How a file is read batch by batch."""

    def __call__(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Yield batches of the named columns."""

    def split(self, count: int, late: bool = False) -> Sequence[Flow]:
        """Return at most `count` flows that one after the other yield the same rows; each can be sent away.

        `late` tells that all but the first will be begun a little later.
        """


@dataclass(frozen=True)
class DataFile:
    """An opened file: its column names, what was odd about it, and how to read the columns asked for.

    `reader` reads them whole, `flow` batch by batch (None: only whole).
    """

    path: Path
    names: tuple[str, ...]
    notes: tuple[Note, ...]
    reader: Callable[[Sequence[str]], Table]
    flow: Flow | None = None

    def read(self, names: Sequence[str]) -> Table:
        """Return the named columns. Raises DataProblem "no_rows", "ragged_row" or "file_unreadable"."""
        table = self.reader(names)
        if table.rows == 0:
            raise DataProblem("no_rows", value=self.path.name)
        return table

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the named columns, some thousand rows at a time; raises what `read` raises."""
        rows = 0
        for batch in self._whole(names) if self.flow is None else self.flow(names):
            rows += batch.rows
            yield batch
        if rows == 0:
            raise DataProblem("no_rows", value=self.path.name)

    def _whole(self, names: Sequence[str]) -> Iterator[Batch]:
        table = self.reader(names)
        cells = {name: cells_of_column(column) for name, column in table.columns.items()}
        yield Batch(cells, table.rows, table.first_row)


def unreadable(path: Path, fault: Exception) -> DataProblem:
    """Return the problem that says why a file could not be read."""
    reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    return DataProblem("file_unreadable", value=path.name, reason=reason, kind=path.suffix.lstrip("."))


def named(header: Sequence[str]) -> tuple[tuple[str, ...], list[Note]]:
    """Give every column a name of its own: "column 3" for an unnamed one, "a (2)" for a repeated one."""
    names: list[str] = []
    notes: list[Note] = []
    taken = set(header)
    for place, written in enumerate(header, start=1):
        name = written if written.strip() else f"column {place}"
        copy = 1
        while name in names or (name != written and name in taken):
            copy += 1
            name = f"{written if written.strip() else f'column {place}'} ({copy})"
        if name != written:
            what = "has no name" if not written.strip() else f"repeats the name '{written}'"
            text = f"Column {place} {what}; it is called '{name}' here."
            notes.append(Note("renamed_column", text, column=name, value=written))
        names.append(name)
    return tuple(names), notes


def text_column(name: str, seen: tuple[str, ...], codes: Codes, decimal: str = ".") -> TextColumn:
    """Order the cells seen: by number where all are numbers, else as they first appeared; blank = missing."""
    kept = [place for place, cell in enumerate(seen) if cell.strip()]
    kept = [kept[at] for at in by_size([seen[place] for place in kept], decimal)]
    dotted = all(seen[place].endswith(".0") for place in kept)  # whole numbers written by a program as floats
    if dotted and all(number_of(seen[place], decimal) is not None for place in kept):
        seen = tuple(cell[:-2] if cell.endswith(".0") else cell for cell in seen)
    to = np.full(len(seen) + 1, MISSING, dtype=np.int64)
    to[kept] = np.arange(len(kept))
    return TextColumn(name, tuple(seen[place] for place in kept), to[codes], decimal, True)
