"""The report's plan → its estimates: which sums are taken, how they are weighted, what is held against what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Estimate
from analysis.estimators.proportion import Answer, shares
from analysis.evidence.published import compare
from analysis.expectations.reply_time import curve
from analysis.findings import (
    ANSWERED,
    Comparison,
    Findings,
    PartFindings,
    Published,
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
from questionnaires.model import Missing, Question
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.study import Figure, Part, SegmentPlan

LONG_LIST = 30
"""Choices above which the topline leaves out those that nobody chose."""


@dataclass(frozen=True)
class Weighted:
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
            codes = self.responses.answer(question)
            return self._shares(question, codes, answers, substantive(question), segment, where)
        found = []
        base = frozenset(range(SHIFT, SHIFT + len(question.choices) + 1))  # not ticked or ranked is 0
        for answer in answers:
            choice = next(choice for choice in question.choices if choice.code + SHIFT in answer.codes)
            codes = self.responses.stored(f"{question.name}.{choice.name}") + SHIFT
            chosen = [Answer(answer.name, frozenset({1 + SHIFT}))]
            found += self._shares(question, codes, chosen, base, segment, where)
        return found

    def _shares(
        self,
        question: Question,
        codes: Codes,
        answers: Sequence[Answer],
        base_codes: frozenset[int],
        segment: SegmentPlan | None,
        where: Tree | None,
    ) -> list[Estimate]:
        domain = self.responses.where(where)
        segmentation = everyone(self.responses.rows, domain)
        if segment is not None:
            asked = self.responses.study.questionnaire.question(segment.question)
            column = self.responses.category(asked, segment.bands)
            segmentation = crossed([column], domain, total=True)
        return shares(
            sums_of(self.sample, codes, segmentation.codes, self.cell),
            question=question.name,
            answers=answers,
            segments=segmentation.segments,
            design=Design(),
            raking=self.raking,
            base_codes=base_codes,
        )


def run(responses: Responses) -> Findings:
    """Work out everything that a snapshot's report shows; raise DataProblem."""
    weighted = weigh(responses)
    study = responses.study
    plan = study.report
    parts = tuple(_part(weighted, part) for part in plan.parts) if plan else ()
    return Findings(
        study=study,
        basis=responses.basis,
        weighting=_weighting_facts(weighted),
        parts=parts,
        topline=tuple(_topline(weighted, question) for question in study.questionnaire if _told(question)),
    )


def weigh(responses: Responses) -> Weighted:
    """Rake the responses to the study's population, where it has one."""
    population = responses.study.population
    sample = sample_of(responses.rows)
    if responses.rows == 0:
        raise DataProblem("snapshot_empty", value=responses.basis.folder)
    if population is None:
        return Weighted(responses, sample, np.zeros(responses.rows, dtype=np.int64), None)
    columns = [
        responses.category(responses.study.questionnaire.question(name), population.bands.get(name, ()))
        for name in population.margins
    ]
    cell, cells = cells_of(columns)
    sums = sums_of(sample, np.zeros(responses.rows, dtype=np.int64), cell=cell)
    margins = [Margin(name, shares) for name, shares in population.margins.items()]
    return Weighted(responses, sample, cell, rake(sums, cells, margins))


def substantive(question: Question) -> frozenset[int]:
    """Return the shifted codes that count in a base: every choice, no kind of missing answer."""
    return frozenset(choice.code + SHIFT for choice in question.choices)


def shifted(codes: Sequence[int]) -> frozenset[int]:
    return frozenset(code + SHIFT for code in codes)


def _part(weighted: Weighted, part: Part) -> PartFindings:
    study = weighted.responses.study
    if part.kind == "published":
        return Published(part, tuple(_comparison(weighted, figure) for figure in study.published))
    question = study.questionnaire.question(part.about)
    if part.kind == "curve":
        answers = [Answer(choice.name, shifted([choice.code])) for choice in question.choices]
        return curve(part, question, lambda chosen: weighted.estimate(question, chosen), answers)
    plan = study.report
    segment = plan.segments.get(part.by) if plan else None
    answers = (
        [Answer(part.group or "selected", shifted(part.codes))]
        if part.codes
        else [Answer(choice.name, shifted([choice.code])) for choice in question.choices]
    )
    return Shares(part, question, tuple(weighted.estimate(question, answers, segment=segment)), segment)


def _comparison(weighted: Weighted, figure: Figure) -> Comparison:
    question = weighted.responses.study.questionnaire.question(figure.question)
    meant = [Answer(figure.id, shifted(figure.codes))]
    if figure.beside:
        meant.append(Answer(f"{figure.id}+", shifted(figure.beside)))
    each = [Answer(choice.name, shifted([choice.code])) for choice in question.choices]
    ours, *rest = weighted.estimate(question, [*meant, *each], where=figure.condition)
    beside = rest.pop(0) if figure.beside else None
    return compare(figure, ours, beside, rest, question, weighted.responses.basis.synthetic)


def _told(question: Question) -> bool:
    """Tell whether a question belongs in the topline; orders, and texts that everyone read, do not."""
    return question.type not in ("information", "order", "place")


def _topline(weighted: Weighted, question: Question) -> Topline:
    """Count every answer to a question; those without choices are counted as answered."""
    columns = QUESTION_TYPES[question.type].columns(question)
    said = [weighted.responses.stored(c.name) for c in columns if c.kind not in ("text", "value")]
    choices = list(question.choices)
    if columns[0].kind in ("flag", "rank"):
        counts = [int((chosen == 1).sum()) for chosen in said]
    else:
        counts = [int((said[0] == choice.code).sum()) for choice in choices]
    if len(choices) > LONG_LIST:  # of all the countries those that were named
        choices, counts = [c for c, n in zip(choices, counts, strict=True) if n], [n for n in counts if n]
    answers = [Answer(choice.name, shifted([choice.code])) for choice in choices]
    estimates = weighted.estimate(question, answers) if answers else []
    rows = [ToplineRow(a.name, n, e) for a, n, e in zip(answers, counts, estimates, strict=True)]
    if not question.choices:
        rows.append(ToplineRow(ANSWERED, int((said[0] >= 0).sum()), None))
    for missing in Missing:
        count = int((said[0] == missing).sum())
        if count:
            rows.append(ToplineRow(missing.name.lower(), count, None))
    return Topline(question, int((said[0] != Missing.NOT_ASKED).sum()), tuple(rows))


def _weighting_facts(weighted: Weighted) -> WeightingFacts | None:
    population, raking = weighted.responses.study.population, weighted.raking
    if population is None or raking is None:
        return None
    kept = {
        margin.variable: {
            name: share
            for name, share in margin.shares.items()
            if name not in population.margins[margin.variable] or name == NOT_GIVEN
        }
        for margin in raking.targets
    }
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
        kept={variable: shares for variable, shares in kept.items() if shares},
    )
