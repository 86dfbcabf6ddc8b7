"""Rank tests and trends: against a regression of the scores row by row, and their reasons."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from analysis.estimators.association import Crosstab, crosstab
from analysis.estimators.proportion import Answer
from analysis.estimators.ranks import SCORES, midranks, rank_test, trend_test
from analysis.table.design import Design, Sample, sample_of
from analysis.table.sums import sums_of

from .by_rows import Array, covariance, segments, summed, survey
from .ranks_of_r import midranks_in_file_order

ANSWERS = [Answer(str(code), frozenset({code})) for code in range(1, 5)]


def drawn(clustered: bool, groups: int, seed: int = 3) -> tuple[Sample, Array, Array, Crosstab]:
    sample, answer, segment = survey(seed, clustered=clustered, rows=90)
    answer, segment = np.maximum(answer, 1), np.minimum(segment, groups - 1)
    table = crosstab(summed(sample, answer, segment), ANSWERS, segments(groups), Design())
    return sample, answer, segment, table


def regression(sample: Sample, score: Array, design: Array) -> tuple[Array, Array]:
    """Weighted least squares of the scores, with the sandwich of the design."""
    w = sample.weight
    bread = np.linalg.inv(design.T @ (design * w[:, None]))
    found = bread @ design.T @ (w * score)
    return found, covariance(sample, (design * (score - design @ found)[:, None]) @ bread)


def weighted_midranks(weight: Array, answer: Array) -> Array:
    below = np.array([weight[answer < one].sum() for one in answer])
    same = np.array([weight[answer == one].sum() for one in answer])
    return np.asarray((below + same / 2) / weight.sum())


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("score", SCORES)
def test_two_segments_are_a_regression_on_the_segment(clustered: bool, score: str) -> None:
    sample, answer, segment, table = drawn(clustered, 2)
    rank = weighted_midranks(sample.weight, answer)
    scores = {"wilcoxon": rank, "van-der-waerden": special.ndtri(rank), "median": (rank > 0.5) * 1.0}[score]
    beta, spread = regression(sample, scores, np.stack([np.ones(90), segment], axis=1))
    found = rank_test(table, score)
    assert found.difference == pytest.approx(beta[1])
    assert found.significance.statistic == pytest.approx(beta[1] / math.sqrt(spread[1, 1]))
    units = 90 if sample.cluster is None else len({*zip(sample.stratum, sample.cluster, strict=True)})
    assert found.significance.df1 == units - 3 - 1


@pytest.mark.parametrize("clustered", [True, False])
def test_three_segments_are_a_joint_test_of_two_effects(clustered: bool) -> None:
    sample, answer, segment, table = drawn(clustered, 3)
    design = np.stack([np.ones(90), segment == 1, segment == 2], axis=1).astype(float)
    beta, spread = regression(sample, weighted_midranks(sample.weight, answer), design)
    wald = beta[1:] @ np.linalg.solve(spread[1:, 1:], beta[1:])
    as_r = rank_test(table, adjusted=False).significance
    assert (as_r.statistic, as_r.df2) == (pytest.approx(wald / 2), table.df - 2)
    found = rank_test(table).significance
    assert found.statistic == pytest.approx(wald / 2 * (table.df - 1) / table.df)
    assert found.df2 == table.df - 1


@pytest.mark.parametrize("clustered", [True, False])
def test_a_trend_is_a_regression_on_the_place(clustered: bool) -> None:
    sample, answer, segment, table = drawn(clustered, 3)
    places = np.array([0.0, 1.0, 5.0])
    design = np.stack([np.ones(90), places[segment]], axis=1)
    beta, spread = regression(sample, weighted_midranks(sample.weight, answer), design)
    found = trend_test(table, places)
    assert found.difference == pytest.approx(beta[1])
    assert found.significance.statistic == pytest.approx(beta[1] / math.sqrt(spread[1, 1]))


def test_a_trend_with_two_segments_is_the_rank_test() -> None:
    _, _, _, table = drawn(True, 2)
    assert trend_test(table).significance.statistic == pytest.approx(rank_test(table).significance.statistic)


def test_ranks_in_file_order_are_the_same_where_weights_are_equal() -> None:
    answer = np.array([2, 0, 1, 1, 2, 0, 0])
    sums = sums_of(sample_of(7), answer + 1, np.array([0, 1, 0, 1, 0, 1, 0]))
    table = crosstab(sums, ANSWERS[:3], segments(2), Design())
    found = midranks_in_file_order(np.full(7, 2.5), answer, 3)
    assert found == pytest.approx(midranks(table))
    assert midranks(table) == pytest.approx(np.array([1.5, 4.0, 6.0]) / 7)


def test_ranks_in_file_order_by_hand() -> None:
    # weights 1 and 3 tie after 2: running middles 2.5 and 4.5, the other way round 3.5 and 5.5
    answer = np.array([0, 1, 1])
    assert midranks_in_file_order(np.array([2.0, 1.0, 3.0]), answer, 2)[1] * 6 == pytest.approx(3.5)
    assert midranks_in_file_order(np.array([2.0, 3.0, 1.0]), answer, 2)[1] * 6 == pytest.approx(4.5)


def test_reasons() -> None:
    one = sums_of(sample_of(6), np.ones(6, dtype=np.int64), np.array([0, 1] * 3))
    table = crosstab(one, ANSWERS, segments(2), Design())
    assert rank_test(table).significance.reason == "everybody gave the same answer"
    assert trend_test(table).significance.reason == "everybody gave the same answer"
    halves = sums_of(sample_of(8), np.array([1, 2] * 4), np.array([0, 0, 1, 1] * 2))
    same = crosstab(halves, ANSWERS, segments(2), Design())
    found = rank_test(same)
    assert found.significance.p == pytest.approx(1.0)
    uneven = sums_of(sample_of(9), np.array([1] * 7 + [2] * 2), np.array([0, 1] * 4 + [0]))
    upper = rank_test(crosstab(uneven, ANSWERS, segments(2), Design()), "median")
    assert upper.significance.p is not None
    lonely = sums_of(
        Sample(np.ones(8), np.zeros(8, dtype=np.int64), np.arange(8) % 2),
        np.array([1, 2] * 4),
        np.array([0, 0, 1, 1] * 2),
    )
    spread = crosstab(lonely, ANSWERS, segments(2), Design())
    assert rank_test(spread).significance.reason == "there are too few first-stage units for this table"
    four = Sample(np.ones(8), np.zeros(8, dtype=np.int64), np.arange(8) % 4 // 2 * 2 + np.arange(8) // 4)
    still = sums_of(four, np.array([1, 2] * 4), np.array([0, 0, 1, 1] * 2))
    alike = rank_test(crosstab(still, ANSWERS, segments(2), Design())).significance
    assert alike.reason == "the scores do not vary between first-stage units"
