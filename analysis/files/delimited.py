"""CSV files: encodings, delimiters and headers as people really write them; what was odd is said in notes."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.csv as pcsv

from analysis.files.data_file import Batch, DataFile, named, unreadable
from analysis.problems import DataProblem
from analysis.table.notes import Note

DELIMITERS = (",", ";", "\t")
BATCH = 1 << 16  # rows that are coded together
_LOOKED_AT = 200  # records read to tell the delimiter
_CHUNK = 1 << 20  # bytes looked at together
_NOT_WESTERN = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
"""Bytes that stand for nothing in Windows-1252."""


def open_delimited(path: Path) -> DataFile:
    """Open a file of delimited text; its rows are not read yet."""
    sight = _Sight()
    with path.open("rb") as raw:
        while chunk := raw.read(_CHUNK):
            sight.see(chunk)
    written, notes = sight.told()
    delimiter = _best_delimiter(lambda: written.open(path))
    with written.open(path) as file:
        header = next(_records(file, delimiter), None)
    if header is None:
        raise DataProblem("no_rows", value=path.name)
    names, renamed = named(header)
    rows = DelimitedRows(path, written, delimiter, names)
    return DataFile(path, names, (*notes, *renamed), rows.batches, "," if delimiter == ";" else ".")


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
        if self._first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Written("utf-16", False), [Note("encoding", "The file was read as UTF-16.")]
        notes, mark = [], self._first.startswith(codecs.BOM_UTF8)
        if mark:
            text = "The file begins with a byte-order mark, which was left out."
            notes.append(Note("byte_order_mark", text))
        if self._utf8:
            plain = self._plain and not self._last and not begins_empty
            return Written("utf-8-sig" if mark else "utf-8", plain), notes
        encoding, said = ("cp1252", "Windows-1252 (Latin-1)") if self._western else ("latin-1", "Latin-1")
        text = f"The file is not UTF-8; it was read as {said}. Check letters with accents."
        return Written(encoding, False), [*notes, Note("encoding", text, value=said)]

    def _decode(self, chunk: bytes, final: bool) -> None:
        if self._utf8:
            try:
                self._decoder.decode(chunk, final)
            except UnicodeDecodeError:
                self._utf8 = False


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
class DelimitedRows:
    """The rows of a delimited file, some thousand at a time; every cell is text."""

    path: Path
    written: Written
    delimiter: str
    names: tuple[str, ...]

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Yield the batches of the named columns. Raises DataProblem "ragged_row" or "file_unreadable"."""
        rows = 0
        if self.written.plain:
            try:
                for batch in self._fast(wanted):
                    rows += batch.rows
                    yield batch
                return
            except pa.ArrowInvalid:
                # the careful reader goes on from here, and says what is wrong, and where
                pass
        try:
            yield from self._careful(wanted, rows)
        except (csv.Error, UnicodeError) as fault:
            raise unreadable(self.path, fault) from fault

    def _fast(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Read a plain file by Arrow's reader."""
        width = len(self.names)
        places = {name: f"{self.names.index(name)}" for name in wanted}
        reader = pcsv.open_csv(
            self.path,
            read_options=pcsv.ReadOptions(
                use_threads=False, skip_rows=1, column_names=[f"{place}" for place in range(width)]
            ),
            parse_options=pcsv.ParseOptions(
                delimiter=self.delimiter, quote_char=False, double_quote=False, ignore_empty_lines=width > 1
            ),
            convert_options=pcsv.ConvertOptions(
                include_columns=list(dict.fromkeys(places.values())),
                column_types=dict.fromkeys(places.values(), pa.string()),
                strings_can_be_null=False,
            ),
        )
        first = 2
        for data in reader:
            yield Batch({name: data.column(place) for name, place in places.items()}, data.num_rows, first)
            first += data.num_rows

    def _careful(self, wanted: Sequence[str], skipped: int) -> Iterator[Batch]:
        """Read row by row, after the first `skipped` rows; empty lines are no rows in a file of some columns."""
        width, places = len(self.names), [self.names.index(name) for name in wanted]
        with self.written.open(self.path) as file:
            records = _reader(file, self.delimiter)
            # the header
            next((record for record in records if record), None)
            people = islice((record for record in records if record or width == 1), skipped, None)
            first, row = skipped + 2, skipped + 1
            batch: list[list[str]] = []
            for row, record in enumerate(people, start=first):
                if len(record) != width and record:
                    raise DataProblem(
                        "ragged_row", value=len(record), row=row, expected=width, delimiter=self.delimiter
                    )
                batch.append([record[place] if record else "" for place in places])
                if len(batch) == BATCH:
                    yield _batch(wanted, batch, first)
                    batch, first = [], row + 1
            if batch:
                yield _batch(wanted, batch, first)


def _batch(names: Sequence[str], rows: Sequence[Sequence[str]], first: int) -> Batch:
    columns = zip(*rows, strict=True)
    cells = {name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)}
    return Batch(cells, len(rows), first)
