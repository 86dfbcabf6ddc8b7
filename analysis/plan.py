"""The report's plan → its estimates: which sums are taken, how they are weighted, what is held against what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from analysis.estimate import Estimate
from analysis.estimators.proportion import Answer, shares
from analysis.evidence.published import compare
from analysis.findings import (
    ANSWERED,
    Curve,
    CurvePoint,
    Findings,
    PartFindings,
    Published,
    PublishedComparison,
    Shares,
    Topline,
    ToplineRow,
    WeightingFacts,
)
from analysis.problems import DataProblem
from analysis.table.column import Codes
from analysis.table.design import Design, Sample, sample_of
from analysis.table.responses import SHIFT, Responses
from analysis.table.segments import crossed, everyone
from analysis.table.sums import sums_of
from analysis.weighting.calibration import Raking
from analysis.weighting.margins import NOT_GIVEN, Margin, cells_of
from analysis.weighting.raking import rake
from questionnaires.expressions import Tree
from questionnaires.model import Choice, Interval, Missing, Question
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.study import Figure, PlannedPart, SegmentPlan

LONG_LIST = 30
"""Choices above which the topline leaves out those that nobody chose."""

NOT_IN_TOPLINE = ("information", "order", "place")
"""Types of question without a topline: orders, and texts that everyone read."""


@dataclass(frozen=True)
class WeightedResponses:
    """Responses with their design and their raking: everything an estimate of this study needs."""

    responses: Responses
    sample: Sample
    cell: Codes
    raking: Raking | None

    def estimate(
        self,
        question: Question,
        answers: Sequence[Answer],
        *,
        segment: SegmentPlan | None = None,
        where: Tree | None = None,
    ) -> list[Estimate]:
        """Estimate shares of a question's answers: for all in the domain, then for each segment.

        Choices that were ticked or ranked are columns of their own, with the same base: of ticked ones the
        share that ticked it, of ranked ones the share that put it first.
        """
        if question.type not in ("several", "ranking"):
            columns = [(self.responses.answer(question), list(answers))]
            base = shifted([choice.code for choice in question.choices])
        else:
            # what is not ticked or ranked is stored as 0
            base = frozenset(range(SHIFT, SHIFT + len(question.choices) + 1))
            columns = []
            for answer in answers:
                choice = next(choice for choice in question.choices if choice.code + SHIFT in answer.codes)
                codes = self.responses.stored(f"{question.name}.{choice.name}") + SHIFT
                columns.append((codes, [Answer(answer.name, shifted([1]))]))
        domain = self.responses.where(where)
        segmentation = everyone(self.responses.rows, domain)
        if segment is not None:
            by = self.responses.study.questionnaire.question(segment.question)
            segmentation = crossed([self.responses.category(by, segment.bands)], domain, total=True)
        estimates = []
        for codes, chosen in columns:
            estimates += shares(
                sums_of(self.sample, codes, segmentation.codes, self.cell),
                question=question.name,
                answers=chosen,
                segments=segmentation.segments,
                design=Design(),
                raking=self.raking,
                base_codes=base,
            )
        return estimates


def run(responses: Responses) -> Findings:
    """Work out everything that a snapshot's report shows; raise DataProblem."""
    weighted = weigh(responses)
    study = responses.study
    return Findings(
        study=study,
        basis=responses.basis,
        weighting=_weighting_facts(weighted),
        parts=tuple(_findings_of(weighted, part) for part in study.report.parts) if study.report else (),
        topline=tuple(
            _topline(weighted, question)
            for question in study.questionnaire
            if question.type not in NOT_IN_TOPLINE
        ),
    )


def weigh(responses: Responses) -> WeightedResponses:
    """Rake the responses to the study's population, where it has one."""
    population = responses.study.population
    sample = sample_of(responses.rows)
    if responses.rows == 0:
        raise DataProblem("snapshot_empty", value=responses.basis.folder)
    if population is None:
        return WeightedResponses(responses, sample, np.zeros(responses.rows, dtype=np.int64), None)
    columns = [
        responses.category(responses.study.questionnaire.question(name), population.bands.get(name, ()))
        for name in population.margins
    ]
    cell, cells = cells_of(columns)
    sums = sums_of(sample, np.zeros(responses.rows, dtype=np.int64), cell=cell)
    margins = [Margin(name, shares) for name, shares in population.margins.items()]
    return WeightedResponses(responses, sample, cell, rake(sums, cells, margins))


def shifted(codes: Sequence[int]) -> frozenset[int]:
    """Return codes as they are counted in sums."""
    return frozenset(code + SHIFT for code in codes)


def each_of(choices: Sequence[Choice]) -> list[Answer]:
    """Return an answer for every single choice."""
    return [Answer(choice.name, shifted([choice.code])) for choice in choices]


def _findings_of(weighted: WeightedResponses, part: PlannedPart) -> PartFindings:
    study = weighted.responses.study
    if part.kind == "published":
        return Published(part, tuple(_comparison(weighted, figure) for figure in study.published))
    question = study.questionnaire.question(part.about)
    if part.kind == "curve":
        return curve(weighted, part, question)
    segment = study.report.segments.get(part.by) if study.report else None
    answers = each_of(question.choices)
    if part.codes:
        answers = [Answer(part.group or "selected", shifted(part.codes))]
    return Shares(part, question, tuple(weighted.estimate(question, answers, segment=segment)), segment)


def curve(weighted: WeightedResponses, part: PlannedPart, question: Question) -> Curve:
    """Return both readings of a reply-time question at every limit asked.

    The cumulative answer at a limit is the union of all steps up to it: with one scale these shares are the whole
    non-parametric estimate (the Turnbull curve). "No limit" and "no reply expected" count in the base and in no
    limit, and no mean is taken of open-ended answers.
    """
    intervals = [choice for choice in question.choices if isinstance(choice, Interval)]
    steps = [interval for interval in intervals if interval.aside is None and interval.upto != inf]
    others = [interval for interval in intervals if interval not in steps]
    upto = [
        Answer(step.name, shifted([earlier.code for earlier in steps if earlier.upto <= step.upto]))
        for step in steps
    ]
    estimates = weighted.estimate(question, [*upto, *each_of([*steps, *others])])
    cumulative, exclusive = estimates[: len(steps)], estimates[len(steps) : 2 * len(steps)]
    points = tuple(map(CurvePoint, steps, cumulative, exclusive))
    return Curve(part, question, points, tuple(zip(others, estimates[2 * len(steps) :], strict=True)))


def _comparison(weighted: WeightedResponses, figure: Figure) -> PublishedComparison:
    question = weighted.responses.study.questionnaire.question(figure.question)
    answers = [Answer(figure.id, shifted(figure.codes))]
    if figure.beside:
        answers.append(Answer(f"{figure.id}+", shifted(figure.beside)))
    choices = each_of(question.choices)
    ours, *rest = weighted.estimate(question, [*answers, *choices], where=figure.condition)
    second = rest.pop(0) if figure.beside else None
    return compare(figure, ours, second, rest, question, weighted.responses.basis.synthetic)


def _topline(weighted: WeightedResponses, question: Question) -> Topline:
    """Count every answer to a question; those without choices are counted as answered."""
    columns = QUESTION_TYPES[question.type].columns(question)
    stored = [weighted.responses.stored(c.name) for c in columns if c.kind not in ("text", "value")]
    choices = list(question.choices)
    if columns[0].kind in ("flag", "rank"):
        counts = [int((chosen == 1).sum()) for chosen in stored]
    else:
        counts = [int((stored[0] == choice.code).sum()) for choice in choices]
    if len(choices) > LONG_LIST:
        # of all the countries those that were named
        choices, counts = [c for c, n in zip(choices, counts, strict=True) if n], [n for n in counts if n]
    answers = each_of(choices)
    estimates = weighted.estimate(question, answers) if answers else []
    rows = [ToplineRow(a.name, n, e) for a, n, e in zip(answers, counts, estimates, strict=True)]
    if not question.choices:
        rows.append(ToplineRow(ANSWERED, int((stored[0] >= 0).sum()), None))
    for missing in Missing:
        count = int((stored[0] == missing).sum())
        if count:
            rows.append(ToplineRow(missing.name.lower(), count, None))
    return Topline(question, int((stored[0] != Missing.NOT_ASKED).sum()), tuple(rows))


def _weighting_facts(weighted: WeightedResponses) -> WeightingFacts | None:
    population, raking = weighted.responses.study.population, weighted.raking
    if population is None or raking is None:
        return None
    at_sample_share = {}
    for margin in raking.targets:
        targets = population.margins[margin.variable]
        rest = {name: s for name, s in margin.shares.items() if name not in targets or name == NOT_GIVEN}
        if rest:
            at_sample_share[margin.variable] = rest
    return WeightingFacts(
        variables=tuple(population.margins),
        population=population.population,
        source=population.source,
        date=population.date,
        iterations=raking.iterations,
        smallest=raking.smallest,
        largest=raking.largest,
        design_effect=raking.design_effect,
        effective_n=raking.effective_base,
        at_sample_share=at_sample_share,
    )
