"""A result as a notebook shows it: a table to look at, rows to compute with, and the result itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Generic, TypeVar

from analysis.rows import as_csv, figures, percent, span

Result = TypeVar("Result")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A table to look at: its caption, heads, and lines of words as long as the heads."""

    caption: str
    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]

    def html(self) -> str:
        """Return the table as HTML; every word is escaped, since choices are written by people."""
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.heads)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(word)}</td>" for word in line) + "</tr>" for line in self.lines
        )
        return (
            f"<table><caption>{escape(self.caption)}</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        )


@dataclass(frozen=True, repr=False)
class Table(Generic[Result]):
    """A result that shows itself: print it, or leave it as the last line of a cell.

    `rows` are the figures as dicts (shares are fractions), ready for a data frame; `notes` say what a reader must
    know; `result` is the typed result that the table is of.
    """

    text: str
    sheets: tuple[Sheet, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    result: Result

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return "".join(sheet.html() for sheet in self.sheets) + (f"<ul>{notes}</ul>" if notes else "")

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def column(self, name: str) -> list[Any]:
        """Return one figure of every row. Raises KeyError for an unknown name."""
        return [row[name] for row in self.rows]

    def csv(self) -> str:
        """Return the rows as CSV."""
        return as_csv(self.rows)


Columns = Sequence[tuple[str, Callable[[Row], str]]]


def sheet(caption: str, rows: Sequence[Row], columns: Columns) -> Sheet:
    """Return a sheet of rows: `columns` are heads with what makes their words."""
    heads = tuple(head for head, _ in columns)
    return Sheet(caption, heads, tuple(tuple(word(row) for _, word in columns) for row in rows))


def word(name: str) -> Callable[[Row], str]:
    """Return what writes a figure as it is; "-" where there is none."""
    return lambda row: "-" if row[name] is None else str(row[name])


def share(name: str) -> Callable[[Row], str]:
    """Return what writes a share as per cent."""
    return lambda row: percent(row[name])


def shares(low: str, high: str) -> Callable[[Row], str]:
    """Return what writes an interval of shares as per cent."""
    return lambda row: span(row[low], row[high])


def number(name: str, *beside: str, digits: int = 4) -> Callable[[Row], str]:
    """Return what writes a number to so many figures, or to as many places as those `beside` it have."""
    return lambda row: "-" if row[name] is None else figures(*_there(row, name, *beside), digits=digits)[0]


def numbers(low: str, high: str, value: str) -> Callable[[Row], str]:
    """Return what writes the interval of a value, in as many places."""

    def written(row: Row) -> str:
        if row[low] is None or row[high] is None:
            return "-"
        ends = figures(*_there(row, low, high, value))
        return f"{ends[0]} to {ends[1]}"

    return written


def _there(row: Row, *names: str) -> list[float]:
    return [row[name] for name in names if row[name] is not None]


def status(row: Row) -> str:
    """Write what a row says of its own worth; nothing where all is well."""
    said = str(row["status"])
    known = {"ok": "", "low_base": "low base", "empty": "nobody answered", "no_interval": "no interval"}
    return known.get(said, said)
