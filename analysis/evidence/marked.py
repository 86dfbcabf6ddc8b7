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
    kept = table.drop_columns([COLUMN]) if COLUMN in table.column_names else table
    with_column = kept.append_column(COLUMN, pa.array([True] * table.num_rows, pa.bool_()))
    said = json.dumps({"synthetic": True, **about}, ensure_ascii=False).encode()
    return with_column.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: said})


def synthetic_reason(opened: Opened) -> str | None:
    """Return what says that the answers of an opened file are made up; None where nothing does."""
    files = _parquet_files(opened.path)
    if any(METADATA in (pq.read_schema(file).metadata or {}) for file in files):
        return "its metadata say so"
    if COLUMN in opened.names and _column_says(opened, files):
        return f"its column '{COLUMN}' says so"
    place = opened.path.resolve()
    for folder in ([place] if place.is_dir() else []) + list(place.parents[:2]):
        if _manifest_says(folder / "manifest.json"):
            return "the manifest of its snapshot says so"
    return None


def is_synthetic(opened: Opened) -> bool:
    """Tell whether an opened file holds made-up answers, in any of its rows."""
    return synthetic_reason(opened) is not None


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


def _parquet_files(path: Path) -> list[Path]:
    """Return the file itself, or those of a folder and of its `responses`; none of another kind of file."""
    if path.is_dir():
        return sorted([*path.glob("*.parquet"), *(path / "responses").glob("*.parquet")])
    return [path] if path.suffix.lower() == ".parquet" else []


def _column_says(opened: Opened, files: Sequence[Path]) -> bool:
    if files:
        batches = (batch for file in files for batch in pq.ParquetFile(file).iter_batches(columns=[COLUMN]))
        return any(_any_true(batch.column(0)) for batch in batches)
    choices = opened.read([COLUMN]).columns[COLUMN].choices
    return any(choice.strip().lower() in _TRUE for choice in choices)


def _any_true(column: pa.Array) -> bool:
    return any(str(value).strip().lower() in _TRUE for value in column.unique().to_pylist())


def _manifest_says(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        return json.loads(file.read_text(encoding="utf-8")).get("synthetic") is True
    except (ValueError, AttributeError, OSError):
        return False
