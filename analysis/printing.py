"""A tabulation as text to read, as CSV to open in a spreadsheet, and as JSON to compute with."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.estimate import EMPTY, LOW_BASE, Estimate
from analysis.estimators.intervals import interval_head
from analysis.rows import as_objects, check_format, csv_cell

if TYPE_CHECKING:
    from analysis.tabulate import Tabulation

_WIDEST = 48


def as_json(tables: Sequence[Tabulation]) -> str:
    """Return one object for one question, a list of objects for several; shares are fractions."""
    return as_objects([table.as_json() for table in tables])


def as_csv(tables: Sequence[Tabulation]) -> str:
    """Return a line per estimate: the question, a column for each by-column, and the estimate's figures."""
    by = list(dict.fromkeys(name for table in tables for name in table.by))
    figures = [name for name in _figures() if name not in ("by", "segment", "choice")]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["question", "segment", *(f"by {name}" for name in by), "choice", *figures])
    for table in tables:
        for estimate in table.estimates:
            row = estimate.as_row()
            places = [estimate.by.get(name, "") for name in by]
            names = [table.question, row["segment"], *places, row["choice"]]
            writer.writerow(map(csv_cell, [*names, *(row[name] for name in figures)]))
    return out.getvalue()


def as_text(tables: Sequence[Tabulation]) -> str:
    """Return aligned tables for a person; shares in percent, marks where a figure rests on few people."""
    return "\n".join(_text(table) for table in tables)


def _text(table: Tabulation) -> str:
    head = table.question + (f"\nby {' x '.join(table.by)}" if table.by else "")
    heads = (
        "segment",
        "choice",
        "share %",
        "SE",
        interval_head(table.level),
        "base",
        "eff. base",
        "deff",
        "",
    )
    lines = [heads, *(_line(estimate) for estimate in table.estimates)]
    widths = [min(max(len(line[at]) for line in lines), _WIDEST) for at in range(len(heads))]
    body = [_aligned(line, widths) for line in lines]
    notes = [f"- {note.text}" for note in table.notes]
    return "\n".join([head, "", *body, *(["", "Notes", *notes] if notes else []), ""])


def _line(estimate: Estimate) -> tuple[str, ...]:
    if estimate.share is None or estimate.se is None:
        return (estimate.segment, estimate.choice, "-", "-", "-", "0", "0", "-", "nobody answered")
    bounds = error = effect = "-"
    mark = {LOW_BASE: "low base", EMPTY: "nobody answered"}.get(estimate.status, "")
    if estimate.low is None or estimate.high is None:
        mark = "error not known: too few first-stage units"
    else:
        bounds, error = f"{estimate.low:.1%} - {estimate.high:.1%}", f"{100 * estimate.se:.1f}"
        effect = effect if estimate.design_effect is None else f"{estimate.design_effect:.2f}"
    return (
        estimate.segment,
        estimate.choice,
        f"{100 * estimate.share:.1f}",
        error,
        bounds,
        str(estimate.base),
        f"{estimate.effective_base:.0f}",
        effect,
        mark,
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    words = [_short(" ".join(word.split()), width) for word, width in zip(line[:2], widths, strict=False)]
    left = [word.ljust(width) for word, width in zip(words, widths, strict=False)]
    figures = [word.rjust(width) for word, width in zip(line[2:-1], widths[2:-1], strict=True)]
    return "  ".join([*left, *figures, line[-1]]).rstrip()


def _short(word: str, width: int) -> str:
    return word if len(word) <= width else word[: width - 1] + "…"


def _figures() -> list[str]:
    nothing = Estimate("", "", "", None, None, None, None, "", 0, 0.0, None, 0)
    return list(nothing.as_row())


_PRINTED: Mapping[str, Callable[[Sequence[Tabulation]], str]] = {
    "text": as_text,
    "csv": as_csv,
    "json": as_json,
}


def printed(tables: Sequence[Tabulation], form: str) -> str:
    """Return the tables as "text", "csv" or "json". Raises DataProblem "unknown_option" for anything else."""
    check_format(form)
    return _PRINTED[form](tables)
