"""The smallest base that each planned figure will get: people planned × share of the segment × share asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from questionnaires.model import Answer, Missing, Questionnaire
from questionnaires.study import SegmentPlan, Study

USUAL_PLAN = 1_000
MARKED, HIDDEN = 30, 10
"""Bases below which a report marks a share as unreliable, and below which it hides it."""
ENOUGH = 40
"""Simulated people of a segment needed to tell how many of it are asked; with fewer, the share of all."""

Row = Mapping[str, Answer]
"""What one simulated person answered to the questions that the report uses, as the path settled it."""


@dataclass(frozen=True)
class Base:
    """The expected base of one question in one segment; `segment` and `category` are "" for everybody.

    `people` is planned × `share` × `asked`; `known` says whether the share is one of the population.
    """

    question: str
    segment: str
    category: str
    share: float
    asked: float
    people: float
    known: bool


def planned_people(study: Study, planned: int | None) -> int:
    """Return how many people are planned: as given, else as many as the made-up ones, else 1,000."""
    return planned or (study.truth.n if study.truth else USUAL_PLAN)


def used_by_report(study: Study) -> frozenset[str]:
    """Return the questions whose answers the bases depend on."""
    if study.report is None:
        return frozenset()
    plans = study.report.segments.values()
    return frozenset({part.about for part in study.report.parts} | {plan.question for plan in plans})


def bases(study: Study, rows: Sequence[Row], planned: int) -> tuple[Base, ...]:
    """Return the expected base of every planned question, and of it in every category of its segment."""
    if study.report is None:
        return ()
    stored = {question.name for question in study.questionnaire}
    expected: dict[tuple[str, str, str], Base] = {}
    for part in study.report.parts:
        question, segment = part.about, study.report.segments.get(part.by)
        if question not in stored:
            continue
        share_asked = _share_asked(question, rows)
        if segment is None:
            everybody = Base(question, "", "", 1.0, share_asked, planned * share_asked, False)
            expected.setdefault((question, "", ""), everybody)
            continue
        margin = study.population.margins.get(segment.question, {}) if study.population else {}
        for category in categories(study.questionnaire, segment):
            inside = [row for row in rows if category_of(study.questionnaire, segment, row) == category]
            share = margin.get(category, len(inside) / len(rows) if rows else 0.0)
            share_here = _share_asked(question, inside) if len(inside) >= ENOUGH else share_asked
            people = planned * share * share_here
            base = Base(question, segment.name, category, share, share_here, people, category in margin)
            expected.setdefault((question, segment.name, category), base)
    return tuple(expected.values())


def _share_asked(question: str, rows: Sequence[Row]) -> float:
    count = sum(row.get(question, Missing.NOT_ASKED) is not Missing.NOT_ASKED for row in rows)
    return count / len(rows) if rows else 0.0


def categories(questionnaire: Questionnaire, segment: SegmentPlan) -> tuple[str, ...]:
    """Return the categories of a segment: its bands, else the names of the question's choices."""
    if segment.bands:
        return tuple(band.label for band in segment.bands)
    return tuple(choice.name for choice in questionnaire.question(segment.question).choices)


def category_of(questionnaire: Questionnaire, segment: SegmentPlan, row: Row) -> str:
    """Return the category a person is in; "" where there is none."""
    answer = row.get(segment.question, Missing.NOT_ASKED)
    if isinstance(answer, Missing) or not isinstance(answer, int | float):
        return ""
    if segment.bands:
        return next((band.label for band in segment.bands if band.low <= answer <= band.high), "")
    choice = questionnaire.question(segment.question).choice(int(answer))
    return choice.name if choice else ""


def smallest(bases: Iterable[Base]) -> tuple[Base, ...]:
    """Return, for each question and segment, the category with the smallest base."""
    least: dict[tuple[str, str], Base] = {}
    for base in bases:
        key = base.question, base.segment
        if key not in least or base.people < least[key].people:
            least[key] = base
    return tuple(least.values())
