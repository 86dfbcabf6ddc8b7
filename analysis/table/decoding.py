"""What a tally's codes mean: strata, conditions and segments by name, and the sums under these names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.problems import DataProblem
from analysis.table.column import MISSING, Codes, Column, Mask, TextColumn, holds, number_text
from analysis.table.count_plan import BLANK, IN, Part
from analysis.table.design import sampling_fractions
from analysis.table.naming import listed
from analysis.table.segments import Segmentation, crossed, everyone
from analysis.table.sums import ANSWER, CELL, SEGMENT, Sums, add_up, recoded
from analysis.table.tally import Tally


@dataclass(frozen=True)
class Decoded:
    """A tally with the names behind its codes.

    `places` (places,) are the tally's places that occur, `rows` the people at each, `domain` tells which are inside
    the conditions, `segmentation` their segments. `units` (strata,) counts first-stage units.
    """

    tally: Tally
    places: Codes
    rows: Codes
    domain: Mask
    segmentation: Segmentation
    strata: tuple[str, ...]
    stratum: Codes
    units: Codes
    fpc: tuple[float, ...] | None

    def sums(self, part: Part, answer: Codes) -> Sums:
        """Return a part's sums; `answer` leads from a tally's answer codes to those of the choices."""
        raw, cell = self.tally.sums[part.name], self.tally.plan.cell
        kinds = raw.columns
        segment = self.segmentation.codes[np.searchsorted(self.places, kinds[:, SEGMENT])]
        cells = kinds[:, CELL]
        if cell is not None:
            cells = self.tally.values[cell].column().numbers()[cells - 1].astype(np.int64)
        columns = np.stack([cells, segment, answer[kinds[:, ANSWER]]], axis=1)
        return recoded(raw, self.stratum, columns, self.strata, self.fpc)

    def sampled_unequally(self) -> bool:
        """Tell whether strata were sampled at other rates, as far as is known."""
        rates = sampling_fractions(self.units, self.fpc)
        return not np.allclose(rates, rates[0], rtol=0.01)

    def class_rows(self, at: int, category: int) -> int:
        """Return how many people of the domain have the class BLANK or OUT in segment column `at`."""
        name, codes = self.tally.plan.by[at], self.tally.place_members(self.places)[:, at]
        if name not in self.tally.plan.bands:
            codes = np.append(self.tally.column(name).codes, MISSING)[codes - 1]
            codes = np.where(codes < 0, BLANK, IN)
        return int(self.rows[self.domain & (codes == category)].sum())

    def outside(self, name: str) -> list[str]:
        """Return the values of a segment column that lie in no band, of people in the domain, in their order."""
        outside, values = self.tally.outside.get(name, {}), self.tally.values[name]
        if not values.full:
            column = values.column()
            codes = sorted(int(column.codes[values.place[value]]) for value in outside)
            return [column.choices[code] for code in codes]
        if all(isinstance(value, (int, float)) for value in outside):
            return [number_text(value) for value in sorted(outside)]
        return list(outside)


def decode(tally: Tally, total: bool) -> Decoded:
    """Find strata, domain and segments; `total` asks for the segment of everybody.

    Raises DataProblem "weights_zero" or "unknown_choice".
    """
    plan, raw = tally.plan, next(iter(tally.sums.values()))
    if not raw.people.any():
        raise DataProblem("weights_zero", column=plan.design.weight)
    for name, value in plan.where:
        bands, choices = [band.label for band in plan.bands.get(name, ())], tally.column(name).choices
        if value not in bands and value not in choices:
            raise DataProblem("unknown_choice", column=name, value=value, known=listed(bands or choices))
    strata: tuple[str, ...] = ("",)
    stratum: Codes = np.zeros(1, dtype=np.int64)
    if plan.design.strata is not None:
        column = tally.values[plan.design.strata].column()
        strata, stratum = column.choices, np.append(0, column.codes)
    drawn = np.flatnonzero(raw.units)
    units = add_up(stratum[drawn], raw.units[drawn], len(strata)).astype(np.int64)
    fpc = None
    if plan.design.fpc is not None:
        by_stratum = np.ones(len(strata))
        for code, (population, _) in tally.population.items():
            by_stratum[stratum[code]] = population
        fpc = tuple(by_stratum.tolist())
    places, place = np.unique(raw.columns[:, SEGMENT], return_inverse=True)
    rows = add_up(place, raw.people + raw.idle, len(places)).astype(np.int64)
    domain = places > 0
    members = tally.place_members(places)
    by = [_by_column(tally, name, members[:, at]) for at, name in enumerate(plan.by)]
    segmentation = crossed(by, domain, total) if by else everyone(len(places), domain)
    return Decoded(tally, places, rows, domain, segmentation, strata, stratum, units, fpc)


def _by_column(tally: Tally, name: str, codes: Codes) -> Column:
    """Return the segment column `name`, one row for each place."""
    bands = tally.plan.bands.get(name)
    if bands is not None:
        return TextColumn(name, tuple(band.label for band in bands), np.where(codes >= IN, codes - IN, MISSING))
    column = tally.column(name)
    return TextColumn(name, column.choices, np.append(column.codes, MISSING)[codes - 1])


def choices_of(tally: Tally, name: str) -> tuple[tuple[str, ...], Codes]:
    """Return the choices of a question and where its answer codes lead: place + 1 of the choice, 0 = no answer."""
    bands = tally.plan.bands.get(name)
    if bands is not None:
        to = np.zeros(IN + len(bands), dtype=np.int64)
        to[IN:] = np.arange(1, len(bands) + 1)
        return tuple(band.label for band in bands), to
    column = tally.column(name)
    return column.choices, np.append(0, column.codes + 1)


def unmatched(tally: Tally) -> list[str]:
    """Return the values named as missing that no column of answers, segments or conditions holds.

    [] where a column has too many values to say.
    """
    plan, left = tally.plan, list(tally.plan.missing)
    answers = [name for part in plan.parts for name in part.columns()]
    for name in dict.fromkeys([*answers, *plan.by, *(name for name, _ in plan.where)] if left else []):
        if tally.values[name].full:
            return []
        column = tally.values[name].column()
        left = [value for value in left if not holds(column, value)]
    return left


