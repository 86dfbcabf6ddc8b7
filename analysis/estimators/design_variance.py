"""The first stage of a design as its sums show it: variances, covariances and degrees of freedom of totals."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from analysis.problems import DataProblem
from analysis.table.column import Codes, Mask, Numbers
from analysis.table.design import Design, check_fpc, sampling_fractions
from analysis.table.sums import ANSWER, CELL, SEGMENT, Matrix, Sums, add_up

WHOLE = 1e-7
"""A stratum is fully sampled when less than this share of it was left out (R survey's limit)."""


@dataclass(frozen=True)
class Rule:
    """What the strata count for in a variance, arrays of shape (strata,), and strata of one unit by the design's rule.

    `scale` is (1-f)·n/(n-1) of what is centred on the stratum's mean. certainty: a stratum of one unit adds nothing;
    adjust: its unit is not centred, and counts by `alone`, its part that was left out; average: the others' total
    is multiplied by `average` (R's survey.lonely.psu).
    """

    scale: Numbers
    alone: Numbers
    average: float = 1.0


def rule_of(
    design: Design,
    strata: tuple[str, ...],
    units: Codes,
    left_out: Numbers,
    active: Mask,
    unit: str,
) -> Rule:
    """Weigh the strata of `units` first-stage units each, `left_out` being 1 - f; `active` ones take part.

    Raises DataProblem "lonely_stratum", "lonely_all" and "one_unit" (no strata); `unit` is what they call it.
    """
    sampled = left_out < WHOLE
    lonely = active & (units == 1) & ~sampled
    spread = units / np.maximum(units - 1, 1)
    scale = np.where(sampled | (units < 2), 0.0, left_out * spread)
    none = np.zeros(len(scale))
    if not lonely.any() or design.lonely == "certainty":
        return Rule(scale, none)
    if design.lonely == "adjust":
        return Rule(scale, np.where(lonely, left_out, 0.0))
    if design.strata is None and len(strata) == 1:
        raise DataProblem("one_unit", unit=unit)
    column = design.strata or ""
    if design.lonely == "fail":
        name = strata[int(np.flatnonzero(lonely)[0])]
        raise DataProblem("lonely_stratum", column=column, value=name, unit=unit)
    present, alone = int(active.sum()), int(lonely.sum())
    if present == alone:
        raise DataProblem("lonely_all", column=column, unit=unit)
    return Rule(scale, none, present / (present - alone))


NOWHERE = -1
"""The place of columns that are in no cell of a table."""


class Calibrated(Protocol):
    """What estimators use of weights that were brought to a population (analysis.weighting)."""

    @property
    def factors(self) -> Numbers:
        """What multiplies the base weights of each cell, shape (cells,)."""

    @property
    def fitted(self) -> int:
        """How many independent quantities the population's figures fix, its size among them; 0 for none."""

    def explained(
        self, cell: Codes, people: Codes, values: Numbers, weight: Numbers | None = None
    ) -> Numbers:
        """Return the part of `values` (groups, k) that the population's margins explain."""


@dataclass(frozen=True)
class Stage:
    """The first stage of the design, with calibrated weights where there is a `raking`.

    Variances are those of totals Σ weight × value under sampling with replacement at the first stage, with its
    finite population correction (Särndal, Swensson & Wretman 1992, §4.6; R survey's svyrecvar); after a
    calibration, of its residuals. Everybody in a column of the sums has one value, so that a unit's total is its
    row of weights times the values. Use `staged` to make one: it checks the finite population.
    """

    sums: Sums
    design: Design
    raking: Calibrated | None

    @cached_property
    def factor(self) -> Numbers:
        """What multiplies each column's base weight, shape (columns,)."""
        if self.raking is None:
            return np.ones(len(self.sums.columns))
        return np.asarray(self.raking.factors[self.sums.columns[:, CELL]], dtype=np.float64)

    @cached_property
    def lost(self) -> float:
        """By what residuals after a calibration make variances too small: n / (n - quantities fitted to n people).

        The usual factor of a least squares fit; 1 without a calibration.
        """
        people = int(self.sums.people.sum())
        fitted = 0 if self.raking is None else self.raking.fitted
        return people / max(people - fitted, 1)

    @cached_property
    def weight(self) -> Numbers:
        """Sum of final weights of each column, shape (columns,)."""
        return self.factor * self.sums.total(self.sums.weight)

    @cached_property
    def square(self) -> Numbers:
        """Sum of squared final weights of each column, shape (columns,)."""
        return self.factor**2 * self.sums.total(self.sums.square)

    @cached_property
    def segment(self) -> Codes:
        """Each column's segment code, shape (columns,)."""
        return self.sums.columns[:, SEGMENT]

    @cached_property
    def answer(self) -> Codes:
        """Each column's answer code, shape (columns,)."""
        return self.sums.columns[:, ANSWER]

    @cached_property
    def left_out(self) -> Numbers:
        """Share of each stratum's units that was not drawn, 1 - f, shape (strata,)."""
        return np.maximum(1.0 - sampling_fractions(self.sums.units, self.sums.fpc), 0.0)

    @cached_property
    def uncertain(self) -> Mask:
        """Tell which strata have a sampling error: part was left out of them or, after a calibration, of any."""
        some = (self.left_out >= WHOLE) & (self.sums.units > 0)
        return some if self.raking is None else np.full(len(some), some.any())

    def columns_in(self, segments: Collection[int]) -> Codes:
        """Return the columns with people whose segment code is among `segments`."""
        return np.flatnonzero(member(self.segment, segments) & (self.sums.people > 0))

    def people(self, columns: Codes) -> int:
        """Return the number of people with a weight in `columns`."""
        return int(self.sums.people[columns].sum())

    def kish(self, columns: Codes) -> float:
        """Return the effective number of people in `columns`, (Σw)²/Σw² (Kish 1965)."""
        return float(self.weight[columns].sum()) ** 2 / float(self.square[columns].sum())

    def totals(self, columns: Codes, values: Numbers) -> Numbers:
        """Return each row's Σ weight × value, shape (rows, k), for `values` (columns, k)."""
        return np.asarray(
            _of(self.sums.weight, columns) @ (self.factor[columns][:, None] * values), dtype=np.float64
        )

    def squares(self, columns: Codes, values: Numbers) -> Numbers:
        """Return each row's Σ weight² × value, shape (rows, k), for `values` (columns, k)."""
        return np.asarray(
            _of(self.sums.square, columns) @ (self.factor[columns][:, None] ** 2 * values), dtype=np.float64
        )

    def present(self, columns: Codes) -> Mask:
        """Tell which rows have people with a weight in `columns`, shape (rows,)."""
        return np.asarray(_of(self.sums.weight, columns).sum(axis=1) > 0)

    def strata_of(self, rows: Mask) -> Mask:
        """Tell which strata the `rows` lie in, shape (strata,)."""
        return np.bincount(self.sums.stratum[rows], minlength=len(self.sums.units)) > 0

    def degrees(self, columns: Codes) -> int:
        """Return the units with cases in `columns`, less the strata with cases (R's degf)."""
        rows = self.present(columns)
        units = int(rows.sum()) if self.sums.clustered else self.people(columns)
        return units - int(self.strata_of(rows).sum())

    def census(self, columns: Codes) -> bool:
        """Tell whether the whole population behind `columns` was drawn: they have no sampling error."""
        return not self.uncertain[self.sums.stratum[self.present(columns)]].any()

    def variances(self, columns: Codes, values: Numbers) -> Numbers:
        """Return the variance of Σ weight × value, shape (k,), for `values` (columns, k)."""
        columns, values = self._residuals(columns, values)
        rule, stratum = self._rule(columns), self.sums.stratum
        total = self.totals(columns, values)
        if self.sums.clustered:
            centred, raw = (total - self._mean(total)[stratum]) ** 2, total**2
        else:
            raw = self.squares(columns, values**2)
            centred = np.maximum(raw - total**2 / np.maximum(self.sums.units, 1)[:, None], 0.0)
        variance = rule.scale[stratum] @ centred + rule.alone[stratum] @ raw
        return np.asarray(variance * rule.average, dtype=np.float64)

    def covariance(self, columns: Codes, values: Numbers) -> Numbers:
        """Return the covariance matrix (k, k) of Σ weight × value, for `values` (columns, k)."""
        columns, values = self._residuals(columns, values)
        rule, stratum = self._rule(columns), self.sums.stratum
        total = self.totals(columns, values)
        if self.sums.clustered:
            centred = (total - self._mean(total)[stratum]) * np.sqrt(rule.scale[stratum])[:, None]
            covariance = centred.T @ centred
            if rule.alone.any():
                raw = total * np.sqrt(rule.alone[stratum])[:, None]
                covariance += raw.T @ raw
        else:
            each = (rule.scale + rule.alone)[stratum] @ _of(self.sums.square, columns)
            raw = values * (self.factor[columns] * np.sqrt(each))[:, None]
            mean = total * np.sqrt(rule.scale / np.maximum(self.sums.units, 1))[stratum][:, None]
            covariance = raw.T @ raw - mean.T @ mean
        return np.asarray(covariance * rule.average, dtype=np.float64)

    def _mean(self, total: Numbers) -> Numbers:
        """Return the mean of units' totals in each stratum, shape (strata, k)."""
        units = np.maximum(self.sums.units, 1)[:, None]
        return add_up(self.sums.stratum, total, len(self.sums.units)) / units

    def _residuals(self, columns: Codes, values: Numbers) -> tuple[Codes, Numbers]:
        """After a calibration every column takes part: what the margins explain of it is not 0 outside."""
        if self.raking is None:
            return columns, values
        everyone = np.arange(len(self.sums.columns))
        whole = np.zeros((len(everyone), values.shape[1]))
        whole[columns] = values
        cell, base = self.sums.columns[:, CELL], self.sums.total(self.sums.weight)
        return everyone, whole - self.raking.explained(cell, self.sums.people, whole, base)

    def _rule(self, columns: Codes) -> Rule:
        active = self.strata_of(self.present(columns))
        unit = "cluster" if self.sums.clustered else "person"
        return rule_of(self.design, self.sums.strata, self.sums.units, self.left_out, active, unit)


def _of(matrix: Matrix, columns: Codes) -> Matrix:
    return matrix if len(columns) == matrix.shape[1] else matrix[:, columns]


def staged(sums: Sums | Stage, design: Design, raking: Calibrated | None = None) -> Stage:
    """Return the first stage of `sums`; one that was made before stays as it is. Raises DataProblem "fpc_small".

    Estimators of the same sums can share a stage, which keeps what it worked out once.
    """
    if isinstance(sums, Stage):
        return sums
    stage = Stage(sums, design, raking)
    check_fpc(sums.units, sums.strata, sums.fpc, design, sums.clustered)
    return stage


def member(codes: Codes, chosen: Collection[int]) -> Mask:
    """Tell which of `codes` (0 or more) are wanted."""
    inside = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
    inside[[code for code in chosen if 0 <= code < len(inside)]] = True
    return inside[codes]


def indicators(place: Codes, size: int) -> Numbers:
    """Return 1 where a column is at a place, shape (columns, size); nothing for NOWHERE."""
    return np.asarray(place[:, None] == np.arange(size)[None, :], dtype=np.float64)
