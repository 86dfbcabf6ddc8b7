"""Published figures against ours, as a table: each with its source, its unknowns and its verdict in words."""

from __future__ import annotations

from analysis.findings import Findings, Published, PublishedComparison
from questionnaires.texts import in_language
from reports.conditions import condition_words
from reports.disclosure import printable
from reports.naming import Voice, choice_name, group_name, group_of
from reports.numbers import interval
from reports.report import Cell, Column, Form, Prose, Row, Slide, Table
from reports.tables import base_cell
from reports.wording import beside_line, printed, published_share, published_title, rank_line, verdict_of


def published_slide(voice: Voice, findings: Findings, part: Published) -> Slide:
    """Return the slide that holds every published figure of the study against ours."""
    columns = (
        Column(voice.say("head_figure")),
        Column(voice.say("head_published")),
        Column(voice.say("head_ours")),
        Column(voice.say("head_base"), Form.COUNT),
        Column(voice.say("head_verdict")),
        Column(voice.say("head_source")),
    )
    rows = tuple(_row(voice, findings, comparison) for comparison in part.comparisons)
    table = Table(voice.say("published_caption"), columns, rows, (voice.say("published_rule"),), blocks=True)
    lede = Prose(voice.say("published_lede_synthetic" if findings.basis.synthetic else "published_lede_real"))
    return Slide("published", published_title(voice, part.comparisons), (lede, table))


def _row(voice: Voice, findings: Findings, comparison: PublishedComparison) -> Row:
    figure = comparison.figure
    cells = (
        Cell(_published(voice, comparison), figure.value),
        Cell(_ours(voice, findings, comparison), _number(comparison)),
        base_cell(voice, comparison.estimate),
        Cell(verdict_of(voice, comparison)),
        Cell(_source(voice, comparison)),
    )
    return Row(in_language(figure.text, voice.language), cells)


def _number(comparison: PublishedComparison) -> float | None:
    return comparison.estimate.share if printable(comparison.estimate) else None


def _published(voice: Voice, comparison: PublishedComparison) -> str:
    """Return the published number with its n, and at best its interval where the n is known."""
    text = published_share(voice, comparison)
    low, high = comparison.published_low, comparison.published_high
    if low is None or high is None:
        return text
    return f"{text}\n{voice.say('at_best', interval=interval(low, high))}"


def _ours(voice: Voice, findings: Findings, comparison: PublishedComparison) -> str:
    """Return our number with its interval; a rank names our first place; a second definition stands below.

    Last stands whom the figure is about, where it is not about everybody.
    """
    question = findings.study.questionnaire.question(comparison.figure.question)
    figure = comparison.figure
    lines = [printed(voice, comparison.estimate).text]
    if figure.rank is not None and printable(comparison.estimate):
        leader = choice_name(voice, question, comparison.leader) if comparison.leader else None
        lines.insert(0, rank_line(voice, leader))
    if comparison.beside is not None:
        name = group_name(voice, question, group_of(question, figure.beside), figure.beside)
        lines.append(beside_line(voice, name, comparison.beside))
    if figure.condition is not None:
        condition = condition_words(voice, findings.study.questionnaire, figure.condition)
        lines.append(voice.say("about_only", condition=condition))
    return "\n".join(lines)


def _source(voice: Voice, comparison: PublishedComparison) -> str:
    note = in_language(comparison.figure.note, voice.language)
    return f"{comparison.figure.source}\n{note}" if note else comparison.figure.source
