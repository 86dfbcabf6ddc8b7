"""Rank tests for ordered answers: do answers in some segments lie higher on the scale than in others?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.estimators.crosstab import FEW_UNITS, Crosstab
from analysis.estimators.significance import Significance, impossible, p_of_f, p_of_t
from analysis.table.column import Numbers

TREND_NAME = "design-based linear trend of ranks"
ONE_SCORE = "every answer has the same score"
NO_SPREAD = "the scores do not vary between first-stage units"

SCORES: Mapping[str, Callable[[Numbers], Numbers]] = {
    "wilcoxon": lambda rank: rank,
    "van-der-waerden": lambda rank: np.asarray(special.ndtri(rank), dtype=np.float64),
    "median": lambda rank: (rank > 0.5).astype(np.float64),
}


@dataclass(frozen=True)
class RankTest:
    """A rank test and what it compares: each segment's mean rank score (0 to 1 for Wilcoxon's)."""

    significance: Significance
    means: tuple[float, ...]
    difference: float | None = None


def midranks(table: Crosstab) -> Numbers:
    """Return each answer's rank from 0 to 1, answers in the table's order: the middle of those who gave it."""
    weight = table.total.sum(axis=1)
    return np.asarray((np.cumsum(weight) - weight / 2) / weight.sum(), dtype=np.float64)


def rank_test(
    table: Crosstab,
    score: str = "wilcoxon",
    ranks: Numbers | None = None,
    *,
    adjusted: bool = True,
) -> RankTest:
    """Compare mean rank scores between segments: t for two, Kruskal-Wallis F for more.

    Lumley & Scott 2013 (R's svyranktest): ranks estimated in the population, then a linear model of the
    scores; t has df - 1 degrees. F is the Wald statistic W of k effects by Fellegi's 1980 adjustment,
    W(df-k+1)/(df·k) against F(k, df-k+1); not `adjusted`, as R, W/k against F(k, df-k), which finds too much
    with few clusters. `score` is one of SCORES; `ranks` (answers,) replaces `midranks`.
    Raises DataProblem "lonely_stratum", "lonely_all"; KeyError for another score.
    """
    name = {"wilcoxon": "Wilcoxon", "van-der-waerden": "van der Waerden", "median": "median"}[score]
    columns = table.total.shape[1]
    name = f"design-based {name}" if columns == 2 or score != "wilcoxon" else "design-based Kruskal-Wallis"
    symbol = "t" if columns == 2 else "F"
    if table.reason is not None:
        return RankTest(impossible(name, symbol, table.reason), ())
    scores = SCORES[score](midranks(table) if ranks is None else ranks)
    weight = table.total.sum(axis=0)
    means = scores @ table.total / weight
    values = _of_means(scores, means, weight)
    covariance = table.covariance(values)
    contrast = np.concatenate([-np.ones((len(covariance) - 1, 1)), np.eye(len(covariance) - 1)], axis=1)
    gap, spread = means[1:] - means[0], contrast @ covariance @ contrast.T
    mean_scores = tuple(means.tolist())
    if float(scores.max()) == float(scores.min()):
        return RankTest(impossible(name, symbol, ONE_SCORE), mean_scores)
    if table.df < columns:
        return RankTest(impossible(name, symbol, FEW_UNITS), mean_scores)
    if columns > 2:
        return RankTest(_over_segments(name, gap, spread, table, adjusted), mean_scores)
    if spread[0, 0] <= 0:
        return RankTest(impossible(name, symbol, NO_SPREAD), mean_scores, float(gap[0]))
    df, t = table.df - 1, float(gap[0]) / math.sqrt(float(spread[0, 0]))
    return RankTest(_t(name, t, df, table), mean_scores, float(gap[0]))


def trend_test(table: Crosstab, places: Numbers | None = None, ranks: Numbers | None = None) -> RankTest:
    """Test whether answers rise or fall with the segments' order: slope of the rank score on their places.

    Weighted least squares with the design's errors (Lumley & Scott 2013, §3, with a numeric predictor; as R's
    svyglm of the scores). `places` (segments,) are 0, 1, 2, … unless given; `difference` is the slope a step.
    """
    name = TREND_NAME
    if table.reason is not None:
        return RankTest(impossible(name, "t", table.reason), ())
    scores = midranks(table) if ranks is None else ranks
    weight = table.total.sum(axis=0)
    means = scores @ table.total / weight
    place = np.arange(len(weight), dtype=np.float64) if places is None else places
    off = place - float(place @ weight / weight.sum())
    square = float(off**2 @ weight)
    slope = float(off * weight @ means) / square
    fitted = float(means @ weight / weight.sum()) + slope * off
    values = ((scores[None, :] - fitted[:, None]) * off[:, None] / square).ravel()[:, None]
    variance = float(table.covariance(values)[0, 0])
    mean_scores, df = tuple(means.tolist()), table.df - 1
    if variance <= 0 or df < 1:
        return RankTest(impossible(name, "t", FEW_UNITS if df < 1 else NO_SPREAD), mean_scores, slope)
    t = slope / math.sqrt(variance)
    return RankTest(_t(name, t, df, table), mean_scores, slope)


def _of_means(scores: Numbers, means: Numbers, weight: Numbers) -> Numbers:
    """Return the linearised means of the segments by cell, shape (segments × answers, segments)."""
    size, answers = len(means), len(scores)
    values = np.zeros((size, answers, size))
    at = np.arange(size)
    values[at, :, at] = (scores[None, :] - means[:, None]) / weight[:, None]
    return values.reshape(size * answers, size)


def _t(name: str, t: float, df: int, table: Crosstab) -> Significance:
    return Significance(name, "t", t, float(df), None, p_of_t(t, df), None, table.wald_warning)


def _over_segments(name: str, gap: Numbers, spread: Numbers, table: Crosstab, adjusted: bool) -> Significance:
    size = len(gap)
    if np.linalg.matrix_rank(spread, hermitian=True) < size:
        return impossible(name, "F", NO_SPREAD)
    statistic = float(gap @ np.linalg.solve(spread, gap)) / size
    below = table.df - size
    if adjusted:
        below += 1
        statistic *= below / table.df
    p = p_of_f(statistic, size, below)
    return Significance(name, "F", statistic, float(size), float(below), p, None, table.wald_warning)
