"""The topline: every question in the order asked, with its wording, its filter and all its answers."""

from __future__ import annotations

from analysis.findings import Findings, Topline, ToplineRow
from questionnaires.piping import question_words
from reports.conditions import filter_line
from reports.disclosure import THRESHOLD, Showing, showing
from reports.naming import Voice, choice_name
from reports.numbers import count
from reports.report import Block, Cell, Column, Form, Prose, Row, Slide, Table
from reports.tables import NOTHING, estimate_cells


def topline_slide(voice: Voice, findings: Findings) -> Slide:
    """Return the topline as one slide with a table for each question."""
    columns = (
        Column(voice.say("head_answer")),
        Column(voice.say("head_n"), Form.COUNT),
        Column(voice.say("head_weighted" if findings.weighting else "head_share"), Form.SHARE),
        Column(voice.say("head_interval"), Form.INTERVAL),
    )
    tables = [
        _table(voice, findings, number, entry, columns)
        for number, entry in enumerate(findings.topline, start=1)
    ]
    blocks: list[Block] = [Prose(voice.say("topline_lede")), *tables]
    return Slide("topline", voice.say("topline_title"), tuple(blocks))


def _table(
    voice: Voice, findings: Findings, number: int, entry: Topline, columns: tuple[Column, ...]
) -> Table:
    question = entry.question
    title = f"{number}. {question_words(question, voice.language)}"
    if 0 < entry.people < THRESHOLD:
        return Table(title, columns, (), (voice.say("hidden"),))
    notes = [
        voice.say("asked_of", n=entry.people, count=count(entry.people, voice.language), name=question.name)
    ]
    notes += filter_line(voice, findings.study.questionnaire, question)
    if question.type == "several":
        notes.append(voice.say("several_note"))
    if question.type == "ranking":
        notes.append(voice.say("ranking_note"))
    return Table(title, columns, tuple(_row(voice, entry, row) for row in entry.rows), tuple(notes))


def _row(voice: Voice, entry: Topline, row: ToplineRow) -> Row:
    """Return one answer; where its share is hidden, so is how many gave it."""
    name = choice_name(voice, entry.question, row.choice)
    hidden = row.estimate is not None and showing(row.estimate) is Showing.HIDDEN
    people = NOTHING if hidden else Cell(count(row.n, voice.language), row.n)
    shares = (NOTHING, NOTHING) if row.estimate is None else estimate_cells(voice, row.estimate)
    return Row(name, (people, *shares))
