"""Segments as the columns of a table: who answered in each, and the covariance of a share between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimators.degrees import degrees_of_pairs
from analysis.estimators.design_variance import NOWHERE, Stage, indicators, member
from analysis.table.column import Codes, Numbers
from analysis.table.segments import Segment
from analysis.table.sums import add_up


@dataclass(frozen=True)
class Columns:
    """What is tested: weights, people and squared weights (segments, answer codes) of those who answered.

    `inside` are the columns of the sums behind it, `segment` their segments; `df` and `units` (segments, segments)
    are the degrees of freedom of every two.
    """

    stage: Stage
    inside: Codes
    segment: Codes
    weight: Numbers
    people: Numbers
    squares: Numbers
    df: Codes
    units: Codes

    @property
    def base(self) -> Numbers:
        """People who answered, by segment."""
        return np.asarray(self.people.sum(axis=1), dtype=np.float64)

    @property
    def kish(self) -> Numbers:
        """Effective people by segment, (Σw)²/Σw² (Kish 1965); 0 where nobody answered."""
        whole, squares = self.weight.sum(axis=1) ** 2, self.squares.sum(axis=1)
        return np.asarray(np.divide(whole, squares, out=np.zeros_like(whole), where=squares > 0))

    def share(self, chose: Numbers) -> tuple[Numbers, Numbers]:
        """Return shares (segments,) of those who `chose` (answer codes,), and their covariance."""
        base = self.weight.sum(axis=1)
        share = np.divide(self.weight @ chose, base, out=np.zeros_like(base), where=base > 0)
        choosers, counted = self.people @ chose, self.people.sum(axis=1)
        share = np.where(choosers == 0, 0.0, np.where(choosers == counted, 1.0, share))
        linear = (chose[self.stage.answer[self.inside]] - share[self.segment]) / base[self.segment]
        return share, self.stage.covariance(
            self.inside, linear[:, None] * indicators(self.segment, len(base))
        )


def columns_of(stage: Stage, counted: frozenset[int], segments: Sequence[Segment]) -> Columns:
    """Add up those whose answer code is `counted`, by segment; segments must not overlap."""
    shape = (len(segments), int(stage.answer.max(initial=0)) + 1)
    number = np.full(int(stage.segment.max(initial=0)) + 1, NOWHERE)
    for place, segment in enumerate(segments):
        number[[code for code in segment.codes if code < len(number)]] = place
    column = number[stage.segment]
    inside = np.flatnonzero((column >= 0) & member(stage.answer, counted) & (stage.sums.people > 0))
    column, key = column[inside], column[inside] * shape[1] + stage.answer[inside]
    weight, people, squares = (
        add_up(key, values[inside], math.prod(shape)).reshape(shape)
        for values in (stage.weight, stage.sums.people, stage.square)
    )
    df, units = degrees_of_pairs(stage, inside, column, len(segments))
    return Columns(stage, inside, column, weight, people, squares, df, units)
