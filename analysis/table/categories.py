"""A question's stored values as named categories: choices by name, numbers in bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.table.column import MISSING, TextColumn
from questionnaires.bands import Band
from questionnaires.model import Question


def categories(question: Question, bands: Sequence[Band], values: NDArray[np.int64]) -> TextColumn:
    """Return stored values, shape (rows,), as categories; what is in no band and no choice is missing."""
    codes = np.full(len(values), MISSING, dtype=np.int64)
    if question.type == "number":
        for place, band in enumerate(bands):
            codes[(values >= band.low) & (values <= band.high)] = place
        return TextColumn(question.name, tuple(band.label for band in bands), codes)
    for place, choice in enumerate(question.choices):
        codes[values == choice.code] = place
    return TextColumn(question.name, tuple(choice.name for choice in question.choices), codes)
