"""CSV files: encodings, delimiters and headers as people really write them; what was odd is said in notes."""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from analysis.problems import DataProblem
from analysis.table.datafile import DataFile, Flow, Table, named, text_column, unreadable
from analysis.table.notes import Note
from analysis.table.stream import Batch, TextCells, words_of_array

DELIMITERS = (",", ";", "\t")
BATCH = 1 << 16  # rows that are coded together
_LOOKED_AT = 200  # records read to tell the delimiter
_CHUNK = 1 << 20  # bytes looked at together
_NOT_WESTERN = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
"""Bytes that stand for nothing in Windows-1252."""


def open_delimited(path: Path) -> DataFile:
    """Open a file of delimited text; its rows are not read yet."""
    written, notes = _looked_at(path)
    delimiter = _best_delimiter(lambda: written.open(path))
    with written.open(path) as file:
        header = next(_records(file, delimiter), None)
    if header is None:
        raise DataProblem("no_rows", value=path.name)
    names, renamed = named(header)
    flow = DelimitedFlow(path, written, delimiter, names)

    def read(wanted: Sequence[str]) -> Table:
        return _whole(flow, wanted)

    return DataFile(path, names, (*notes, *renamed), read, flow)


# --- how it is written -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """How a file is written; `plain` where a line is a row and a cell is what stands between delimiters."""

    encoding: str
    plain: bool

    def open(self, path: Path) -> TextIO:
        """Open the file as text, line ends as they are."""
        errors = "replace" if self.encoding == "utf-16" else "strict"
        return path.open(encoding=self.encoding, errors=errors, newline="")


class _Sight:
    """What is seen of a file while its bytes go by: its encoding, and what needs a careful reader."""

    def __init__(self) -> None:
        self._first, self._last = b"", b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._utf8 = self._western = self._plain = True

    def see(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        quoted = b'"' in chunk
        if not self._first:  # a header in quotes does no harm, as long as it is one line
            self._first = chunk[:3]
            header, _, rows = chunk.partition(b"\n")
            quoted = b'"' in rows or header.count(b'"') % 2 == 1
        whole = self._last + chunk
        lone = whole.count(b"\r") - whole.endswith(b"\r") > whole.count(b"\r\n")
        self._last = whole[-1:] if whole.endswith(b"\r") else b""
        self._plain = self._plain and not (lone or quoted or b"\0" in chunk)
        self._western = self._western and not any(byte in chunk for byte in _NOT_WESTERN)
        self._decode(chunk, False)

    def told(self) -> tuple[Written, list[Note]]:
        """Return how the file is written, all its bytes having been seen."""
        self._decode(b"", True)
        begins_empty = self._first[:1] in (b"\r", b"\n")
        plain = self._plain and not self._last and not begins_empty
        return _encoding(self._first, self._utf8, self._western, plain)

    def _decode(self, chunk: bytes, final: bool) -> None:
        if self._utf8:
            try:
                self._decoder.decode(chunk, final)
            except UnicodeDecodeError:
                self._utf8 = False


def _looked_at(path: Path) -> tuple[Written, list[Note]]:
    """Look through a file."""
    sight = _Sight()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sight.see(chunk)
    return sight.told()


def _encoding(first: bytes, utf8: bool, western: bool, plain: bool) -> tuple[Written, list[Note]]:
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Written("utf-16", False), [Note("encoding", "The file was read as UTF-16.")]
    notes, mark = [], first.startswith(codecs.BOM_UTF8)
    if mark:
        notes.append(Note("byte_order_mark", "The file begins with a byte-order mark, which was left out."))
    if utf8:
        return Written("utf-8-sig" if mark else "utf-8", plain), notes
    encoding, said = ("cp1252", "Windows-1252 (Latin-1)") if western else ("latin-1", "Latin-1")
    text = f"The file is not UTF-8; it was read as {said}. Check letters with accents."
    return Written(encoding, False), [*notes, Note("encoding", text, value=said)]


def _reader(file: TextIO, delimiter: str) -> Any:
    # strict: a quote that is never closed would otherwise swallow every row after it, unseen
    return csv.reader(file, delimiter=delimiter, strict=True)


def _records(file: TextIO, delimiter: str) -> Iterator[list[str]]:
    return (record for record in _reader(file, delimiter) if record)


def decoded(raw: bytes) -> tuple[str, list[Note]]:
    """Return the text of a whole file, without its mark, and what was odd about it."""
    sight = _Sight()
    sight.see(raw)
    written, notes = sight.told()
    text = raw.decode(written.encoding, errors="replace" if written.encoding == "utf-16" else "strict")
    return text, notes


def delimiter_of(text: str) -> str:
    """Choose the delimiter of a whole file's text."""
    return _best_delimiter(lambda: io.StringIO(text, newline=""))


def _best_delimiter(opened: Callable[[], TextIO]) -> str:
    """Choose the delimiter that cuts the first records into most cells of equal number."""

    def fit(delimiter: str) -> tuple[float, int]:
        with opened() as file:
            try:
                widths = [len(record) for record in islice(_records(file, delimiter), _LOOKED_AT)]
            except csv.Error:
                return 0.0, 0
        if not widths or widths[0] == 1:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    return max(DELIMITERS, key=fit)


# --- its rows ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DelimitedFlow:
    """The rows of a delimited file, some thousand at a time."""

    path: Path
    written: Written
    delimiter: str
    names: tuple[str, ...]

    @property
    def decimal(self) -> str:
        """Return what stands before the fraction of a number."""
        return "," if self.delimiter == ";" else "."

    def __call__(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Yield the batches of the named columns. Raises DataProblem "ragged_row" or "file_unreadable"."""
        rows = 0
        if self.written.plain:
            try:
                for batch in self._fast(wanted):
                    rows += batch.rows
                    yield batch
                return
            except pa.ArrowInvalid:
                pass  # the careful reader says what is wrong, and where
        try:
            yield from self._careful(wanted, rows)
        except (csv.Error, UnicodeError) as fault:
            raise unreadable(self.path, fault) from fault

    def split(self, count: int, late: bool = False) -> Sequence[Flow]:
        """Return the flow itself: where rows begin is not known."""
        return [self]

    def _fast(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Read a plain file by Arrow's reader."""
        width = len(self.names)
        cells = {f"{self.names.index(name)}": name for name in wanted}
        reader = pcsv.open_csv(
            self.path,
            read_options=pcsv.ReadOptions(
                use_threads=False, skip_rows=1, column_names=[f"{place}" for place in range(width)]
            ),
            parse_options=pcsv.ParseOptions(
                delimiter=self.delimiter, quote_char=False, double_quote=False, ignore_empty_lines=width > 1
            ),
            convert_options=pcsv.ConvertOptions(
                include_columns=list(cells),
                column_types=dict.fromkeys(cells, pa.string()),
                strings_can_be_null=False,
            ),
        )
        first = 2
        for data in reader:
            found = {name: words_of_array(data.column(place), self.decimal) for place, name in cells.items()}
            yield Batch(found, data.num_rows, first)
            first += data.num_rows

    def _careful(self, wanted: Sequence[str], skipped: int) -> Iterator[Batch]:
        """Read row by row, after the first `skipped` rows; empty lines are no rows in a file of some columns."""
        width, places = len(self.names), [self.names.index(name) for name in wanted]
        with self.written.open(self.path) as file:
            batch = _Batch(wanted, self.decimal, skipped + 2)
            for row, record in enumerate(islice(self._people(file), skipped, None), start=skipped + 2):
                if len(record) != width and record:
                    raise DataProblem(
                        "ragged_row", value=len(record), row=row, expected=width, delimiter=self.delimiter
                    )
                batch.add([record[place] if record else "" for place in places])
                if batch.rows == BATCH:
                    yield batch.done()
                    batch = _Batch(wanted, self.decimal, row + 1)
            if batch.rows:
                yield batch.done()

    def _people(self, file: TextIO) -> Iterator[list[str]]:
        records = _reader(file, self.delimiter)
        next((record for record in records if record), None)  # the header
        return (record for record in records if record or len(self.names) == 1)


class _Batch:
    """Rows as they are read, cell by cell."""

    def __init__(self, wanted: Sequence[str], decimal: str, first: int) -> None:
        self.wanted, self.decimal, self.first, self.rows = wanted, decimal, first, 0
        self._seen: list[dict[str, int]] = [{} for _ in wanted]
        self._codes = [array("q") for _ in wanted]

    def add(self, cells: Sequence[str]) -> None:
        self.rows += 1
        for cell, seen, codes in zip(cells, self._seen, self._codes, strict=True):
            codes.append(seen.setdefault(cell, len(seen)))

    def done(self) -> Batch:
        cells = {
            name: TextCells(list(seen), np.array(codes, dtype=np.int64), False, self.decimal)
            for name, seen, codes in zip(self.wanted, self._seen, self._codes, strict=True)
        }
        return Batch(cells, self.rows, self.first)


def _whole(flow: DelimitedFlow, wanted: Sequence[str]) -> Table:
    """Read the named columns as a table of all rows."""
    seen: dict[str, dict[str, int]] = {name: {} for name in wanted}
    codes: dict[str, list[Any]] = {name: [] for name in wanted}
    rows = 0
    for batch in flow(wanted):
        rows += batch.rows
        for name, known in seen.items():
            words, places = batch.cells[name].distinct()
            to = np.array([known.setdefault(word, len(known)) for word in words], dtype=np.int64)
            codes[name].append(to[places])
    columns = {
        name: text_column(
            name, tuple(known), np.concatenate([np.zeros(0, dtype=np.int64), *codes[name]]), flow.decimal
        )
        for name, known in seen.items()
    }
    return Table(columns, rows, first_row=2)
