"""CSV files: encodings, delimiters and headers as people really write them; what was odd is said in notes."""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from analysis.problems import DataProblem
from analysis.table.datafile import DataFile, Table, named, text_column, unreadable
from analysis.table.notes import Note

DELIMITERS = (",", ";", "\t")
_LOOKED_AT = 200  # records read to tell the delimiter


def open_delimited(path: Path) -> DataFile:
    text, notes = _decoded(path.read_bytes())
    delimiter = _delimiter(text)
    header = next(_records(text, delimiter), None)
    if header is None:
        raise DataProblem("no_rows", value=path.name)
    names, renamed = named(header)

    def read(wanted: Sequence[str]) -> Table:
        try:
            return _csv_table(text, delimiter, names, wanted)
        except csv.Error as fault:
            raise unreadable(path, fault) from fault

    return DataFile(path, names, (*notes, *renamed), read)


def _decoded(raw: bytes) -> tuple[str, list[Note]]:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace"), [Note("encoding", "The file was read as UTF-16.")]
    notes = []
    if raw.startswith(codecs.BOM_UTF8):
        raw = raw[len(codecs.BOM_UTF8) :]
        notes.append(Note("byte_order_mark", "The file begins with a byte-order mark, which was left out."))
    try:
        return raw.decode("utf-8"), notes
    except UnicodeDecodeError:
        pass
    try:
        text, encoding = raw.decode("cp1252"), "Windows-1252 (Latin-1)"
    except UnicodeDecodeError:
        text, encoding = raw.decode("latin-1"), "Latin-1"
    said = f"The file is not UTF-8; it was read as {encoding}. Check letters with accents."
    return text, [*notes, Note("encoding", said, value=encoding)]


def _reader(text: str, delimiter: str) -> Any:
    # strict: a quote that is never closed would otherwise swallow every row after it, unseen
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    return (record for record in _reader(text, delimiter) if record)


def _delimiter(text: str) -> str:
    """Choose the delimiter that cuts the first records into most cells of equal number."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(record) for record in islice(_records(text, delimiter), _LOOKED_AT)]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] == 1:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    return max(DELIMITERS, key=fit)


def _csv_table(text: str, delimiter: str, names: Sequence[str], wanted: Sequence[str]) -> Table:
    width = len(names)
    places = [names.index(name) for name in wanted]
    seen: list[dict[str, int]] = [{} for _ in wanted]
    codes = [array("q") for _ in wanted]
    rows = 0
    records = _reader(text, delimiter)
    header_read = False
    for record in records:
        if not record and width > 1:
            continue  # an empty line is no person, unless the file has one column only
        if not header_read:
            header_read = bool(record)
            continue
        rows += 1
        if len(record) != width and record:
            raise DataProblem(
                "ragged_row", value=len(record), row=rows + 1, expected=width, delimiter=delimiter
            )
        for place, known, column in zip(places, seen, codes, strict=True):
            cell = record[place] if record else ""
            column.append(known.setdefault(cell, len(known)))
    decimal = "," if delimiter == ";" else "."
    columns = {
        name: text_column(name, tuple(known), np.array(column, dtype=np.int64), decimal)
        for name, known, column in zip(wanted, seen, codes, strict=True)
    }
    return Table(columns, rows, first_row=2)
