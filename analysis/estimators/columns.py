"""Segments as the columns of a table: who answered in each, and the covariance of a share between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimators.degrees import degrees_of_pairs
from analysis.estimators.variance import NOWHERE, Stage, member
from analysis.table.columns import Codes, Numbers
from analysis.table.segments import Segment
from analysis.table.sums import ANSWER, SEGMENT, add_up


@dataclass(frozen=True)
class Columns:
    """What is tested: weights, people and squared weights (segments, answer codes) of those who answered.

    `rows` are the groups of the sums behind it, `column` and `code` (rows,) their segment and answer; `df` and
    `units` (segments, segments) are the degrees of freedom of every two.
    """

    stage: Stage
    rows: Codes
    column: Codes
    code: Codes
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
        made, counted = self.people @ chose, self.people.sum(axis=1)
        share = np.where(made == 0, 0.0, np.where(made == counted, 1.0, share))
        values = (chose[self.code] - share[self.column]) / base[self.column]
        return share, self.stage.covariance_of_blocks(self.rows, self.column, len(base), values)


def columns_of(stage: Stage, counted: frozenset[int], segments: Sequence[Segment]) -> Columns:
    """Add up those whose answer code is `counted`, by segment; segments must not overlap."""
    sums = stage.sums
    codes = int(sums.keys[:, ANSWER].max(initial=0)) + 1
    numbered = np.full(int(sums.keys[:, SEGMENT].max(initial=0)) + 1, NOWHERE)
    for place, segment in enumerate(segments):
        numbered[[code for code in segment.codes if code < len(numbered)]] = place
    column = numbered[sums.keys[:, SEGMENT]]
    inside = (column >= 0) & member(sums.keys[:, ANSWER], counted) & (sums.n > 0)
    rows, shape = np.flatnonzero(inside), (len(segments), codes)
    column, code = column[rows], np.asarray(sums.keys[rows, ANSWER], dtype=np.int64)
    weight, people, squares = (
        add_up(column * codes + code, values, math.prod(shape)).reshape(shape)
        for values in (stage.weight[rows], sums.n[rows], stage.factor[rows] ** 2 * sums.w2[rows])
    )
    df, units = degrees_of_pairs(stage, rows, column, len(segments))
    return Columns(stage, rows, column, code, weight, people, squares, df, units)
