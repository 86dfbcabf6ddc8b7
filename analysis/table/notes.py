"""What a reader must know to judge the figures: who is missing, who is outside, how a file was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.table.naming import listed


@dataclass(frozen=True)
class Note:
    """Something a reader must know to judge the figures; `count` is of rows unless the text says other."""

    code: str
    text: str
    column: str | None = None
    value: str | None = None
    count: int | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the note as `--format json` prints it."""
        return {
            "code": self.code,
            "column": self.column,
            "value": self.value,
            "count": self.count,
            "text": self.text,
        }


def sample_notes(idle: int, kept: int, rows: int, conditions: Sequence[str], unequal: bool) -> list[Note]:
    """Say how many rows count for nothing or lie outside the domain, and where weights are called for."""
    notes = []
    if idle:
        text = f"{idle} rows have weight 0: they stay in the design and are in no base."
        notes.append(Note("zero_weight", text, count=idle))
    if conditions:
        text = (
            f"Only the {kept} of {rows} rows with {' and '.join(conditions)}; the others stay in the design."
        )
        notes.append(Note("where", text, count=kept))
    if unequal:
        text = "Strata were sampled at unequal rates and no weight is given: shares are the sample's."
        notes.append(Note("unweighted", text))
    return notes


def by_notes(column: str, rows: int, missing: int, outside: int, values: Sequence[str]) -> list[Note]:
    """Say how many of the domain's rows have no by-value, and how many lie outside all bands with `values`."""
    notes = []
    if missing:
        text = f"{missing} of {rows} rows have no '{column}' and are in no segment."
        notes.append(Note("missing_by", text, column, None, missing))
    if outside:
        text = (
            f"{outside} of {rows} rows have '{column}' outside all bands and are in no segment: "
            f"{listed(values)}."
        )
        notes.append(Note("outside_bands", text, column, None, outside))
    return notes


def answer_notes(question: str, rows: int, silent: int, apart: int) -> list[Note]:
    """Say how many of the domain's rows did not answer, and how many who did are `apart`, in no segment."""
    notes = []
    if silent:
        text = f"{silent} of {rows} rows have no answer to '{question}': they are not in its base."
        notes.append(Note("missing_question", text, question, None, silent))
    if apart:
        text = f"{apart} of the {rows - silent} who answered '{question}' are in no segment."
        notes.append(Note("no_segment", text, question, None, apart))
    return notes
