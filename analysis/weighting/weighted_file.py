"""A file that `earshot weight` weighted: its estimates take their errors from what its margins do not explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from analysis.files.data_file import Batch, DataFile, Table
from analysis.problems import DataProblem
from analysis.table.column import Numbers
from analysis.table.design import weighted_sample
from analysis.table.notes import Note
from analysis.table.sums import sums_of

if TYPE_CHECKING:
    from analysis.weighting.calibration import Calibration
    from analysis.weighting.recipe import Recipe

CELL, BASE = "\x00cell", "\x00base"
"""Columns beside those of the file: each row's weighting cell, and its base weight (1 where there is none)."""
_SAME = 1e-6
"""Weights that differ by less than this part are the same, written with fewer digits."""


def recipe_path(data: Path) -> Path:
    """Return where the recipe of a weighted file stands: answers.csv has answers.weights.json."""
    return data.with_suffix(".weights.json")


@dataclass(frozen=True)
class WeightedFile:
    """A file as its weights say it must be read: which column of weights, and which calibration of them.

    Where the weights' recipe is known, `file` has the columns CELL and BASE, `weight` is the base weight's
    column, and final weights are base weight × `calibration.factors[cell]`. Where it is not, weights are taken
    as they are and `calibration` is None.
    """

    file: DataFile
    weight: str | None
    calibration: Calibration | None = None
    notes: tuple[Note, ...] = ()


def weighted_file(opened: DataFile, weight: str | None, recipe: Path | None = None) -> WeightedFile:
    """Find how a file's weights were made: from `recipe`, or from the recipe that stands beside the file.

    Raises DataProblem "recipe_unreadable", or "recipe_unfit" where a `recipe` that was asked for did not make
    the column `weight` of this file; one that was only found beside it is then left aside, and a note says so.
    """
    beside = recipe_path(opened.path)
    if recipe is None and (weight is None or not beside.is_file()):
        return WeightedFile(opened, weight, None, () if weight is None else (_fixed(weight),))
    file = recipe or beside
    try:
        return _calibrated(opened, weight, file)
    except DataProblem as problem:
        if recipe is not None or weight is None:
            raise
        text = f"{_fixed(weight).text} {file.name} was left aside: {problem.message}."
        return WeightedFile(opened, weight, None, (Note("weights_fixed", text, weight, file.name),))


def _fixed(weight: str) -> Note:
    text = f"Errors take the weights of '{weight}' as fixed: how they were made is not known."
    return Note("weights_fixed", text, weight)


def _calibrated(opened: DataFile, weight: str | None, file: Path) -> WeightedFile:
    # Most tables have no recipe: the calibration machinery is loaded only for those that have one.
    from analysis.weighting.recipe import read_recipe

    recipe = read_recipe(file)
    if weight is None:
        raise DataProblem("option_needs", option="--calibrated", needed=f"--weight '{recipe.name}'")
    absent = [name for name in (recipe.name, *recipe.columns()) if name not in opened.names]
    if absent:
        raise _unfit(file, f"the file has no column '{absent[0]}'")
    if weight != recipe.name:
        raise _unfit(file, f"it made the weights of column '{recipe.name}', not of '{weight}'")
    table = opened.read(tuple(dict.fromkeys([recipe.name, *recipe.columns()])))
    cell, base, calibration = _again(table, recipe, file)
    text = f"Errors take into account what '{recipe.name}' was weighted to ({file.name})."
    extra = {CELL: cell.astype(np.float64), BASE: base}
    return WeightedFile(
        _with_columns(opened, extra), BASE, calibration, (Note("calibrated", text, recipe.name, file.name),)
    )


def _again(table: Table, recipe: Recipe, file: Path) -> tuple[Numbers, Numbers, Calibration]:
    """Weight the file again by its recipe, and hold the weights against those that it has."""
    sample = weighted_sample(table, recipe.base)
    cell, cells = recipe.cells(table, sample.weight)
    sums = sums_of(sample, np.zeros(sample.rows, dtype=np.int64), None, cell)
    try:
        calibration = recipe.calibrate(sums, cells)
    except DataProblem as problem:
        raise _unfit(file, f"weighting it again fails: {problem.message}") from None
    weights = calibration.weights(sample.weight, cell)
    stored = table.columns[recipe.name].numbers()
    off = ~(np.abs(weights - stored) <= _SAME * np.maximum(np.abs(weights), float(weights.mean())))
    if off.any():
        row = int(off.argmax())
        weight = f"row {row + table.first_row} has the weight {stored[row]:.6g}"
        reason = f"{weight}, by its margins it is {weights[row]:.6g}"
        raise _unfit(file, f"{reason}; were rows taken out or changed?")
    return np.asarray(cell, dtype=np.float64), sample.weight, calibration


def _unfit(file: Path, reason: str) -> DataProblem:
    return DataProblem("recipe_unfit", value=file.name, reason=reason)


def _with_columns(opened: DataFile, extra: Mapping[str, Numbers]) -> DataFile:
    """Return the file with further columns of numbers, shape (rows,) each."""

    def reader(names: Sequence[str]) -> Iterator[Batch]:
        done = 0
        stored = [name for name in names if name not in extra] or [opened.names[0]]
        for batch in opened.batches(stored):
            part = slice(done, done + batch.rows)
            done += batch.rows
            cells = {name: pa.array(extra[name][part]) for name in names if name in extra}
            yield replace(batch, cells={**batch.cells, **cells})

    return replace(opened, names=(*opened.names, *extra), reader=reader)
