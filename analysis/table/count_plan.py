"""What is counted of the rows of a file: whose answers, by what, under which design; and what a cell counts as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.table.column import Codes, Column
from analysis.table.design import Design
from analysis.table.segments import placed
from questionnaires.bands import Band

BLANK, OUT, WRONG, IN = 0, 1, 2, 3
"""Classes of a banded cell: empty, in no band, not a number, and from 3 on the bands."""
EMPTY, NOT_PICKED, PICKED = 0, 1, 2
"""Classes of an option's cell."""
NO_ANSWER, NOT_CHOSEN, CHOSEN = 0, 1, 2
"""Answer codes of a two-valued question."""
YES = frozenset({"1", "yes", "y", "true", "t"})
NO = frozenset({"0", "no", "n", "false", "f"})


@dataclass(frozen=True)
class Part:
    """What is summed as one: a column's choices, or whether any of `picked` was chosen by who answered `among`.

    A column of `numbers` may have as many of them as there are.
    """

    name: str
    column: str = ""
    picked: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    numbers: bool = False

    def columns(self) -> tuple[str, ...]:
        """Return the columns that hold the answers."""
        return self.among or (self.column,)


@dataclass(frozen=True)
class CountPlan:
    """What is counted: parts, by segments (`by`, cut into `bands`) and conditions, under a design.

    `cell` is the column of weighting cells (None: there are none). Values in `missing` are empty cells everywhere
    but in the design.
    """

    parts: tuple[Part, ...]
    design: Design = field(default_factory=Design)
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    cell: str | None = None

    def coded_columns(self) -> tuple[str, ...]:
        """Return the columns whose values are told apart, each once."""
        answers = [name for part in self.parts for name in part.columns()]
        places = [*(name for name, _ in self.where), *self.by, *filter(None, [self.cell])]
        units = filter(None, [self.design.strata, self.design.cluster])
        return tuple(dict.fromkeys([*answers, *places, *units]))

    def columns(self) -> tuple[str, ...]:
        """Return the columns that must be read, each once."""
        return tuple(dict.fromkeys([*self.coded_columns(), *self.design.columns()]))

    def band_of(self, column: Column, bands: tuple[Band, ...]) -> Codes:
        """Return the class of each row's cell: BLANK, OUT, WRONG or IN + the band's place."""
        column = column.without(self.missing)
        values = column.numbers()
        classes = np.where(column.codes < 0, BLANK, np.where(np.isnan(values), WRONG, OUT))
        place = placed(values, bands)
        return np.where(place >= 0, IN + place, classes)

    def keeps(self, column: Column, value: str) -> Codes:
        """Return 1 for each row whose cell is `value` or lies in the band so called, else 0."""
        column = column.without(self.missing)
        bands = [band for band in self.bands.get(column.name, ()) if band.label == value]
        holds = placed(column.numbers(), bands) >= 0
        if value in column.choices:
            holds |= column.codes == column.choices.index(value)
        return holds.astype(np.int64)

    def option(self, column: Column) -> Codes:
        """Return whether each row's cell of a set's option is EMPTY, NOT_PICKED or PICKED.

        A column of yes and no is picked where it says yes; in any other whatever is there picks it.
        """
        column = column.without(self.missing)
        no = np.array([choice.strip().lower() in NO for choice in column.choices] + [False])
        return np.where(column.codes < 0, EMPTY, np.where(no[column.codes], NOT_PICKED, PICKED))
