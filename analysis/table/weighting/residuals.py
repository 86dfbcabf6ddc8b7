"""What the population's margins explain of a value: errors of weighted estimates are those of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from analysis.table.column import Codes, Numbers
from analysis.table.sums import add_up
from analysis.table.weighting.margins import Cells, Held

_RANK = 1e-10  # directions of less than this part of the largest are repetitions of others


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
