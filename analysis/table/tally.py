"""What rows add up to, by the codes of values, before anybody asks which value is which choice; tallies add up too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.problems import DataProblem
from analysis.table.column import Codes, Column, number_text
from analysis.table.count_plan import IN, CountPlan, Part
from analysis.table.design import fpc_varies
from analysis.table.sums import ANSWER, CELL, SEGMENT, Sums, joined
from analysis.table.values import Values

MOST_CHOICES = 1000
"""Choices of a question or a segment column that is tabulated."""
LIMIT = 100_000
"""Different values of one question or segment that are kept apart; more is an id."""
MOST_PLACES = 1 << 40
"""Combinations of segments that codes can tell apart."""


@dataclass
class Tally:
    """The sums of a plan's parts under the codes of `values`, and what notes tell of rows.

    `sums` have, in place of a segment, the number of a place: 0 outside the conditions, else 1 + the combination of
    the codes of the columns of segments. `population` has, by stratum, the population that its first row gives, and
    the number of that row; `picked` counts who picked an option of a set; `outside` are the values of a banded column
    of segments that lie in no band.
    """

    plan: CountPlan
    values: dict[str, Values]
    sums: dict[str, Sums] = field(default_factory=dict)
    population: dict[int, tuple[float, int]] = field(default_factory=dict)
    picked: dict[str, int] = field(default_factory=dict)
    outside: dict[str, dict[Any, None]] = field(default_factory=dict)

    @property
    def strata(self) -> int:
        """Return the number of codes of strata."""
        return 1 if self.plan.design.strata is None else self.values[self.plan.design.strata].size

    @property
    def by_sizes(self) -> tuple[int, ...]:
        """Return the numbers of codes of each column of segments."""
        bands = self.plan.bands
        return tuple(
            IN + len(bands[name]) if name in bands else self.values[name].size for name in self.plan.by
        )

    @property
    def cell_size(self) -> int:
        """Return the number of codes of weighting cells."""
        return 1 if self.plan.cell is None else self.values[self.plan.cell].size

    @property
    def places(self) -> int:
        """Return the number of places by weighting cells. Raises DataProblem "too_many_lines"."""
        places = 1
        for size in self.by_sizes:
            places *= size
        if places > MOST_PLACES:
            raise DataProblem(
                "too_many_lines", column=" x ".join(self.plan.by), value=f"{places:,}", choices="1",
                segments=f"{places:,}", limit=f"{MOST_PLACES:,}", remedy="",
            )  # fmt: skip
        return (1 + places) * self.cell_size

    def answer_codes(self, part: Part) -> int:
        """Return the number of answer codes of a part."""
        if part.among:
            return 3
        bands = self.plan.bands.get(part.column)
        return self.values[part.column].size if bands is None else IN + len(bands)

    def place_members(self, place: Codes) -> Codes:
        """Return the codes of the columns of segments at places inside the conditions, shape (places, columns)."""
        members = np.unravel_index(np.maximum(place - 1, 0), self.by_sizes) if self.by_sizes else ()
        return np.stack([*members, np.zeros_like(place)], axis=1)[:, : len(self.by_sizes)].astype(np.int64)

    def column(self, name: str) -> Column:
        """Return a column's values without those that mean no answer, one row for each in the order of their codes."""
        return self.values[name].column().without(self.plan.missing)

    def stratum_name(self, code: int) -> str:
        """Return the name of a stratum by its code; "" where there are none."""
        if self.plan.design.strata is None:
            return ""
        column = self.values[self.plan.design.strata].column()
        return column.choices[int(column.codes[code - 1])]

    def kinds(self, part: Part, columns: Codes) -> NDArray[np.int64]:
        """Return cell, place and answer, shape (k, 3), of numbers (place × cells + cell) × answers + answer."""
        place, answer = np.divmod(columns, self.answer_codes(part))
        place, cell = np.divmod(place, self.cell_size)
        return np.stack([cell, place, answer], axis=1)

    def check_choices(self) -> None:
        """Raise DataProblem "too_many_choices" for a question or a column of segments that no table can show."""
        plan = self.plan
        for name in [*plan.by, *(part.column for part in plan.parts if not (part.among or part.numbers))]:
            if name in plan.bands:
                continue
            values = self.values[name]
            count = LIMIT if values.full else len(self.column(name).choices)
            if count > MOST_CHOICES:
                many = f"over {count}" if values.full else count
                raise DataProblem("too_many_choices", column=name, value=many, limit=MOST_CHOICES)

    # --- adding ------------------------------------------------------------------------------------------

    def add(self, other: Tally) -> None:
        """Add the sums of other rows, which come after these in the order of a file.

        Raises ValueError for a tally of another plan, DataProblem "fpc_varies" and as `check_choices`.
        """
        if self.plan != other.plan:
            raise ValueError("tallies can be added only if they are of the same plan")
        sizes = self.by_sizes
        same = {name: np.arange(values.size) for name, values in self.values.items()}
        maps = {name: values.absorb(other.values[name]) for name, values in self.values.items()}
        self.check_choices()
        added = {}
        for part in self.plan.parts:
            mine = self._under(part, self.sums[part.name], same, sizes)
            added[part.name] = joined(mine, self._under(part, other.sums[part.name], maps, other.by_sizes))
        self.sums = added
        strata = maps.get(self.plan.design.strata or "", np.zeros(1, dtype=np.int64))
        for code, (population, row) in other.population.items():
            self.add_population(int(strata[code]), population, row, f"'{number_text(population)}'")
        for option, count in other.picked.items():
            self.picked[option] = self.picked.get(option, 0) + count
        for name, values in other.outside.items():
            self.outside.setdefault(name, {}).update(values)

    def _under(self, part: Part, sums: Sums, maps: dict[str, Codes], sizes: tuple[int, ...]) -> Sums:
        """Return a tally's sums under this one's codes.

        `maps` lead there by column; `sizes` are the numbers of codes that its columns of segments had.
        """
        plan, design = self.plan, self.plan.design

        def to(name: str | None, codes: Codes) -> Codes:
            return codes if name is None or name in plan.bands else maps[name][codes]

        place = sums.columns[:, SEGMENT]
        members = np.unravel_index(np.maximum(place - 1, 0), sizes) if sizes else ()
        number = np.zeros_like(place)
        for name, size, codes in zip(plan.by, self.by_sizes, members, strict=True):
            number = number * size + to(name, codes)
        answer = sums.columns[:, ANSWER] if part.among else to(part.column, sums.columns[:, ANSWER])
        columns = [to(plan.cell, sums.columns[:, CELL]), np.where(place > 0, number + 1, 0), answer]
        stratum, cluster = to(design.strata, sums.stratum), to(design.cluster, sums.cluster)
        units, drawn = np.zeros(self.strata, dtype=np.int64), np.flatnonzero(sums.units)
        units[to(design.strata, drawn)] = sums.units[drawn]
        return Sums(
            stratum, cluster, np.stack(columns, axis=1), sums.weight, sums.square, sums.people, sums.idle, units,
            sums.clustered,
        )  # fmt: skip

    def add_population(self, stratum: int, population: float, row: int, cell: str) -> None:
        """Note the population that a row gives for its stratum. Raises DataProblem "fpc_varies"."""
        before, _ = self.population.setdefault(stratum, (population, row))
        if before != population:
            raise fpc_varies(str(self.plan.design.fpc), cell, row, before, self.stratum_name(stratum))
