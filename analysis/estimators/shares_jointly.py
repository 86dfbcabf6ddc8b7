"""Shares of several answers in several segments with the covariance of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.estimators.joint import Joint
from analysis.estimators.proportion import Answer
from analysis.estimators.variance import NOWHERE, Calibrated, Stage, member, staged
from analysis.table.columns import Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import ANSWER, SEGMENT, Sums, add_up

_NOISE = 1e-12  # variances below this part of the binomial one are rounding, not variation


def shares_jointly(
    sums: Sums | Stage,
    *,
    answers: Sequence[Answer],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    base_codes: frozenset[int] | None = None,
) -> Joint:
    """Estimate each answer's share in each segment with their covariance, segment by segment.

    The estimates and errors of `shares`; answers and segments may overlap. An estimate is named by its answer
    where there is one segment, by its segment where there is one answer, else "segment: answer"; it is NaN
    where nobody in the segment answered. Raises DataProblem "fpc_small", "lonely_stratum", "lonely_all".
    """
    counted = frozenset().union(*(answer.codes for answer in answers)) if base_codes is None else base_codes
    stage = staged(sums, design, raking)
    sums = stage.sums
    codes = int(sums.keys[:, ANSWER].max(initial=0)) + 1
    blocks = int(sums.keys[:, SEGMENT].max(initial=0)) + 1
    shown = frozenset().union(*(segment.codes for segment in segments))
    inside = member(sums.keys[:, SEGMENT], shown) & member(sums.keys[:, ANSWER], counted) & (sums.n > 0)
    place = np.where(inside, sums.keys[:, SEGMENT] * codes + sums.keys[:, ANSWER], NOWHERE)
    rows, size = np.flatnonzero(inside), blocks * codes
    weight = add_up(place[rows], stage.weight[rows], size).reshape(blocks, codes)
    people = add_up(place[rows], sums.n[rows], size).reshape(blocks, codes)
    every = np.arange(codes)
    chose = np.stack([member(every, answer.codes & counted) for answer in answers], axis=1).astype(np.float64)
    values = np.zeros((len(segments), len(answers)))
    linear = np.zeros((blocks, codes, len(segments), len(answers)))
    for at, segment in enumerate(segments):
        blocks_here = member(np.arange(blocks), segment.codes)
        values[at], part = _segment(weight[blocks_here].sum(axis=0), people[blocks_here].sum(axis=0), chose)
        linear[blocks_here, :, at] = part
    k = values.size
    covariance = stage.tally(place, size).covariance(linear.reshape(size, k))
    return Joint(
        _names(answers, segments), values.ravel(), _settled(covariance, values, people), stage.degrees(rows)
    )


def _segment(weight: Numbers, people: Numbers, chose: Numbers) -> tuple[Numbers, Numbers]:
    """Return a segment's shares (answers,) and their linearised values by code (codes, answers)."""
    base = float(weight.sum())
    if base == 0:
        return np.full(chose.shape[1], np.nan), np.zeros_like(chose)
    made = people @ chose
    share = np.where(made == 0, 0.0, np.where(made == people.sum(), 1.0, weight @ chose / base))
    return share, (chose - share) / base


def _settled(covariance: Numbers, values: Numbers, people: Numbers) -> Numbers:
    """Return the covariance without the rounding of shares that do not vary."""
    share = np.nan_to_num(values).ravel()
    still = np.diag(covariance) <= _NOISE * share * (1 - share) / max(float(people.sum()), 1.0)
    return np.where(still[:, None] | still[None, :], 0.0, covariance)


def _names(answers: Sequence[Answer], segments: Sequence[Segment]) -> tuple[str, ...]:
    if len(segments) == 1:
        return tuple(answer.name for answer in answers)
    if len(answers) == 1:
        return tuple(segment.label for segment in segments)
    return tuple(f"{segment.label}: {answer.name}" for segment in segments for answer in answers)
