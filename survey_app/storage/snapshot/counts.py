"""Counts of the fieldwork, made from the parts of a snapshot themselves: kept and new ones are counted alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

RESPONSES = ["_synthetic", "_status", "_started", "_language", "_end"]
PARADATA = ["_response", "page", "visit", "posted", "width"]
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
        last = _last_posts(paradata)
        self.rows += responses.num_rows
        self.synthetic |= bool(pc.any(responses["_synthetic"]).as_py())
        self._count("disposition", responses["_status"])
        self._count("language", responses["_language"])
        self._count("end", responses["_end"].drop_null())
        self._count("page", paradata["page"].filter(pc.equal(paradata["visit"], 1)))
        self._count("width", pc.if_else(pc.equal(last["width"], ""), "unknown", last["width"]))
        if not finished:
            self._count("break_off", last["page"])
        self._span(responses["_started"], last["posted"])

    def add_files(self, folder: Path, part: str) -> None:
        """Count a part of finished responses as it lies in a snapshot."""
        read = pq.read_table
        self.add(
            read(folder / "responses" / part, columns=RESPONSES),
            read(folder / "paradata" / part, columns=PARADATA),
            finished=True,
        )

    def sorted(self) -> dict[str, dict[str, int]]:
        """Return the counts as fieldwork.json has them."""
        return {f"by_{name}": dict(sorted(count.items())) for name, count in self.by.items()}

    def _count(self, name: str, values: pa.ChunkedArray) -> None:
        for found in pc.value_counts(values).to_pylist():
            self.by[name][found["values"]] += found["counts"]

    def _span(self, *times: pa.ChunkedArray) -> None:
        for found in times:
            span = pc.min_max(found.cast(pa.int64())).as_py()
            self.times = [min([*self.times[:1], span["min"]]), max([*self.times[1:], span["max"]])]


def _last_posts(paradata: pa.Table) -> pa.Table:
    """Return the last post of each response."""
    names = paradata["_response"].combine_chunks()
    following = pc.not_equal(names.slice(0, len(names) - 1), names.slice(1))
    return paradata.filter(pa.concat_arrays([following, pa.array([True])]))
