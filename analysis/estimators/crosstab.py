"""A table of answers by segments with its design: what tests of the whole table start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.estimators.effective_degrees import effective_degrees, expected_variances
from analysis.estimators.proportion import Answer
from analysis.estimators.variance import NOWHERE, Calibrated, Stage, Tally, staged
from analysis.table.columns import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import ANSWER, SEGMENT, ByUnit, Sums, add_up

MOST_CELLS = 2000  # cells of a table whose covariance is worked out whole
EXPECTED = 5.0  # people in a cell, were answers independent of segments, below which a test is marked
UNITS = 10  # degrees of freedom of a segment, below which a test is marked
CLUSTERS = 20  # equal clusters, below which a Wald test finds too much (Cameron & Miller 2015, §VI)
_ALIKE = 1e-12  # variance of one person's answer, below which all in a segment said the same
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
    asked for. A cell's number is column × rows + row: `units` are units' weights (units, cells), where there is
    a short way to them, else `place` (groups,) is each group's cell, NOWHERE for groups outside.
    """

    stage: Stage
    total: Numbers
    people: int
    df: int
    rows: Codes
    columns: Codes
    units: Numbers | None
    place: Codes

    @cached_property
    def tally(self) -> Tally:
        """The design added up by the table's cells."""
        if self.units is not None:
            return self.stage.tally_of_units(self.units)
        return self.stage.tally(self.place, self.total.size)

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
        rows, columns = self.total.shape
        if self.units is not None:
            seen = self.units.reshape(len(self.units), columns, rows).sum(axis=2) > 0
            return min(self.stage.degrees_of_units(seen[:, at]) for at in range(columns))
        segment = np.where(self.place >= 0, self.place // max(rows, 1), NOWHERE)
        return min(self.stage.degrees(np.flatnonzero(segment == at)) for at in range(columns))

    @property
    def _clustered(self) -> bool:
        return self.units is not None or self.stage.sums.clustered

    @cached_property
    def steadiness(self) -> float:
        """Return the smallest effective degrees of freedom of a segment; those of people are `fewest`.

        Clusters count by their expected variance, their people being as alike as the errors of shares show.
        Raises DataProblem "lonely_stratum", "lonely_all".
        """
        if not self._clustered:
            return float(self.fewest)
        weight, own = self._weights
        expected = expected_variances(weight, own, self._seen(own.sum(axis=0)))
        return min(float(self.fewest), float(effective_degrees(self.stage, expected).min()))

    @property
    def _weights(self) -> tuple[Numbers, Numbers]:
        """Σw and Σw² of each cluster's people in each segment; in a cluster people's weights count as alike."""
        stage, (rows, columns), units = self.stage, self.total.shape, len(self.stage.unit_stratum)
        if self.units is not None:
            weight = self.units.reshape(units, columns, rows).sum(axis=2)
        else:
            inside = np.flatnonzero(self.place >= 0)
            key = stage.unit[inside] * columns + self.place[inside] // rows
            weight = add_up(key, stage.weight[inside], units * columns).reshape(units, columns)
        whole = add_up(stage.unit, stage.weight, units)
        square = add_up(stage.unit, stage.factor**2 * stage.sums.w2, units)
        mean = np.divide(square, whole, out=np.zeros(units), where=whole > 0)
        return weight, np.minimum(weight * mean[:, None], weight**2)

    def _seen(self, own: Numbers) -> Numbers:
        """Variance of each segment's total by that of one person, from its shares; `own` where all answered alike."""
        rows, columns = self.total.shape
        held = self.total.sum(axis=0)
        share = (self.total / held).T
        at, off = np.arange(columns), np.zeros((columns, rows, columns, rows))
        off[at, :, at, :] = (np.eye(rows)[None] - share[:, None, :]) / held[:, None, None]
        variance = np.diag(self.tally.covariance(off.reshape(rows * columns, -1))).reshape(columns, rows)
        person = (share * (1 - share)).sum(axis=1)
        found = np.divide(held**2 * variance.sum(axis=1), person, out=own.copy(), where=person > _ALIKE)
        return np.asarray(found, dtype=np.float64)

    @property
    def wald_warning(self) -> str | None:
        """Why a p-value of a test that takes differences by their own errors may be too small, or None.

        Besides `warning`, where a segment's errors rest on less than those of 20 equal clusters (Cameron & Miller
        2015, §VI: Wald tests with fewer find too much, the more so the more unequal they are).
        """
        if self.warning is not None or not self._clustered:
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
        if self._census:
            return CENSUS
        return FEW_UNITS if self.df < 1 else None

    @property
    def _census(self) -> bool:
        if self.units is not None:
            return self.stage.census_of_units(self.units.sum(axis=1) > 0)
        return self.stage.census(np.flatnonzero(self.place >= 0))


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
    asked, by = [answer.codes for answer in answers], [segment.codes for segment in segments]
    cells = stage.cells
    return _of_groups(stage, asked, by) if cells is None else _of_units(stage, cells, asked, by)


def _of_units(
    stage: Stage, cells: ByUnit, answers: Sequence[frozenset[int]], segments: Sequence[frozenset[int]]
) -> Crosstab:
    by = _members(segments, cells.people.shape[0])
    asked = _members(answers, cells.people.shape[1])
    units, blocks, codes = cells.weight.shape
    chosen = (cells.weight.reshape(units * blocks, codes) @ asked).reshape(units, blocks, len(answers))
    if (by.sum(axis=0) == 1).all():
        weight = chosen[:, by.argmax(axis=0)]
    else:
        weight = np.tensordot(chosen, by, axes=(1, 0)).transpose(0, 2, 1)  # (units, segments, answers)
    total = weight.sum(axis=0).T
    rows, columns = np.flatnonzero(total.sum(axis=1) > 0), np.flatnonzero(total.sum(axis=0) > 0)
    if total.size > len(rows) * len(columns):
        weight = weight[:, columns][:, :, rows]
    weight = weight.reshape(units, -1)
    people = int((by.T @ cells.people @ asked).sum())
    df = stage.degrees_of_units(weight.sum(axis=1) > 0)
    return Crosstab(stage, total[np.ix_(rows, columns)], people, df, rows, columns, weight, _nothing())


def _of_groups(
    stage: Stage, answers: Sequence[frozenset[int]], segments: Sequence[frozenset[int]]
) -> Crosstab:
    sums = stage.sums
    row, column = _numbered(answers, sums.keys[:, ANSWER]), _numbered(segments, sums.keys[:, SEGMENT])
    inside = (row >= 0) & (column >= 0) & (sums.n > 0)
    shape = (len(segments), len(answers))
    cell = np.where(inside, column * shape[1] + row, NOWHERE)
    total = add_up(cell[inside], stage.weight[inside], shape[0] * shape[1]).reshape(shape).T
    rows, columns = np.flatnonzero(total.sum(axis=1) > 0), np.flatnonzero(total.sum(axis=0) > 0)
    if total.size > len(rows) * len(columns):
        to = np.full(shape, NOWHERE)
        to[np.ix_(columns, rows)] = np.arange(len(rows) * len(columns)).reshape(len(columns), len(rows))
        cell[inside] = to.ravel()[cell[inside]]
    groups = np.flatnonzero(inside)
    people, df = stage.people(groups), stage.degrees(groups)
    return Crosstab(stage, total[np.ix_(rows, columns)], people, df, rows, columns, None, cell)


def _nothing() -> Codes:
    return np.zeros(0, dtype=np.int64)


def _numbered(groups: Sequence[frozenset[int]], codes: Codes) -> Codes:
    """Number each of `codes` by the group that holds it, NOWHERE where none does."""
    known = np.full(int(codes.max(initial=0)) + 1, NOWHERE)
    for place, group in enumerate(groups):
        here = [code for code in group if 0 <= code < len(known)]
        if (known[here] != NOWHERE).any():
            raise ValueError("answers or segments overlap: a table needs each person in one cell")
        known[here] = place
    return known[codes]


def _members(groups: Sequence[frozenset[int]], size: int) -> Numbers:
    """Return 1 where a code is in a group, shape (codes, groups)."""
    place = _numbered(groups, np.arange(size))
    return np.asarray(place[:, None] == np.arange(len(groups))[None, :], dtype=np.float64)
