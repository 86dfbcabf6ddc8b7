"""Sums → shares: linearised standard errors under strata, clusters, finite populations and raking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.estimate import EMPTY, LOW_BASE, OK, Estimate
from analysis.estimators.design_variance import Calibrated, Stage, member, staged
from analysis.estimators.intervals import AUTO, NONE, Evidence, check_method, interval
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

FEW = 200.0
"""Effective people, below which calibration residuals are too small."""
LOW = 30.0
"""Effective people, below which an estimate is marked."""
_NOISE = 1e-12
"""Variances below this part of the binomial one are rounding, not variation."""


@dataclass(frozen=True)
class Answer:
    """A choice, or a net of choices: its name and the answer codes that count as it."""

    name: str
    codes: frozenset[int]


def shares(
    sums: Sums | Stage,
    *,
    question: str,
    answers: Sequence[Answer],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    interval: str = AUTO,
    level: float = 0.95,
    base_codes: frozenset[int] | None = None,
) -> list[Estimate]:
    """Estimate each answer's share in each segment; estimates come segment by segment.

    The base is the people whose answer is in `base_codes` (None: in any of `answers`); all other rows of the
    sums stay in the design. Ratio estimator Σw·y/Σw with Taylor linearisation between first-stage units
    (Särndal, Swensson & Wretman 1992, §5.7; R survey's svymean of a subset); after raking, from calibration
    residuals. df = units with cases in the domain - strata with cases in it.
    Raises DataProblem "unknown_option" (interval), "fpc_small", "lonely_stratum", "lonely_all".
    """
    check_method(interval)
    if not answers:
        return []
    counted = frozenset().union(*(answer.codes for answer in answers)) if base_codes is None else base_codes
    stage = staged(sums, design, raking)
    return [
        estimate
        for segment in segments
        for estimate in _in_segment(stage, question, segment, answers, counted, interval, level)
    ]


def _in_segment(
    stage: Stage,
    question: str,
    segment: Segment,
    answers: Sequence[Answer],
    counted: frozenset[int],
    method: str,
    level: float,
) -> list[Estimate]:
    """Estimate each answer's share among the people of a segment whose answer is `counted`."""
    everyone = stage.columns_in(segment.codes)
    base = everyone[member(stage.answer[everyone], counted)]
    people = stage.people(base)
    if people == 0:
        return [
            Estimate(
                question, answer.name, segment.label, None, None, None, None, NONE, 0, 0.0, None, 0, EMPTY,
                segment.by,
            )
            for answer in answers
        ]  # fmt: skip
    chose = np.stack([member(stage.answer[base], answer.codes) for answer in answers], axis=1)
    weight = stage.weight[base]
    total = weight.sum()
    # a choice that everybody or nobody made has exactly that share, whatever the rounding of the sums
    made = stage.sums.people[base].astype(np.float64) @ chose
    share = np.where(made == 0, 0.0, np.where(made == people, 1.0, (weight @ chose) / total))
    variance = stage.variances(base, (chose - share) / total)
    # what is left of shares that do not vary is rounding
    variance = np.where(variance <= _NOISE * share * (1 - share) / people, 0.0, variance)
    kish, df, census = stage.kish(base), stage.degrees(base), stage.census(base)
    everybody, df_of_everybody = stage.people(everyone), stage.degrees(everyone)
    estimates = []
    for answer, p, v in zip(answers, share.tolist(), variance.tolist(), strict=True):
        # against simple random sampling with replacement (R: deff = "replace")
        effect = v / (p * (1 - p) / (people - 1)) if 0 < p < 1 and people > 1 else None
        effective = people / effect if effect else kish
        evidence = Evidence(p, v, people, df, effective, kish, everybody, df_of_everybody, census)
        if stage.raking is not None:
            evidence = _cautious(evidence, stage.lost)
        bounds = interval(evidence, method, level)
        enough = min(evidence.effective_base, float(people)) >= LOW and bounds.low is not None
        left = 1 - people / float(total)
        estimates.append(
            Estimate(
                question=question,
                choice=answer.name,
                segment=segment.label,
                share=p,
                se=math.sqrt(v),
                low=bounds.low,
                high=bounds.high,
                interval=bounds.method,
                base=people,
                effective_base=effective,
                design_effect=effect,
                df=df,
                status=OK if enough else LOW_BASE,
                by=segment.by,
                design_effect_wor=effect / left if effect and left > 0 else None,
            )
        )
    return estimates


def _cautious(evidence: Evidence, lost: float) -> Evidence:
    """Return evidence after raking that promises no more than its people.

    Calibration residuals of few people are too small: with 40 raked people an interval from them covers
    87-89 % instead of 95, with 200 and more 95 % (benchmarks/coverage). So below FEW effective people the
    interval has what was `lost` by fitting, and is at least that of a simple random sample of the base; the
    effective people are at most the base and Kish's. A share that the weighting itself fixed stays.
    """
    if evidence.kish >= FEW:
        return evidence
    p, n = evidence.share, evidence.base
    least = p * (1 - p) / (n - 1) if n > 1 and evidence.variance > 0 else 0.0
    effective = min(evidence.effective_base, evidence.kish, float(n))
    return replace(evidence, variance=max(evidence.variance * lost, least), effective_base=effective)
