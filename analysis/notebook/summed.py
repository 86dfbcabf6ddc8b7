"""A column of numbers → its sums by segment, whatever number of different values it has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.answers import count_plan
from analysis.evidence.marked import synthetic_note
from analysis.files.data_file import DataFile
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.column import Codes, Mask
from analysis.table.counting import count
from analysis.table.decoding import decode, unmatched
from analysis.table.design import LARGEST, SMALLEST, Design, census_note
from analysis.table.naming import find
from analysis.table.notes import missing_notes
from analysis.table.segments import Segment
from analysis.table.sums import ANSWER, Sums
from analysis.table.tally import Tally
from analysis.weighting.weighted_file import CELL, weighted_file

if TYPE_CHECKING:
    from analysis.weighting.calibration import Calibration


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

    def arguments(self) -> dict[str, Any]:
        """Return what every estimator of numbers takes."""
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
    request = replace(request, questions=(name,)).among(opened.names)
    made = weighted_file(opened, request.design.weight)
    counted = count_plan(request)
    counted = replace(counted, parts=tuple(replace(part, numbers=True) for part in counted.parts))
    if made.calibration is not None:
        counted = replace(counted, design=replace(counted.design, weight=made.weight), cell=CELL)
    tally = count(made.file, counted)
    answer, values = _numbers(opened, tally, name)
    decoded = decode(tally, request.total)
    sums = decoded.sums(counted.parts[0], answer)
    clustered = request.design.cluster is not None
    census = census_note(request.design, decoded.units, decoded.strata, decoded.fpc, clustered)
    synthetic = synthetic_note(opened)
    notes = [*opened.notes, *made.notes, *missing_notes(unmatched(tally)), *([census] if census else [])]
    texts = [note.text for note in (*([synthetic] if synthetic else []), *notes)]
    silent = int((sums.people + sums.idle)[sums.columns[:, ANSWER] == 0].sum())
    if silent:
        have, they = ("row has", "it is") if silent == 1 else ("rows have", "they are")
        texts.append(f"{silent:,} {have} no number in '{name}': {they} in no base.")
    segments = decoded.segmentation.segments
    return Summed(sums, name, values, segments, request.design, made.calibration, tuple(texts))


def _numbers(opened: DataFile, tally: Tally, name: str) -> tuple[Codes, dict[int, float]]:
    """Return where the column's codes lead, and the numbers that the new codes stand for; 0 is no number."""
    column = tally.column(name)
    numbers = column.numbers()
    _check(opened, tally, name, np.isnan(numbers) & (column.codes >= 0), "not_numbers")
    size = np.abs(numbers)
    _check(opened, tally, name, (size > LARGEST) | ((size > 0) & (size < SMALLEST)), "number_beyond")
    distinct, code = np.unique(numbers, return_inverse=True)
    distinct = distinct[~np.isnan(distinct)]
    answer = np.append(0, np.where(code < len(distinct), code + 1, 0)).astype(np.int64)
    return answer, dict(enumerate(distinct.tolist(), start=1))


def _check(opened: DataFile, tally: Tally, name: str, wrong: Mask, code: str) -> None:
    """Raise DataProblem `code` with the first cell whose value is `wrong`, unless all are right."""
    if not wrong.any():
        return
    wrong = np.append(False, wrong)
    for batch in opened.batches([name]):
        codes = tally.values[name].codes(batch.cells[name])
        for row in np.flatnonzero(wrong[codes])[:1].tolist():
            column = tally.column(name)
            value = column.choices[int(column.codes[codes[row] - 1])]
            limits = {"smallest": f"{SMALLEST:g}", "largest": f"{LARGEST:g}"}
            raise DataProblem(code, column=name, value=value, row=row + batch.first, **limits)
