"""A table of answers by segments with its design: what tests of the whole table start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.estimators.degrees import effective_degrees, expected_variances
from analysis.estimators.design_variance import NOWHERE, Calibrated, Stage, indicators, staged
from analysis.estimators.proportion import Answer
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums, add_up

MOST_CELLS = 2000
"""Cells of a table whose covariance is worked out whole."""
EXPECTED = 5.0
"""People in a cell, were answers independent of segments, below which a test is marked."""
UNITS = 10
"""Degrees of freedom of a segment, below which a test is marked."""
CLUSTERS = 20
"""Equal clusters, below which a Wald test finds too much (Cameron & Miller 2015, §VI)."""
_ALIKE = 1e-12
"""Variance of one person's answer, below which all in a segment said the same."""
ONE_ANSWER = "everybody gave the same answer"
ONE_SEGMENT = "only one segment has answers"
NOBODY = "nobody answered"
TOO_LARGE = f"the table has more than {MOST_CELLS} cells: net some choices or segments"
CENSUS = "the whole population was drawn: there is no sampling error"
FEW_UNITS = "there are too few first-stage units for this table"


@dataclass(frozen=True)
class Crosstab:
    """A table of answers (rows) by segments (columns) where somebody is in each row and column.

    `total` (rows, columns) are sums of weights, `people` counts everyone in it, `df` is units with cases -
    strata with cases; `rows` and `columns` are the places of its answers and segments among those that were
    asked for. A cell's number is column × rows + row: `inside` are the columns of the sums that are in the table,
    and `place` their cells.
    """

    stage: Stage
    total: Numbers
    people: int
    df: int
    rows: Codes
    columns: Codes
    inside: Codes
    place: Codes

    def covariance(self, values: Numbers) -> Numbers:
        """Return the covariance matrix (k, k) of Σ weight × value; `values` are by cell, (cells, k)."""
        return self.stage.covariance(self.inside, values[self.place])

    @cached_property
    def column(self) -> Codes:
        """The table's column of each of `inside`."""
        return np.asarray(self.place // max(len(self.rows), 1))

    @cached_property
    def share(self) -> Numbers:
        """Each cell's share of the whole table, shape (rows, columns)."""
        return np.asarray(self.total / self.total.sum(), dtype=np.float64)

    @cached_property
    def expected(self) -> Numbers:
        """Each cell's share if answers did not depend on segments, shape (rows, columns)."""
        return np.outer(self.share.sum(axis=1), self.share.sum(axis=0))

    @cached_property
    def pearson(self) -> float:
        """Pearson's X² of the weighted shares, as if of `people` independent people."""
        return float(self.people * ((self.share - self.expected) ** 2 / self.expected).sum())

    @cached_property
    def fewest(self) -> int:
        """Return the smallest number of units with cases in a segment, less the strata with cases in it."""
        return min(self.stage.degrees(self.inside[self.column == at]) for at in range(len(self.columns)))

    @cached_property
    def steadiness(self) -> float:
        """Return the smallest effective degrees of freedom of a segment; those of people are `fewest`.

        Clusters count by their expected variance, their people being as alike as the errors of shares show.
        Raises DataProblem "lonely_stratum", "lonely_all".
        """
        if not self.stage.sums.clustered:
            return float(self.fewest)
        weight, own = self._weights()
        expected = expected_variances(weight, own, self._person_variances(own.sum(axis=0)))
        return min(float(self.fewest), float(effective_degrees(self.stage, expected).min()))

    def _weights(self) -> tuple[Numbers, Numbers]:
        """Σw and Σw² of each cluster's people in each segment; in a cluster people's weights count as alike."""
        stage, everyone = self.stage, np.arange(len(self.stage.sums.columns))
        one = np.ones((len(everyone), 1))
        whole, square = stage.totals(everyone, one), stage.squares(everyone, one)
        mean = np.divide(square, whole, out=np.zeros_like(whole), where=whole > 0)
        weight = stage.totals(self.inside, indicators(self.column, len(self.columns)))
        return weight, np.minimum(weight * mean, weight**2)

    def _person_variances(self, own: Numbers) -> Numbers:
        """Variance of each segment's total by that of one person, from its shares; `own` where all answered alike."""
        rows, columns = self.total.shape
        weight = self.total.sum(axis=0)
        share = (self.total / weight).T
        at, off = np.arange(columns), np.zeros((columns, rows, columns, rows))
        off[at, :, at, :] = (np.eye(rows)[None] - share[:, None, :]) / weight[:, None, None]
        variance = np.diag(self.covariance(off.reshape(rows * columns, -1))).reshape(columns, rows)
        person = (share * (1 - share)).sum(axis=1)
        ratio = np.divide(weight**2 * variance.sum(axis=1), person, out=own.copy(), where=person > _ALIKE)
        return np.asarray(ratio, dtype=np.float64)

    @property
    def wald_warning(self) -> str | None:
        """Why a p-value of a test that takes differences by their own errors may be too small, or None.

        Besides `warning`, where a segment's errors rest on less than those of 20 equal clusters (Cameron & Miller
        2015, §VI: Wald tests with fewer find too much, the more so the more unequal they are).
        """
        if self.warning is not None or not self.stage.sums.clustered:
            return self.warning
        if self.steadiness >= CLUSTERS - 1:
            return None
        return (
            "clusters are so few or so unequal that a segment's errors rest on "
            f"{self.steadiness:.1f} effective degrees of freedom"
        )

    @property
    def warning(self) -> str | None:
        """Why a p-value of this table may be too small, or None."""
        if self.fewest < UNITS:
            return f"a segment rests on {self.fewest} degrees of freedom"
        least = self.people * float(self.expected.min())
        return f"only {least:.1f} people are expected in a cell" if least < EXPECTED else None

    @property
    def interactions(self) -> int:
        """(rows - 1) × (columns - 1)."""
        rows, columns = self.total.shape
        return int((rows - 1) * (columns - 1))

    @property
    def reason(self) -> str | None:
        """Why there is nothing to test, or None."""
        rows, columns = self.total.shape
        if self.people == 0:
            return NOBODY
        if rows < 2 or columns < 2:
            return ONE_ANSWER if rows < 2 else ONE_SEGMENT
        if rows * columns > MOST_CELLS:
            return TOO_LARGE
        if self.stage.census(self.inside):
            return CENSUS
        return FEW_UNITS if self.df < 1 else None


def crosstab(
    sums: Sums | Stage,
    answers: Sequence[Answer],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
) -> Crosstab:
    """Cross `answers` with `segments`, neither of which may overlap; empty rows and columns are left out.

    Raises DataProblem "fpc_small"; ValueError where an answer or segment code stands twice.
    """
    stage = staged(sums, design, raking)
    row = _numbered([answer.codes for answer in answers], stage.answer)
    column = _numbered([segment.codes for segment in segments], stage.segment)
    inside = np.flatnonzero((row >= 0) & (column >= 0) & (stage.sums.people > 0))
    row, column, shape = row[inside], column[inside], (len(answers), len(segments))
    total = add_up(row * shape[1] + column, stage.weight[inside], shape[0] * shape[1]).reshape(shape)
    rows, columns = np.flatnonzero(total.sum(axis=1) > 0), np.flatnonzero(total.sum(axis=0) > 0)
    place = np.searchsorted(columns, column) * len(rows) + np.searchsorted(rows, row)
    people, df = stage.people(inside), stage.degrees(inside)
    return Crosstab(stage, total[np.ix_(rows, columns)], people, df, rows, columns, inside, place)


def _numbered(groups: Sequence[frozenset[int]], codes: Codes) -> Codes:
    """Number each of `codes` by the group that holds it, NOWHERE where none does."""
    number = np.full(int(codes.max(initial=0)) + 1, NOWHERE)
    for place, group in enumerate(groups):
        here = [code for code in group if 0 <= code < len(number)]
        if (number[here] != NOWHERE).any():
            raise ValueError("answers or segments overlap: a table needs each person in one cell")
        number[here] = place
    return number[codes]
