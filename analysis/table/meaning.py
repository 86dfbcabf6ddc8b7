"""What a tally's codes mean: strata, conditions and segments by name, and the sums under these names.

The checks that need the whole file are here, in the order in which a person puts a file right: the design,
the conditions, the segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.problems import DataProblem
from analysis.table.block import Block, Groups, Pair
from analysis.table.coding import LIMIT, MOST_CHOICES, most_codes
from analysis.table.columns import Codes, Column, TextColumn, holds, number_text
from analysis.table.counting import shown
from analysis.table.design import check_fpc, fpc_varies
from analysis.table.naming import listed
from analysis.table.reading import BANDED, BLANK, EXACT, IN
from analysis.table.segments import FIRST, Segmentation, crossed, everyone
from analysis.table.stream import Mask
from analysis.table.sums import ByUnit, Sums, SumsByUnit, add_up_groups
from analysis.table.tally import Tally


@dataclass(frozen=True)
class Drawn:
    """How people were drawn: `keys` (units, 2) are the codes of each unit's stratum and cluster.

    `units` are the numbers of first-stage units in each stratum, shape (strata,).
    """

    keys: Codes
    strata: tuple[str, ...]
    fpc: tuple[float, ...] | None
    clustered: bool
    units: Codes

    @cached_property
    def order(self) -> Codes:
        """Return the units in order of stratum and cluster."""
        return np.lexsort((self.keys[:, 1], self.keys[:, 0]))


@dataclass(frozen=True)
class Bearings:
    """Where each place of a tally is: in the domain or not, in which segment, in which weighting cell.

    `domain`, `segmentation.codes` and `cell` have shape (places,), and so have `rows`, the people at each.
    """

    rows: Codes
    domain: Mask
    segmentation: Segmentation
    cell: Codes


def drawn(tally: Tally) -> Drawn:
    """Read the design. Raises DataProblem "weights_zero", "design_missing", "bad_fpc", "fpc_varies", "fpc_small"."""
    frame, design = tally.frame, tally.reading.design
    if not frame.weighs:
        raise DataProblem("weights_zero", column=design.weight)
    roles = (("strata", design.strata), ("cluster", design.cluster), ("fpc", design.fpc))
    for role, name in roles:
        empty = frame.faults.get(("design_missing", name or ""))
        if empty is not None:
            raise DataProblem("design_missing", column=name, row=empty.row, role=role)
    members = np.array(frame.units.members, dtype=np.int64).reshape(frame.units.size, -1)
    keys = np.zeros((frame.units.size, 2), dtype=np.int64)
    strata: tuple[str, ...] = ("",)
    if design.strata is not None:
        column = frame.codings[design.strata].column()
        keys[:, 0], strata = column.codes[members[:, 0] - 1], column.choices
    if design.cluster is not None:
        keys[:, 1] = frame.codings[design.cluster].ranks()[members[:, -1] - 1]
    fpc = None if design.fpc is None else _fpc(tally, design.fpc, strata)
    clustered = design.cluster is not None
    weights = None if clustered else frame.unit_rows
    units = np.bincount(keys[:, 0], weights=weights, minlength=len(strata)).astype(np.int64)
    check_fpc(units, strata, fpc, design, clustered)
    return Drawn(keys, strata, fpc, clustered, units)


def _fpc(tally: Tally, name: str, strata: tuple[str, ...]) -> tuple[float, ...]:
    frame, by = tally.frame, tally.reading.design.strata
    bad = frame.faults.get(("bad_fpc", name))
    if bad is not None:
        raise DataProblem("bad_fpc", column=name, value=shown(bad.cell), row=bad.row)
    final = None if by is None else frame.codings[by].column().codes
    varying = [(one.other.row, code) for code, one in frame.populations.items() if one.other is not None]
    if varying:
        _, code = min(varying)
        one = frame.populations[code]
        if one.other is not None:
            of = strata[0 if final is None else final[code - 1]]
            raise fpc_varies(name, shown(one.other.cell), one.other.row, one.value, of)
    fpc = np.ones(len(strata))
    for code, one in frame.populations.items():
        fpc[0 if final is None else final[code - 1]] = one.value
    return tuple(fpc.tolist())


# --- places ------------------------------------------------------------------------------------------------


def bearings(tally: Tally, total: bool) -> Bearings:
    """Find the domain and the segments. Raises DataProblem "unknown_choice", "not_a_number", "too_many_choices"."""
    frame, reading = tally.frame, tally.reading
    members = np.array(frame.places.members, dtype=np.int64).reshape(frame.places.size, -1)
    domain = np.ones(len(members), dtype=bool)
    for at in range(len(reading.where)):
        domain &= _kept(tally, at, members[:, at])
    for column in reading.columns():
        wrong = frame.faults.get(("not_a_number", column))
        if wrong is not None:
            raise DataProblem("not_a_number", column=column, value=wrong.cell, row=wrong.row)
    first = len(reading.where)
    for name in reading.by:
        few_choices(tally, name)
    by = [by_column(tally, name, members[:, first + at]) for at, name in enumerate(reading.by)]
    found = crossed(by, domain, total) if by else everyone(len(members), domain)
    return Bearings(frame.place_rows, domain, found, _cells(tally, members))


def _cells(tally: Tally, members: Codes) -> Codes:
    """Return the weighting cell of each place: the number in the one column of cells (none: 0 everywhere)."""
    if not tally.reading.cells:
        return np.zeros(len(members), dtype=np.int64)
    coding = tally.frame.codings[tally.reading.cells[0][0]]
    return coding.column().numbers()[members[:, -1] - 1].astype(np.int64)


def by_column(tally: Tally, name: str, codes: Codes) -> Column:
    """Return the segment column `name`, one row for each place."""
    bands = tally.reading.bands.get(name)
    if bands is not None:
        return TextColumn(name, tuple(band.label for band in bands), np.where(codes >= IN, codes - IN, -1))
    column = plain(tally, name)
    return TextColumn(name, column.choices, np.append(column.codes, -1)[codes - 1])


def plain(tally: Tally, name: str) -> Column:
    """Return a column's values without those that mean no answer, one row for each in the order of their codes."""
    return tally.frame.codings[name].column().without(tally.reading.missing)


def choices_of(tally: Tally, name: str) -> tuple[tuple[str, ...], Codes]:
    """Return the choices of a question and where its answer codes lead: place + 1 of the choice, 0 = no answer."""
    bands = tally.reading.bands.get(name)
    if bands is not None:
        to = np.zeros(IN + len(bands), dtype=np.int64)
        to[IN:] = np.arange(1, len(bands) + 1)
        return tuple(band.label for band in bands), to
    column = plain(tally, name)
    return column.choices, np.append(0, column.codes + 1)


def few_choices(tally: Tally, name: str) -> None:
    """Raise DataProblem "too_many_choices" for a column that holds more than a table can show."""
    if name in tally.reading.bands:
        return
    coding = tally.frame.codings[name]
    if coding.full:
        count = LIMIT
    elif coding.size > most_codes(tally.reading.missing):  # its sums were not kept
        count = coding.size - 1
    else:
        count = len(plain(tally, name).choices)
    if count > MOST_CHOICES:
        value = f"over {count}" if coding.full else count
        raise DataProblem("too_many_choices", column=name, value=value, limit=MOST_CHOICES)


def unmatched(tally: Tally) -> list[str]:
    """Return the values named as missing that no column of answers, segments or conditions holds.

    [] where a column has too many values to say.
    """
    reading, codings = tally.reading, tally.frame.codings
    asked = [name for part in reading.parts for name in part.columns()]
    asked += [*reading.by, *(name for name, _ in reading.where)]
    left = list(reading.missing)
    for name in dict.fromkeys(asked if left else []):
        if name not in codings or codings[name].full:
            return []
        column = codings[name].column()
        left = [value for value in left if not holds(column, value)]
    return left


def _kept(tally: Tally, at: int, classes: Codes) -> Mask:
    name, value = tally.reading.where[at]
    seen = tally.frame.seen[f"where {at}"]
    if any(one & EXACT for one in seen):
        return (classes & EXACT) > 0
    bands = [band.label for band in tally.reading.bands.get(name, ())]
    if value in bands:
        return (classes & BANDED) > 0
    full = tally.frame.codings[name].full and not bands
    known = "too many values to list" if full else listed(bands or plain(tally, name).choices)
    raise DataProblem("unknown_choice", column=name, value=value, known=known)


def outside(tally: Tally, at: int, domain: Mask) -> list[str]:
    """Return the values of segment column `at` that lie in no band, of people in the domain, in their order."""
    frame, reading = tally.frame, tally.reading
    name, width = reading.by[at], len(reading.where)
    inside = {frame.places.members[place][:width] for place in np.flatnonzero(domain).tolist()}
    found = {
        value: None
        for (one, classes), some in frame.outside.items()
        if one == name and classes in inside
        for value in some
    }
    coding = frame.codings[name]
    if not coding.full:
        column = coding.column()
        place = {value: code for code, value in enumerate(coding.place)}
        codes = sorted(int(column.codes[place[value]]) for value in found)
        return [column.choices[code] for code in codes]
    if all(isinstance(value, (int, float)) for value in found):
        return [number_text(value) for value in sorted(found)]
    return list(found)


def class_rows(tally: Tally, at: int, where: Bearings, wanted: int) -> int:
    """Return how many people of the domain have the class BLANK or OUT in segment column `at`."""
    column = len(tally.reading.where) + at
    members = np.array([place[column] for place in tally.frame.places.members], dtype=np.int64)
    if tally.reading.by[at] not in tally.reading.bands:
        codes = np.append(plain(tally, tally.reading.by[at]).codes, -1)[members - 1]
        members = np.where(codes < 0, BLANK, IN)
    return int(where.rows[where.domain & (members == wanted)].sum())


# --- sums --------------------------------------------------------------------------------------------------


def sums(block: Block, design: Drawn, where: Bearings, answer: Codes) -> Sums:
    """Return the sums under final codes; `answer` leads from a tally's answer codes to those of the choices."""
    array = block.array() if design.clustered and not where.cell.any() else None
    if array is None:
        return _by_group(block.groups(), design, where, answer)
    by_unit = _by_unit(*array, design, where.segmentation.codes, answer)
    lines = partial(_lines, block, design, where, answer)
    return SumsByUnit(by_unit, lines, design.strata, design.fpc)


def _lines(block: Block, design: Drawn, where: Bearings, answer: Codes) -> Sums:
    return _by_group(block.groups(), design, where, answer)


def _by_group(groups: Groups, design: Drawn, where: Bearings, answer: Codes) -> Sums:
    unit, place, said = groups.keys.T
    columns = [
        design.keys[unit, 0],
        design.keys[unit, 1],
        where.cell[place],
        where.segmentation.codes[place],
        answer[said],
    ]
    totals = [groups.rows - groups.idle, groups.idle, groups.pair.real, groups.pair.imag]
    return add_up_groups(columns, totals, design.clustered, design.strata, design.fpc)


def _by_unit(
    rows: NDArray[np.int32], pair: Pair | None, design: Drawn, segment: Codes, answer: Codes
) -> ByUnit:
    """Bring an array over (units, places, answers) under final codes; its units into their order."""
    units, places, answers = len(design.order), len(segment), len(answer)
    rows = rows[:units, :places, :answers]
    source: NDArray[Any] = rows if pair is None else pair[:units, :places, :answers].real
    shape = max(int(segment.max()) + 1, FIRST), int(answer.max()) + 1
    weight = np.zeros((units, *shape))
    people, squares = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    many = rows.sum(axis=0, dtype=np.int64)
    square = many if pair is None else pair[:units, :places, :answers].imag.sum(axis=0)
    np.add.at(people, np.ix_(segment, answer), many)
    np.add.at(squares, np.ix_(segment, answer), square)
    found: NDArray[Any] = (
        np.ascontiguousarray(source).reshape(units, -1)[design.order].reshape(units, places, answers)
    )
    straight = np.array_equal(answer, np.arange(answers))
    for place in range(places):
        if straight:
            weight[:, segment[place]] += found[:, place]
        else:
            for said in range(answers):
                weight[:, segment[place], answer[said]] += found[:, place, said]
    return ByUnit(design.keys[design.order, 0], weight, people, squares)
