"""Published figures against ours: the slide with source, unknowns and verdict, and what `earshot demo` prints."""

from __future__ import annotations

import textwrap
from typing import Any

from analysis.findings import Findings, Published, PublishedComparison
from questionnaires.texts import in_language
from reports.conditions import condition_words
from reports.disclosure import printable, unseen
from reports.naming import Voice, choice_name, group_name, group_of, quoted
from reports.numbers import interval
from reports.report import Cell, Form, Prose, Row, Slide, Table, TableColumn
from reports.tables import base_cell
from reports.wording import printed, published_share, published_title, verdict_of

NAME_WIDTH = 44
"""Letters of a figure's name on one line, so that the table fits a terminal of 120."""

_HEADS = ("Figure", "Published", "Ours (95% interval)", "Base", "Verdict")
_SYNTHETIC = "SYNTHETIC DATA: made-up respondents, built to have these shares; not findings."


def published_slide(voice: Voice, findings: Findings, part: Published) -> Slide:
    """Return the slide that holds every published figure of the study against ours."""
    heads = ("head_figure", "head_published", "head_ours", "head_base", "head_verdict", "head_source")
    columns = tuple(
        TableColumn(voice.say(key), Form.COUNT if key == "head_base" else Form.WORDS) for key in heads
    )
    rows = tuple(_row(voice, findings, comparison) for comparison in part.comparisons)
    table = Table(voice.say("published_caption"), columns, rows, (voice.say("published_rule"),), blocks=True)
    lede = Prose(voice.say("published_lede_synthetic" if findings.basis.synthetic else "published_lede_real"))
    return Slide("published", published_title(voice, part.comparisons), (lede, table))


def _row(voice: Voice, findings: Findings, comparison: PublishedComparison) -> Row:
    """Return a figure's row; the published interval stands below its share where the n is known."""
    figure, ours = comparison.figure, comparison.estimate
    published, source = published_share(voice, comparison), figure.source
    low, high = comparison.published_low, comparison.published_high
    if low is not None and high is not None:
        published += f"\n{voice.say('at_best', interval=interval(low, high))}"
    if note := in_language(figure.note, voice.language):
        source += f"\n{note}"
    cells = (
        Cell(published, figure.value),
        Cell(_ours(voice, findings, comparison), ours.share if printable(ours) else None),
        base_cell(voice, ours),
        Cell(verdict_of(voice, comparison)),
        Cell(source),
    )
    return Row(in_language(figure.text, voice.language), cells)


def _ours(voice: Voice, findings: Findings, comparison: PublishedComparison) -> str:
    """Return our number with its interval; a rank names our first place; a second definition stands below.

    Last stands whom the figure is about, where it is not about everybody.
    """
    question = findings.study.questionnaire.question(comparison.figure.question)
    figure, ours = comparison.figure, comparison.estimate
    lines = [printed(voice, ours).text]
    if figure.rank is not None and printable(ours):
        # no leader: the lead is within the intervals
        leader = quoted(voice, choice_name(voice, question, comparison.leader)) if comparison.leader else ""
        lines.insert(0, voice.say("rank_ours", leader=leader) if leader else voice.say("rank_level"))
    if comparison.beside is not None:
        name = group_name(voice, question, group_of(question, figure.beside), figure.beside)
        lines.append(voice.say("beside", name=name, estimate=printed(voice, comparison.beside).text))
    if figure.condition is not None:
        condition = condition_words(voice, findings.study.questionnaire, figure.condition)
        lines.append(voice.say("about_only", condition=condition))
    return "\n".join(lines)


def as_rows(findings: Findings) -> list[dict[str, Any]]:
    """Return the comparisons as data; shares are fractions, a missing number is null."""
    rows = []
    for comparison in findings.comparisons:
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
        rows.append(row)
    return rows


def as_table(findings: Findings, language: str = "en") -> str:
    """Return the comparisons as an aligned plain-text table, with the synthetic mark above where it applies."""
    lines: list[tuple[str, ...]] = [_HEADS]
    for comparison in findings.comparisons:
        figure, ours = comparison.figure, unseen(comparison.estimate)
        published = "first" if figure.rank else "–" if figure.value is None else f"{figure.value:.0%}"
        share, base, verdict = "–", f"{ours.base:,}", comparison.verdict.value
        if ours.share is not None and ours.low is not None and ours.high is not None:
            share = f"{ours.share:.1%} ({100 * ours.low:.1f}–{100 * ours.high:.1f})"
        if not printable(comparison.estimate):
            share, base, verdict = "hidden" if comparison.estimate.base else share, "–", "–"
        # a long name goes on below itself
        name, *rest = textwrap.wrap(in_language(figure.text, language), NAME_WIDTH) or [""]
        lines.append((name, published, share, base, verdict))
        lines += [("  " + part, "", "", "", "") for part in rest]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*([_SYNTHETIC, ""] if findings.basis.synthetic else []), *text])
