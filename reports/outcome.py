"""Published figures against ours as rows and as a plain-text table: what `earshot demo` prints."""

from __future__ import annotations

import textwrap
from typing import Any

from analysis.findings import Findings, Published, PublishedComparison
from questionnaires.texts import in_language
from reports.disclosure import printable, unseen

NAME_WIDTH = 44
"""Letters of a figure's name on one line, so that the table fits a terminal of 120."""

_HEAD = ("Figure", "Published", "Ours (95% interval)", "Base", "Verdict")


def comparisons(findings: Findings) -> tuple[PublishedComparison, ...]:
    """Return the comparisons of a report with published figures, in their order."""
    return tuple(c for part in findings.parts if isinstance(part, Published) for c in part.comparisons)


def as_rows(findings: Findings) -> list[dict[str, Any]]:
    """Return the comparisons as data; shares are fractions, a missing number is null."""
    return [_row(comparison) for comparison in comparisons(findings)]


def _row(comparison: PublishedComparison) -> dict[str, Any]:
    figure, ours = comparison.figure, unseen(comparison.estimate)
    open_ = printable(comparison.estimate)
    row = {
        "id": figure.id,
        "published": figure.value,
        "share": ours.share,
        "low": ours.low,
        "high": ours.high,
        "base": ours.base,
        "effective_base": ours.effective_base,
        "interval": ours.interval,
        "verdict": comparison.verdict.value if open_ else None,
    }
    if figure.rank:
        row |= {"rank": figure.rank, "leader": comparison.leader if open_ else None}
    if figure.reading:
        row["reading"] = figure.reading
    return row


def as_table(findings: Findings, language: str = "en") -> str:
    """Return the comparisons as an aligned plain-text table, with the synthetic mark above where it applies."""
    lines: list[tuple[str, ...]] = [_HEAD]
    for comparison in comparisons(findings):
        lines += _lines(comparison, language)
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    mark = ["SYNTHETIC DATA: made-up respondents, built to have these shares; not findings.", ""]
    return "\n".join([*(mark if findings.basis.synthetic else []), *text])


def _lines(comparison: PublishedComparison, language: str) -> list[tuple[str, ...]]:
    """Return a comparison as lines of the table; a long name goes on below itself."""
    name, *rest = _line(comparison, language)
    first, *more = textwrap.wrap(name, NAME_WIDTH) or [""]
    return [(first, *rest), *(("  " + part, *("" for _ in rest)) for part in more)]


def _line(comparison: PublishedComparison, language: str) -> tuple[str, ...]:
    figure, ours = comparison.figure, unseen(comparison.estimate)
    published = "first" if figure.rank else "–" if figure.value is None else f"{figure.value:.0%}"
    share = "–"
    if ours.share is not None and ours.low is not None and ours.high is not None:
        share = f"{ours.share:.1%} ({100 * ours.low:.1f}–{100 * ours.high:.1f})"
    words = in_language(figure.text, language)
    if not printable(comparison.estimate):
        return (words, published, "hidden" if comparison.estimate.base else share, "–", "–")
    return (words, published, share, f"{ours.base:,}", comparison.verdict.value)
