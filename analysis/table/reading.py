"""What is asked of the rows of a file: whose answers, by what, under which design; and what a cell counts as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.table.columns import Codes, Column
from analysis.table.design import Design
from analysis.table.segments import placed
from questionnaires.bands import Band

BLANK, OUT, WRONG, IN = 0, 1, 2, 3
"""Classes of a banded cell: empty, in no band, not a number, and from 3 on the bands."""
EXACT, BANDED = 1, 2
"""Bits of a cell held against a condition: it is that choice; it lies in the band of that name."""
LEFT, PICKED = 1, 2
"""Classes of an option's cell that is not empty: not chosen, chosen."""
NO_ANSWER, NOT_CHOSEN, CHOSEN = 0, 1, 2
"""Answer codes of a two-valued question."""
YES = frozenset({"1", "yes", "y", "true", "t"})
NO = frozenset({"0", "no", "n", "false", "f"})


@dataclass(frozen=True)
class Part:
    """What is summed as one: a column's choices, or whether any of `picked` was chosen by who answered `among`."""

    name: str
    column: str = ""
    picked: tuple[str, ...] = ()
    among: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Return the columns that hold the answers."""
        return self.among or (self.column,)


@dataclass(frozen=True)
class Reading:
    """What a tally is taken of: parts, by segments (`by`, cut into `bands`) and conditions, under a design.

    `cells` are columns with their own bands (none: as they are) whose crossing is the weighting cell. Values in
    `missing` are empty cells everywhere but in the design.
    """

    parts: tuple[Part, ...]
    design: Design = field(default_factory=Design)
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    cells: tuple[tuple[str, tuple[Band, ...]], ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Return the columns that must be read, each once."""
        asked = [name for part in self.parts for name in part.columns()]
        return tuple(dict.fromkeys([*asked, *self.place_columns(), *self.design.columns()]))

    def place_columns(self) -> tuple[str, ...]:
        """Return the columns that say where a row lies: of conditions, of segments, of weighting cells."""
        return (*(name for name, _ in self.where), *self.by, *(name for name, _ in self.cells))

    def band_of(self, column: Column, bands: tuple[Band, ...]) -> Codes:
        """Return the class of each row's cell: BLANK, OUT, WRONG or IN + the band's place."""
        told = column.without(self.missing)
        values = told.numbers()
        classes = np.where(told.codes < 0, BLANK, np.where(np.isnan(values), WRONG, OUT))
        place = placed(values, bands)
        return np.where(place >= 0, IN + place, classes)

    def held_against(self, column: Column, value: str) -> Codes:
        """Return for each row whether its cell is `value` (EXACT) and lies in the band so called (BANDED)."""
        told = column.without(self.missing)
        exact = np.zeros(len(told.codes), dtype=np.int64)
        if value in told.choices:
            exact[told.codes == told.choices.index(value)] = EXACT
        band = [one for one in self.bands.get(column.name, ()) if one.label == value]
        return exact + np.where(placed(told.numbers(), band) >= 0, BANDED, 0)

    def option(self, column: Column) -> Codes:
        """Return whether each row's cell of a set's option is empty, LEFT or PICKED.

        A column of yes and no is picked where it says yes; in any other whatever is there picks it.
        """
        told = column.without(self.missing)
        no = np.array([choice.strip().lower() in NO for choice in told.choices] + [False])
        return np.where(told.codes < 0, 0, np.where(no[told.codes], LEFT, PICKED))


class Sets:
    """A batch's answers to multiple-response sets, the parts of a set asked one after the other."""

    def __init__(self, folded: dict[str, Codes]) -> None:
        self.folded = folded
        self._answered: dict[tuple[str, ...], Codes] = {}

    def of(self, part: Part) -> Codes:
        """Return the two-valued answer of each row: NO_ANSWER, NOT_CHOSEN or CHOSEN."""
        if part.among not in self._answered:
            self._answered[part.among] = np.any([self.folded[f"option {n}"] > 0 for n in part.among], axis=0)
        picked = np.any([self.folded[f"option {name}"] == PICKED for name in part.picked], axis=0)
        chosen = np.where(picked, CHOSEN, NOT_CHOSEN)
        return np.where(self._answered[part.among], chosen, NO_ANSWER).astype(np.int64)
