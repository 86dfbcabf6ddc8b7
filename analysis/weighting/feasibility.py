"""Which margin cannot be met: by a linear programme, margin by margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from scipy import sparse

from analysis.table.column import Codes, Numbers
from analysis.table.sums import add_up

_MET = 1e-9


@dataclass(frozen=True)
class Offence:
    """The totals that cannot hold: `margin` is the number of the margin, `column` that of its worst total.

    `nearest` is as near as the worst total comes while all other margins hold; `others` are the margins whose
    removal alone would do as well; not `alone` where no single margin's removal is enough. `margin` None: not
    even the number of people fits within the limits, and `nearest` is the nearest number.
    """

    margin: int | None
    column: int
    nearest: float
    others: tuple[int, ...] = ()
    alone: bool = True


def offence(
    base: Numbers, design: sparse.csr_array, totals: Numbers, low: Numbers, high: Numbers, of_margin: Codes
) -> Offence | None:
    """Tell which margin keeps weights within limits from meeting all totals; None where they can be met.

    `base` (cells,), above 0, `low`, `high` (cells,); `design` (cells, k); `totals` (k,); `of_margin` (k,) is
    the margin of each total, -1 for the number of people, which must hold in any case.
    """
    first, place = _distinct(design)
    least, most = add_up(place, base * low, len(first)), add_up(place, base * high, len(first))
    programme = _Programme(design[first], totals, least, most)
    if programme.missed(np.arange(len(totals))) <= _MET:
        return None
    people = np.flatnonzero(of_margin < 0)
    if programme.missed(people) > _MET:
        bound = float(least.sum()) if float(least.sum()) > 1 else float(most.sum())
        return Offence(None, int(people[0]), bound)
    margins = sorted(set(of_margin[of_margin >= 0].tolist()))
    alone = [one for one in margins if programme.missed(np.flatnonzero(of_margin != one)) <= _MET]
    return programme.worst(alone or margins, of_margin, bool(alone))


def _distinct(design: sparse.csr_array) -> tuple[Codes, Codes]:
    """Number the different rows: return each one's first place, and the number of every row.

    Told apart by two random sums of their cells, which are the same to the last bit for the same rows.
    """
    sums = design @ np.random.default_rng(0).normal(size=(design.shape[1], 2))
    _, first, place = np.unique(sums, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), place.ravel().astype(np.int64)


class _Programme:
    """Weights between limits (rows,) that must meet totals; slack, where it is allowed, is minimised."""

    def __init__(self, rows: sparse.csr_array, totals: Numbers, least: Numbers, most: Numbers) -> None:
        self.rows, self.totals, self.least, self.most = rows, totals, least, most

    def missed(self, hard: Codes) -> float:
        """Return how far `hard` totals are missed at least."""
        slack = self._slack(hard, hard)
        return float("inf") if slack is None else float(np.abs(slack).sum())

    def worst(self, margins: Sequence[int], of_margin: Codes, alone: bool) -> Offence | None:
        """Return the margin whose worst total misses least hopefully, the other margins held exactly.

        None where totals lie so far apart that no programme is solved.
        """
        found: list[tuple[float, Offence]] = []
        others = tuple(margins) if alone else ()
        everything = np.arange(len(self.totals))
        for one in margins:
            loose = np.flatnonzero(of_margin == one) if alone else np.flatnonzero(of_margin >= 0)
            slack = self._slack(everything, loose)
            if slack is None:
                continue
            reached = self._reached(loose, self.totals[loose] - slack)
            off = np.where(of_margin[loose] == one, np.abs(self.totals[loose] - reached), 0.0)
            at = int(off.argmax())
            column, nearest = int(loose[at]), float(reached[at])
            rest = tuple(other for other in others if other != one)
            found.append((float(off[at]), Offence(one, column, nearest, rest, alone)))
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def _reached(self, columns: Codes, met: Numbers) -> Numbers:
        """Return what totals come to: where one is out of its own people's reach, that is what stops it.

        The slack of such a total may as well lie on its neighbours, which would blame the wrong category.
        """
        rows, total = self.rows[:, columns].toarray(), self.totals[columns]
        counts = np.all((rows == 0) | (rows == 1), axis=0)
        least, most = (np.where(rows > 0, end[:, None], 0.0).sum(axis=0) for end in (self.least, self.most))
        alone = np.where(counts, np.clip(total, least, most), total)
        blocked = np.abs(alone - total) > _MET
        return np.where(blocked, alone, total) if blocked.any() else met

    def _slack(self, held: Codes, loose: Codes) -> Numbers | None:
        """Return the smallest slack (totals - met) of the `loose` totals while all `held` ones are met."""
        free = np.isin(held, loose).nonzero()[0]
        cells, k = self.rows.shape[0], len(held)
        give = sparse.csc_array((np.ones(len(free)), (free, np.arange(len(free)))), shape=(k, len(free)))
        matrix = sparse.hstack([sparse.csc_array(self.rows[:, held].T), give, -give], format="csc")
        cost = np.concatenate([np.zeros(cells), np.ones(2 * len(free))])
        upper = np.concatenate([self.most, np.full(2 * len(free), np.inf)])
        lower = np.concatenate([self.least, np.zeros(2 * len(free))])
        # Every table reads this module, and hardly any needs a solver, which takes a quarter of a second to load.
        done = import_module("scipy.optimize").linprog(
            cost,
            A_eq=matrix,
            b_eq=self.totals[held],
            bounds=np.stack([lower, upper], axis=1),
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10},
        )
        if not done.success:
            return None
        slack: Numbers = done.x[cells : cells + len(free)] - done.x[cells + len(free) :]
        return slack
