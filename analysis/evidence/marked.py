"""The mark of made-up answers: where it is written into a file, how it is read, and what it forbids.

Three places carry it, any of them is enough: a column `_synthetic`, the metadata of a Parquet file, and the
manifest of the snapshot that a file lies in. Nothing is inferred from marked answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.problems import DataProblem
from analysis.table.notes import Note

COLUMN = "_synthetic"
METADATA = b"earshot.synthetic"
_TRUE = frozenset({"1", "true", "t", "yes", "y"})


class Opened(Protocol):
    """An opened data file (`analysis.files.formats.open_file`)."""

    @property
    def path(self) -> Path: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    def read(self, names: list[str], /) -> Any: ...


def marked(table: pa.Table, about: Mapping[str, Any]) -> pa.Table:
    """Return a table with the column and the metadata of made-up answers; `about` says how they were made."""
    unmarked = table.drop_columns([COLUMN]) if COLUMN in table.column_names else table
    with_column = unmarked.append_column(COLUMN, pa.array([True] * table.num_rows, pa.bool_()))
    mark = json.dumps({"synthetic": True, **about}, ensure_ascii=False).encode()
    return with_column.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: mark})


def synthetic_reason(opened: Opened) -> str | None:
    """Return what says that the answers of an opened file are made up; None where nothing does."""
    place = opened.path
    files = [place] if place.suffix.lower() == ".parquet" else []
    if place.is_dir():
        files = sorted([*place.glob("*.parquet"), *(place / "responses").glob("*.parquet")])
    if any(METADATA in (pq.read_schema(file).metadata or {}) for file in files):
        return "its metadata say so"
    if COLUMN in opened.names and _column_says(opened, files):
        return f"its column '{COLUMN}' says so"
    place = place.resolve()
    for folder in ([place] if place.is_dir() else []) + list(place.parents[:2]):
        if _manifest_says(folder / "manifest.json"):
            return "the manifest of its snapshot says so"
    return None


def refuse_synthetic(opened: Opened, verb: str) -> None:
    """Raise DataProblem "synthetic_refused" where a verb would infer something from made-up answers."""
    reason = synthetic_reason(opened)
    if reason is not None:
        raise DataProblem("synthetic_refused", value=opened.path.name, reason=reason, verb=verb)


def synthetic_note(opened: Opened) -> Note | None:
    """Return the note that a table of made-up answers carries; None for real ones."""
    reason = synthetic_reason(opened)
    if reason is None:
        return None
    return Note("synthetic", f"These answers are synthetic ({reason}): nothing follows from them.")


def _column_says(opened: Opened, files: Sequence[Path]) -> bool:
    if files:
        batches = (batch for file in files for batch in pq.ParquetFile(file).iter_batches(columns=[COLUMN]))
        values = (str(value) for batch in batches for value in batch.column(0).unique().to_pylist())
    else:
        values = iter(opened.read([COLUMN]).columns[COLUMN].choices)
    return any(value.strip().lower() in _TRUE for value in values)


def _manifest_says(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        return json.loads(file.read_text(encoding="utf-8")).get("synthetic") is True
    except (ValueError, AttributeError, OSError):
        return False
