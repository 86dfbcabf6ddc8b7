"""A comparison as text to read, as CSV for a spreadsheet, and as JSON to compute with."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.estimate import LOW_BASE, Estimate
from analysis.estimators.differences import FEW_EXPECTED, NO_TEST, Difference
from analysis.estimators.intervals import interval_head
from analysis.estimators.ranks import TREND_NAME
from analysis.estimators.significance import Significance, p_cell
from analysis.rows import aligned, as_objects, check_format, csv_cell, points, points_span
from analysis.tabulate import MOST_PRINTED, check_lines

if TYPE_CHECKING:
    from analysis.compare.compared import Column, Comparison

MOST_PAIRS = 40  # lines of pairs in a text; beyond, only those that differ
_PAGE, _CHOICE, _SEGMENT = 110, 40, 24  # letters a line, of a choice's and of a segment's name
_ADJUSTED = {"holm": "Holm", "bonferroni": "Bonferroni", "bh": "Benjamini-Hochberg", "none": "not adjusted"}


def as_text(found: Sequence[Comparison]) -> str:
    """Return for each question its table with letters, the overall test, and the pairs."""
    return "\n".join(_text(one) for one in found)


def as_json(found: Sequence[Comparison]) -> str:
    """Return one object for one question, a list of objects for several; shares are fractions."""
    return as_objects([one.as_json() for one in found])


def as_csv(found: Sequence[Comparison]) -> str:
    """Return a line per pair of segments and choice, with both shares and the difference's figures."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    figures: list[str] | None = None
    for one in found:
        cells = {(row.segment, row.choice): row for row in one.estimates}
        for pair in one.differences:
            row = pair.as_row()
            if figures is None:
                figures = [name for name in row if name not in ("choice", "first", "second")]
                head = ["question", "choice", "first", "second", "first_share", "second_share"]
                writer.writerow([*head, "first_base", "second_base", *figures])
            sides = [cells[pair.first, pair.choice], cells[pair.second, pair.choice]]
            known = [*(side.share for side in sides), *(side.base for side in sides)]
            names = [one.question, pair.choice, pair.first, pair.second]
            writer.writerow(map(csv_cell, [*names, *known, *(row[name] for name in figures)]))
    return out.getvalue()


_PRINTED: Mapping[str, Callable[[Sequence[Comparison]], str]] = {
    "text": as_text,
    "csv": as_csv,
    "json": as_json,
}


def printed(found: Sequence[Comparison], form: str) -> str:
    """Return comparisons as "text", "csv" or "json".

    Raises DataProblem "unknown_option" for anything else, "too_many_lines" for a text that nobody would read.
    """
    check_format(form)
    for one in found if form == "text" else ():
        choices = len({row.choice for row in one.estimates})
        check_lines(one.question, choices, len(one.columns), MOST_PRINTED)
    return _PRINTED[form](found)


# --- as text ---------------------------------------------------------------------------------------------


def _text(one: Comparison) -> str:
    blocks = [
        f"{one.question}\nby {' x '.join(one.by)}",
        _table(one),
        _overall(one),
        _key(one),
        _pairs(one),
    ]
    if one.notes:
        blocks.append("\n".join(["Notes", *(f"- {note.text}" for note in one.notes)]))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(one: Comparison) -> str:
    """Shares in per cent with letters, columns under their letter and segment; wide tables in panels."""
    cells = {(row.segment, row.choice): row for row in one.estimates}
    choices = list(dict.fromkeys(row.choice for row in one.estimates))
    first = ["", "", *(_short(choice, _CHOICE) for choice in choices), "base", "effective base"]
    columns = [_column(column, choices, cells, one) for column in one.columns]
    panels: list[list[list[str]]] = [[]]
    width = most = max(map(len, first))
    for column in columns:
        wide = max(map(len, column)) + 2
        if panels[-1] and width + wide > _PAGE:
            panels.append([])
            width = most
        panels[-1].append(column)
        width += wide
    return "\n\n".join(_panel([first, *panel]) for panel in panels)


def _panel(columns: Sequence[Sequence[str]]) -> str:
    heads, *lines = zip(*columns, strict=True)
    return aligned(heads, lines)


def _column(
    column: Column, choices: Sequence[str], cells: Mapping[tuple[str, str], Estimate], one: Comparison
) -> list[str]:
    mark = "*" if column.status == LOW_BASE else ""
    return [
        _padded(column.letter, one),
        _padded(_short(column.segment, _SEGMENT), one, mark),
        *(_cell(cells[column.segment, choice], one) for choice in choices),
        _padded(str(column.base), one),
        _padded(f"{column.effective_base:.0f}", one),
    ]


def _short(word: str, width: int) -> str:
    plain = " ".join(word.split())
    return plain if len(plain) <= width else plain[: width - 1] + "…"


def _cell(row: Estimate, one: Comparison) -> str:
    share = "-" if row.share is None else f"{100 * row.share:.1f}"
    return _padded(share, one, one.letters.get((row.segment, row.choice), ""))


def _padded(figure: str, one: Comparison, letters: str = "") -> str:
    """Letters stand to the right of the figure, all of one width, so that the figures stay in line."""
    width = max((len(some) for some in one.letters.values()), default=0)
    return f"{figure} {letters.ljust(max(width, 1))}"


def _overall(one: Comparison) -> str:
    if one.test is None:
        return ""
    lines = [str(one.test)]
    if one.test.p is not None:
        lines[0] += ": " + _said(one.test, one.test.p < 1 - one.level)
    if one.test.warning is not None:
        lines.append(f"The p-value may be too small: {one.test.warning}.")
    lines += [f"  {choice}: {test}" for choice, test in one.by_option]
    return "\n".join(lines)


def _said(test: Significance, clear: bool) -> str:
    if test.test != TREND_NAME:
        return "answers differ between segments" if clear else "no difference was shown"
    if not clear:
        return "no trend was shown"
    return f"answers {'rise' if (test.statistic or 0.0) > 0 else 'fall'} along the segments"


def _key(one: Comparison) -> str:
    """What letters and marks mean."""
    pairs = len(one.columns) * (len(one.columns) - 1) // 2
    how = _ADJUSTED[one.adjust]
    if one.adjust != "none":
        over = f"{how} over the {pairs} pairs of a choice"
        how = over if pairs > 1 else "one pair, nothing to adjust"
    letters = f"Letters name the columns that a share is above, p < {1 - one.level:.2g} ({how})."
    lines = [letters] if pairs else []
    if any(column.status == LOW_BASE for column in one.columns):
        lines.append("* fewer than 30 effective people.")
    few = sum(pair.status == FEW_EXPECTED for pair in one.differences)
    if few:
        tests = "1 test expects" if few == 1 else f"{few} tests expect"
        no_letter = "gives no letter" if few == 1 else "give no letter"
        lines.append(f"{tests} fewer than 5 people on a side and {no_letter} (marked few).")
    return "\n".join(lines)


def _pairs(one: Comparison) -> str:
    alpha = 1 - one.level
    shown = list(one.differences)
    title = "Differences in points"
    if len(shown) > MOST_PAIRS:
        shown = [pair for pair in shown if _clear(pair, alpha)]
        rest = len(one.differences) - len(shown)
        title += f"; {rest} more that are not clear are in --format csv"
    if not shown:
        return title if len(one.differences) > MOST_PAIRS else ""
    heads = ["choice", "pair", "difference", interval_head(one.level), "p", "adjusted p"]
    if one.margin is not None:
        heads += [f"equivalent within {100 * one.margin:g}"]
    named = {column.segment: column.letter for column in one.columns}
    return f"{title}\n\n" + aligned([*heads, ""], [_pair(pair, named, one) for pair in shown], left=2)


def _clear(pair: Difference, alpha: float) -> bool:
    equivalent = pair.equivalent_p is not None and pair.equivalent_p < alpha
    return equivalent or (pair.adjusted is not None and pair.adjusted < alpha)


def _pair(pair: Difference, named: Mapping[str, str], one: Comparison) -> list[str]:
    words = [
        _short(pair.choice, _CHOICE),
        f"{named[pair.first]} - {named[pair.second]}",
        points(pair.difference),
        points_span(pair.low, pair.high),
        p_cell(pair.p),
        p_cell(pair.adjusted),
    ]
    if one.margin is not None:
        words.append(_equivalence(pair, 1 - one.level))
    mark = {FEW_EXPECTED: "few", LOW_BASE: "low base", NO_TEST: pair.reason or ""}.get(pair.status, "")
    return [*words, mark]


def _equivalence(pair: Difference, alpha: float) -> str:
    if pair.equivalent_p is None:
        return "-"
    return f"{'yes' if pair.equivalent_p < alpha else 'not shown'}, p {p_cell(pair.equivalent_p)}"
