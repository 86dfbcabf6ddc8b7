"""How a file was weighted, written beside it, so that its estimates can take their errors from residuals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.files.data_file import Table
from analysis.problems import DataProblem
from analysis.table.column import Codes, Column, Numbers, cell_text
from analysis.table.design import LARGEST, SMALLEST
from analysis.table.segments import CROSS, banded, parse_bands
from analysis.table.sums import Sums
from analysis.weighting.calibration import Calibration, Mass
from analysis.weighting.generalised import TOLERANCE, Kind, Limits, calibrate, check_feasible
from analysis.weighting.margins import Cells, Margin, PopulationMean, cells_of, crossed_column
from analysis.weighting.raking import poststratify, rake
from analysis.weighting.trimming import limits_of, spread

SCHEMA = 1
METHODS = ("rake", "poststratify", "linear", "logit", "raking-distance")
_KINDS: Mapping[str, tuple[Kind, Mass]] = {
    "rake": ("raking", "people"),
    "poststratify": ("raking", "weight"),
    "linear": ("linear", "weight"),
    "logit": ("logit", "weight"),
    "raking-distance": ("raking", "weight"),
}


@dataclass(frozen=True)
class PopulationMargin:
    """The population's shares of the combinations of one or more columns, joined with " x "."""

    columns: tuple[str, ...]
    shares: Mapping[str, float]

    @property
    def name(self) -> str:
        """Return the name of the margin."""
        return CROSS.join(self.columns)


@dataclass(frozen=True)
class Trim:
    """Limits of weights: multiples of their mean or median (`of`), or weights as they are.

    `anew` weights again within the limits, so that margins and limits both hold; otherwise what is cut off is
    spread equally over the others, and margins hold roughly.
    """

    low: float
    high: float
    of: str = "mean"
    anew: bool = True


@dataclass(frozen=True)
class Recipe:
    """Everything that a file's weights follow from: the same recipe and file give the same weights.

    `base` is the column of base weights (None: everyone counts alike), `total` what the weights add up to
    (None: to what the base weights do), `levels` the population's means of columns of numbers.
    """

    margins: tuple[PopulationMargin, ...]
    levels: Mapping[str, float] = field(default_factory=dict)
    method: str = "rake"
    base: str | None = None
    bands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    trim: Trim | None = None
    total: float | None = None
    tolerance: float = TOLERANCE
    name: str = "weight"

    def columns(self) -> tuple[str, ...]:
        """Return the columns of a file that the weights follow from, each once."""
        asked = [*(name for one in self.margins for name in one.columns), *self.levels]
        return tuple(dict.fromkeys([*asked, *([] if self.base is None else [self.base])]))

    def cells(self, table: Table, weight: Numbers) -> tuple[Codes, Cells]:
        """Return each row's cell, shape (rows,), and the cells; `weight` (rows,) are the base weights.

        Raises DataProblem "not_a_number" (bands) or "number_missing" (means).
        """
        columns = {name: self._column(table, name) for one in self.margins for name in one.columns}
        crossed = [
            columns[one.columns[0]]
            if len(one.columns) == 1
            else crossed_column([columns[name] for name in one.columns])
            for one in self.margins
        ]
        levels = [self._numbers(table, name) for name in self.levels]
        varies = bool((weight[weight > 0] != weight[weight > 0][:1]).any())
        apart = self.trim is not None and varies
        return cells_of(crossed, levels, weight if apart or not self.columns() else None)

    def calibrate(self, sums: Sums, cells: Cells) -> Calibration:
        """Weight sums by the recipe. Raises DataProblem as `rake`, `calibrate` and `spread` do."""
        found = self._calibrate(sums, cells, None)
        if self.trim is None:
            return found
        base = found.mean_base if cells.base is None else cells.base
        people = sums.by_cell(sums.people, cells.size).astype(np.int64)
        weight = np.repeat(base * found.factors, people)
        low, high = limits_of(weight, self.trim.low, self.trim.high, self.trim.of)
        if low <= weight.min() and weight.max() <= high:
            return found
        if not self.trim.anew:
            even = np.ones(cells.size) if self.method == "linear" else None
            return spread(sums, found, low, high, even)
        return self._calibrate(sums, cells, (low, high))

    def _calibrate(self, sums: Sums, cells: Cells, within: tuple[float, float] | None) -> Calibration:
        margins = [Margin(one.name, one.shares) for one in self.margins]
        if self.bounds is None and within is None and self.method in ("rake", "poststratify"):
            if self.method == "poststratify":
                return poststratify(sums, cells, margins[0], total=self.total)
            try:
                return rake(sums, cells, margins, total=self.total, tolerance=self.tolerance)
            except DataProblem as problem:
                # say which margin cannot be met, where that is why
                if problem.code == "raking_stuck":
                    check_feasible(sums, cells, margins, Limits((0.0, np.inf)))
                raise
        # without a column of base weights everyone stands for an equal part of the population
        start = 1.0
        if self.base is None and self.total is not None:
            start = self.total / float(sums.weight.sum())
        kind, mass = _KINDS[self.method]
        free = (-np.inf if kind == "linear" and within is None else 0.0, np.inf)
        return calibrate(
            sums,
            cells,
            margins,
            [PopulationMean(name, mean) for name, mean in self.levels.items()],
            kind=kind,
            limits=Limits(self.bounds or free, within or (-np.inf, np.inf)),
            total=self.total,
            start=start,
            mass=mass,
            tolerance=self.tolerance,
        )

    def _column(self, table: Table, name: str) -> Column:
        column = table.columns[name].without(self.missing)
        if name not in self.bands:
            return column
        return banded(column, parse_bands(name, ",".join(self.bands[name])), table.first_row)

    def _numbers(self, table: Table, name: str) -> Column:
        column = table.columns[name].without(self.missing)
        wrong = np.flatnonzero(~np.isfinite(column.numbers()))
        if len(wrong):
            row, value = int(wrong[0]), cell_text(table.columns[name], int(wrong[0]))
            raise DataProblem("number_missing", column=name, value=value, row=row + table.first_row)
        size = np.abs(column.numbers())
        wrong = np.flatnonzero((size > LARGEST) | ((size > 0) & (size < SMALLEST)))
        if len(wrong):
            raise DataProblem(
                "number_beyond",
                column=name,
                value=f"{column.numbers()[wrong[0]]:g}",
                row=int(wrong[0]) + table.first_row,
                smallest=f"{SMALLEST:g}",
                largest=f"{LARGEST:g}",
            )
        return column


# --- the file beside a weighted file -----------------------------------------------------------------------


def recipe_json(recipe: Recipe, facts: Mapping[str, Any]) -> str:
    """Write a recipe, with further facts for a reader, as JSON."""
    trim = None if recipe.trim is None else vars(recipe.trim)
    words = {
        "weights": SCHEMA,
        "column": recipe.name,
        "method": recipe.method,
        "base": recipe.base,
        "total": recipe.total,
        "margins": [{"columns": list(one.columns), "shares": dict(one.shares)} for one in recipe.margins],
        "means": dict(recipe.levels),
        "bands": {name: list(labels) for name, labels in recipe.bands.items()},
        "missing": list(recipe.missing),
        "bounds": None if recipe.bounds is None else list(recipe.bounds),
        "trim": trim,
        "tolerance": recipe.tolerance,
        **facts,
    }
    return json.dumps(words, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read_recipe(path: Path) -> Recipe:
    """Read the recipe beside a weighted file. Raises DataProblem "recipe_unreadable"."""
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
        if words["weights"] != SCHEMA:
            raise ValueError(f"it has version {words['weights']}, this program reads {SCHEMA}")
        bounds = words["bounds"]
        return Recipe(
            margins=tuple(PopulationMargin(tuple(one["columns"]), one["shares"]) for one in words["margins"]),
            levels=words["means"],
            method=words["method"],
            base=words["base"],
            bands={name: tuple(labels) for name, labels in words["bands"].items()},
            missing=tuple(words["missing"]),
            bounds=None if bounds is None else (float(bounds[0]), float(bounds[1])),
            trim=None if words["trim"] is None else Trim(**words["trim"]),
            total=words["total"],
            tolerance=words["tolerance"],
            name=words["column"],
        )
    except (OSError, ValueError, TypeError, LookupError) as fault:
        raise DataProblem("recipe_unreadable", value=path.name, reason=_why_unreadable(fault)) from None


def _why_unreadable(fault: Exception) -> str:
    """Say in words of a person what Python says of a recipe."""
    if isinstance(fault, OSError):
        return "there is no such file" if isinstance(fault, FileNotFoundError) else str(fault.strerror)
    if isinstance(fault, (json.JSONDecodeError, UnicodeDecodeError)):
        return "it is no JSON text"
    if isinstance(fault, KeyError):
        return f"it lacks {fault}"
    return (
        "it has something else than a recipe in it"
        if isinstance(fault, (TypeError, LookupError))
        else str(fault)
    )
