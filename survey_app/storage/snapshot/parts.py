"""The parts of a snapshot: files of at most so many responses, each with a file of their posts beside it.

The counts of the fieldwork are made from the parts themselves, so that those taken over and new ones count alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from survey_app.storage.snapshot.table import PARADATA, table_of

ROWS_PER_PART = 50_000
KINDS = ("responses", "paradata")
_BATCH = 5_000
"""Rows that stand in memory as Python values at most."""
_COUNTED = {
    "responses": ["_synthetic", "_status", "_started", "_language", "_end"],
    "paradata": ["_response", "page", "visit", "posted", "width"],
}
"""The columns that are counted."""


class FieldworkCounts:
    """Responses by disposition, page, language, end page, page at which they broke off, and width."""

    def __init__(self) -> None:
        names = ("disposition", "page", "language", "end", "break_off", "width")
        self.by: dict[str, Counter[str]] = {name: Counter() for name in names}
        self.rows = 0
        self.synthetic = False
        self.times: list[int] = []
        """When the first answer was given and when the last, in milliseconds; empty without answers."""

    def add(self, responses: pa.Table, paradata: pa.Table, *, finished: bool) -> None:
        """Count one part: its responses, and their posts, those of a response one after the other."""
        if not responses.num_rows:
            return
        # The last post of a response is the one before that of another response.
        names = paradata["_response"].combine_chunks()
        following = pc.not_equal(names.slice(0, len(names) - 1), names.slice(1))
        last = paradata.filter(pa.concat_arrays([following, pa.array([True])]))
        self.rows += responses.num_rows
        self.synthetic |= bool(pc.any(responses["_synthetic"]).as_py())
        self._count("disposition", responses["_status"])
        self._count("language", responses["_language"])
        self._count("end", responses["_end"].drop_null())
        self._count("page", paradata["page"].filter(pc.equal(paradata["visit"], 1)))
        self._count("width", pc.if_else(pc.equal(last["width"], ""), "unknown", last["width"]))
        if not finished:
            self._count("break_off", last["page"])
        for times in (responses["_started"], last["posted"]):
            span = pc.min_max(times.cast(pa.int64())).as_py()
            self.times = [min([*self.times[:1], span["min"]]), max([*self.times[1:], span["max"]])]

    def add_files(self, folder: Path, part: str) -> None:
        """Count a part of finished responses as it lies in a snapshot."""
        tables = (pq.read_table(folder / kind / part, columns=_COUNTED[kind]) for kind in KINDS)
        self.add(*tables, finished=True)

    def sorted(self) -> dict[str, dict[str, int]]:
        """Return the counts as fieldwork.json has them."""
        return {f"by_{name}": dict(sorted(count.items())) for name, count in self.by.items()}

    def _count(self, name: str, values: pa.ChunkedArray) -> None:
        for entry in pc.value_counts(values).to_pylist():
            self.by[name][entry["values"]] += entry["counts"]


class Parts:
    """Writes the parts of one kind of responses, finished or not, into a snapshot that is being made."""

    def __init__(self, aside: Path, schema: pa.Schema, counts: FieldworkCounts, *, finished: bool) -> None:
        self._aside, self._counts, self._finished = aside, counts, finished
        self.schemas = (schema, PARADATA)
        self._rows: list[list[Any]] = []
        self._posts: list[tuple[Any, ...]] = []
        self._tables: list[tuple[pa.Table, pa.Table]] = []
        self._held = 0
        self.names: list[str] = []
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
        """Give away the name of the next part; the caller puts the files there."""
        self.names.append(f"{'part' if self._finished else 'unfinished'}-{len(self.names):05d}.parquet")
        return self.names[-1]

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
            responses, posts = self.schemas
            self._tables.append((table_of(self._rows, responses), table_of(self._posts, posts)))
            self._rows, self._posts = [], []


def number_after(aside: Path, finished: list[str], unfinished: list[str]) -> None:
    """Let the parts of unfinished responses follow those of the finished ones in number."""
    for number, name in enumerate(unfinished, start=len(finished)):
        for kind in KINDS:
            (aside / kind / name).rename(aside / kind / f"part-{number:05d}.parquet")
