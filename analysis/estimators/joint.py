"""Several estimates with their covariance, and what can be made of them: differences, contrasts, ratios."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.estimators.intervals import quantile_t
from analysis.estimators.significance import p_of_t, p_text
from analysis.table.column import Numbers


@dataclass(frozen=True)
class Contrast:
    """A combination of estimates: `value` with its standard error, interval and test against `null`.

    Where there is no error to test with, the interval and p are None and `reason` says why.
    """

    name: str
    value: float | None
    se: float | None
    low: float | None
    high: float | None
    df: int
    p: float | None
    null: float = 0.0
    reason: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the contrast as a row of figures."""
        return asdict(self)

    def __str__(self) -> str:
        """Return the contrast as one line of text."""
        if self.value is None:
            return f"{self.name}: - ({self.reason})"
        if self.low is None or self.high is None or self.p is None:
            return f"{self.name}: {self.value:.4g} ({self.reason})"
        return f"{self.name}: {self.value:.4g} [{self.low:.4g}, {self.high:.4g}], p {p_text(self.p)}"


@dataclass(frozen=True)
class Joint:
    """Estimates of one survey: `values` (k,), their `covariance` (k, k), and the design's degrees of freedom.

    `names` are distinct. An estimate that nobody stands behind is NaN here and gives a reason in a contrast.
    """

    names: tuple[str, ...]
    values: Numbers
    covariance: Numbers
    df: int

    def contrast(
        self, weights: Mapping[str, float] | Sequence[float], *, level: float = 0.95, name: str | None = None
    ) -> Contrast:
        """Return Σ weight × estimate: V = a'Ca, t with df (R's svycontrast).

        `weights` are by name (others 0) or one for each estimate. Raises KeyError for an unknown name.
        """
        if isinstance(weights, Mapping):
            by = np.zeros(len(self.names))
            for estimate, weight in weights.items():
                by[self._at(estimate)] = weight
        else:
            by = np.asarray(weights, dtype=np.float64)
        used = np.flatnonzero(by)
        label = name or " ".join(f"{by[at]:+g}·{self.names[at]}" for at in used)
        if np.isnan(self.values[used]).any():
            return _without(label, None, self.df, 0.0, "nobody answered in one of its parts")
        value = float(by[used] @ self.values[used])
        variance = float(by[used] @ self.covariance[np.ix_(used, used)] @ by[used])
        return _contrast(label, value, variance, self.df, level, 0.0)

    def difference(self, first: str, second: str, *, level: float = 0.95) -> Contrast:
        """Return the estimate `first` minus `second`. Raises KeyError for an unknown name."""
        return self.contrast({first: 1.0, second: -1.0}, level=level, name=f"{first} - {second}")

    def ratio(self, above: str, below: str, *, level: float = 0.95) -> Contrast:
        """Return `above` / `below` by the delta method, tested against 1. Raises KeyError for an unknown name."""
        i, j = self._at(above), self._at(below)
        name, x, y = f"{above} / {below}", float(self.values[i]), float(self.values[j])
        if math.isnan(x) or math.isnan(y) or y == 0:
            return _without(name, None, self.df, 1.0, "the lower part of the ratio is 0 or not known")
        by = np.array([1 / y, -x / y**2])
        variance = float(by @ self.covariance[np.ix_([i, j], [i, j])] @ by)
        return _contrast(name, x / y, variance, self.df, level, 1.0)

    def _at(self, name: str) -> int:
        if name not in self.names:
            raise KeyError(f"no estimate '{name}': there are {', '.join(self.names)}")
        return self.names.index(name)


def _contrast(name: str, value: float, variance: float, df: int, level: float, null: float) -> Contrast:
    se = math.sqrt(max(variance, 0.0))
    if df < 1:
        return _without(name, value, df, null, "too few first-stage units", se)
    if se == 0:
        return _without(name, value, df, null, "the estimated sampling error is 0", se)
    reach = quantile_t(df, level) * se
    return Contrast(name, value, se, value - reach, value + reach, df, p_of_t((value - null) / se, df), null)


def _without(
    name: str, value: float | None, df: int, null: float, reason: str, se: float | None = None
) -> Contrast:
    return Contrast(name, value, se, None, None, df, None, null, reason)
