"""A tabulation as text to read, as CSV to open in a spreadsheet, and as JSON to compute with."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.estimate import EMPTY, LOW_BASE, ROW, Estimate
from analysis.estimators.intervals import interval_head
from analysis.rows import aligned, as_objects, check_format, short
from analysis.rows import as_csv as csv_of_rows
from analysis.tabulate import Tabulation

WIDEST = 48
"""Letters of a segment's or a choice's name."""


def as_json(tables: Sequence[Tabulation]) -> str:
    """Return one object for one question, a list of objects for several; shares are fractions."""
    return as_objects([table.as_json() for table in tables])


def as_csv(tables: Sequence[Tabulation]) -> str:
    """Return a line per estimate: the question, a column for each by-column, and the estimate's figures."""
    by = list(dict.fromkeys(name for table in tables for name in table.by))
    places = [f"by {name}" for name in by]
    heads = ["question", "segment", *places, *(name for name in ROW if name not in ("segment", "by"))]
    rows = [
        {"question": table.question, **dict.fromkeys(places, ""), **estimate.as_row()}
        for table in tables
        for estimate in table.estimates
    ]
    return csv_of_rows(rows, heads)


def as_text(tables: Sequence[Tabulation]) -> str:
    """Return aligned tables for a person; shares in percent, marks where a figure rests on few people."""
    texts = []
    for table in tables:
        title = table.question + (f"\nby {' x '.join(table.by)}" if table.by else "")
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
        body = aligned(heads, [_line(estimate) for estimate in table.estimates], left=2, tail=1)
        notes = [f"- {note.text}" for note in table.notes]
        texts.append("\n".join([title, "", body, *(["", "Notes", *notes] if notes else []), ""]))
    return "\n".join(texts)


def printed(tables: Sequence[Tabulation], form: str) -> str:
    """Return the tables as "text", "csv" or "json". Raises DataProblem "unknown_option" for anything else."""
    check_format(form)
    return {"text": as_text, "csv": as_csv, "json": as_json}[form](tables)


def _line(estimate: Estimate) -> tuple[str, ...]:
    names = short(estimate.segment, WIDEST), short(estimate.choice, WIDEST)
    if estimate.share is None or estimate.se is None:
        return (*names, "-", "-", "-", "0", "0", "-", "nobody answered")
    bounds = error = effect = "-"
    mark = {LOW_BASE: "low base", EMPTY: "nobody answered"}.get(estimate.status, "")
    if estimate.low is None or estimate.high is None:
        mark = "error not known: too few first-stage units"
    else:
        bounds, error = f"{estimate.low:.1%} - {estimate.high:.1%}", f"{100 * estimate.se:.1f}"
        effect = effect if estimate.design_effect is None else f"{estimate.design_effect:.2f}"
    return (
        *names,
        f"{100 * estimate.share:.1f}",
        error,
        bounds,
        str(estimate.base),
        f"{estimate.effective_base:.0f}",
        effect,
        mark,
    )
