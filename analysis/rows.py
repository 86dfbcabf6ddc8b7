"""Rows of named figures as a person reads them: an aligned table, or CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any


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


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows with the same keys as CSV; None is an empty cell, a list is joined with "; "."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow(["; ".join(map(str, one)) if isinstance(one, list) else one for one in row.values()])
    return out.getvalue()


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as per cent; "-" where there is none, one figure where the digits would show 0."""
    if value and abs(100 * value) < 0.5 * 10**-digits and digits:
        return f"{100 * value:.1g}%"
    return "-" if value is None else f"{100 * value:.{digits}f}%"


def span(low: float | None, high: float | None, digits: int = 1) -> str:
    """Write an interval of shares; "-" where there is none."""
    return "-" if low is None or high is None else f"{percent(low, digits)} - {percent(high, digits)}"


def people(n: int) -> str:
    """Write a number of people in words."""
    return f"{n:,} {'person' if n == 1 else 'people'}"
