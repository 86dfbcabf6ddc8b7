"""The first stage of a design as its sums show it: variances, covariances and degrees of freedom of totals."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.estimators.strata import WHOLE, Rule, rule_of, runs
from analysis.table.columns import Codes, Numbers
from analysis.table.design import Design, check_fpc, sampling_fractions
from analysis.table.sums import ANSWER, CELL, CLUSTER, SEGMENT, STRATUM, ByUnit, Sums, add_up

Mask = NDArray[np.bool_]

NOWHERE = -1  # the place of groups that are in no cell of a table
_ROOM = 1 << 24  # numbers in a dense table of units by cells; beyond, groups are taken one by one


class Calibrated(Protocol):
    """What estimators use of weights that were brought to a population (analysis.table.weighting)."""

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
    calibration, of its residuals. Use `staged` to make one: it checks the finite population. Groups are
    named by their places in the sums, ascending (as the sums, they are then in order of their units).
    """

    sums: Sums
    design: Design
    raking: Calibrated | None

    @cached_property
    def factor(self) -> Numbers:
        """What multiplies each group's base weight, shape (groups,)."""
        if self.raking is None:
            return np.ones(len(self.sums.n))
        return np.asarray(self.raking.factors[self.sums.keys[:, CELL]], dtype=np.float64)

    @cached_property
    def lost(self) -> float:
        """By what residuals after a calibration make variances too small: n / (n - quantities fitted to n people).

        The usual factor of a least squares fit; 1 without a calibration.
        """
        people = int(self.sums.n.sum())
        fitted = 0 if self.raking is None else self.raking.fitted
        return people / max(people - fitted, 1)

    @cached_property
    def weight(self) -> Numbers:
        """Sum of final weights of each group, shape (groups,)."""
        return self.factor * self.sums.w

    @cached_property
    def unit(self) -> Codes:
        """Each group's first-stage unit where there are clusters, numbered in order, shape (groups,)."""
        stratum, cluster = self.sums.keys[:, STRATUM], self.sums.keys[:, CLUSTER]
        new = (stratum[1:] != stratum[:-1]) | (cluster[1:] != cluster[:-1])
        return np.concatenate([[0], np.cumsum(new)]).astype(np.int64)

    @cached_property
    def unit_stratum(self) -> Codes:
        """Each unit's stratum where there are clusters, shape (units,)."""
        if self.sums.by_unit is not None:
            return self.sums.by_unit.stratum
        first = np.concatenate([[0], np.flatnonzero(np.diff(self.unit)) + 1])
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

    @cached_property
    def uncertain(self) -> Mask:
        """Tell which strata have a sampling error: part was left out of them or, after a calibration, of any."""
        some = (self.left_out >= WHOLE) & (self.units > 0)
        return some if self.raking is None else np.full(len(some), some.any())

    @cached_property
    def _by_segment(self) -> tuple[Codes, Codes]:
        """Groups in order of their segment, and where each segment's groups begin."""
        segment = self.sums.keys[:, SEGMENT]
        order = np.argsort(segment, kind="stable")
        return order, np.searchsorted(segment[order], np.arange(int(segment.max(initial=0)) + 2))

    @cached_property
    def cells(self) -> ByUnit | None:
        """Every unit's weight by segment and answer: the short way to shares in many segments.

        None (do without) where there are no clusters, a calibration, or too many cells.
        """
        if self.sums.by_unit is not None or not self.sums.clustered or self.raking is not None:
            return self.sums.by_unit if self.raking is None else None
        segment, answer = self.sums.keys[:, SEGMENT], self.sums.keys[:, ANSWER]
        sides = (int(segment.max(initial=0)) + 1, int(answer.max(initial=0)) + 1)
        size, units = math.prod(sides), len(self.unit_stratum)
        if units * size > _ROOM:
            return None
        cell = segment * sides[1] + answer
        return ByUnit(
            self.unit_stratum,
            add_up(self.unit * size + cell, self.sums.w, units * size).reshape(units, *sides),
            add_up(cell, self.sums.n, size).reshape(sides).astype(np.int64),
            add_up(cell, self.sums.w2, size).reshape(sides),
        )

    def rows_in(self, segments: Collection[int]) -> Codes:
        """Return the groups whose segment code is among `segments`, in their order."""
        order, start = self._by_segment
        parts = [order[start[one] : start[one + 1]] for one in sorted(segments) if 0 <= one < len(start) - 1]
        if len(parts) == 1:
            return parts[0]
        return np.sort(np.concatenate([*parts, order[:0]]))

    def people(self, rows: Codes) -> int:
        """Return the number of people with a weight in the groups `rows`."""
        return int(self.sums.n[rows].sum())

    def degrees(self, rows: Codes) -> int:
        """Return the units with cases among the groups `rows`, less the strata with cases (R's degf)."""
        rows = rows[self.sums.n[rows] > 0]
        strata = len(runs(self.sums.keys[rows, STRATUM])[0])
        units = len(runs(self.unit[rows])[0]) if self.sums.clustered else self.people(rows)
        return units - strata

    def degrees_of_units(self, seen: Mask) -> int:
        """Return the number of units that are `seen`, less that of their strata."""
        return int(seen.sum()) - len(runs(self.unit_stratum[seen])[0])

    def census(self, rows: Codes) -> bool:
        """Tell whether the whole population of the groups `rows` was drawn: they have no sampling error."""
        return not self.uncertain[self.sums.keys[rows[self.sums.n[rows] > 0], STRATUM]].any()

    def census_of_units(self, seen: Mask) -> bool:
        """Tell whether the whole population of the units that are `seen` was drawn."""
        return not self.uncertain[self.unit_stratum[seen]].any()

    def variances(self, rows: Codes, values: Numbers) -> Numbers:
        """Return the variance of Σ weight × value, shape (k,), for `values` (rows, k) of the groups `rows`."""
        rows, values = self._residuals(rows, values)
        centred, raw = self._spread(rows, self.factor[rows][:, None] * values)
        return self._rule(self._active(rows)).total(centred, raw)

    def variances_of_units(self, total: Numbers, seen: Mask) -> Numbers:
        """Return the variance of each column of all units' totals (units, k); `seen` units have cases."""
        size, stratum = len(self.units), self.unit_stratum
        active = np.bincount(stratum[seen], minlength=size) > 0
        centred = total - (add_up(stratum, total, size) / np.maximum(self.units, 1)[:, None])[stratum]
        return self._rule(active).of_units(centred, total, stratum)

    def covariance(self, rows: Codes, values: Numbers) -> Numbers:
        """Return the covariance matrix (k, k) of Σ weight × value, for `values` (rows, k) of groups `rows`."""
        rows, values = self._residuals(rows, values)
        scaled = self.factor[rows][:, None] * values
        rule = self._rule(self._active(rows))
        if not self.sums.clustered:
            stratum = self.sums.keys[rows, STRATUM]
            total = add_up(stratum, scaled * self.sums.w[rows][:, None], len(self.sums.strata))
            square = self.sums.w2[rows] * rule.of_each(stratum)
            return rule.between_people(scaled, square, total, self.units)
        unit, place = runs(self.unit[rows])
        total = add_up(place, scaled * self.sums.w[rows][:, None], len(unit))
        return rule.between_units(total, self.unit_stratum[unit], self.units)

    def covariance_of_blocks(self, rows: Codes, block: Codes, blocks: int, values: Numbers) -> Numbers:
        """Return the covariance matrix of Σ weight × value in blocks that share no people, (blocks, blocks).

        `block` and `values` (rows,) are the block and the value of each of the groups `rows`.
        """
        if self.raking is not None:
            whole = np.zeros((len(rows), blocks))
            whole[np.arange(len(rows)), block] = values
            return self.covariance(rows, whole)
        rule = self._rule(self._active(rows))
        stratum, scaled = self.sums.keys[rows, STRATUM], values * self.sums.w[rows]
        if self.sums.clustered:
            unit, place = runs(self.unit[rows])
            total = add_up(place * blocks + block, scaled, len(unit) * blocks).reshape(len(unit), blocks)
            return rule.between_units(total, self.unit_stratum[unit], self.units)
        strata = len(self.sums.strata)
        total = add_up(stratum * blocks + block, scaled, strata * blocks).reshape(strata, blocks)
        square = add_up(block, values**2 * self.sums.w2[rows] * rule.of_each(stratum), blocks)
        return rule.between_people(np.eye(blocks), square, total, self.units)

    def tally(self, place: Codes, cells: int) -> Tally:
        """Add up the design by `cells` cells, `place` (groups,) being each group's, NOWHERE without one."""
        rows = np.flatnonzero(place >= 0)
        rule = self._rule(self._active(rows if self.raking is None else np.arange(len(place))))
        units = len(self.unit_stratum) if self.sums.clustered else len(self.sums.strata)
        at, stratum = place[rows], self.sums.keys[rows, STRATUM]
        if self.raking is not None or cells * units > _ROOM:
            return Tally(self, rows, at, rule, None, None)
        key = (self.unit[rows] if self.sums.clustered else stratum) * cells + at
        total = add_up(key, self.sums.w[rows], units * cells).reshape(units, cells)
        if self.sums.clustered:
            return Tally(self, rows, at, rule, total, None)
        square = add_up(at, self.sums.w2[rows] * rule.of_each(stratum), cells)
        return Tally(self, rows, at, rule, total, square)

    def tally_of_units(self, total: Numbers) -> Tally:
        """Return the tally of all units' weights by cell (units, cells), which is the short way to one."""
        none = np.zeros(0, dtype=np.int64)
        seen = total.sum(axis=1) > 0
        active = np.bincount(self.unit_stratum[seen], minlength=len(self.units)) > 0
        return Tally(self, none, none, self._rule(active), total, None)

    def _residuals(self, rows: Codes, values: Numbers) -> tuple[Codes, Numbers]:
        """After a calibration every group takes part: what the margins explain of it is not 0 outside."""
        if self.raking is None:
            return rows, values
        everyone = np.arange(len(self.sums.n))
        whole = np.zeros((len(everyone), values.shape[1]))
        whole[rows] = values
        part = self.raking.explained(self.sums.keys[:, CELL], self.sums.n, whole, self.sums.w)
        return everyone, whole - part

    def _spread(self, rows: Codes, scaled: Numbers) -> tuple[Numbers, Numbers]:
        """Return Σ(u - mean)² and Σu² of first-stage units by stratum, both of shape (strata, k)."""
        if not self.sums.clustered:
            return self._person_spread(rows, scaled)
        size = len(self.sums.strata)
        unit, place = runs(self.unit[rows])
        total = add_up(place, scaled * self.sums.w[rows][:, None], len(unit))
        stratum = self.unit_stratum[unit]
        mean = add_up(stratum, total, size) / np.maximum(self.units, 1)[:, None]
        absent = self.units - np.bincount(stratum, minlength=size)
        centred = add_up(stratum, (total - mean[stratum]) ** 2, size) + absent[:, None] * mean**2
        return centred, add_up(stratum, total**2, size)

    def _person_spread(self, rows: Codes, scaled: Numbers) -> tuple[Numbers, Numbers]:
        """A person's u is weight × value: sums of w and w² are enough."""
        size = len(self.sums.strata)
        stratum = self.sums.keys[rows, STRATUM]
        total = add_up(stratum, scaled * self.sums.w[rows][:, None], size)
        raw = add_up(stratum, scaled**2 * self.sums.w2[rows][:, None], size)
        return np.maximum(raw - total**2 / np.maximum(self.units, 1)[:, None], 0.0), raw

    def _active(self, rows: Codes) -> Mask:
        """Tell which strata have people among the groups `rows`."""
        stratum = self.sums.keys[rows, STRATUM]
        return np.bincount(stratum, weights=self.sums.n[rows], minlength=len(self.units)) > 0

    def _rule(self, active: Mask) -> Rule:
        unit = "cluster" if self.sums.clustered else "person"
        return rule_of(self.design, self.sums.strata, self.units, self.left_out, active, unit)


@dataclass(frozen=True)
class Tally:
    """A design added up by the cells of a table: any estimates from one table share it.

    `total` is the weight of units (or, where people are the units, of strata) by cell, `square` the scaled
    sum of squared weights by cell; both None where groups must be taken one by one.
    """

    stage: Stage
    rows: Codes
    at: Codes
    rule: Rule
    total: Numbers | None
    square: Numbers | None

    def covariance(self, values: Numbers) -> Numbers:
        """Return the covariance matrix (k, k) of Σ weight × value; `values` are by cell, (cells, k)."""
        stage = self.stage
        if self.total is None:
            return stage.covariance(self.rows, values[self.at])
        total = self.total @ values
        if self.square is None:
            return self.rule.between_units(total, stage.unit_stratum, stage.units)
        return self.rule.between_people(values, self.square, total, stage.units)


def staged(sums: Sums | Stage, design: Design, raking: Calibrated | None = None) -> Stage:
    """Return the first stage of `sums`; one that was made before stays as it is. Raises DataProblem "fpc_small".

    Estimators of the same sums can share a stage, which keeps what it worked out once.
    """
    if isinstance(sums, Stage):
        return sums
    stage = Stage(sums, design, raking)
    check_fpc(stage.units, sums.strata, sums.fpc, design, sums.clustered)
    return stage


def member(codes: Codes, wanted: Collection[int]) -> Mask:
    """Tell which of `codes` (0 or more) are wanted."""
    known = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
    known[[code for code in wanted if 0 <= code < len(known)]] = True
    return known[codes]


def answer_codes(stage: Stage, rows: Codes) -> Codes:
    """Return the answer code of each of the groups `rows`."""
    return np.asarray(stage.sums.keys[rows, ANSWER], dtype=np.int64)
