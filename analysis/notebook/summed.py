"""A column of numbers → its sums by segment, whatever number of different values it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.evidence.marked import synthetic_note
from analysis.problems import DataProblem
from analysis.request import Plan, Request, make_plan
from analysis.table.coding import LIMIT, MOST_CHOICES
from analysis.table.columns import Codes, Column, holds
from analysis.table.datafile import DataFile, Table
from analysis.table.design import (
    LARGEST,
    SMALLEST,
    Design,
    Sample,
    census_note,
    first_stage_units,
    read_sample,
)
from analysis.table.naming import find, listed
from analysis.table.notes import Note, missing_notes
from analysis.table.segments import Segment, Segmentation, banded, crossed, everyone
from analysis.table.stream import Mask
from analysis.table.sums import Sums, sums_of
from analysis.table.weighting import Calibration
from analysis.table.weighting.weighed import CELL, weighed
from questionnaires.bands import Band


@dataclass(frozen=True)
class Summed:
    """Sums whose answer codes stand for `values`; code 0 is no number."""

    sums: Sums
    question: str
    values: dict[int, float]
    segments: tuple[Segment, ...]
    design: Design
    raking: Calibration | None
    notes: tuple[str, ...]

    def asked(self) -> dict[str, Any]:
        """Return what every estimator of numbers asks for."""
        return {
            "sums": self.sums,
            "question": self.question,
            "values": self.values,
            "segments": self.segments,
            "design": self.design,
            "raking": self.raking,
        }


def summed(opened: DataFile, column: str, request: Request) -> Summed:
    """Sum a column of numbers by the segments of a request, under the weights' own calibration where it is known.

    Raises DataProblem "not_numbers", "number_beyond", "too_many_choices", and what a request, its columns and its
    design raise.
    """
    name = find(column, opened.names)
    asked = Request((name,), request.by, request.bands, where=request.where, design=request.design)
    plan = make_plan(asked, opened.names)
    made = weighed(opened, plan.design.weight)
    plan = replace(plan, design=replace(plan.design, weight=made.weight))
    cells = () if made.calibration is None else (CELL,)
    table = made.file.read((*plan.columns(), *cells))
    where = _segments(table, plan, request)
    answer, values = _answers(table, name, request)
    cell = None if made.calibration is None else table.columns[CELL].numbers().astype(np.int64)
    sample = read_sample(table, plan.design)
    sums = sums_of(sample, answer, where.codes, cell)
    design = replace(plan.design, weight=request.design.weight)
    invented = synthetic_note(opened)
    said = [
        *([invented] if invented else []),
        *opened.notes,
        *made.notes,
        *_notes(table, plan, request, sample),
    ]
    told = (*(note.text for note in said), *_silent(name, int((answer == 0).sum())))
    return Summed(sums, name, values, where.segments, design, made.calibration, told)


def _notes(table: Table, plan: Plan, request: Request, sample: Sample) -> list[Note]:
    """Say which values were named as missing in vain, and where everybody was drawn."""
    asked = [table.columns[name] for name in (*plan.questions, *plan.by, *(name for name, _ in plan.where))]
    if any(len(column.choices) > LIMIT for column in asked if request.missing):
        vain = []  # an exact look at so many values takes longer than the answer is worth
    else:
        vain = [value for value in request.missing if not any(holds(column, value) for column in asked)]
    clustered = sample.cluster is not None
    whole = census_note(plan.design, first_stage_units(sample), sample.strata, sample.fpc, clustered)
    return [*missing_notes(vain), *([whole] if whole else [])]


def _silent(name: str, rows: int) -> list[str]:
    if not rows:
        return []
    have, they = ("row has", "it is") if rows == 1 else ("rows have", "they are")
    return [f"{rows:,} {have} no number in '{name}': {they} in no base."]


def _answers(table: Table, name: str, request: Request) -> tuple[Codes, dict[int, float]]:
    """Return each row's answer code and the number that it stands for; 0 is no number."""
    cells = table.columns[name].without(request.missing)
    numbers = cells.numbers()
    _all(np.isnan(numbers) & (cells.codes >= 0), "not_numbers", cells, table)
    size = np.abs(numbers)
    _all((size > LARGEST) | ((size > 0) & (size < SMALLEST)), "number_beyond", cells, table)
    known, code = np.unique(numbers, return_inverse=True)
    known = known[~np.isnan(known)]
    answer = np.where(code < len(known), code + 1, 0).astype(np.int64)
    return answer, dict(enumerate(known.tolist(), start=1))


def _all(wrong: Mask, code: str, cells: Column, table: Table) -> None:
    """Raise DataProblem `code` with the first cell that is `wrong`, unless all are right."""
    for row in np.flatnonzero(wrong)[:1].tolist():
        value = cells.choices[int(cells.codes[row])]
        limits = {"smallest": f"{SMALLEST:g}", "largest": f"{LARGEST:g}"}
        raise DataProblem(code, column=cells.name, value=value, row=row + table.first_row, **limits)


def _segments(table: Table, plan: Plan, request: Request) -> Segmentation:
    inside = np.ones(table.rows, dtype=bool)
    for name, value in plan.where:
        inside &= _is(
            table.columns[name].without(request.missing), value, plan.bands.get(name, ()), table.first_row
        )
    if not plan.by:
        return everyone(table.rows, inside)
    by = []
    for name in plan.by:
        column = table.columns[name].without(request.missing)
        if name in plan.bands:
            column = banded(column, plan.bands[name], table.first_row)
        elif len(column.choices) > MOST_CHOICES:
            count = len(column.choices)
            raise DataProblem("too_many_choices", column=name, value=count, limit=MOST_CHOICES)
        by.append(column)
    return crossed(by, inside, request.total)


def _is(column: Column, value: str, bands: Sequence[Band], first_row: int) -> Mask:
    """Hold a column against a choice, or against the band of that name, as tables of shares do."""
    cut = banded(column, bands, first_row) if bands else column
    if value not in column.choices:
        column = cut
    if value not in column.choices:
        raise DataProblem("unknown_choice", column=column.name, value=value, known=listed(column.choices))
    codes: Codes = column.codes
    return np.asarray(codes == column.choices.index(value))
