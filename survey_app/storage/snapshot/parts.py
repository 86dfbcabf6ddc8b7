"""The parts of a snapshot: files of at most so many responses, each with a file of their posts beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from survey_app.storage.snapshot.counts import FieldworkCounts
from survey_app.storage.snapshot.table import PARADATA, table_of

ROWS_PER_PART = 50_000
KINDS = ("responses", "paradata")
_BATCH = 5_000
"""Rows that stand in memory as Python values at most."""


class Parts:
    """Writes the parts of one kind of responses, finished or not, into a snapshot that is being made."""

    def __init__(self, aside: Path, schema: pa.Schema, counts: FieldworkCounts, *, finished: bool) -> None:
        self._aside, self._counts, self._finished = aside, counts, finished
        self.schemas = (schema, PARADATA)
        self._rows: list[list[Any]] = []
        self._posts: list[tuple[Any, ...]] = []
        self._tables: list[tuple[pa.Table, pa.Table]] = []
        self._held = 0
        self.written: list[str] = []
        """The names of the files, in both folders."""

    def add(self, row: list[Any], posts: Iterable[tuple[Any, ...]]) -> None:
        """Add one response and its posts."""
        self._rows.append(row)
        self._posts.extend(posts)
        self._held += 1
        if self._held >= ROWS_PER_PART:
            self.flush()
        elif len(self._rows) >= _BATCH:
            self._gather()

    def add_tables(self, responses: pa.Table, paradata: pa.Table) -> None:
        """Add responses that were made into tables before, at most as many as a part has."""
        if self._held and self._held + responses.num_rows > ROWS_PER_PART:
            self.flush()
        self._tables.append((responses, paradata))
        self._held += responses.num_rows

    def next_name(self) -> str:
        """Give away the name of the next part; whoever asks puts the files there."""
        self.written.append(f"{'part' if self._finished else 'unfinished'}-{len(self.written):05d}.parquet")
        return self.written[-1]

    def flush(self, *, empty: bool = False) -> None:
        """Write what is held as one part; nothing where nothing is held, unless an `empty` part is wanted."""
        self._gather()
        if not self._held and not empty:
            return
        whole = [
            pa.concat_tables([schema.empty_table(), *(pair[place] for pair in self._tables)])
            for place, schema in enumerate(self.schemas)
        ]
        self._counts.add(*whole, finished=self._finished)
        name = self.next_name()
        for kind, table in zip(KINDS, whole, strict=True):
            pq.write_table(table.combine_chunks(), self._aside / kind / name, compression="zstd")
        self._tables, self._held = [], 0
        pa.default_memory_pool().release_unused()

    def _gather(self) -> None:
        if self._rows:
            held = zip((self._rows, self._posts), self.schemas, strict=True)
            responses, paradata = (table_of(rows, schema) for rows, schema in held)
            self._tables.append((responses, paradata))
            self._rows, self._posts = [], []


def number_after(aside: Path, finished: list[str], unfinished: list[str]) -> None:
    """Let the parts of unfinished responses follow those of the finished ones in number."""
    for number, name in enumerate(unfinished, start=len(finished)):
        for kind in KINDS:
            (aside / kind / name).rename(aside / kind / f"part-{number:05d}.parquet")
