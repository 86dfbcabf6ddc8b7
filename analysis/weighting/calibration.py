"""Sums → weights that meet what is known of the population, and the errors that this leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.table.column import Codes, Numbers
from analysis.table.sums import Sums, add_up
from analysis.weighting.margins import Cells, Held, Margin, PopulationMean, hold

_RANK = 1e-10
"""Directions of less than this part of the largest are repetitions of others."""


@dataclass(frozen=True)
class Explained:
    """A least squares fit on what the weights were brought to; every row of a cell has the same.

    `design` (cells, k) are all categories of the `margins`, then `numbers` (less their population means).
    A category that the population does not give is fitted along but explains nothing, since its share is taken
    from this very sample. Where nothing is known of the population k is 0 and nothing is explained.
    """

    design: sparse.csr_array
    margins: tuple[Held, ...]
    _last: dict[str, Numbers] = field(default_factory=dict, repr=False, compare=False)

    def rank(self, filled: Numbers) -> int:
        """Return how many of the fitted quantities do not follow from the others.

        `filled` (cells,) is 1 where there are people, else 0.
        """
        if self.design.shape[1] == 0:
            return 0
        products = cross_products(self.design, filled)
        return int(np.linalg.matrix_rank(products, hermitian=True))

    def part(self, cell: Codes, mass: Numbers, values: Numbers) -> Numbers:
        """Return what is explained of `values` (groups, k) in each cell, shape (cells, k).

        `cell` (groups,) is each group's cell, `mass` (groups,) what it counts for in the fit.
        """
        size = self.design.shape[0]
        held = add_up(cell, mass, size)
        mean = add_up(cell, values * mass[:, None], size) / np.where(held > 0, held, 1.0)[:, None]
        effect = self._solved(held, self.design.T @ (held[:, None] * mean))
        left = mean - self.design @ effect
        effect += self._solved(held, self.design.T @ (held[:, None] * left))  # takes rounding away
        return np.asarray(self.design @ self._known(effect), dtype=np.float64)

    def _known(self, effect: Numbers) -> Numbers:
        """Turn effects of categories into what the known totals explain, shape (k, values).

        With p the given shares and s the kept ones: Σ a·given + Σ b·kept is a constant, effects of the given
        categories with Σ p·f = 0, and Σ β (kept - s); the last is not known and is left out.
        """
        known, first = effect.copy(), 0
        for held in self.margins:
            place = slice(first, first + len(held.given))
            first = place.stop
            if held.kept.any():
                level = held.given @ effect[place]
                moved = held.before[held.kept] @ (effect[place][held.kept] - level)
                known[place] = np.where(held.kept[:, None], level, effect[place]) + moved
        return known

    def _solved(self, held: Numbers, right: Numbers) -> Numbers:
        """Solve the weighted normal equations; their pseudo-inverse is remembered for the same people."""
        last = self._last.get("held")
        if last is None or not np.array_equal(last, held):
            self._last.update(held=held, inverse=_inverse(self.design, held))
        inverse = self._last["inverse"]
        return np.asarray(
            inverse[:, None] * right if inverse.ndim == 1 else inverse @ right, dtype=np.float64
        )


def _inverse(design: sparse.csr_array, held: Numbers) -> Numbers:
    """Return the pseudo-inverse of Σ held·x·x', shape (k, k), or its diagonal where it has no more than that."""
    product = cross_products(design, held)
    norm = np.sqrt(product.diagonal())
    scale = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
    if not (product - np.diag(product.diagonal())).any():
        return np.asarray(scale**2, dtype=np.float64)
    inverse = np.linalg.pinv(scale[:, None] * product * scale, rcond=_RANK, hermitian=True)
    return np.asarray(scale[:, None] * inverse * scale, dtype=np.float64)


def cross_products(design: sparse.csr_array, held: Numbers) -> Numbers:
    """Return Σ held·x·x' over cells, shape (k, k)."""
    return np.asarray((design.T @ (sparse.diags_array(held) @ design)).toarray(), dtype=np.float64)


def indicators(member: Codes, size: int) -> sparse.csr_array:
    """Return which category each cell is in, shape (cells, size), as 0 and 1."""
    rows = np.arange(len(member))
    return sparse.csr_array((np.ones(len(member)), (rows, member)), shape=(len(member), size))


def explained_by(cells: Cells, margins: Sequence[Held], centre: Numbers) -> Explained:
    """Return what margins, and numbers with the population means `centre` (numbers,), explain."""
    parts = [indicators(cells.members[:, held.place], len(held.given)) for held in margins]
    if cells.numbers:
        if not parts:
            parts.append(indicators(np.zeros(cells.size, dtype=np.int64), 1))
        parts.append(sparse.csr_array(cells.levels - centre))
    if not parts:
        return Explained(sparse.csr_array((cells.size, 0)), ())
    return Explained(sparse.hstack(parts, format="csr"), tuple(margins))


Mass = Literal["people", "weight"]


@dataclass(frozen=True)
class Spread:
    """What cutting weights off made of a calibration, by cell, shape (cells,).

    `before` are the factors before, `slope` how fast they move with what is known (F' of the distance); weights
    that were `cut` do not move any more; those that `bear` what was cut off lie between the limits, and all bear
    the same.
    """

    before: Numbers
    slope: Numbers
    cut: NDArray[np.bool_]
    bear: NDArray[np.bool_]


@dataclass(frozen=True)
class Calibration:
    """What weighting found: weight = base weight × `factors[cell]`.

    `targets` are the margins that were met, the categories the population does not give included, at their
    sample share; `held` are the same by category, `levels` the means of numbers that were met. `smallest` and
    `largest` are the factors in use, relative to the average change; `design_effect` is Kish's n·Σw²/(Σw)² and
    `effective_base` is n / design_effect. `mass` says whether people or base weights count in the fit that
    residuals are taken from; `trimmed` is what trimming that was not followed by weighting anew did (None:
    nothing).
    """

    cells: Cells
    factors: Numbers
    targets: tuple[Margin, ...]
    iterations: int
    smallest: float
    largest: float
    design_effect: float
    effective_base: float
    held: tuple[Held, ...]
    levels: tuple[PopulationMean, ...]
    explanation: Explained
    mass: Mass
    mean_base: Numbers
    trimmed: Spread | None = None

    @cached_property
    def fitted(self) -> int:
        """How many independent quantities the population's figures fix, its size among them; 0 for none."""
        return self.explanation.rank((self.mean_base > 0).astype(np.float64))

    def weights(self, weight: Numbers, cell: Codes) -> Numbers:
        """Return each row's calibrated weight, shape (rows,)."""
        return np.asarray(weight * self.factors[cell], dtype=np.float64)

    def explained(
        self, cell: Codes, people: Codes, values: Numbers, weight: Numbers | None = None
    ) -> Numbers:
        """Return the part of `values` (groups, k) that the margins explain, so that residual = value - part.

        Least squares on a constant, the given categories and the numbers (Deville & Särndal 1992, §3.4), over
        base weights after post-stratification and calibration and over people after raking, as in R survey;
        see `_after_cutting` where weights were trimmed and not calibrated again.
        Categories that the population does not give explain nothing: their share is not known but estimated
        from this sample. `people` (groups,) counts those with a weight above 0, `weight` is their sum of base
        weights (None: people × the mean of their cell, which is the same where a cell has one base weight).
        """
        mass = np.asarray(people, dtype=np.float64)
        if self.mass == "weight":
            mass = people * self.mean_base[cell] if weight is None else weight
        if self.trimmed is None:
            return np.asarray(self.explanation.part(cell, mass, values)[cell], dtype=np.float64)
        if weight is None:
            weight = people * self.mean_base[cell]
        return self._after_cutting(self.trimmed, cell, people, weight, values)

    def _after_cutting(
        self, done: Spread, cell: Codes, people: Codes, weight: Numbers, values: Numbers
    ) -> Numbers:
        """Linearise weights c that were cut off and spread to w (Deville & Särndal 1992, §3, with dw/dc 0 or 1).

        With A the mean of the values y of those who bear, and x'B the fit of y where weights move, of A where
        they were cut, weighted by d·F': Σ w·y varies as Σ [w(y - A) + c(A - x'B)] does.
        """
        bears = people * done.bear[cell]
        borne = bears @ values / max(float(bears.sum()), 1.0)
        moved = np.where(done.cut[cell][:, None], borne, values)
        before, after = done.before[cell], self.factors[cell]
        part = self.explanation.part(cell, weight * done.slope[cell], moved)[cell]
        pace = np.divide(before, after, out=np.ones_like(before), where=after != 0)[:, None]
        return np.asarray(borne + pace * (part - borne), dtype=np.float64)


Raking = Calibration


def finished(
    sums: Sums,
    cells: Cells,
    factors: Numbers,
    held: tuple[Held, ...],
    levels: tuple[PopulationMean, ...],
    iterations: int,
    mass: Mass,
    trimmed: Spread | None = None,
) -> Calibration:
    """Return the calibration that these factors (cells,) are, with what a reader must know of them."""
    size = cells.size
    people = sums.by_cell(sums.people, size)
    base = sums.by_cell(sums.total(sums.weight), size)
    used = factors[people > 0]
    w = float(factors @ base)
    w2 = float(factors**2 @ sums.by_cell(sums.total(sums.square), size))
    average = w / float(base.sum())
    return Calibration(
        cells,
        factors,
        tuple(_met(one, cells) for one in held),
        iterations,
        float(used.min()) / average,
        float(used.max()) / average,
        float(people.sum()) * w2 / w**2,
        w**2 / w2,
        held,
        levels,
        explained_by(cells, held, np.array([level.mean for level in levels])),
        mass,
        base / np.where(people > 0, people, 1.0),
        trimmed,
    )


def _met(held: Held, cells: Cells) -> Margin:
    names = cells.categories[held.place]
    shares = {name: float(t) for name, t in zip(names, held.target, strict=True) if t}
    return Margin(cells.variables[held.place], shares)


def held_against(sums: Sums, cells: Cells, margins: tuple[Margin, ...]) -> tuple[Held, ...]:
    """Hold every margin against the sample. Raises DataProblem as `hold` does."""
    return tuple(hold(margin, cells, sums) for margin in margins)
