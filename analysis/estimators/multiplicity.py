"""P-values of many tests at once, adjusted so that a finding among them can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from analysis.problems import DataProblem
from analysis.table.column import Numbers


def adjusted(p: Sequence[float], method: str = "holm") -> list[float]:
    """Return the adjusted p-values of one family of tests, in the order given, by one of ADJUSTMENTS.

    Raises DataProblem "unknown_option" for another method.
    """
    check_adjustment(method)
    if not p:
        return []
    return [min(value, 1.0) for value in ADJUSTMENTS[method](np.asarray(p, dtype=np.float64)).tolist()]


def check_adjustment(method: str) -> None:
    """Raise DataProblem "unknown_option" unless `method` is one of ADJUSTMENTS."""
    if method not in ADJUSTMENTS:
        raise DataProblem("unknown_option", option="--adjust", value=method, known=", ".join(ADJUSTMENTS))


def _holm(p: Numbers) -> Numbers:
    """Step down: the chance of any false finding stays below the level (Holm 1979)."""
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _back(steps, order)


def _bonferroni(p: Numbers) -> Numbers:
    """Each p-value times their number: Holm with less power."""
    return p * len(p)


def _bh(p: Numbers) -> Numbers:
    """Step up: the expected share of false findings stays below the level (Benjamini & Hochberg 1995)."""
    order = np.argsort(p)[::-1]
    steps = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    return _back(steps, order)


def _none(p: Numbers) -> Numbers:
    return p


def _back(values: Numbers, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Numbers:
    placed = np.empty_like(values)
    placed[order] = values
    return placed


ADJUSTMENTS: Mapping[str, Callable[[Numbers], Numbers]] = {
    "holm": _holm,
    "bonferroni": _bonferroni,
    "bh": _bh,
    "none": _none,
}
