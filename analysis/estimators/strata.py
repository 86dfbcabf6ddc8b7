"""How strata add up to a variance, those with a single first-stage unit by the design's rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.problems import DataProblem
from analysis.table.columns import Codes, Numbers
from analysis.table.design import Design
from analysis.table.sums import add_up

WHOLE = 1e-7  # a stratum is fully sampled when less than this share of it was left out (R survey's limit)


@dataclass(frozen=True)
class Rule:
    """How strata add up to a variance: (1-f)·n/(n-1) of what is centred, and strata of one unit by rule.

    certainty: such a stratum adds nothing; adjust: its unit is not centred (`alone`, its part that was left
    out); average: the others' total is scaled by `strata` / `counted` (R's survey.lonely.psu).
    """

    scale: Numbers
    alone: Numbers | None = None
    strata: int = 1
    counted: int = 1

    def total(self, centred: Numbers, raw: Numbers) -> Numbers:
        """Add up variances by stratum (strata, k)."""
        variance = self.scale @ centred
        if self.alone is not None:
            variance = variance + self.alone @ raw
        return np.asarray(variance * self.strata / self.counted, dtype=np.float64)

    def of_units(self, centred: Numbers, total: Numbers, stratum: Codes) -> Numbers:
        """Add up the variances of all units' totals (units, k), `centred` on their stratum's mean."""
        variance = self.scale[stratum] @ (centred * centred)
        if self.alone is not None:
            variance = variance + self.alone[stratum] @ (total * total)
        return np.asarray(variance * self.strata / self.counted, dtype=np.float64)

    def between_units(self, total: Numbers, stratum: Codes, units: Codes) -> Numbers:
        """Return the covariance of totals of units (units here, k); units not among them have totals of 0."""
        size = len(units)
        mean = add_up(stratum, total, size) / np.maximum(units, 1)[:, None]
        absent = units - np.bincount(stratum, minlength=size)
        centred = (total - mean[stratum]) * np.sqrt(self.scale[stratum])[:, None]
        missing = mean * np.sqrt(self.scale * absent)[:, None]
        found = centred.T @ centred + missing.T @ missing
        if self.alone is not None:
            raw = total * np.sqrt(self.alone[stratum])[:, None]
            found = found + raw.T @ raw
        return np.asarray(found * self.strata / self.counted, dtype=np.float64)

    def of_each(self, stratum: Codes) -> Numbers:
        """Return what a person's square counts for in each of `stratum`."""
        each = self.scale if self.alone is None else self.scale + self.alone
        return np.asarray(each[stratum], dtype=np.float64)

    def between_people(self, values: Numbers, square: Numbers, total: Numbers, units: Codes) -> Numbers:
        """Return the covariance where people are the units: by groups or cells of people of equal values.

        `values` (groups, k), `square` (groups,) Σw² times `of_each`, `total` (strata, k) their totals.
        """
        raw = values * np.sqrt(square)[:, None]
        mean = total * np.sqrt(self.scale / np.maximum(units, 1))[:, None]
        return np.asarray((raw.T @ raw - mean.T @ mean) * self.strata / self.counted, dtype=np.float64)


def rule_of(
    design: Design,
    strata: tuple[str, ...],
    units: Codes,
    left_out: Numbers,
    active: NDArray[np.bool_],
    unit: str,
) -> Rule:
    """Weigh the strata of `units` first-stage units each, `left_out` being 1 - f; `active` ones take part.

    Raises DataProblem "lonely_stratum", "lonely_all" and "one_unit" (no strata); `unit` is what they call it.
    """
    sampled = left_out < WHOLE
    lonely = active & (units == 1) & ~sampled
    spread = units / np.maximum(units - 1, 1)
    scale = np.where(sampled | (units < 2), 0.0, left_out * spread)
    if not lonely.any() or design.lonely == "certainty":
        return Rule(scale)
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
    return Rule(scale, None, present, present - alone)


def runs(codes: Codes) -> tuple[Codes, Codes]:
    """Return the distinct values of ascending `codes`, and the place of each code among them."""
    new = np.ones(len(codes), dtype=bool)
    np.not_equal(codes[1:], codes[:-1], out=new[1:])
    return codes[new], np.cumsum(new) - 1
