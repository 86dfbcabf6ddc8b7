"""A data file with one more column: every other cell stays as it was; written whole or not at all."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.files.delimited import decoded, delimiter_of
from analysis.files.formats import open_file
from analysis.files.parquet import arrow_array
from analysis.problems import DataProblem
from analysis.table.column import Numbers

DELIMITED: Mapping[str, str] = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
TARGETS = (*DELIMITED, ".parquet")
_BATCH = 1 << 16


def append_column(
    source: Path, target: Path, name: str, values: Numbers, texts: Mapping[Path, str], force: bool = False
) -> None:
    """Write `source` to `target` with the column `name`, `values` (rows,), at the end, and `texts` beside it.

    A file of the same kind keeps every byte of its cells; another kind gets the cells as they are read
    (labels as text). All files appear whole or not at all. Raises DataProblem "file_unsupported",
    "file_exists" or "file_unwritable".
    """
    check_target(source, target, [target, *texts], force)
    try:
        with ExitStack() as undo:
            written = [(target, _aside(target)), *((path, _aside(path)) for path in texts)]
            for _, aside in written:
                undo.callback(aside.unlink, missing_ok=True)
            kinds = source.suffix.lower(), target.suffix.lower()
            if kinds == (".parquet", ".parquet"):
                _parquet_to_parquet(source, written[0][1], name, values)
            elif kinds[0] in DELIMITED and kinds[1] in DELIMITED:
                _delimited_to_delimited(source, written[0][1], name, values)
            elif kinds[1] == ".parquet":
                _table_to_parquet(source, written[0][1], name, values)
            else:
                _table_to_delimited(source, written[0][1], DELIMITED[kinds[1]], name, values)
            for path, aside in written[1:]:
                aside.write_text(texts[path], encoding="utf-8")
            for path, aside in reversed(written):
                aside.replace(path)
    except OSError as fault:
        raise DataProblem("file_unwritable", value=str(target), reason=fault.strerror or str(fault)) from None


def check_target(source: Path, target: Path, paths: Sequence[Path], force: bool) -> None:
    """Raise DataProblem unless `target` is a kind of file that can be written, and not there yet."""
    if target.suffix.lower() not in TARGETS:
        raise DataProblem("file_unsupported", value=target.name, known=", ".join(TARGETS))
    if target.exists() and source.exists() and target.samefile(source):
        raise DataProblem("file_itself", value=str(target))
    for path in paths:
        if path.exists() and not force:
            raise DataProblem("file_exists", value=str(path))
    if not target.parent.is_dir():
        raise DataProblem(
            "file_unwritable", value=str(target), reason=f"there is no folder '{target.parent}'"
        )


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


# --- the same kind: the file as it is, and one column more --------------------------------------------------


def _parquet_to_parquet(source: Path, aside: Path, name: str, values: Numbers) -> None:
    with pq.ParquetFile(source) as stored:
        schema = stored.schema_arrow.append(pa.field(name, pa.float64()))
        done = 0
        with pq.ParquetWriter(aside, schema) as writer:
            for batch in stored.iter_batches(_BATCH):
                part = pa.array(values[done : done + batch.num_rows])
                done += batch.num_rows
                writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, part], schema=schema))


def _delimited_to_delimited(source: Path, aside: Path, name: str, values: Numbers) -> None:
    raw = source.read_bytes()
    text, encoding, mark = _text(raw)
    delimiter = delimiter_of(text)
    point = "," if delimiter == ";" else "."
    cells = (repr(value).replace(".", point) for value in values.tolist())
    head = io.StringIO()
    csv.writer(head, delimiter=delimiter, lineterminator="").writerow([name])
    with aside.open("wb") as out:
        out.write(mark)
        for line in _with_cells(text, delimiter, head.getvalue(), cells):
            out.write(line.encode(encoding))


def _text(raw: bytes) -> tuple[str, str, bytes]:
    """Decode as the file is read elsewhere; return the encoding and the byte-order mark, too."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding), encoding, mark
    text, notes = decoded(raw)
    said = next((note.value for note in notes if note.code == "encoding"), None)
    return text, {"Windows-1252 (Latin-1)": "cp1252", "Latin-1": "latin-1"}.get(said or "", "utf-8"), b""


def _with_cells(text: str, delimiter: str, head: str, cells: Iterator[str]) -> Iterator[str]:
    """Yield the text line by line, with a cell more at the end of each record; empty lines stay empty."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    width = 0
    for record in csv.reader(lines(), delimiter=delimiter, strict=True):
        raw = "".join(taken)
        taken.clear()
        if not record and width != 1:
            yield raw
            continue
        body = raw.rstrip("\r\n")
        yield body + delimiter + (next(cells) if width else head) + (raw[len(body) :] or "")
        width = width or len(record)


# --- another kind: the cells as they are read ---------------------------------------------------------------


def _table_to_parquet(source: Path, aside: Path, name: str, values: Numbers) -> None:
    opened = open_file(source)
    columns = opened.read(opened.names).columns
    arrays = {each: arrow_array(columns[each]) for each in opened.names}
    pq.write_table(pa.table({**arrays, name: pa.array(values)}), aside)


def _table_to_delimited(source: Path, aside: Path, delimiter: str, name: str, values: Numbers) -> None:
    opened = open_file(source)
    table = opened.read(opened.names)
    columns = [table.columns[each] for each in opened.names]
    # the last word is that of code -1: no answer
    texts = [np.array([*column.choices, ""], dtype=object)[column.codes] for column in columns]
    with aside.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerow([*opened.names, name])
        writer.writerows(zip(*texts, (repr(value) for value in values.tolist()), strict=True))
