"""A comparison as text to read, as CSV for a spreadsheet, and as JSON to compute with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.compare.comparison import ComparedColumn, Comparison
from analysis.estimate import LOW_BASE
from analysis.estimators.differences import FEW_EXPECTED, NO_TEST, Difference
from analysis.estimators.intervals import interval_head
from analysis.estimators.ranks import TREND_NAME
from analysis.estimators.significance import p_cell
from analysis.rows import aligned, as_objects, check_format, points, points_span, short
from analysis.rows import as_csv as csv_of_rows
from analysis.tabulate import MOST_PRINTED, check_lines

MOST_PAIRS = 40
"""Lines of pairs in a text; beyond, only those that differ."""
PAGE, CHOICE, SEGMENT = 110, 40, 24
"""Letters of a line, of a choice's and of a segment's name."""
ADJUSTMENTS = {"holm": "Holm", "bonferroni": "Bonferroni", "bh": "Benjamini-Hochberg", "none": "not adjusted"}


def as_text(comparisons: Sequence[Comparison]) -> str:
    """Return for each question its table with letters, the overall test, and the pairs."""
    texts = []
    for comparison in comparisons:
        notes = [f"- {note.text}" for note in comparison.notes]
        blocks = [
            f"{comparison.question}\nby {' x '.join(comparison.by)}",
            _shares(comparison),
            _test(comparison),
            _key(comparison),
            _pairs(comparison),
            "\n".join(["Notes", *notes]) if notes else "",
        ]
        texts.append("\n\n".join(block for block in blocks if block) + "\n")
    return "\n".join(texts)


def as_json(comparisons: Sequence[Comparison]) -> str:
    """Return one object for one question, a list of objects for several; shares are fractions."""
    return as_objects([comparison.as_json() for comparison in comparisons])


def as_csv(comparisons: Sequence[Comparison]) -> str:
    """Return a line per pair of segments and choice, with both shares and the difference's figures."""
    rows = []
    for comparison in comparisons:
        estimates = {(row.segment, row.choice): row for row in comparison.estimates}
        for pair in comparison.differences:
            first, second = estimates[pair.first, pair.choice], estimates[pair.second, pair.choice]
            rows.append(
                {
                    "question": comparison.question,
                    "choice": pair.choice,
                    "first": pair.first,
                    "second": pair.second,
                    "first_share": first.share,
                    "second_share": second.share,
                    "first_base": first.base,
                    "second_base": second.base,
                    **pair.as_row(),
                }
            )
    return csv_of_rows(rows)


def printed(comparisons: Sequence[Comparison], form: str) -> str:
    """Return comparisons as "text", "csv" or "json".

    Raises DataProblem "unknown_option" for anything else, "too_many_lines" for a text that nobody would read.
    """
    check_format(form)
    if form != "text":
        return as_csv(comparisons) if form == "csv" else as_json(comparisons)
    for comparison in comparisons:
        choices = len({row.choice for row in comparison.estimates})
        check_lines(comparison.question, choices, len(comparison.columns), MOST_PRINTED)
    return as_text(comparisons)


# --- as text ---------------------------------------------------------------------------------------------


def _shares(comparison: Comparison) -> str:
    """Shares in per cent with letters, columns under their letter and segment; wide tables in panels."""
    choices = list(dict.fromkeys(row.choice for row in comparison.estimates))
    heads = ["", "", *(short(choice, CHOICE) for choice in choices), "base", "effective base"]
    panels: list[list[list[str]]] = [[]]
    width = first = max(map(len, heads))
    for column in comparison.columns:
        words = _column(column, choices, comparison)
        wide = max(map(len, words)) + 2
        if panels[-1] and width + wide > PAGE:
            panels.append([])
            width = first
        panels[-1].append(words)
        width += wide
    lines = [list(zip(heads, *panel, strict=True)) for panel in panels]
    return "\n\n".join(aligned(panel[0], panel[1:]) for panel in lines)


def _column(column: ComparedColumn, choices: Sequence[str], comparison: Comparison) -> list[str]:
    """Return the words of a column; letters stand right of figures, all of one width, to keep these in line."""
    width = max([1, *map(len, comparison.letters.values())])
    shares = {row.choice: row.share for row in comparison.estimates if row.segment == column.segment}
    figures = ["-" if share is None else f"{100 * share:.1f}" for share in map(shares.get, choices)]
    letters = [comparison.letters.get((column.segment, choice), "") for choice in choices]
    words = [
        (column.letter, ""),
        (short(column.segment, SEGMENT), "*" if column.status == LOW_BASE else ""),
        *zip(figures, letters, strict=True),
        (str(column.base), ""),
        (f"{column.effective_base:.0f}", ""),
    ]
    return [f"{figure} {mark.ljust(width)}" for figure, mark in words]


def _test(comparison: Comparison) -> str:
    """Return what the overall test says, and the tests of each option of a multiple-response set."""
    test = comparison.test
    if test is None:
        return ""
    lines = [str(test)]
    if test.p is not None:
        clear = test.p < 1 - comparison.level
        verdict = "answers differ between segments" if clear else "no difference was shown"
        if test.test == TREND_NAME:
            rise = "rise" if (test.statistic or 0.0) > 0 else "fall"
            verdict = f"answers {rise} along the segments" if clear else "no trend was shown"
        lines[0] += f": {verdict}"
    if test.warning is not None:
        lines.append(f"The p-value may be too small: {test.warning}.")
    lines += [f"  {choice}: {option}" for choice, option in comparison.by_option]
    return "\n".join(lines)


def _key(comparison: Comparison) -> str:
    """Say what letters and marks mean."""
    pairs = len(comparison.columns) * (len(comparison.columns) - 1) // 2
    how = ADJUSTMENTS[comparison.adjust]
    if comparison.adjust != "none":
        over = f"{how} over the {pairs} pairs of a choice"
        how = over if pairs > 1 else "one pair, nothing to adjust"
    letters = f"Letters name the columns that a share is above, p < {1 - comparison.level:.2g} ({how})."
    lines = [letters] if pairs else []
    if any(column.status == LOW_BASE for column in comparison.columns):
        lines.append("* fewer than 30 effective people.")
    few = sum(pair.status == FEW_EXPECTED for pair in comparison.differences)
    if few:
        tests = "1 test expects" if few == 1 else f"{few} tests expect"
        no_letter = "gives no letter" if few == 1 else "give no letter"
        lines.append(f"{tests} fewer than 5 people on a side and {no_letter} (marked few).")
    return "\n".join(lines)


def _pairs(comparison: Comparison) -> str:
    alpha = 1 - comparison.level
    pairs = list(comparison.differences)
    title = "Differences in points"
    if len(pairs) > MOST_PAIRS:
        clear = [
            any(p is not None and p < alpha for p in (pair.equivalent_p, pair.adjusted)) for pair in pairs
        ]
        pairs = [pair for pair, shown in zip(pairs, clear, strict=True) if shown]
        rest = len(comparison.differences) - len(pairs)
        title += f"; {rest} more that are not clear are in --format csv"
    if not pairs:
        return title if len(comparison.differences) > MOST_PAIRS else ""
    heads = ["choice", "pair", "difference", interval_head(comparison.level), "p", "adjusted p"]
    if comparison.margin is not None:
        heads += [f"equivalent within {100 * comparison.margin:g}"]
    letter = {column.segment: column.letter for column in comparison.columns}
    return f"{title}\n\n" + aligned([*heads, ""], [_pair(pair, letter, comparison) for pair in pairs], left=2)


def _pair(pair: Difference, letter: Mapping[str, str], comparison: Comparison) -> list[str]:
    words = [
        short(pair.choice, CHOICE),
        f"{letter[pair.first]} - {letter[pair.second]}",
        points(pair.difference),
        points_span(pair.low, pair.high),
        p_cell(pair.p),
        p_cell(pair.adjusted),
    ]
    if comparison.margin is not None:
        alike = pair.equivalent_p is not None and pair.equivalent_p < 1 - comparison.level
        verdict = f"{'yes' if alike else 'not shown'}, p {p_cell(pair.equivalent_p)}"
        words.append("-" if pair.equivalent_p is None else verdict)
    mark = {FEW_EXPECTED: "few", LOW_BASE: "low base", NO_TEST: pair.reason or ""}.get(pair.status, "")
    return [*words, mark]
