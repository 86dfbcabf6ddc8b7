"""Rows of named figures as they are printed: an aligned table, CSV for a spreadsheet, JSON to compute with."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from analysis.problems import DataProblem
from analysis.table.column import number_of

FORMATS = ("text", "csv", "json")
_CALCULATED = tuple("=+-@＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula."""
_SKIPPED = tuple("\t\r\n")
"""What some spreadsheets skip before they look."""


class Shown(Protocol):
    """A result that shows itself as text and as JSON."""

    def as_json(self) -> dict[str, Any]: ...


def check_format(form: str) -> None:
    """Raise DataProblem "unknown_option" unless `form` is one of FORMATS."""
    if form not in FORMATS:
        raise DataProblem("unknown_option", option="--format", value=form, known=", ".join(FORMATS))


def aligned(heads: Sequence[str], lines: Sequence[Sequence[str]], left: int = 1, tail: int = 0) -> str:
    """Return lines of words under heads: the first `left` and last `tail` columns to the left, figures right."""
    table = [list(heads), *(list(line) for line in lines)]
    widths = [max(len(line[at]) for line in table) for at in range(len(heads))]
    return "\n".join(
        "  ".join(
            word.ljust(width) if at < left or at >= len(heads) - tail else word.rjust(width)
            for at, (word, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def short(words: str, width: int) -> str:
    """Return words on one line, cut off with "…" where they are longer than `width` letters."""
    plain = " ".join(words.split())
    return plain if len(plain) <= width else plain[: width - 1] + "…"


def csv_cell(value: object) -> object:
    """Return a value as a cell of CSV: None is empty, a list is joined with "; ", text is never a formula.

    Text that a spreadsheet would compute gets an apostrophe before it, which shows it as it is; numbers, also
    those of answers that are written as text, stay as they are.
    """
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if not isinstance(value, str) or number_of(value) is not None:
        return value
    calculated = value.startswith(_SKIPPED) or value.lstrip().startswith(_CALCULATED)
    return f"'{value}" if calculated else value


def as_csv(rows: Sequence[Mapping[str, Any]], heads: Sequence[str] = ()) -> str:
    """Return rows as CSV, cell by cell as `csv_cell` writes them; what a row has not is empty.

    `heads` stand first, also where there is no row. A mapping gets a column for each of its members.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    flat = []
    for row in rows:
        cells: dict[str, Any] = {}
        for name, value in row.items():
            # `by` of age is the column "by age"
            members = value if isinstance(value, Mapping) else None
            cells |= (
                {name: value} if members is None else {f"{name} {key}": cell for key, cell in members.items()}
            )
        flat.append(cells)
    heads = list(dict.fromkeys([*heads, *(head for row in flat for head in row)]))
    if heads:
        writer.writerow(map(csv_cell, heads))
    for row in flat:
        writer.writerow(csv_cell(row.get(head)) for head in heads)
    return out.getvalue()


def as_objects(done: Sequence[Mapping[str, Any]]) -> str:
    """Return one object as JSON, several as a list; what is not a number may not come."""
    shown = done[0] if len(done) == 1 else list(done)
    return json.dumps(shown, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def printed(result: Shown, rows: Sequence[Mapping[str, Any]], form: str) -> str:
    """Return a result as text, as CSV (its `rows`) or as JSON."""
    check_format(form)
    if form == "csv":
        return as_csv(rows)
    if form == "json":
        return as_objects([result.as_json()])
    return str(result)


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as per cent; "-" where there is none, one figure where the digits would show 0."""
    if value and abs(100 * value) < 0.5 * 10**-digits and digits:
        return f"{100 * value:.1g}%"
    return "-" if value is None else f"{100 * value:.{digits}f}%"


def span(low: float | None, high: float | None, digits: int = 1) -> str:
    """Write an interval of shares; "-" where there is none."""
    return "-" if low is None or high is None else f"{percent(low, digits)} - {percent(high, digits)}"


def figures(*values: float, digits: int = 4) -> tuple[str, ...]:
    """Write numbers that stand together, an amount and its interval, to as many places: `digits` of the largest."""
    largest = max(map(abs, values), default=0.0)
    places = digits - 1 - math.floor(math.log10(largest)) if largest else 0
    if not -12 < places < 12:
        return tuple(f"{value:.{digits}g}" for value in values)
    written = [f"{round(value, places):,.{max(places, 0)}f}" for value in values]
    while written and all("." in one and one[-1] in "0." for one in written):
        written = [one[:-1] for one in written]
    return tuple(written)


def points(value: float | None) -> str:
    """Write a difference of shares in points with its sign; "-" where there is none, "0.0" where it rounds to 0."""
    if value is None:
        return "-"
    written = f"{100 * value:+.1f}"
    return written if float(written) else "0.0"


def points_span(low: float | None, high: float | None) -> str:
    """Write an interval of a difference in points; "to", since a dash would read as a sign."""
    return "-" if low is None or high is None else f"{points(low)} to {points(high)}"


def people(n: int) -> str:
    """Write a number of people in words."""
    return f"{n:,} {'person' if n == 1 else 'people'}"
