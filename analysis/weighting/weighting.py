"""A data file and what is known of its population → a weight for every row, and what a reader must know of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.evidence.marked import synthetic_note
from analysis.files.data_file import Table
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.rows import people as persons
from analysis.table.column import Numbers, holds
from analysis.table.design import LARGEST, SMALLEST, Sample, weighted_sample
from analysis.table.naming import listed
from analysis.table.notes import Note
from analysis.table.sums import Sums, add_up, sums_of
from analysis.weighting.calibration import Calibration
from analysis.weighting.diagnostics import Diagnostics, diagnose
from analysis.weighting.margins import Cells
from analysis.weighting.population import with_bands_read
from analysis.weighting.recipe import Recipe
from analysis.weighting.request import SAMPLE, WeightRequest, make_recipe


@dataclass(frozen=True)
class MarginRow:
    """One category of a margin (or the mean of a column of numbers: `category` None), before and after.

    `people` have it; `sample` is their share unweighted, `before` with base weights, `after` with the new ones,
    `target` what the population has; `kept` where the population does not give it.
    """

    margin: str
    category: str | None
    people: int
    sample: float
    before: float
    after: float
    target: float
    kept: bool = False

    def as_row(self) -> dict[str, Any]:
        """Return the row as `--format json` prints it."""
        return dict(vars(self))


@dataclass(frozen=True)
class Weighting:
    """What weighting a file found: `weights` (rows,), its margins before and after, and what it costs."""

    source: str
    recipe: Recipe
    calibration: Calibration
    weights: Numbers
    margins: tuple[MarginRow, ...]
    diagnostics: Diagnostics
    notes: tuple[Note, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--format json` prints."""
        return {
            "source": self.source,
            "column": self.recipe.name,
            "method": self.recipe.method,
            "base": self.recipe.base,
            "converged": True,
            "iterations": self.calibration.iterations,
            "notes": [note.as_row() for note in self.notes],
            "margins": [row.as_row() for row in self.margins],
            "diagnostics": self.diagnostics.as_json(),
        }


FEW = 10
"""People in a category, below which its factor is an accident of who answered."""
HEAVY = 0.25
"""Share of all weight on the heaviest 5 %, above which trimming is called for."""


def weigh(path: Path, request: WeightRequest) -> Weighting:
    """Weight a data file to what is known of its population; nothing is written.

    Raises DataProblem for anything wrong with the file, the request or the margins.
    """
    opened = open_file(path)
    recipe, notes = make_recipe(request, opened.names)
    table = opened.read(recipe.columns())
    recipe, banded = with_bands_read(recipe, table)
    sample = weighted_sample(table, recipe.base)
    if request.total == SAMPLE:
        recipe = replace(recipe, total=float((sample.weight > 0).sum()))
    weighting = weigh_table(table, sample, recipe, path.name)
    note = synthetic_note(opened)
    synthetic = [] if note is None else [note]
    notes = [*opened.notes, *synthetic, *banded, *notes, *_unused(recipe, table), *_notes(weighting)]
    return replace(weighting, notes=tuple(notes))


def weigh_table(table: Table, sample: Sample, recipe: Recipe, source: str = "") -> Weighting:
    """Weight a table's rows by a recipe; `sample` holds the base weights."""
    cell, cells = recipe.cells(table, sample.weight)
    sums = sums_of(sample, np.zeros(sample.rows, dtype=np.int64), None, cell)
    _check_means(recipe, table, sample)
    calibration = recipe.calibrate(sums, cells)
    weights = calibration.weights(sample.weight, cell)
    _check_weights(weights, recipe, table.first_row)
    rows = _margin_rows(sums, cells, calibration)
    return Weighting(source, recipe, calibration, weights, tuple(rows), diagnose(weights), ())


def _unused(recipe: Recipe, table: Table) -> Iterator[Note]:
    """Say which values were named as missing that no column of the recipe has."""
    columns = [table.columns[name] for name in recipe.columns()]
    unused = [value for value in recipe.missing if not any(holds(column, value) for column in columns)]
    if unused:
        text = f"Nobody has {listed(unused)}, named as missing, in the columns that weights are made from."
        yield Note("missing_unused", text, None, unused[0])


def _check_means(recipe: Recipe, table: Table, sample: Sample) -> None:
    """Raise DataProblem "mean_outside" where no weights of 0 or more give a column the mean that is asked for."""
    for name, mean in recipe.levels.items():
        numbers = table.columns[name].without(recipe.missing).numbers()[sample.weight > 0]
        low, high = float(numbers.min()), float(numbers.max())
        if not low <= mean <= high:
            raise DataProblem(
                "mean_outside", column=name, value=f"{mean:.6g}", low=f"{low:.6g}", high=f"{high:.6g}"
            )


def _check_weights(weights: Numbers, recipe: Recipe, first_row: int) -> None:
    """Raise DataProblem "weights_negative" or "weight_beyond" where a table would not take these weights."""
    below = np.flatnonzero(weights < 0)
    if len(below):
        methods = "raking-distance" if recipe.levels else "rake or raking-distance"
        row = int(below[0]) + first_row
        raise DataProblem("weights_negative", row=row, people=persons(len(below)), known=methods)
    wild = np.flatnonzero((weights > LARGEST) | ((weights > 0) & (weights < SMALLEST)))
    if len(wild):
        row = int(wild[0])
        raise DataProblem("weight_beyond", row=row + first_row, value=f"{weights[row]:.3g}")


def _margin_rows(sums: Sums, cells: Cells, calibration: Calibration) -> Iterator[MarginRow]:
    people = sums.by_cell(sums.people, cells.size)
    base = sums.by_cell(sums.total(sums.weight), cells.size)
    final = base * calibration.factors
    for held in calibration.held:
        member, size = cells.members[:, held.place], len(held.target)
        unweighted, before, after = (
            add_up(member, mass, size) / mass.sum() for mass in (people, base, final)
        )
        for at in np.flatnonzero((held.people > 0) | (held.target > 0)).tolist():
            yield MarginRow(
                cells.variables[held.place],
                cells.categories[held.place][at],
                int(held.people[at]),
                float(unweighted[at]),
                float(before[at]),
                float(after[at]),
                float(held.target[at]),
                bool(held.kept[at]),
            )
    for level in calibration.levels:
        value = cells.levels[:, cells.numbers.index(level.variable)]
        sample_mean, before_mean, after_mean = (
            float(mass @ value / mass.sum()) for mass in (people, base, final)
        )
        yield MarginRow(
            level.variable, None, int(people.sum()), sample_mean, before_mean, after_mean, level.mean
        )


def _notes(weighting: Weighting) -> Iterator[Note]:
    """Say what a reader must know: who keeps their share, which categories are thin, what weights carry."""
    for row in weighting.margins:
        if row.kept:
            have = "people have" if row.people != 1 else "person has"
            text = (
                f"{row.people} {have} '{row.category}' in '{row.margin}', which the population does not "
                f"give: together they keep their {row.before:.1%} of the sample."
            )
            yield Note("margin_kept", text, row.margin, row.category, row.people)
        elif row.category is not None and row.people < FEW:
            text = f"'{row.category}' of '{row.margin}' rests on {persons(row.people)}: merge it with a neighbour."
            yield Note("margin_thin", text, row.margin, row.category, row.people)
    figures = weighting.diagnostics
    if figures.idle:
        many = f"{figures.idle} rows have weight 0: they stay in the file and count for nothing."
        text = (
            "1 row has weight 0: it stays in the file and counts for nothing." if figures.idle == 1 else many
        )
        yield Note("zero_weight", text, weighting.recipe.base, None, figures.idle)
    if figures.top_5 > HEAVY:
        text = f"The heaviest 5 % of people carry {figures.top_5:.0%} of all weight: consider --trim."
        yield Note("heavy_weights", text)
    if weighting.calibration.trimmed is not None:
        text = "Trimmed weights were not calibrated again: margins hold roughly only, and have errors."
        yield Note("margins_loose", text)
