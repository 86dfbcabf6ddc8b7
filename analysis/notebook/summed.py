"""A column of numbers → its sums by segment, whatever number of different values it has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.problems import DataProblem
from analysis.request import Plan, Request, make_plan
from analysis.table.columns import Codes, Column
from analysis.table.datafile import DataFile, Table
from analysis.table.design import Design, read_sample
from analysis.table.naming import find, listed
from analysis.table.segments import Segment, Segmentation, banded, crossed, everyone
from analysis.table.sums import Sums, sums_of
from analysis.table.weighting import Calibration
from analysis.table.weighting.weighed import CELL, weighed


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

    Raises DataProblem "not_numbers", and what a request, its columns and its design raise.
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
    sums = sums_of(read_sample(table, plan.design), answer, where.codes, cell)
    told = [note.text for note in made.notes]
    empty = int((answer == 0).sum())
    if empty:
        told.append(f"{empty} rows have no number in '{name}': they are in no base.")
    design = replace(plan.design, weight=request.design.weight)
    return Summed(sums, name, values, where.segments, design, made.calibration, tuple(told))


def _answers(table: Table, name: str, request: Request) -> tuple[Codes, dict[int, float]]:
    """Return each row's answer code and the number that it stands for; 0 is no number."""
    cells = table.columns[name].without(request.missing)
    numbers = cells.numbers()
    wrong = np.flatnonzero(np.isnan(numbers) & (cells.codes >= 0))
    if len(wrong):
        row = int(wrong[0])
        value = cells.choices[int(cells.codes[row])]
        raise DataProblem("not_numbers", column=name, value=value, row=row + table.first_row)
    known, code = np.unique(numbers, return_inverse=True)
    known = known[~np.isnan(known)]
    answer = np.where(code < len(known), code + 1, 0).astype(np.int64)
    return answer, dict(enumerate(known.tolist(), start=1))


def _segments(table: Table, plan: Plan, request: Request) -> Segmentation:
    inside = np.ones(table.rows, dtype=bool)
    for name, value in plan.where:
        inside &= _is(table.columns[name].without(request.missing), value)
    if not plan.by:
        return everyone(table.rows, inside)
    by = []
    for name in plan.by:
        column = table.columns[name].without(request.missing)
        by.append(banded(column, plan.bands[name], table.first_row) if name in plan.bands else column)
    return crossed(by, inside, request.total)


def _is(column: Column, value: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if value not in column.choices:
        raise DataProblem("unknown_choice", column=column.name, value=value, known=listed(column.choices))
    codes: Codes = column.codes
    return np.asarray(codes == column.choices.index(value))
