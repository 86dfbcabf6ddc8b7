"""Tests of a table of answers by segments: does the choice depend on the segment at all?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.estimators.crosstab import FEW_UNITS, Crosstab, crosstab
from analysis.estimators.degrees import effective_units
from analysis.estimators.design_variance import Calibrated, Stage
from analysis.estimators.mixtures import saddlepoint_tail, tail
from analysis.estimators.proportion import Answer
from analysis.estimators.significance import (
    Significance,
    impossible,
    p_of_chi2,
    p_of_f,
)
from analysis.table.column import Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

WALD = ("wald", "adjusted-wald")
"""Those that take differences by their own errors."""
_ALIKE = 1e-12
"""Eigenvalues below this part of the largest are rounding, and so are design effects below it."""

SINGULAR = "the table has too many empty cells: net some choices or segments"
FIXED = "the weighting fixes the whole table"
NO_SPREAD = "the shares do not vary between first-stage units"
SPLIT = "Pearson's test of a perfect split, at the effective base"

__all__ = ["FEW_UNITS", "TESTS", "Crosstab", "association", "crosstab", "rao_scott"]


def rao_scott(
    sums: Sums | Stage,
    *,
    answers: Sequence[Answer],
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
) -> Significance:
    """Test independence of answers and segments: Rao & Scott 1984, second order, F (R's svychisq).

    Raises DataProblem "fpc_small", "lonely_stratum", "lonely_all".
    """
    return association(crosstab(sums, answers, segments, design, raking), "rao-scott")


def association(table: Crosstab, test: str = "rao-scott") -> Significance:
    """Test a table by one of TESTS. Raises KeyError for another name, DataProblem as `rao_scott`."""
    name, symbol, run = TESTS[test]
    if table.reason is not None:
        return impossible(name, symbol, table.reason)
    result = run(table, name, symbol)
    if result.reason in (SINGULAR, NO_SPREAD):
        # without linearised errors a perfect split can be tested all the same
        if (np.count_nonzero(table.total, axis=0) == 1).all():
            result = _split(table)
        elif result.reason == NO_SPREAD and table.stage.raking is not None:
            result = replace(result, reason=FIXED)
    if result.p is None:
        return result
    return replace(result, warning=table.wald_warning if test in WALD else table.warning)


def _split(table: Crosstab) -> Significance:
    """Pearson's 1900 X²/k against F(k, kν), k = (r-1)(c-1), of the segments' effective first-stage units.

    Where every segment gave one answer only, design effects may all be 0, and R's F infinite; were answers
    independent of segments, units that answer as one person would give this X².
    """
    effective = effective_units(table.stage, table.inside, table.column, len(table.columns))
    weight = np.where(table.total > 0, effective, 0.0)
    whole = float(weight.sum())
    expected = np.outer(weight.sum(axis=1), weight.sum(axis=0)) / whole
    size = table.interactions
    statistic = float(((weight - expected) ** 2 / expected).sum()) / size
    below = float(size * table.df)
    return Significance(SPLIT, "F", statistic, float(size), below, p_of_f(statistic, size, below))


def generalised_effects(table: Crosstab) -> Numbers | None:
    """Return the eigenvalues of Rao & Scott's matrix of generalised design effects; None where singular.

    Δ = (C'D⁻¹C/n)⁻¹ C'D⁻¹VD⁻¹C with the interactions C of the saturated log-linear model (1984, §2).
    """
    if (table.share <= 0).all(axis=None) or table.interactions < 1:
        return None
    share = table.share.T.ravel()
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)
    rows, columns = table.total.shape
    # orthonormal contrasts of the interaction, shape (columns × rows, (columns-1) × (rows-1))
    contrast = np.asarray(np.kron(_centred_basis(columns), _centred_basis(rows)), dtype=np.float64)
    linear = (np.eye(len(share)) - share[None, :]) / table.total.sum()
    weighed = inverse[:, None] * contrast
    numerator = table.covariance(linear @ weighed)
    denominator = contrast.T @ weighed / table.people
    scale, basis = np.linalg.eigh(denominator)
    if scale[0] <= _ALIKE * scale[-1]:
        return None
    half = basis / np.sqrt(scale)
    return np.maximum(np.linalg.eigvalsh(half.T @ numerator @ half), 0.0)


def _f(table: Crosstab, name: str, symbol: str) -> Significance:
    """X²/Σδ against F(d, d·ν), d = (Σδ)²/Σδ² (Rao & Scott 1984; Thomas & Rao 1987)."""
    effects = generalised_effects(table)
    if effects is None or effects.max() <= _ALIKE:
        return impossible(name, symbol, SINGULAR if effects is None else NO_SPREAD)
    whole = float(effects.sum())
    degrees = whole**2 / float((effects**2).sum())
    statistic = table.pearson / whole
    return Significance(
        name, symbol, statistic, degrees, degrees * table.df, p_of_f(statistic, degrees, degrees * table.df)
    )


def _chi2(table: Crosstab, name: str, symbol: str) -> Significance:
    """X² with p from X²/mean δ against chi-square (Rao & Scott 1981, first order; R statistic = "Chisq")."""
    effects = generalised_effects(table)
    if effects is None or effects.max() <= _ALIKE:
        return impossible(name, symbol, SINGULAR if effects is None else NO_SPREAD)
    p = p_of_chi2(table.pearson / float(effects.mean()), len(effects))
    return Significance(name, symbol, table.pearson, float(len(effects)), None, p)


def _mixture(
    probability: Callable[[float, Numbers, float], float],
) -> Callable[[Crosstab, str, str], Significance]:
    """X² against Σ δ·χ²₁ / (χ²(d·ν)/(d·ν)) (Rao & Scott 1981; R statistic = "lincom", "saddlepoint")."""

    def run(table: Crosstab, name: str, symbol: str) -> Significance:
        effects = generalised_effects(table)
        if effects is None or effects.max() <= _ALIKE:
            return impossible(name, symbol, SINGULAR if effects is None else NO_SPREAD)
        below = float(effects.sum()) ** 2 / float((effects**2).sum()) * table.df
        p = probability(table.pearson, effects, below) if table.pearson > 0 else 1.0
        return Significance(name, symbol, table.pearson, None, None, p)

    return run


def _wald(adjusted: bool) -> Callable[[Crosstab, str, str], Significance]:
    """Koch, Freeman & Freeman 1975 on N_ij - N_i.N_.j/N; adjusted: (ν-k+1)/(νk) (Fellegi 1980)."""

    def run(table: Crosstab, name: str, symbol: str) -> Significance:
        off, covariance = departures(table)
        size = len(off)
        scale, basis = np.linalg.eigh(covariance)
        below = table.df - size + 1 if adjusted else table.df
        if below < 1:
            return impossible(name, symbol, FEW_UNITS)
        if scale[-1] <= _ALIKE * float(off @ off):
            return impossible(name, symbol, NO_SPREAD)
        if scale[0] <= _ALIKE * scale[-1]:
            return impossible(name, symbol, FEW_UNITS if table.df < size else SINGULAR)
        quadratic = float(((basis.T @ off) ** 2 / scale).sum())
        statistic = quadratic * below / (size * table.df) if adjusted else quadratic / size
        return Significance(
            name, symbol, statistic, float(size), float(below), p_of_f(statistic, size, below)
        )

    return run


def departures(table: Crosstab) -> tuple[Numbers, Numbers]:
    """Return N_ij - N_i.N_.j/N of all rows and columns but the first, column by column, and its covariance."""
    rows, columns = table.total.shape
    whole = float(table.total.sum())
    by_row, by_column = table.total.sum(axis=1) / whole, table.total.sum(axis=0) / whole
    off = table.total - np.outer(by_row, by_column) * whole
    row, column = np.tile(np.arange(rows), columns), np.repeat(np.arange(columns), rows)
    in_row = (row[:, None] == row[None, :]).astype(np.float64)
    in_column = (column[:, None] == column[None, :]).astype(np.float64)
    product = (by_row[row] * by_column[column])[None, :]
    linear = in_row * in_column - in_row * by_column[column] - in_column * by_row[row] + product
    kept = (row > 0) & (column > 0)
    return off.T.ravel()[kept], table.covariance(linear[:, kept])


TESTS: Mapping[str, tuple[str, str, Callable[[Crosstab, str, str], Significance]]] = {
    "rao-scott": ("Rao-Scott, second order", "F", _f),
    "chisq": ("Rao-Scott, first order", "X²", _chi2),
    "wald": ("Wald", "F", _wald(False)),
    "adjusted-wald": ("adjusted Wald", "F", _wald(True)),
    "lincom": ("Pearson's X² against its own mixture", "X²", _mixture(tail)),
    "saddlepoint": (
        "Pearson's X² against its own mixture, by saddlepoint",
        "X²",
        _mixture(saddlepoint_tail),
    ),
}


def _centred_basis(size: int) -> Numbers:
    """Return orthonormal columns that add up to 0, shape (size, size - 1) (Helmert's contrasts)."""
    basis = np.zeros((size, size - 1))
    for at in range(1, size):
        basis[:at, at - 1], basis[at, at - 1] = 1.0, -float(at)
        basis[:, at - 1] /= np.sqrt(at * (at + 1.0))
    return basis
