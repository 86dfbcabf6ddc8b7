"""How many units the columns of a table rest on: degrees of freedom of every two, and effective units."""

from __future__ import annotations

import numpy as np

from analysis.estimators.strata import runs
from analysis.estimators.variance import Stage
from analysis.table.columns import Codes, Numbers
from analysis.table.sums import STRATUM, add_up


def degrees_of_pairs(stage: Stage, rows: Codes, column: Codes, columns: int) -> tuple[Codes, Codes]:
    """Return the degrees of freedom of every two columns, both of shape (columns, columns).

    `column` (rows,) is the column of each of the groups `rows`, all with people. The first counts the units
    with cases in any column, less strata, over the strata with cases in one of the two: what the
    variance in these strata rests on. The second counts units with cases in the two only.
    """
    stratum, size = stage.sums.keys[rows, STRATUM], len(stage.sums.strata)
    seen = _present(stratum, column, (size, columns))
    strata = _in_either(seen, np.ones(size))
    if not stage.sums.clustered:
        people = np.bincount(column, weights=stage.sums.n[rows], minlength=columns).astype(np.int64)
        both = people[:, None] + people[None, :]
        np.fill_diagonal(both, people)
        return both - strata, both - strata
    units = runs(stage.unit[rows])[0]
    each = np.bincount(stage.unit_stratum[units], minlength=size).astype(np.float64)
    here = _present(stage.unit[rows], column, (len(stage.unit_stratum), columns))
    return _in_either(seen, each - 1), _in_either(here, np.ones(len(here))) - strata


def effective_units(stage: Stage, rows: Codes, column: Codes, columns: int) -> Numbers:
    """Return the effective first-stage units with cases in each column, (ΣW)²/ΣW² (Kish 1965), shape (columns,).

    W is a unit's weight in the column, so members of a cluster are taken as all alike, the least favourable
    case. `column` (rows,) is the column of each of the groups `rows`, all with people.
    """
    whole = add_up(column, stage.weight[rows], columns)
    if stage.sums.clustered:
        held, place = np.unique(stage.unit[rows] * columns + column, return_inverse=True)
        total = add_up(place, stage.weight[rows], len(held))
        squares = add_up(held % columns, total**2, columns)
    else:
        squares = add_up(column, stage.factor[rows] ** 2 * stage.sums.w2[rows], columns)
    return np.asarray(np.divide(whole**2, squares, out=np.zeros(columns), where=squares > 0))


def _present(place: Codes, column: Codes, shape: tuple[int, int]) -> Numbers:
    seen = np.zeros(shape)
    seen[place, column] = 1.0
    return seen


def _in_either(seen: Numbers, each: Numbers) -> Codes:
    """Add up what `each` place counts for over the places `seen` in either of two columns, for every two."""
    both = np.rint((seen * each[:, None]).T @ seen).astype(np.int64)
    alone = np.diag(both)
    return np.asarray(alone[:, None] + alone[None, :] - both, dtype=np.int64)
