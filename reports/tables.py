"""Estimates → tables: every chart has one behind it, with interval, base and effective base."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.estimate import Estimate
from analysis.findings import Curve
from questionnaires.texts import in_language
from reports.disclosure import printable
from reports.naming import Voice, limit_label
from reports.numbers import count
from reports.report import Cell, Column, Form, Row, Table
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


def effective_cell(voice: Voice, estimate: Estimate) -> Cell:
    if not printable(estimate):
        return NOTHING
    return Cell(count(estimate.effective_base, voice.language), estimate.effective_base)


def estimate_columns(voice: Voice, head: str) -> tuple[Column, ...]:
    return (
        Column(head),
        Column(voice.say("head_share"), Form.SHARE),
        Column(voice.say("head_interval"), Form.INTERVAL),
        Column(voice.say("head_base"), Form.COUNT),
        Column(voice.say("head_effective"), Form.COUNT),
    )


def share_table(
    voice: Voice, title: str, head: str, named: Sequence[tuple[str, Estimate]], meant: Estimate | None
) -> Table:
    """Return the table behind a chart of shares: a row for each answer or segment."""
    rows = tuple(
        Row(
            name,
            (*estimate_cells(voice, estimate), base_cell(voice, estimate), effective_cell(voice, estimate)),
            estimate is meant,
        )
        for name, estimate in named
    )
    return Table(title, estimate_columns(voice, head), rows)


def curve_table(voice: Voice, title: str, curve: Curve) -> Table:
    """Return the table behind a reply-time curve: both readings of every limit, then the rest."""
    columns = (
        Column(voice.say("head_limit")),
        Column(voice.say("head_cumulative"), Form.SHARE),
        Column(voice.say("head_interval_cumulative"), Form.INTERVAL),
        Column(voice.say("head_exclusive"), Form.SHARE),
        Column(voice.say("head_interval_exclusive"), Form.INTERVAL),
        Column(voice.say("head_base"), Form.COUNT),
        Column(voice.say("head_effective"), Form.COUNT),
    )
    steps = [
        Row(
            limit_label(voice, point.interval),
            (
                *estimate_cells(voice, point.cumulative), *estimate_cells(voice, point.exclusive),
                base_cell(voice, point.cumulative), effective_cell(voice, point.cumulative),
            ),
        )
        for point in curve.points
    ]  # fmt: skip
    rest = [
        Row(
            in_language(interval.text, voice.language),
            (
                NOTHING,
                NOTHING,
                *estimate_cells(voice, one),
                base_cell(voice, one),
                effective_cell(voice, one),
            ),
        )
        for interval, one in curve.without_limit
    ]
    return Table(title, columns, (*steps, *rest))


def crossing_table(
    voice: Voice, title: str, answers: Sequence[tuple[str, str]], segments: Sequence[tuple[str, str]],
    estimates: Sequence[Estimate],
) -> Table:  # fmt: skip
    """Return answers by segments, a share with its interval in every cell and the bases in the last row.

    `answers` and `segments` are pairs of the name in the data and the name in print.
    """
    found = {(estimate.choice, estimate.segment): estimate for estimate in estimates}
    columns = (Column(voice.say("head_answer")), *(Column(name, Form.INTERVAL) for _, name in segments))
    rows = []
    for choice, name in answers:
        row = [found.get((choice, segment)) for segment, _ in segments]
        rows.append(Row(name, tuple(_crossing_cell(voice, estimate) for estimate in row)))
    bases = [found.get((answers[0][0], segment)) for segment, _ in segments]
    last = tuple(base_cell(voice, estimate) if estimate else NOTHING for estimate in bases)
    return Table(title, columns, (*rows, Row(voice.say("head_base"), last)))


def _crossing_cell(voice: Voice, estimate: Estimate | None) -> Cell:
    if estimate is None:
        return NOTHING
    return Cell(printed(voice, estimate).text, estimate.share if printable(estimate) else None)
