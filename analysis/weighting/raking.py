"""Raking: margin after margin, until all of them are met at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.problems import DataProblem
from analysis.table.column import Numbers
from analysis.table.sums import Sums, add_up
from analysis.weighting.calibration import Calibration, finished, held_against
from analysis.weighting.margins import Cells, Held, Margin

TOLERANCE = 1e-10
ROUNDS = 1000
_WILD = 1e50
"""A factor beyond comes of margins that no weights meet: it would only grow."""


def rake(
    sums: Sums,
    cells: Cells,
    margins: Sequence[Margin],
    *,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
    total: float | None = None,
) -> Calibration:
    """Rake sums to margins by iterative proportional fitting (Deming & Stephan 1940).

    A category that the sample has and the margin does not give ("not given", "another") keeps its own share
    of the base weights; the given shares are scaled to the rest. Settled when every category is within
    `tolerance` of its target, relative to it. Weights add up to `total` (None: to what the base weights do).
    Raises DataProblem "margin_unknown", "margin_bad_share", "margin_category_empty", "margin_zero_target" or
    "raking_stuck", each naming margin and category.
    """
    held = held_against(sums, cells, tuple(margins))
    base = sums.by_cell(sums.total(sums.weight), cells.size)
    factors, iterations = _fit(base, cells, held, tolerance, rounds)
    scale = 1.0 if total is None else total / float(base.sum())
    return finished(sums, cells, factors * scale, held, (), iterations, "people")


def poststratify(sums: Sums, cells: Cells, margin: Margin, *, total: float | None = None) -> Calibration:
    """Bring every category of one margin to its share at once (Holt & Smith 1979; R survey's postStratify).

    Raises DataProblem as `rake` does, but for "raking_stuck".
    """
    held = held_against(sums, cells, (margin,))
    base = sums.by_cell(sums.total(sums.weight), cells.size)
    factors, iterations = _fit(base, cells, held, TOLERANCE, 2)
    scale = 1.0 if total is None else total / float(base.sum())
    return finished(sums, cells, factors * scale, held, (), iterations, "weight")


def _fit(
    base: Numbers, cells: Cells, margins: Sequence[Held], tolerance: float, rounds: int
) -> tuple[Numbers, int]:
    """Sweep the margins until all are met at once; return the factors (mean 1) and the number of rounds."""
    total = base.sum()
    factors = np.ones(len(base))
    iteration = 0
    while iteration < rounds and factors.max(initial=1.0) < _WILD:
        iteration += 1
        for one in margins:
            member = cells.members[:, one.place]
            share = add_up(member, factors * base, len(one.target)) / total
            factors *= np.divide(one.target, share, out=np.ones_like(share), where=share > 0)[member]
        weight = base * factors
        gaps = []
        for margin in margins:
            # each category's distance from its target, relative to the target
            held = add_up(cells.members[:, margin.place], weight, len(margin.target)) / weight.sum()
            gaps.append(np.abs(held - margin.target) / np.where(margin.target > 0, margin.target, 1.0))
        if max((float(gap.max(initial=0.0)) for gap in gaps), default=0.0) <= tolerance:
            return factors, iteration
    worst = max(range(len(gaps)), key=lambda number: float(gaps[number].max()))
    category, one = int(gaps[worst].argmax()), margins[worst]
    member = cells.members[:, one.place]
    share = float((base * factors)[member == category].sum() / (base * factors).sum())
    raise DataProblem(
        "raking_stuck",
        column=cells.variables[one.place],
        value=cells.categories[one.place][category],
        iterations=iteration,
        share=f"{share:.4f}",
        target=f"{one.target[category]:.4f}",
    )
