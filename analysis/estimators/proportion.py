"""Sums → shares: linearised standard errors under strata, clusters, finite populations and raking."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.estimate import EMPTY, LOW_BASE, OK, Estimate
from analysis.estimators.intervals import AUTO, NONE, Evidence, check_method, interval
from analysis.problems import DataProblem
from analysis.table.columns import Codes, Numbers
from analysis.table.design import Design, check_fpc, sampling_fractions
from analysis.table.segments import Segment
from analysis.table.sums import ANSWER, CELL, CLUSTER, SEGMENT, STRATUM, Sums, add_up
from analysis.table.weighting import Raking

FEW = 200.0  # effective people, below which calibration residuals are too small
LOW = 30.0  # effective people, below which an estimate is marked
_WHOLE = 1e-7  # a stratum is fully sampled when less than this share of it was left out (R survey's limit)
_NOISE = 1e-12  # variances below this part of the binomial one are rounding, not variation


@dataclass(frozen=True)
class Answer:
    """A choice, or a net of choices: its name and the answer codes that count as it."""

    name: str
    codes: frozenset[int]


def shares(
    sums: Sums,
    *,
    question: str,
    answers: Sequence[Answer],
    segments: Sequence[Segment],
    design: Design,
    raking: Raking | None = None,
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
    stage = _Stage(sums, design, raking)
    check_fpc(stage.units, sums.strata, sums.fpc, design, sums.clustered)
    found: list[Estimate] = []
    for segment in segments:
        domain = stage.domain(segment, counted, answers)
        found += _estimates(stage, domain, question, segment, answers, interval, level)
    return found


@dataclass(frozen=True)
class _Domain:
    """A segment's groups: `rows` of the sums in it, who of them `answered`, and who `chose` each answer."""

    rows: Codes
    answered: NDArray[np.bool_]
    chose: NDArray[np.bool_]


@dataclass(frozen=True)
class _Stage:
    """The first stage of the design as the sums show it, with raked weights where there is a raking."""

    sums: Sums
    design: Design
    raking: Raking | None

    @cached_property
    def factor(self) -> Numbers:
        """What multiplies each group's base weight, shape (groups,)."""
        if self.raking is None:
            return np.ones(len(self.sums.n))
        return np.asarray(self.raking.factors[self.sums.keys[:, CELL]], dtype=np.float64)

    @cached_property
    def unit(self) -> Codes:
        """Each group's first-stage unit where there are clusters, numbered in order, shape (groups,)."""
        place = self.sums.keys[:, [STRATUM, CLUSTER]]
        new = np.any(place[1:] != place[:-1], axis=1)
        return np.concatenate([[0], np.cumsum(new)]).astype(np.int64)

    @cached_property
    def unit_stratum(self) -> Codes:
        """Each unit's stratum where there are clusters, shape (units,)."""
        _, first = np.unique(self.unit, return_index=True)
        return np.asarray(self.sums.keys[first, STRATUM], dtype=np.int64)

    @cached_property
    def units(self) -> Codes:
        """Number of first-stage units in each stratum, shape (strata,)."""
        size = len(self.sums.strata)
        if self.sums.clustered:
            return np.bincount(self.unit_stratum, minlength=size).astype(np.int64)
        people = self.sums.n + self.sums.idle
        return np.bincount(self.sums.keys[:, STRATUM], weights=people, minlength=size).astype(np.int64)

    @cached_property
    def left_out(self) -> Numbers:
        """Share of each stratum's units that was not drawn, 1 - f, shape (strata,)."""
        return np.maximum(1.0 - sampling_fractions(self.units, self.sums.fpc), 0.0)

    def domain(self, segment: Segment, counted: frozenset[int], answers: Sequence[Answer]) -> _Domain:
        """Find the segment's groups."""
        rows = np.flatnonzero(_member(self.sums.keys[:, SEGMENT], segment.codes))
        code = self.sums.keys[rows, ANSWER]
        answered = _member(code, counted)
        chose = np.stack([_member(code, answer.codes) & answered for answer in answers], axis=1)
        return _Domain(rows, answered, chose)

    def degrees(self, rows: Codes) -> int:
        """Units with cases among the groups `rows`, less strata with cases."""
        rows = rows[self.sums.n[rows] > 0]
        strata = len(np.unique(self.sums.keys[rows, STRATUM]))
        units = len(np.unique(self.unit[rows])) if self.sums.clustered else int(self.sums.n[rows].sum())
        return units - strata


def _estimates(
    stage: _Stage,
    domain: _Domain,
    question: str,
    segment: Segment,
    answers: Sequence[Answer],
    method: str,
    level: float,
) -> list[Estimate]:
    sums = stage.sums
    rows = domain.rows[domain.answered]
    base = int(sums.n[rows].sum())
    if base == 0:
        return [_empty(question, answer.name, segment) for answer in answers]
    weight = stage.factor[rows] * sums.w[rows]
    total = weight.sum()
    chose = domain.chose[domain.answered]
    # A choice that everybody or nobody made has exactly that share, whatever the rounding of the sums.
    made = sums.n[rows] @ chose
    share: Numbers = np.where(made == 0, 0.0, np.where(made == base, 1.0, (weight @ chose) / total))
    variance = _variances(stage, rows, (chose - share) / total)
    variance = np.where(variance <= _NOISE * share * (1 - share) / base, 0.0, variance)
    kish = float(total**2 / (stage.factor[rows] ** 2 * sums.w2[rows]).sum())
    df = stage.degrees(rows)
    people = int(sums.n[domain.rows].sum())
    people_df = stage.degrees(domain.rows)
    found = []
    for answer, p, v in zip(answers, share.tolist(), variance.tolist(), strict=True):
        effect = _design_effect(p, v, base)
        effective = base / effect if effect else kish
        evidence = Evidence(p, v, base, df, effective, kish, people, people_df)
        if stage.raking is not None:
            evidence = _cautious(evidence)
        found.append(_estimate(question, answer.name, segment, evidence, math.sqrt(v), effect, method, level))
    return found


def _cautious(evidence: Evidence) -> Evidence:
    """Return evidence after raking that promises no more than its people.

    Calibration residuals of few people are too small: with 40 raked people an interval from them covers
    87-89 % instead of 95, with 200 and more 95 % (benchmarks/raked_coverage.py). So below FEW effective
    people the interval is at least that of a simple random sample of the base, and the effective people
    are at most the base and Kish's. A share that the weighting itself fixed stays.
    """
    if evidence.kish >= FEW:
        return evidence
    p, n = evidence.share, evidence.base
    least = p * (1 - p) / (n - 1) if n > 1 and evidence.variance > 0 else 0.0
    effective = min(evidence.effective_base, evidence.kish, float(n))
    return replace(evidence, variance=max(evidence.variance, least), effective_base=effective)


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


def _variances(stage: _Stage, rows: Codes, values: Numbers) -> Numbers:
    """Return the variance of Σ weight × value over groups, for `values` (groups, answers) of the domain."""
    sums, raking = stage.sums, stage.raking
    if raking is not None:
        # Outside the domain the value is 0, but what the margins explain of it is not: every row takes part.
        inside = rows
        rows = np.arange(len(sums.n))
        whole = np.zeros((len(rows), values.shape[1]))
        whole[inside] = values
        values = whole - raking.explained(sums.keys[:, CELL], sums.n, whole)
    scaled = stage.factor[rows][:, None] * values
    stratum = sums.keys[rows, STRATUM]
    spread = _cluster_spread if sums.clustered else _person_spread
    centred, raw = spread(stage, rows, scaled)
    active = np.bincount(stratum, weights=sums.n[rows], minlength=len(sums.strata)) > 0
    return _over_strata(stage, active, centred, raw)


def _person_spread(stage: _Stage, rows: Codes, scaled: Numbers) -> tuple[Numbers, Numbers]:
    """Return Σ(u - mean)² and Σu² by stratum, a person's u being weight × value, from w and w² alone."""
    sums, size = stage.sums, len(stage.sums.strata)
    stratum = sums.keys[rows, STRATUM]
    total = add_up(stratum, scaled * sums.w[rows][:, None], size)
    raw = add_up(stratum, scaled**2 * sums.w2[rows][:, None], size)
    return np.maximum(raw - total**2 / np.maximum(stage.units, 1)[:, None], 0.0), raw


def _cluster_spread(stage: _Stage, rows: Codes, scaled: Numbers) -> tuple[Numbers, Numbers]:
    """Return Σ(u - mean)² and Σu² by stratum, a cluster's u being its total; clusters without cases are 0."""
    size = len(stage.sums.strata)
    unit, place = np.unique(stage.unit[rows], return_inverse=True)
    total = add_up(place, scaled * stage.sums.w[rows][:, None], len(unit))
    stratum = stage.unit_stratum[unit]
    mean = add_up(stratum, total, size) / np.maximum(stage.units, 1)[:, None]
    absent = stage.units - np.bincount(stratum, minlength=size)
    centred = add_up(stratum, (total - mean[stratum]) ** 2, size) + absent[:, None] * mean**2
    return centred, add_up(stratum, total**2, size)


def _over_strata(stage: _Stage, active: NDArray[np.bool_], centred: Numbers, raw: Numbers) -> Numbers:
    """Add up (1-f)·n/(n-1)·Σ(u - mean)² over strata; strata of one unit by rule (R's survey.lonely.psu).

    `active` strata have cases in the domain (after raking: all). certainty: such a stratum adds nothing;
    adjust: its unit is not centred; average: the others' total is scaled by strata / strata with two units.
    """
    rule = stage.design.lonely
    sampled = stage.left_out < _WHOLE
    lonely = active & (stage.units == 1) & ~sampled
    spread = stage.units / np.maximum(stage.units - 1, 1)
    scale = np.where(sampled | (stage.units < 2), 0.0, stage.left_out * spread)
    variance = scale @ centred
    if not lonely.any() or rule == "certainty":
        return np.asarray(variance, dtype=np.float64)
    if rule == "adjust":
        return np.asarray(variance + np.where(lonely, stage.left_out, 0.0) @ raw, dtype=np.float64)
    unit = "cluster" if stage.sums.clustered else "person"
    if rule == "fail":
        name = stage.sums.strata[int(np.flatnonzero(lonely)[0])]
        raise DataProblem("lonely_stratum", column=stage.design.strata or "", value=name, unit=unit)
    strata, alone = int(active.sum()), int(lonely.sum())
    if strata == alone:
        raise DataProblem("lonely_all", column=stage.design.strata or "", unit=unit)
    return np.asarray(variance * strata / (strata - alone), dtype=np.float64)


def _member(codes: Codes, wanted: Collection[int]) -> NDArray[np.bool_]:
    """Tell which of `codes` (0 or more) are wanted."""
    known = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
    known[[code for code in wanted if 0 <= code < len(known)]] = True
    return known[codes]
