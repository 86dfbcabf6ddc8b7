"""Estimates → tables: every chart has one behind it, with interval, base and effective base; and the topline."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.estimate import Estimate
from analysis.findings import Curve, Findings
from questionnaires.piping import question_words
from questionnaires.texts import in_language
from reports.conditions import filter_line
from reports.disclosure import THRESHOLD, Showing, printable, showing
from reports.naming import Voice, choice_name, limit_label
from reports.numbers import count
from reports.report import Cell, Form, Prose, Row, Slide, Table, TableColumn
from reports.wording import printed

NOTHING = Cell("–")


def estimate_cells(voice: Voice, estimate: Estimate) -> tuple[Cell, Cell]:
    """Return an estimate as two cells: the share, and its interval; why there is none stands in the first."""
    words = printed(voice, estimate)
    if not printable(estimate):
        return Cell(words.words), NOTHING
    if words.words:
        return Cell(words.words, estimate.share), NOTHING
    return Cell(words.share, estimate.share), Cell(words.interval)


def base_cell(voice: Voice, estimate: Estimate) -> Cell:
    """Return the base in people; a hidden share hides its base as well."""
    if printable(estimate) or estimate.base == 0:
        return Cell(count(estimate.base, voice.language), estimate.base)
    return Cell(voice.say("base_hidden"))


def base_cells(voice: Voice, estimate: Estimate) -> tuple[Cell, Cell]:
    """Return the base and the effective base."""
    effective = NOTHING
    if printable(estimate):
        effective = Cell(count(estimate.effective_base, voice.language), estimate.effective_base)
    return base_cell(voice, estimate), effective


def share_table(
    voice: Voice, title: str, head: str, named: Sequence[tuple[str, Estimate]], highlighted: Estimate | None
) -> Table:
    """Return the table behind a chart of shares: a row for each answer or segment."""
    columns = (TableColumn(head), *_columns(voice, "share", "interval"))
    rows = tuple(
        Row(name, (*estimate_cells(voice, e), *base_cells(voice, e)), e is highlighted) for name, e in named
    )
    return Table(title, columns, rows)


def _columns(voice: Voice, *keys: str) -> list[TableColumn]:
    """Return columns of shares and intervals in turn, by the ends of their keys, then base and effective base."""
    forms = [Form.SHARE, Form.INTERVAL] * (len(keys) // 2) + [Form.COUNT] * 2
    keys = (*keys, "base", "effective")
    return [TableColumn(voice.say(f"head_{key}"), form) for key, form in zip(keys, forms, strict=True)]


def curve_table(voice: Voice, title: str, curve: Curve) -> Table:
    """Return the table behind a reply-time curve: both readings of every limit, then the rest."""
    readings = _columns(voice, "cumulative", "interval_cumulative", "exclusive", "interval_exclusive")
    rows = []
    for point in curve.points:
        cells = (*estimate_cells(voice, point.cumulative), *estimate_cells(voice, point.exclusive))
        rows.append(Row(limit_label(voice, point.interval), (*cells, *base_cells(voice, point.cumulative))))
    for interval, estimate in curve.without_limit:
        cells = (NOTHING, NOTHING, *estimate_cells(voice, estimate))
        rows.append(Row(in_language(interval.text, voice.language), (*cells, *base_cells(voice, estimate))))
    return Table(title, (TableColumn(voice.say("head_limit")), *readings), tuple(rows))


def crossing_table(
    voice: Voice, title: str, answers: Sequence[tuple[str, str]], segments: Sequence[tuple[str, str]],
    estimates: Sequence[Estimate],
) -> Table:  # fmt: skip
    """Return answers by segments, a share with its interval in every cell and the bases in the last row.

    `answers` and `segments` are pairs of the name in the data and the name in print.
    """
    by_place = {(estimate.choice, estimate.segment): estimate for estimate in estimates}

    def cell(choice: str, segment: str) -> Cell:
        estimate = by_place.get((choice, segment))
        if estimate is None:
            return NOTHING
        return Cell(printed(voice, estimate).text, estimate.share if printable(estimate) else None)

    columns = (
        TableColumn(voice.say("head_answer")),
        *(TableColumn(name, Form.INTERVAL) for _, name in segments),
    )
    rows = [Row(name, tuple(cell(choice, segment) for segment, _ in segments)) for choice, name in answers]
    bases = [by_place.get((answers[0][0], segment)) for segment, _ in segments]
    last = tuple(base_cell(voice, estimate) if estimate else NOTHING for estimate in bases)
    return Table(title, columns, (*rows, Row(voice.say("head_base"), last)))


# --- topline -----------------------------------------------------------------------------------------------


def topline_slide(voice: Voice, findings: Findings) -> Slide:
    """Return every question in the order asked, with its wording, its filter and all its answers."""
    columns = (
        TableColumn(voice.say("head_answer")),
        TableColumn(voice.say("head_n"), Form.COUNT),
        TableColumn(voice.say("head_weighted" if findings.weighting else "head_share"), Form.SHARE),
        TableColumn(voice.say("head_interval"), Form.INTERVAL),
    )
    tables = []
    for number, entry in enumerate(findings.topline, start=1):
        title = f"{number}. {question_words(entry.question, voice.language)}"
        if 0 < entry.people < THRESHOLD:
            tables.append(Table(title, columns, (), (voice.say("hidden"),)))
            continue
        rows = []
        for row in entry.rows:
            shares = (NOTHING, NOTHING) if row.estimate is None else estimate_cells(voice, row.estimate)
            # where a share is hidden, so is how many gave the answer
            hidden = row.estimate is not None and showing(row.estimate) is Showing.HIDDEN
            people = NOTHING if hidden else Cell(count(row.n, voice.language), row.n)
            rows.append(Row(choice_name(voice, entry.question, row.choice), (people, *shares)))
        question, size = entry.question, count(entry.people, voice.language)
        notes = [voice.say("asked_of", n=entry.people, count=size, name=question.name)]
        notes += filter_line(voice, findings.study.questionnaire, question)
        if question.type == "several":
            notes.append(voice.say("several_note"))
        if question.type == "ranking":
            notes.append(voice.say("ranking_note"))
        tables.append(Table(title, columns, tuple(rows), tuple(notes)))
    return Slide("topline", voice.say("topline_title"), (Prose(voice.say("topline_lede")), *tables))
