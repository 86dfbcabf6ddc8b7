"""A question compared between segments: its columns with their letters, the test, the pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.estimate import LOW_BASE, OK, Estimate
from analysis.estimators.differences import Difference
from analysis.estimators.significance import Significance
from analysis.table.design import Design
from analysis.table.notes import Note

LOW = 30.0  # effective people of a column, below which it is marked


@dataclass(frozen=True)
class Column:
    """A segment as a column of the table: its letter, its base, and its base in effective people (Kish)."""

    letter: str
    segment: str
    by: Mapping[str, str]
    base: int
    effective_base: float

    @property
    def status(self) -> str:
        """Return "ok", or "low_base" under 30 effective people."""
        return OK if self.effective_base >= LOW else LOW_BASE

    def as_row(self) -> dict[str, Any]:
        """Return the column as `--format json` prints it."""
        return {
            "letter": self.letter,
            "segment": self.segment,
            "by": dict(self.by),
            "base": self.base,
            "effective_base": self.effective_base,
            "status": self.status,
        }


@dataclass(frozen=True)
class Comparison:
    """One question compared between segments.

    `test` is the overall test; for a multiple-response set `by_option` holds each option's, and `test` the
    smallest of them by Bonferroni. `estimates` come segment by segment, `letters` by (segment, choice).
    """

    question: str
    by: tuple[str, ...]
    design: Design
    notes: tuple[Note, ...]
    level: float
    adjust: str
    margin: float | None
    test: Significance | None
    by_option: tuple[tuple[str, Significance], ...]
    columns: tuple[Column, ...]
    estimates: tuple[Estimate, ...]
    letters: Mapping[tuple[str, str], str]
    differences: tuple[Difference, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--format json` prints."""
        rows = [
            {**one.as_row(), "letters": self.letters.get((one.segment, one.choice), "")}
            for one in self.estimates
        ]
        return {
            "question": self.question,
            "by": list(self.by),
            "design": self.design.as_row(),
            "notes": [note.as_row() for note in self.notes],
            "level": self.level,
            "adjust": self.adjust,
            "margin": self.margin,
            "test": None if self.test is None else self.test.as_row(),
            "tests": [{"choice": choice, **test.as_row()} for choice, test in self.by_option],
            "columns": [column.as_row() for column in self.columns],
            "rows": rows,
            "differences": [one.as_row() for one in self.differences],
        }
