"""What a reader must know to judge the figures: who is missing, who is outside, how a file was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.table.columns import Codes, Column, Numbers
from analysis.table.naming import listed
from analysis.table.segments import NO_SEGMENT, OUTSIDE

Mask = NDArray[np.bool_]


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


def sample_notes(weight: Numbers, domain: Mask, conditions: Sequence[str], unequal: bool) -> list[Note]:
    """Say how many rows count for nothing or lie outside the domain, and where weights are called for."""
    notes = []
    idle = int((weight == 0).sum())
    if idle:
        text = f"{idle} rows have weight 0: they stay in the design and are in no base."
        notes.append(Note("zero_weight", text, count=idle))
    if conditions:
        kept, rows = int(domain.sum()), len(domain)
        text = (
            f"Only the {kept} of {rows} rows with {' and '.join(conditions)}; the others stay in the design."
        )
        notes.append(Note("where", text, count=kept))
    if unequal:
        text = "Strata were sampled at unequal rates and no weight is given: shares are the sample's."
        notes.append(Note("unweighted", text))
    return notes


def by_notes(column: Column, used: Column, domain: Mask) -> list[Note]:
    """Say how many rows of the domain have no by-value, how many lie outside all bands (`used` is cut)."""
    missing = domain & (column.codes < 0)
    outside = domain & (used.codes < 0) & ~missing
    rows, notes = int(domain.sum()), []
    if missing.any():
        count = int(missing.sum())
        text = f"{count} of {rows} rows have no '{column.name}' and are in no segment."
        notes.append(Note("missing_by", text, column.name, None, count))
    if outside.any():
        count = int(outside.sum())
        values = listed([column.choices[code] for code in np.unique(column.codes[outside]).tolist()])
        text = (
            f"{count} of {rows} rows have '{column.name}' outside all bands and are in no segment: {values}."
        )
        notes.append(Note("outside_bands", text, column.name, None, count))
    return notes


def answer_notes(question: str, answered: Mask, segment: Codes, by: bool) -> list[Note]:
    """Say how many rows of the domain did not answer, and how many who did are in no segment."""
    inside = segment != OUTSIDE
    rows, silent = int(inside.sum()), int((inside & ~answered).sum())
    notes = []
    if silent:
        text = f"{silent} of {rows} rows have no answer to '{question}': they are not in its base."
        notes.append(Note("missing_question", text, question, None, silent))
    apart = int((answered & (segment == NO_SEGMENT)).sum()) if by else 0
    if apart:
        text = f"{apart} of the {rows - silent} who answered '{question}' are in no segment."
        notes.append(Note("no_segment", text, question, None, apart))
    return notes
