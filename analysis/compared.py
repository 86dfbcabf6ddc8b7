"""A question compared between segments, and how it is read: the table with letters, the test, the pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.estimate import LOW_BASE, OK, Estimate
from analysis.estimators.differences import FEW_EXPECTED, NO_TEST, Difference
from analysis.estimators.ranks import TREND_NAME
from analysis.estimators.significance import Significance
from analysis.rows import aligned
from analysis.table.design import Design
from analysis.table.notes import Note

LOW = 30.0  # effective people of a column, below which it is marked
MOST_PAIRS = 40  # lines of pairs in a text; beyond, only those that differ
_PAGE, _CHOICE, _SEGMENT = 110, 40, 24  # letters a line, of a choice's and of a segment's name
_ADJUSTED = {"holm": "Holm", "bonferroni": "Bonferroni", "bh": "Benjamini-Hochberg", "none": "not adjusted"}


@dataclass(frozen=True)
class Column:
    """A segment as a column of the table: its letter, its base, and its base in effective people (Kish)."""

    letter: str
    segment: str
    by: Mapping[str, str]
    base: int
    effective_base: float

    @property
    def status(self) -> str:
        """Return "ok", or "low_base" under 30 effective people."""
        return OK if self.effective_base >= LOW else LOW_BASE

    def as_row(self) -> dict[str, Any]:
        """Return the column as `--format json` prints it."""
        return {
            "letter": self.letter,
            "segment": self.segment,
            "by": dict(self.by),
            "base": self.base,
            "effective_base": self.effective_base,
            "status": self.status,
        }


@dataclass(frozen=True)
class Comparison:
    """One question compared between segments.

    `test` is the overall test; for a multiple-response set `by_option` holds each option's, and `test` the
    smallest of them by Bonferroni. `estimates` come segment by segment, `letters` by (segment, choice).
    """

    question: str
    by: tuple[str, ...]
    design: Design
    notes: tuple[Note, ...]
    level: float
    adjust: str
    margin: float | None
    test: Significance | None
    by_option: tuple[tuple[str, Significance], ...]
    columns: tuple[Column, ...]
    estimates: tuple[Estimate, ...]
    letters: Mapping[tuple[str, str], str]
    differences: tuple[Difference, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--format json` prints."""
        rows = [
            {**one.as_row(), "letters": self.letters.get((one.segment, one.choice), "")}
            for one in self.estimates
        ]
        return {
            "question": self.question,
            "by": list(self.by),
            "design": self.design.as_row(),
            "notes": [note.as_row() for note in self.notes],
            "level": self.level,
            "adjust": self.adjust,
            "margin": self.margin,
            "test": None if self.test is None else self.test.as_row(),
            "tests": [{"choice": choice, **test.as_row()} for choice, test in self.by_option],
            "columns": [column.as_row() for column in self.columns],
            "rows": rows,
            "differences": [one.as_row() for one in self.differences],
        }

    def __str__(self) -> str:
        """Return the table with letters, as `--format text` prints it."""
        return as_text([self])


def as_text(found: Sequence[Comparison]) -> str:
    """Return for each question its table with letters, the overall test, and the pairs."""
    return "\n".join(_text(one) for one in found)


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
        how = f"{how} over the {pairs} pairs of a choice" if pairs > 1 else "one pair, nothing to adjust"
    lines = [f"Letters name the columns that a share is above, p < {1 - one.level:.2g} ({how})."]
    if any(column.status == LOW_BASE for column in one.columns):
        lines.append("* fewer than 30 effective people.")
    few = sum(pair.status == FEW_EXPECTED for pair in one.differences)
    if few:
        lines.append(f"{few} tests expect fewer than 5 people on a side and give no letter (marked few).")
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
    heads = ["choice", "pair", "difference", f"{one.level:.0%} interval", "p", "adjusted p"]
    if one.margin is not None:
        heads += [f"equivalent within {100 * one.margin:g}"]
    named = {column.segment: column.letter for column in one.columns}
    return f"{title}\n\n" + aligned([*heads, ""], [_pair(pair, named, one) for pair in shown], left=2)


def _clear(pair: Difference, alpha: float) -> bool:
    equivalent = pair.equivalent_p is not None and pair.equivalent_p < alpha
    return equivalent or (pair.adjusted is not None and pair.adjusted < alpha)


def _pair(pair: Difference, named: Mapping[str, str], one: Comparison) -> list[str]:
    bounds = "-"
    if pair.low is not None and pair.high is not None:
        bounds = f"{100 * pair.low:+.1f} to {100 * pair.high:+.1f}"
    words = [
        _short(pair.choice, _CHOICE),
        f"{named[pair.first]} - {named[pair.second]}",
        "-" if pair.difference is None else f"{100 * pair.difference:+.1f}",
        bounds,
        _p(pair.p),
        _p(pair.adjusted),
    ]
    if one.margin is not None:
        words.append(_equivalence(pair, 1 - one.level))
    mark = {FEW_EXPECTED: "few", LOW_BASE: "low base", NO_TEST: pair.reason or ""}.get(pair.status, "")
    return [*words, mark]


def _equivalence(pair: Difference, alpha: float) -> str:
    if pair.equivalent_p is None:
        return "-"
    return f"{'yes' if pair.equivalent_p < alpha else 'not shown'}, p {_p(pair.equivalent_p)}"


def _p(p: float | None) -> str:
    return "-" if p is None else "<.0001" if p < 0.0001 else f"{p:.4f}"
