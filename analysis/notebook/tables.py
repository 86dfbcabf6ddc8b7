"""Results as tables: the text that the command line prints, the same as HTML, and the figures as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.compare import Comparison
from analysis.estimate import Measure
from analysis.estimators.intervals import interval_head
from analysis.expectations.reply_expectation import ReplyExpectation
from analysis.notebook.shown import Columns, Table, number, numbers, share, shares, sheet, status, word
from analysis.quality import Flags, WithAndWithout
from analysis.rows import aligned
from analysis.show.comparison import as_text as comparisons_as_text
from analysis.show.tabulation import as_text as tabulations_as_text
from analysis.show.weighting import as_text as weighting_as_text
from analysis.table.notes import Note
from analysis.tabulate import Tabulation
from analysis.weighting.weighting import Weighting


def of_tabulations(tables: list[Tabulation]) -> Table[list[Tabulation]]:
    """Show tables of shares; a row per segment and choice."""
    sheets, rows = [], []
    for table in tables:
        columns: Columns = (
            ("segment", word("segment")),
            ("choice", word("choice")),
            ("share", share("share")),
            ("SE", share("se")),
            (interval_head(table.level), shares("low", "high")),
            ("base", word("base")),
            ("effective base", number("effective_base")),
            ("design effect", number("design_effect", digits=3)),
            ("", status),
        )
        estimates = [estimate.as_row() for estimate in table.estimates]
        sheets.append(sheet(_caption(table.question, table.by), estimates, columns))
        rows += [{"question": table.question, **row} for row in estimates]
    notes = _notes([table.notes for table in tables])
    return Table(tabulations_as_text(tables), tuple(sheets), tuple(rows), notes, tables)


def of_comparisons(comparisons: list[Comparison]) -> Table[list[Comparison]]:
    """Show shares with letters, the overall tests among the notes; a row per pair of segments and choice."""
    sheets, rows = [], []
    for comparison in comparisons:
        columns: Columns = (
            ("column", word("column")),
            ("choice", word("choice")),
            ("share", share("share")),
            ("above", word("letters")),
            (interval_head(comparison.level), shares("low", "high")),
            ("base", word("base")),
            ("", status),
        )
        names = {column.segment: f"{column.letter} {column.segment}" for column in comparison.columns}
        estimates = [{**row, "column": names[row["segment"]]} for row in comparison.as_json()["rows"]]
        sheets.append(sheet(_caption(comparison.question, comparison.by), estimates, columns))
        rows += [{"question": comparison.question, **pair.as_row()} for pair in comparison.differences]
    tests = [f"{one.question}: {one.test}" for one in comparisons if one.test is not None]
    notes = (*tests, *_notes([comparison.notes for comparison in comparisons]))
    return Table(comparisons_as_text(comparisons), tuple(sheets), tuple(rows), notes, comparisons)


def of_curves(expectation: ReplyExpectation) -> Table[ReplyExpectation]:
    """Show the curves; a row per segment and limit."""
    sheets, rows = [], []
    for curve in expectation.curves:
        columns: Columns = (
            ("expected within", word("limit")),
            ("cumulative", share("cumulative")),
            (interval_head(curve.level), shares("low", "high")),
            ("all limits at once", shares("band_low", "band_high")),
            ("exactly this", share("exclusive")),
            ("base", word("base")),
            ("", status),
        )
        caption = f"{expectation.question}, {curve.segment}: median {curve.median}"
        sheets.append(sheet(caption, curve.as_rows(), columns))
        rows += curve.as_rows()
    notes = _notes([expectation.notes])
    return Table(str(expectation), tuple(sheets), tuple(rows), notes, expectation)


def of_measures(
    measures: tuple[Measure, ...], notes: Sequence[str], level: float
) -> Table[tuple[Measure, ...]]:
    """Show means, totals or quantiles; a row per measure."""
    columns = (
        ("segment", word("segment")),
        ("", word("kind")),
        ("value", number("value", "low", "high")),
        ("SE", number("se")),
        (interval_head(level), numbers("low", "high", "value")),
        ("base", word("base")),
        ("effective base", number("effective_base")),
        ("", lambda row: row["reason"] or status(row)),
    )
    rows = tuple(measure.as_row() for measure in measures)
    values = sheet(measures[0].question if measures else "", rows, columns)
    text = "\n".join(
        [
            values.caption,
            "",
            aligned(values.heads, values.lines, left=2),
            *(f"- {note}" for note in notes),
            "",
        ]
    )
    return Table(text, (values,), rows, tuple(notes), measures)


def of_weighting(found: Weighting) -> Table[Weighting]:
    """Show the margins before and after; a row per category."""
    columns = (
        ("margin", word("margin")),
        ("category", word("category")),
        ("people", word("people")),
        ("before", _of_margin("before")),
        ("after", _of_margin("after")),
        ("target", _of_margin("target")),
    )
    rows = tuple(row.as_row() for row in found.margins)
    figures = found.diagnostics
    cost = f"design effect of the weights {figures.design_effect:.2f}, effective base {figures.effective_base:.0f}"
    shown = sheet(f"{found.recipe.name}: {cost}", rows, columns)
    return Table(weighting_as_text(found), (shown,), rows, _notes([found.notes]), found)


def of_flags(found: Flags) -> Table[Flags]:
    """Show how many rows have each flag."""
    rows = tuple(found.as_rows())
    columns = (
        ("flag", word("flag")), ("rows", word("count")), ("share", share("share")), ("", word("meaning")),
    )  # fmt: skip
    return Table(str(found), (sheet("Flags", rows, columns),), rows, (), found)


def of_both(found: WithAndWithout) -> Table[WithAndWithout]:
    """Show shares with and without flagged rows; a row per segment and choice."""
    columns = (
        ("segment", word("segment")),
        ("choice", word("choice")),
        ("with", share("share")),
        ("interval", shares("low", "high")),
        ("base", word("base")),
        ("without", share("share_without")),
        ("interval", shares("low_without", "high_without")),
        ("base", word("base_without")),
    )
    rows = tuple(found.as_rows())
    shown = sheet(rows[0]["question"] if rows else "", rows, columns)
    return Table(str(found), (shown, *of_flags(found.flags).sheets), rows, found.notes, found)


def _of_margin(name: str) -> Any:
    return lambda row: f"{row[name]:.5g}" if row["category"] is None else f"{row[name]:.1%}"


def _caption(question: str, by: Sequence[str]) -> str:
    return question + (f" by {' x '.join(by)}" if by else "")


def _notes(by_result: Sequence[Sequence[Note]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note.text for notes in by_result for note in notes))
