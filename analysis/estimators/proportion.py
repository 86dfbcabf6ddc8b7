"""Sums → shares: linearised standard errors under strata, clusters, finite populations and raking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.estimate import EMPTY, LOW_BASE, OK, Estimate
from analysis.estimators.design_variance import Calibrated, Stage, member, staged
from analysis.estimators.intervals import AUTO, NONE, Evidence, check_method, interval
from analysis.table.column import Numbers
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
    estimates: list[Estimate] = []
    for segment in segments:
        observed = _observed(stage, segment, counted, answers)
        if observed is None:
            estimates += [_empty(question, answer.name, segment) for answer in answers]
        else:
            estimates += _estimates(observed, stage, question, segment, answers, interval, level)
    return estimates


@dataclass(frozen=True)
class _Observed:
    """What a segment shows: shares and variances (answers,), of a `base` of people among `people` in it.

    `weight` is the sum of weights of the base; `census` tells that the segment's population was drawn whole.
    """

    share: Numbers
    variance: Numbers
    base: int
    weight: float
    kish: float
    df: int
    people: int
    people_df: int
    census: bool


def _observed(
    stage: Stage, segment: Segment, counted: frozenset[int], answers: Sequence[Answer]
) -> _Observed | None:
    """Look at a segment; None where nobody in it is counted."""
    everyone = stage.columns_in(segment.codes)
    base = everyone[member(stage.answer[everyone], counted)]
    people = stage.people(base)
    if people == 0:
        return None
    chose = np.stack([member(stage.answer[base], answer.codes) for answer in answers], axis=1)
    weight = stage.weight[base]
    total = weight.sum()
    share = _exact(stage.sums.people[base].astype(np.float64) @ chose, people, (weight @ chose) / total)
    variance = stage.variances(base, (chose - share) / total)
    # what is left of shares that do not vary is rounding
    variance = np.where(variance <= _NOISE * share * (1 - share) / people, 0.0, variance)
    return _Observed(
        share, variance, people, float(total), stage.kish(base), stage.degrees(base),
        stage.people(everyone), stage.degrees(everyone), stage.census(base),
    )  # fmt: skip


def _exact(choosers: Numbers, base: int, share: Numbers) -> Numbers:
    """A choice that everybody or nobody made has exactly that share, whatever the rounding of the sums."""
    return np.where(choosers == 0, 0.0, np.where(choosers == base, 1.0, share))


def _estimates(
    observed: _Observed,
    stage: Stage,
    question: str,
    segment: Segment,
    answers: Sequence[Answer],
    method: str,
    level: float,
) -> list[Estimate]:
    estimates = []
    for answer, p, v in zip(answers, observed.share.tolist(), observed.variance.tolist(), strict=True):
        effect = _design_effect(p, v, observed.base)
        effective = observed.base / effect if effect else observed.kish
        evidence = Evidence(
            p, v, observed.base, observed.df, effective, observed.kish, observed.people, observed.people_df,
            observed.census,
        )  # fmt: skip
        if stage.raking is not None:
            evidence = _cautious(evidence, stage.lost)
        estimate = _estimate(question, answer.name, segment, evidence, math.sqrt(v), effect, method, level)
        left = 1 - observed.base / observed.weight
        estimates.append(replace(estimate, design_effect_wor=effect / left if effect and left > 0 else None))
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


def _estimate(
    question: str,
    choice: str,
    segment: Segment,
    evidence: Evidence,
    se: float,
    effect: float | None,
    method: str,
    level: float,
) -> Estimate:
    """Return the estimate; `evidence` decides its interval and whether there is enough of it."""
    bounds = interval(evidence, method, level)
    enough = min(evidence.effective_base, float(evidence.base)) >= LOW and bounds.low is not None
    return Estimate(
        question=question,
        choice=choice,
        segment=segment.label,
        share=evidence.share,
        se=se,
        low=bounds.low,
        high=bounds.high,
        interval=bounds.method,
        base=evidence.base,
        effective_base=evidence.base / effect if effect else evidence.kish,
        design_effect=effect,
        df=evidence.df,
        status=OK if enough else LOW_BASE,
        by=segment.by,
    )


def _empty(question: str, choice: str, segment: Segment) -> Estimate:
    return Estimate(
        question=question,
        choice=choice,
        segment=segment.label,
        share=None,
        se=None,
        low=None,
        high=None,
        interval=NONE,
        base=0,
        effective_base=0.0,
        design_effect=None,
        df=0,
        status=EMPTY,
        by=segment.by,
    )


def _design_effect(share: float, variance: float, base: int) -> float | None:
    """Return V / (p(1-p)/(n-1)), against simple random sampling with replacement (R: deff = "replace")."""
    return variance / (share * (1 - share) / (base - 1)) if 0 < share < 1 and base > 1 else None
