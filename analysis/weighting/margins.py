"""What is known of the population, and the sample's cells that it is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.problems import DataProblem
from analysis.rows import people as persons
from analysis.table.column import Codes, Column, Numbers, TextColumn
from analysis.table.naming import listed, near
from analysis.table.segments import CROSS
from analysis.table.sums import CELL, Sums, add_up

NOT_GIVEN = "not given"
_DENSE = 1 << 16
"""Combinations up to this many are all cells; beyond, only those that occur."""


@dataclass(frozen=True)
class Margin:
    """The population's shares of one variable's categories; counts do as well, only proportions matter."""

    variable: str
    shares: Mapping[str, float]


@dataclass(frozen=True)
class PopulationMean:
    """The population's mean of a column of numbers (what a total is, divided by the number of people)."""

    variable: str
    mean: float


@dataclass(frozen=True)
class Cells:
    """The joint categories of the weighting variables: cell c is category `members[c, v]` of variable v.

    `levels` (cells, numbers) are a cell's values of the columns of numbers named in `numbers`; `base` (cells,)
    is the base weight of each of its people where cells are told apart by it (None: they are not).
    """

    variables: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    members: NDArray[np.int64]
    numbers: tuple[str, ...] = ()
    levels: Numbers = field(default_factory=lambda: np.empty((0, 0)))
    base: Numbers | None = None

    @property
    def size(self) -> int:
        """Return the number of cells."""
        return len(self.members)


@dataclass(frozen=True)
class Held:
    """A margin as the sample meets it, by category of `Cells.categories[place]`; shares of the base weights.

    `given` are the population's shares, adding up to 1 (0 where it gives none), `target` what the weighted
    sample must show, `before` what its base weights show, `people` how many there are. A category that the
    population does not give is `kept`: it keeps its share of the base weights.
    """

    place: int
    given: Numbers
    target: Numbers
    before: Numbers
    people: Codes
    kept: NDArray[np.bool_]


def cells_of(
    columns: Sequence[Column], levels: Sequence[Column] = (), weight: Numbers | None = None
) -> tuple[Codes, Cells]:
    """Return each row's cell, shape (rows,), and the cells: all combinations of the columns' choices.

    A missing cell of a column is the category "not given". `levels` are columns of numbers without missing
    cells; `weight` tells cells apart by base weight as well. With either, and where there are very many
    combinations, only those that occur are cells.
    """
    categories = tuple(tuple(dict.fromkeys((*column.choices, NOT_GIVEN))) for column in columns)
    codes = [
        np.where(column.codes < 0, names.index(NOT_GIVEN), column.codes)
        for column, names in zip(columns, categories, strict=True)
    ]
    sizes = [len(names) for names in categories]
    names = tuple(column.name for column in columns)
    room = 1
    for size in sizes:
        room *= size
    if room <= _DENSE and not levels and weight is None and columns:
        members = np.stack(np.unravel_index(np.arange(room), sizes), axis=1).astype(np.int64)
        return np.ravel_multi_index(codes, sizes).astype(np.int64), Cells(names, categories, members)
    found = [np.unique(column.numbers(), return_inverse=True) for column in levels]
    weights = [] if weight is None else [np.unique(weight, return_inverse=True)]
    keys = [*codes, *(place for _, place in (*found, *weights))]
    cell, first = _numbered(keys, len(weight) if weight is not None else len(keys[0]))
    values = [values[place[first]] for values, place in found]
    return cell, Cells(
        names,
        categories,
        np.stack([code[first] for code in codes], axis=1) if codes else np.empty((len(first), 0), np.int64),
        tuple(column.name for column in levels),
        np.stack(values, axis=1) if values else np.empty((len(first), 0)),
        None if weight is None else np.asarray(weight[first], dtype=np.float64),
    )


def _numbered(keys: Sequence[Codes], rows: int) -> tuple[Codes, Codes]:
    """Number the combinations that occur, in order; return each row's number and each one's first row."""
    cell: Codes = np.zeros(rows, dtype=np.int64)
    first: Codes = np.zeros(1, dtype=np.int64)
    for key in keys:
        joint = cell * (int(key.max(initial=0)) + 1) + key
        _, first, cell = np.unique(joint, return_index=True, return_inverse=True)
    return cell.astype(np.int64), first.astype(np.int64)


def crossed_column(columns: Sequence[Column]) -> TextColumn:
    """Cross columns into one whose choices are joined by " x "; missing where any of them is missing."""
    codes = [np.maximum(column.codes, 0) for column in columns]
    sizes = [max(len(column.choices), 1) for column in columns]
    inside = np.all([column.codes >= 0 for column in columns], axis=0)
    key = np.ravel_multi_index(codes, sizes)
    present = np.unique(key[inside])
    places = np.unravel_index(present, sizes)
    choices = tuple(
        CROSS.join(column.choices[int(at)] for column, at in zip(columns, one, strict=True))
        for one in zip(*places, strict=True)
    )
    name = CROSS.join(column.name for column in columns)
    return TextColumn(name, choices, np.where(inside, np.searchsorted(present, key), -1))


def hold(margin: Margin, cells: Cells, sums: Sums) -> Held:
    """Hold a margin against the sample.

    Raises DataProblem "margin_unknown", "margin_bad_share", "margin_category_empty" or "margin_zero_target".
    """
    if margin.variable not in cells.variables:
        raise DataProblem("margin_unknown", column=margin.variable, known=listed(cells.variables))
    for name, share in margin.shares.items():
        if not (np.isfinite(share) and share >= 0):
            raise DataProblem("margin_bad_share", column=margin.variable, value=name, share=share)
    if not sum(margin.shares.values()) > 0:
        name = next(iter(margin.shares), "")
        raise DataProblem("margin_bad_share", column=margin.variable, value=name, share=0)
    place = cells.variables.index(margin.variable)
    categories = cells.categories[place]
    member, size = cells.members[:, place][sums.columns[:, CELL]], len(categories)
    weight = add_up(member, sums.total(sums.weight), size)
    people = add_up(member, sums.people, size).astype(np.int64)
    before = weight / weight.sum()
    kept = np.array([name not in margin.shares for name in categories]) & (before > 0)
    room = 1.0 - float(before[kept].sum())
    given = np.array([margin.shares.get(name, 0.0) for name in categories]) / sum(margin.shares.values())
    _check_people(margin, categories, before, people)
    return Held(place, given, np.where(kept, before, given * room), before, people, kept)


def _check_people(margin: Margin, categories: Sequence[str], before: Numbers, people: Codes) -> None:
    for name, share in margin.shares.items():
        place = categories.index(name) if name in categories else None
        found = place is not None and before[place] > 0
        if share > 0 and not found:
            there = [one for one, who in zip(categories, before, strict=True) if who > 0]
            raise DataProblem(
                "margin_category_empty",
                column=margin.variable,
                value=name,
                share=f"{share:g}",
                near=near(name, there).rstrip("?"),
            )
        if share == 0 and place is not None and found:
            who = persons(int(people[place]))
            raise DataProblem("margin_zero_target", column=margin.variable, value=name, people=who)
