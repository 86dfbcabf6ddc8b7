"""What weighting a file found: its weights, its margins before and after, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.table.column import Numbers
from analysis.table.notes import Note
from analysis.table.weighting import Calibration
from analysis.table.weighting.diagnostics import Diagnostics
from analysis.table.weighting.recipe import Recipe
from analysis.weigh.printing import as_text


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


@dataclass(frozen=True, repr=False)
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

    def __str__(self) -> str:
        return as_text(self)

    def __repr__(self) -> str:  # what a notebook shows
        return as_text(self)
