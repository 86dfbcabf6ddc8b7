"""Raking: weights that bring the sample to the population's margins, worked out on sums, not on rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.problems import DataProblem
from analysis.table.columns import Codes, Column, Numbers
from analysis.table.naming import listed
from analysis.table.sums import CELL, Sums, add_up

NOT_GIVEN = "not given"
TOLERANCE = 1e-10
ROUNDS = 1000


@dataclass(frozen=True)
class Margin:
    """The population's shares of one variable's categories; counts do as well, only proportions matter."""

    variable: str
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Cells:
    """The joint categories of the weighting variables: cell c is category `members[c, v]` of variable v."""

    variables: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    members: NDArray[np.int64]


@dataclass(frozen=True)
class Raking:
    """What raking found: weight = base weight × `factors[cell]`; factors average 1 over the base weights.

    `targets` are the margins that were met, the categories the population does not give included, at their
    sample share. `smallest` and `largest` are the factors in use; `design_effect` is Kish's n·Σw²/(Σw)² and
    `effective_base` is n / design_effect. `raked` are
    the places of the raked variables, `given` the population's shares of their categories (0 for kept ones).
    """

    cells: Cells
    factors: Numbers
    targets: tuple[Margin, ...]
    iterations: int
    smallest: float
    largest: float
    design_effect: float
    effective_base: float
    raked: tuple[int, ...]
    given: tuple[Numbers, ...]

    def weights(self, weight: Numbers, cell: Codes) -> Numbers:
        """Return each row's raked weight, shape (rows,)."""
        return np.asarray(weight * self.factors[cell], dtype=np.float64)

    def explained(self, cell: Codes, people: Codes, values: Numbers) -> Numbers:
        """Return the part of `values` (groups, k) that the margins explain, so that residual = value - part.

        Least squares over people of a constant and one effect per category, by repeated sweeps: the
        residual of a raked estimate in R survey (Deville & Särndal 1992, but for the fit, which counts
        people and not weights). Categories that the population does not give explain nothing: their share
        is not known but estimated from this sample. `people` counts those with a weight above 0 in each group.
        """
        size = len(self.factors)
        count = add_up(cell, people, size)
        mean = add_up(cell, values * people[:, None], size) / np.maximum(count, 1)[:, None]
        fitted = np.zeros_like(mean)
        for _ in range(ROUNDS):
            change = 0.0
            for sweep in (self._constant, *(self._margin_step(at) for at in range(len(self.raked)))):
                step = sweep(mean - fitted, count)
                fitted += step
                change = max(change, float(np.abs(step).max(initial=0.0)))
            if change <= 1e-13 * float(np.abs(mean).max(initial=0.0)):
                break
        return np.asarray(fitted[cell], dtype=np.float64)

    def _constant(self, left: Numbers, count: Numbers) -> Numbers:
        """The sum of the weights is fixed, so a constant is explained."""
        level: Numbers = (left * count[:, None]).sum(axis=0) / max(float(count.sum()), 1.0)
        return np.broadcast_to(level, left.shape)

    def _margin_step(self, number: int) -> Callable[[Numbers, Numbers], Numbers]:
        """Project on one margin: effects f of its given categories with Σ share·f = 0, none of the kept."""
        place, shares = self.raked[number], self.given[number]
        member = self.cells.members[:, place]

        def step(left: Numbers, count: Numbers) -> Numbers:
            held = add_up(member, count, len(shares))
            total = add_up(member, left * count[:, None], len(shares))
            effect = total / np.maximum(held, 1)[:, None]
            known = (shares > 0) & (held > 0)
            if not known.all():  # the given share as a whole moves with the sample
                pull = np.where(known, shares / np.maximum(held, 1), 0.0)
                off = (np.where(known, shares, 0.0) @ effect) / max(float((shares * pull).sum()), 1e-300)
                effect = np.where(known[:, None], effect - pull[:, None] * off, 0.0)
            return np.asarray(effect[member], dtype=np.float64)

        return step


def cells_of(columns: Sequence[Column]) -> tuple[Codes, Cells]:
    """Return each row's cell, shape (rows,), and the cells: all combinations of the columns' choices.

    A missing cell of a column is the category "not given".
    """
    categories = tuple((*column.choices, NOT_GIVEN) for column in columns)
    sizes = tuple(len(names) for names in categories)
    codes = tuple(np.where(column.codes < 0, len(column.choices), column.codes) for column in columns)
    members = np.stack(np.unravel_index(np.arange(int(np.prod(sizes))), sizes), axis=1).astype(np.int64)
    cell = np.ravel_multi_index(codes, sizes).astype(np.int64)
    return cell, Cells(tuple(column.name for column in columns), categories, members)


def rake(
    sums: Sums, cells: Cells, margins: Sequence[Margin], *, tolerance: float = TOLERANCE, rounds: int = ROUNDS
) -> Raking:
    """Rake sums to margins by iterative proportional fitting (Deming & Stephan 1940).

    A category that the sample has and the margin does not give ("not given", "another") keeps its own share
    of the base weights; the given shares are scaled to the rest. Settled when every category is within
    `tolerance` of its target, relative to it. Raises DataProblem "margin_unknown", "margin_bad_share",
    "margin_category_empty", "margin_zero_target" or "raking_stuck", each naming margin and category.
    """
    size = len(cells.members)
    base = add_up(sums.keys[:, CELL], sums.w, size)
    places = tuple(_place(margin, cells) for margin in margins)
    held = [add_up(cells.members[:, at], base, len(cells.categories[at])) for at in places]
    people = add_up(sums.keys[:, CELL], sums.n, size)
    targets = [
        _targets(margin, cells.categories[at], share, add_up(cells.members[:, at], people, len(share)))
        for margin, at, share in zip(margins, places, held, strict=True)
    ]
    factors, iterations = _fit(base, cells, places, targets, tolerance, rounds)
    met = tuple(
        Margin(
            cells.variables[at],
            {name: float(t) for name, t in zip(cells.categories[at], goal, strict=True) if t},
        )
        for at, goal in zip(places, targets, strict=True)
    )
    used = factors[people > 0]
    n, w = float(people.sum()), float((factors * base).sum())
    w2 = float((factors**2 * add_up(sums.keys[:, CELL], sums.w2, size)).sum())
    return Raking(
        cells,
        factors,
        met,
        iterations,
        float(used.min()),
        float(used.max()),
        n * w2 / w**2,
        w**2 / w2,
        places,
        tuple(
            np.array([margin.shares.get(name, 0.0) for name in cells.categories[at]])
            / sum(margin.shares.values())
            for margin, at in zip(margins, places, strict=True)
        ),
    )


def _place(margin: Margin, cells: Cells) -> int:
    if margin.variable not in cells.variables:
        raise DataProblem("margin_unknown", column=margin.variable, known=listed(cells.variables))
    return cells.variables.index(margin.variable)


def _targets(margin: Margin, categories: tuple[str, ...], held: Numbers, people: Numbers) -> Numbers:
    """Return each category's share of the population; those not in the margin keep their sample share."""
    _check_shares(margin)
    sample = held / held.sum()
    given = np.array([name in margin.shares for name in categories])
    room = 1.0 - float(sample[~given].sum())
    whole = sum(margin.shares.values())
    for name, share in margin.shares.items():
        here = [place for place, one in enumerate(categories) if one == name]
        if share > 0 and not any(held[place] > 0 for place in here):
            raise DataProblem("margin_category_empty", column=margin.variable, value=name, share=f"{share:g}")
        if share == 0 and any(held[place] > 0 for place in here):
            count = int(sum(people[place] for place in here))
            raise DataProblem("margin_zero_target", column=margin.variable, value=name, count=count)
    wanted = np.array([margin.shares.get(name, 0.0) for name in categories]) / whole * room
    return np.where(given, wanted, sample)


def _check_shares(margin: Margin) -> None:
    for name, share in margin.shares.items():
        if not (np.isfinite(share) and share >= 0):
            raise DataProblem("margin_bad_share", column=margin.variable, value=name, share=share)
    if not sum(margin.shares.values()) > 0:
        name = next(iter(margin.shares), "")
        raise DataProblem("margin_bad_share", column=margin.variable, value=name, share=0)


def _fit(
    base: Numbers,
    cells: Cells,
    places: Sequence[int],
    targets: Sequence[Numbers],
    tolerance: float,
    rounds: int,
) -> tuple[Numbers, int]:
    """Sweep the margins until all are met at once; return the factors (mean 1) and the number of rounds."""
    total = base.sum()
    factors = np.ones(len(base))
    for iteration in range(1, rounds + 1):
        for at, target in zip(places, targets, strict=True):
            member = cells.members[:, at]
            held = add_up(member, factors * base, len(target)) / total
            factors *= np.divide(target, held, out=np.ones_like(target), where=held > 0)[member]
        gaps = [
            _gaps(base * factors, cells.members[:, at], goal)
            for at, goal in zip(places, targets, strict=True)
        ]
        if max((float(gap.max(initial=0.0)) for gap in gaps), default=0.0) <= tolerance:
            return factors, iteration
    worst = max(range(len(gaps)), key=lambda one: float(gaps[one].max()))
    category = int(gaps[worst].argmax())
    member, at = cells.members[:, places[worst]], places[worst]
    share = float((base * factors)[member == category].sum() / (base * factors).sum())
    raise DataProblem(
        "raking_stuck",
        column=cells.variables[at],
        value=cells.categories[at][category],
        iterations=rounds,
        share=f"{share:.4f}",
        target=f"{targets[worst][category]:.4f}",
    )


def _gaps(weight: Numbers, member: Codes, target: Numbers) -> Numbers:
    """Return each category's distance from its target, relative to the target."""
    held = add_up(member, weight, len(target)) / weight.sum()
    return np.asarray(np.abs(held - target) / np.where(target > 0, target, 1.0), dtype=np.float64)
