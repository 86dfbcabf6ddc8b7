"""Results as tables: the text that the command line prints, the same as HTML, and the figures as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis import printing
from analysis.compare import Comparison
from analysis.compare.printing import as_text as comparisons_as_text
from analysis.estimate import Measure
from analysis.estimators.intervals import interval_head
from analysis.expectations.reply_expectation import ReplyExpectation
from analysis.notebook.shown import Columns, Row, Table, number, numbers, share, shares, sheet, status, word
from analysis.quality import Flags, WithAndWithout
from analysis.rows import aligned
from analysis.show.weighting import as_text as weighting_as_text
from analysis.table.notes import Note
from analysis.tabulate import Tabulation
from analysis.weighting.weighting import Weighting


def of_tabulations(found: list[Tabulation]) -> Table[list[Tabulation]]:
    """Show tables of shares; a row per segment and choice."""
    by_question = [[estimate.as_row() for estimate in one.estimates] for one in found]
    sheets = tuple(
        sheet(_caption(one.question, one.by), rows, _of_shares(one.level))
        for one, rows in zip(found, by_question, strict=True)
    )
    rows = _with_question([one.question for one in found], by_question)
    return Table(printing.as_text(found), sheets, rows, _notes([one.notes for one in found]), found)


def _of_shares(level: float) -> Columns:
    return (
        ("segment", word("segment")),
        ("choice", word("choice")),
        ("share", share("share")),
        ("SE", share("se")),
        (interval_head(level), shares("low", "high")),
        ("base", word("base")),
        ("effective base", number("effective_base")),
        ("design effect", number("design_effect", digits=3)),
        ("", status),
    )


def of_comparisons(found: list[Comparison]) -> Table[list[Comparison]]:
    """Show shares with letters, the overall tests among the notes; a row per pair of segments and choice."""
    sheets = tuple(
        sheet(_caption(one.question, one.by), _lettered(one), _of_letters(one.level)) for one in found
    )
    pairs = [[pair.as_row() for pair in one.differences] for one in found]
    rows = _with_question([one.question for one in found], pairs)
    tests = tuple(f"{one.question}: {one.test}" for one in found if one.test is not None)
    notes = (*tests, *_notes([one.notes for one in found]))
    return Table(comparisons_as_text(found), sheets, rows, notes, found)


def _of_letters(level: float) -> Columns:
    return (
        ("column", word("column")),
        ("choice", word("choice")),
        ("share", share("share")),
        ("above", word("letters")),
        (interval_head(level), shares("low", "high")),
        ("base", word("base")),
        ("", status),
    )


def of_curves(found: ReplyExpectation) -> Table[ReplyExpectation]:
    """Show the curves; a row per segment and limit."""
    sheets = tuple(
        sheet(f"{found.question}, {one.segment}: median {one.median}", one.as_rows(), _of_limits(one.level))
        for one in found.curves
    )
    rows = tuple(row for one in found.curves for row in one.as_rows())
    return Table(str(found), sheets, rows, _notes([found.notes]), found)


def _of_limits(level: float) -> Columns:
    return (
        ("expected within", word("limit")),
        ("cumulative", share("cumulative")),
        (interval_head(level), shares("low", "high")),
        ("all limits at once", shares("band_low", "band_high")),
        ("exactly this", share("exclusive")),
        ("base", word("base")),
        ("", status),
    )


def of_measures(found: tuple[Measure, ...], notes: Sequence[str], level: float) -> Table[tuple[Measure, ...]]:
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
    rows = tuple(one.as_row() for one in found)
    shown = sheet(found[0].question if found else "", rows, columns)
    text = "\n".join(
        [shown.caption, "", aligned(shown.heads, shown.lines, left=2), *(f"- {one}" for one in notes), ""]
    )
    return Table(text, (shown,), rows, tuple(notes), found)


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


def _lettered(one: Comparison) -> list[Row]:
    column = {other.segment: f"{other.letter} {other.segment}" for other in one.columns}
    return [
        {
            **row.as_row(),
            "column": column[row.segment],
            "letters": one.letters.get((row.segment, row.choice), ""),
        }
        for row in one.estimates
    ]


def _caption(question: str, by: Sequence[str]) -> str:
    return question + (f" by {' x '.join(by)}" if by else "")


def _with_question(questions: Sequence[str], rows: Sequence[Sequence[Row]]) -> tuple[Row, ...]:
    return tuple(
        {"question": question, **row} for question, some in zip(questions, rows, strict=True) for row in some
    )


def _notes(told: Sequence[Sequence[Note]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note.text for notes in told for note in notes))
