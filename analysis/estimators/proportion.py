"""Sums → shares: linearised standard errors under strata, clusters, finite populations and raking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.estimate import EMPTY, LOW_BASE, OK, Estimate
from analysis.estimators.intervals import AUTO, NONE, Evidence, check_method, interval
from analysis.estimators.variance import Calibrated, Stage, answer_codes, member, staged
from analysis.table.columns import Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import ByUnit, Sums

FEW = 200.0  # effective people, below which calibration residuals are too small
LOW = 30.0  # effective people, below which an estimate is marked
_NOISE = 1e-12  # variances below this part of the binomial one are rounding, not variation


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
    found: list[Estimate] = []
    cells = stage.cells
    for segment in segments:
        if cells is None:
            seen = _by_groups(stage, segment, counted, answers)
        else:
            seen = _by_units(stage, cells, segment, counted, answers)
        if seen is None:
            found += [_empty(question, answer.name, segment) for answer in answers]
        else:
            found += _estimates(seen, stage, question, segment, answers, interval, level)
    return found


@dataclass(frozen=True)
class _Seen:
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


def _by_groups(
    stage: Stage, segment: Segment, counted: frozenset[int], answers: Sequence[Answer]
) -> _Seen | None:
    """Look at the segment's groups one by one; None where nobody in it is counted."""
    rows = stage.rows_in(segment.codes)
    code = answer_codes(stage, rows)
    inside = member(code, counted)
    asked = rows[inside]
    base = stage.people(asked)
    if base == 0:
        return None
    chose = np.stack([member(code[inside], answer.codes) for answer in answers], axis=1)
    weight = stage.weight[asked]
    total = weight.sum()
    share = _exact(stage.sums.n[asked].astype(np.float64) @ chose, base, (weight @ chose) / total)
    variance = _settled(share, stage.variances(asked, (chose - share) / total), base)
    kish = float(total**2 / (stage.factor[asked] ** 2 * stage.sums.w2[asked]).sum())
    df, people_df = stage.degrees(asked), stage.degrees(rows)
    people = stage.people(rows)
    return _Seen(share, variance, base, float(total), kish, df, people, people_df, stage.census(asked))


def _by_units(
    stage: Stage, cells: ByUnit, segment: Segment, counted: frozenset[int], answers: Sequence[Answer]
) -> _Seen | None:
    """Look at the segment's units: the same figures from their weights by answer."""
    codes = [code for code in sorted(segment.codes) if code < len(cells.people)]
    people, squares = cells.people[codes].sum(axis=0), cells.squares[codes].sum(axis=0)
    every = np.arange(len(people))
    inside = member(every, counted)
    base = int(people @ inside)
    if base == 0:
        return None
    chose = np.stack([member(every, answer.codes) & inside for answer in answers], axis=1).astype(np.float64)
    weight = cells.weight[:, codes[0]] if len(codes) == 1 else cells.weight[:, codes].sum(axis=1)
    asked = weight @ inside
    total = asked.sum()
    picked = weight @ chose
    share = _exact(people @ chose, base, picked.sum(axis=0) / total)
    variance = stage.variances_of_units((picked - asked[:, None] * share) / total, asked > 0)
    kish, seen = float(total**2 / (squares @ inside)), weight.sum(axis=1) > 0
    df, people_df = stage.degrees_of_units(asked > 0), stage.degrees_of_units(seen)
    variance = _settled(share, variance, base)
    census = stage.census_of_units(asked > 0)
    return _Seen(share, variance, base, float(total), kish, df, int(people.sum()), people_df, census)


def _exact(made: Numbers, base: int, share: Numbers) -> Numbers:
    """A choice that everybody or nobody made has exactly that share, whatever the rounding of the sums."""
    return np.where(made == 0, 0.0, np.where(made == base, 1.0, share))


def _settled(share: Numbers, variance: Numbers, base: int) -> Numbers:
    return np.where(variance <= _NOISE * share * (1 - share) / base, 0.0, variance)


def _estimates(
    seen: _Seen,
    stage: Stage,
    question: str,
    segment: Segment,
    answers: Sequence[Answer],
    method: str,
    level: float,
) -> list[Estimate]:
    found = []
    for answer, p, v in zip(answers, seen.share.tolist(), seen.variance.tolist(), strict=True):
        effect = _design_effect(p, v, seen.base)
        effective = seen.base / effect if effect else seen.kish
        evidence = Evidence(
            p, v, seen.base, seen.df, effective, seen.kish, seen.people, seen.people_df, seen.census
        )
        if stage.raking is not None:
            evidence = _cautious(evidence, stage.lost)
        one = _estimate(question, answer.name, segment, evidence, math.sqrt(v), effect, method, level)
        left = 1 - seen.base / seen.weight
        found.append(replace(one, design_effect_wor=effect / left if effect and left > 0 else None))
    return found


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
