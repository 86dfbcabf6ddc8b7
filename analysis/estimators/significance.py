"""One test's result, the probabilities behind it (t, F and chi-square), and p-values of many tests at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from analysis.problems import DataProblem
from analysis.table.column import Numbers


@dataclass(frozen=True)
class Significance:
    """The result of a test: `statistic` is named by `symbol` ("F", "X²", "t"), `p` is its p-value.

    `df1` and `df2` are the statistic's degrees of freedom, None where it has none. Where the test cannot be
    made, statistic and p are None and `reason` says why; `warning` says why a p-value may be too small.
    """

    test: str
    symbol: str
    statistic: float | None
    df1: float | None
    df2: float | None
    p: float | None
    reason: str | None = None
    warning: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the test as `earshot compare --format json` prints it."""
        return {
            "test": self.test,
            "symbol": self.symbol,
            "statistic": self.statistic,
            "df1": self.df1,
            "df2": self.df2,
            "p": self.p,
            "reason": self.reason,
            "warning": self.warning,
        }

    def __str__(self) -> str:
        """Return the test as one line of text."""
        if self.statistic is None or self.p is None:
            return f"{self.test}: not possible ({self.reason})"
        degrees = ", ".join(
            f"{df:.0f}" if df >= 100 or abs(df - round(df)) < 1e-6 else f"{df:.2f}"
            for df in (self.df1, self.df2)
            if df is not None
        )
        named = f"{self.symbol}({degrees})" if degrees else self.symbol
        return f"{self.test}: {named} = {self.statistic:.4g}, p {p_text(self.p)}"


def impossible(test: str, symbol: str, reason: str) -> Significance:
    """Return a test that could not be made, with the reason."""
    return Significance(test, symbol, None, None, None, None, reason)


def p_text(p: float) -> str:
    """Write a p-value as readers expect it: "= 0.032", "< 0.0001"."""
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}" if p < 0.01 else f"= {p:.3f}"


def p_cell(p: float | None) -> str:
    """Write a p-value as a cell of a table, never as 0; "-" where there is none."""
    return "-" if p is None else "<.0001" if p < 0.0001 else f"{p:.4f}"


def p_of_t(statistic: float, df: float) -> float:
    """Return the two-sided p-value of Student's t."""
    return float(2 * special.stdtr(df, -abs(statistic)))


def p_of_f(statistic: float, df1: float, df2: float) -> float:
    """Return the upper tail of Fisher's F."""
    return float(special.fdtrc(df1, df2, statistic))


def p_of_chi2(statistic: float, df: float) -> float:
    """Return the upper tail of chi-square."""
    return float(special.chdtrc(df, statistic))


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
