"""Tests of independence: hand-made tables, the reasons why there is none, and the tails of mixtures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.estimators.association import (
    FIXED,
    NO_SPREAD,
    SPLIT,
    TESTS,
    Crosstab,
    association,
    crosstab,
    departures,
    rao_scott,
)
from analysis.estimators.crosstab import CENSUS
from analysis.estimators.mixtures import saddlepoint_tail, tail
from analysis.estimators.proportion import Answer
from analysis.estimators.ranks import rank_test
from analysis.table.column import Codes, TextColumn
from analysis.table.design import Design, Sample, sample_of
from analysis.table.segments import Segment
from analysis.table.sums import sums_of
from analysis.weighting.margins import Margin, cells_of
from analysis.weighting.raking import rake

from .by_rows import covariance, segments, summed, survey

ANSWERS = [Answer(str(code), frozenset({code})) for code in range(1, 5)]


def people(counts: list[list[int]]) -> Crosstab:
    """A simple random sample with these counts of answers (rows) by segments (columns)."""
    table = np.array(counts)
    cells = [(row, column) for row, column in np.ndindex(*table.shape) for _ in range(table[row, column])]
    answer, segment = (np.array([cell[at] for cell in cells], dtype=np.int64) for at in (0, 1))
    answers = [Answer(str(code), frozenset({code + 1})) for code in range(table.shape[0])]
    sums = sums_of(sample_of(len(cells)), answer + 1, segment)
    return crosstab(sums, answers, segments(table.shape[1]), Design())


def test_a_simple_sample_gives_pearson_s_test_but_for_one_person() -> None:
    table = people([[30, 20, 25], [20, 30, 25]])
    wanted = stats.chi2_contingency([[30, 20, 25], [20, 30, 25]], correction=False).statistic
    assert table.pearson == pytest.approx(wanted)
    # independent under equal margins: every generalised design effect is n/(n-1) times its cell's departure
    found = association(table)
    assert found.statistic == pytest.approx(wanted / 2 * 149 / 150, rel=0.02)
    assert found.df2 == pytest.approx(found.df1 * 149)


def test_a_two_by_two_table_by_hand() -> None:
    table = people([[15, 5], [5, 15]])
    # N11 - N1.N.1/N = 15 - 10; each person's influence is 1/4 off for those on the diagonal: 1 - 1/2 - 1/2 + 1/4
    off, spread = departures(table)
    assert off == pytest.approx([5.0])
    # 30 people at 1/4, 10 at -1/4: V = 40/39 · (40/16 - (20/4)²/40)
    assert spread[0, 0] == pytest.approx(40 / 39 * (40 / 16 - 25 / 40))
    wald = association(table, "wald")
    assert wald.statistic == pytest.approx(25 / (40 / 39 * 1.875))
    assert (wald.df1, wald.df2) == (1.0, 39.0)
    assert association(table, "adjusted-wald").statistic == pytest.approx(wald.statistic)


@pytest.mark.parametrize("test", TESTS)
def test_a_perfect_split_is_the_clearest_difference(test: str) -> None:
    found = association(people([[20, 0], [0, 20]]), test)
    # its linearised errors are 0; Pearson's X² of 40 people, all on one side of their segment, is 40
    assert found.statistic == pytest.approx(40)
    assert found.p == pytest.approx(float(stats.f.sf(40, 1, 39)))
    assert (found.test, found.reason) == (SPLIT, None)


def test_a_perfect_split_of_more_segments_than_answers() -> None:
    found = association(people([[20, 0, 0], [0, 20, 0], [0, 0, 20]]))
    assert found.statistic == pytest.approx(120 / 4)
    assert (found.df1, found.df2) == (4, 4 * 59)
    assert found.p is not None and found.p < 1e-6


def test_a_perfect_split_of_few_clusters_counts_clusters() -> None:
    """By people it would be 40 against 40; four clusters against four are as little as eight people."""
    side = np.repeat([0, 1], 40)
    drawn = Sample(np.full(80, 1.1), np.zeros(80, dtype=np.int64), np.repeat(np.arange(8), 10))
    answers = [Answer("a", frozenset({1})), Answer("b", frozenset({2}))]
    found = rao_scott(sums_of(drawn, side + 1, side), answers=answers, segments=segments(2), design=Design())
    assert found.statistic == pytest.approx(8)
    assert (found.df1, found.df2) == (1, 7)
    assert found.warning is not None


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("yes", [(20, 0), (19, 1), (15, 5)])
@pytest.mark.parametrize("clusters", [None, np.arange(40) // 5])
def test_of_a_whole_population_nothing_is_tested(
    test: str, yes: tuple[int, int], clusters: Codes | None
) -> None:
    side = np.repeat([0, 1], 20)
    answer = np.concatenate([[2] * some + [1] * (20 - some) for some in yes])
    drawn = Sample(np.ones(40), side, clusters, ("a", "b"), (1.0, 1.0))
    answers = [Answer("a", frozenset({1})), Answer("b", frozenset({2}))]
    table = crosstab(sums_of(drawn, answer, side), answers, segments(2), Design())
    assert association(table, test).reason == CENSUS
    assert rank_test(table).significance.reason == CENSUS


@pytest.mark.parametrize("test", ["rao-scott", "lincom", "wald"])
def test_clusters_that_agree_to_a_person_give_no_test(test: str) -> None:
    side = np.repeat([0, 1], 40)
    answer = np.where(np.arange(80) % 10 < 3 + 2 * side, 2, 1)
    drawn = Sample(np.ones(80), np.zeros(80, dtype=np.int64), np.repeat(np.arange(8), 10))
    answers = [Answer("a", frozenset({1})), Answer("b", frozenset({2}))]
    table = crosstab(sums_of(drawn, answer, side), answers, segments(2), Design())
    assert association(table, test).reason == NO_SPREAD


def test_a_table_that_weighting_fixes_is_not_tested() -> None:
    numbers = np.random.Generator(np.random.PCG64(3))
    side, answer = numbers.integers(0, 2, 200), numbers.integers(0, 2, 200)
    cell, cells = cells_of([TextColumn("both", ("a", "b", "c", "d"), side * 2 + answer)])
    sums = sums_of(sample_of(200), answer + 1, side, cell)
    raking = rake(sums, cells, [Margin("both", {"a": 0.1, "b": 0.4, "c": 0.3, "d": 0.2})])
    answers = [Answer("a", frozenset({1})), Answer("b", frozenset({2}))]
    found = rao_scott(sums, answers=answers, segments=segments(2), design=Design(), raking=raking)
    assert found.reason == FIXED


@pytest.mark.parametrize("clustered", [True, False])
def test_departures_agree_with_rows(clustered: bool) -> None:
    sample, answer, segment = survey(2, clustered=clustered)
    table = crosstab(summed(sample, answer, segment), ANSWERS, segments(3), Design())
    inside, w = answer > 0, sample.weight
    whole = w[inside].sum()
    wanted, values = [], []
    for column in (1, 2):
        for row in (2, 3, 4):
            in_row, in_column = inside & (answer == row), inside & (segment == column)
            a, b = w[in_row].sum() / whole, w[in_column].sum() / whole
            wanted.append(w[in_row & in_column].sum() - a * b * whole)
            values.append(np.where(inside, (in_row & in_column) - in_row * b - in_column * a + a * b, 0.0))
    off, spread = departures(table)
    np.testing.assert_allclose(off, wanted)
    np.testing.assert_allclose(spread, covariance(sample, np.array(values).T), rtol=1e-10, atol=1e-12)


def test_clusters_that_all_say_the_same_are_not_many_people() -> None:
    answer = np.repeat([1, 2, 1, 2, 1, 1, 2, 2], 25)
    segment = np.repeat([0, 0, 1, 1, 0, 1, 0, 1], 25)
    alone = rao_scott(
        sums_of(sample_of(200), answer, segment), answers=ANSWERS[:2], segments=segments(2), design=Design()
    )
    drawn = Sample(np.ones(200), np.zeros(200, dtype=np.int64), np.repeat(np.arange(8), 25))
    together = rao_scott(
        sums_of(drawn, answer, segment), answers=ANSWERS[:2], segments=segments(2), design=Design()
    )
    assert alone.statistic == together.statistic == 0.0
    answer[50:75] = 2
    alone, together = (
        rao_scott(sums_of(one, answer, segment), answers=ANSWERS[:2], segments=segments(2), design=Design())
        for one in (sample_of(200), drawn)
    )
    assert alone.p is not None and together.p is not None
    assert alone.p < 0.001 < 0.3 < together.p


REASONS = [
    ([[0, 0], [0, 0]], "nobody answered"),
    ([[5, 5], [0, 0]], "everybody gave the same answer"),
    ([[5, 0], [5, 0]], "only one segment has answers"),
    ([[1, 0], [0, 0]], "everybody gave the same answer"),
]


@pytest.mark.parametrize(("counts", "reason"), REASONS)
@pytest.mark.parametrize("test", TESTS)
def test_where_there_is_nothing_to_test_the_reason_is_given(
    counts: list[list[int]], reason: str, test: str
) -> None:
    if not np.sum(counts):
        sums = sums_of(sample_of(3), np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64))
        table = crosstab(sums, ANSWERS, segments(2), Design())
    else:
        table = people(counts)
    found = association(table, test)
    assert (found.statistic, found.p, found.df1, found.reason) == (None, None, None, reason)
    assert reason in str(found)


def test_one_cluster_is_too_few() -> None:
    drawn = Sample(np.ones(8), np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64))
    sums = sums_of(drawn, np.array([1, 2] * 4), np.array([0, 0, 1, 1] * 2))
    found = rao_scott(sums, answers=ANSWERS[:2], segments=segments(2), design=Design(lonely="certainty"))
    assert found.reason == "there are too few first-stage units for this table"


def test_a_wald_test_needs_as_many_units_as_cells() -> None:
    drawn = Sample(np.ones(60), np.zeros(60, dtype=np.int64), np.arange(60) % 4)
    numbers = np.random.Generator(np.random.PCG64(1))
    sums = sums_of(drawn, numbers.integers(1, 5, 60), numbers.integers(0, 3, 60))
    table = crosstab(sums, ANSWERS, segments(3), Design())
    for test in ("wald", "adjusted-wald"):
        assert association(table, test).reason == "there are too few first-stage units for this table"
    assert association(table, "rao-scott").p is not None


def test_a_diagonal_table_has_too_many_empty_cells_or_a_clear_result() -> None:
    found = association(people([[20, 0, 0], [0, 20, 0], [0, 0, 20]]))
    assert found.p is None or found.p < 1e-6
    assert (found.p is None) == (found.reason is not None)


def test_empty_rows_and_columns_change_nothing() -> None:
    full, gaps = people([[12, 8], [6, 14]]), people([[12, 0, 8], [0, 0, 0], [6, 0, 14]])
    assert gaps.rows.tolist() == [0, 2]
    assert gaps.columns.tolist() == [0, 2]
    assert association(full) == association(gaps)


def test_empty_rows_and_columns_change_nothing_between_clusters() -> None:
    sample, answer, segment = survey(12, clustered=True)
    gaps = [Answer("none", frozenset({9})), ANSWERS[0], Answer("no one", frozenset({8})), *ANSWERS[1:]]
    of = [*segments(2), Segment("nowhere", {}, frozenset({7})), segments(3)[2]]
    sums = summed(sample, answer, segment)
    with_gaps = crosstab(sums, gaps, of, Design())
    assert (with_gaps.rows.tolist(), with_gaps.columns.tolist()) == ([1, 3, 4, 5], [0, 1, 3])
    assert association(with_gaps) == association(crosstab(sums, ANSWERS, segments(3), Design()))
    answer = np.where((answer == 2) | (segment == 1), 0, answer)
    sums = summed(sample, answer, segment)
    thin = crosstab(sums, ANSWERS, segments(3), Design())
    assert (thin.rows.tolist(), thin.columns.tolist()) == ([0, 2, 3], [0, 2])
    alone = crosstab(sums, [ANSWERS[at] for at in (0, 2, 3)], [segments(3)[at] for at in (0, 2)], Design())
    assert association(thin).p == pytest.approx(association(alone).p)


def test_overlapping_answers_are_no_table() -> None:
    sums = sums_of(sample_of(4), np.array([1, 2, 1, 2]), np.array([0, 0, 1, 1]))
    with pytest.raises(ValueError, match="overlap"):
        crosstab(sums, [Answer("a", frozenset({1})), Answer("b", frozenset({1, 2}))], segments(2), Design())


def test_relabelled_clusters_and_order_of_answers_change_nothing() -> None:
    sample, answer, segment = survey(4, clustered=True)
    assert sample.cluster is not None
    again = Sample(sample.weight * 7, sample.stratum, 4 - sample.cluster, sample.strata)
    one = association(crosstab(summed(sample, answer, segment), ANSWERS, segments(3), Design()))
    other = association(crosstab(summed(again, answer, segment), ANSWERS[::-1], segments(3)[::-1], Design()))
    assert (one.statistic, one.df1, one.p) == pytest.approx((other.statistic, other.df1, other.p))


def test_a_segment_may_have_several_codes() -> None:
    sample, answer, segment = survey(6, clustered=True)
    joined = [Segment("a", {}, frozenset({0, 1})), Segment("b", {}, frozenset({2}))]
    one = association(crosstab(summed(sample, answer, segment), ANSWERS, joined, Design()))
    other = association(
        crosstab(summed(sample, answer, np.where(segment == 2, 1, 0)), ANSWERS, segments(2), Design())
    )
    assert one.p == pytest.approx(other.p)


def test_a_p_value_that_may_be_too_small_is_warned_of() -> None:
    assert association(people([[30, 20], [20, 30]])).warning is None
    assert association(people([[30, 20], [2, 3]])).warning == "only 2.1 people are expected in a cell"
    numbers = np.random.Generator(np.random.PCG64(2))
    whole = np.repeat(np.arange(12), 10)
    drawn = Sample(np.ones(120), np.zeros(120, dtype=np.int64), whole)
    answer = numbers.integers(1, 3, 120)
    for segment, df in ((whole % 2, 5), (np.arange(120) % 2, 11)):
        found = rao_scott(
            sums_of(drawn, answer, segment), answers=ANSWERS[:2], segments=segments(2), design=Design()
        )
        assert found.warning == (f"a segment rests on {df} degrees of freedom" if df < 10 else None)


# --- mixtures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 5, 35])
@pytest.mark.parametrize("df", [1.0, 2.5, 16.0, 1e4])
@pytest.mark.parametrize("statistic", [0.01, 0.5, 1.0, 1.02, 4.0, 40.0])
def test_equal_weights_are_fisher_s_f(k: int, df: float, statistic: float) -> None:
    found = tail(statistic * k * 3, np.full(k, 3.0), df)
    assert found == pytest.approx(float(stats.f.sf(statistic, k, df)), rel=1e-10)


def test_unequal_weights_against_many_draws() -> None:
    weights, draws = np.array([4.0, 1.0, 0.2]), 400_000
    numbers = np.random.Generator(np.random.PCG64(1))
    above = numbers.chisquare(1, (draws, 3)) @ weights
    below = numbers.chisquare(9, draws) / 9
    for statistic in (2.0, 6.0, 20.0):
        share = float((above / below > statistic).mean())
        assert tail(statistic, weights, 9.0) == pytest.approx(share, abs=4 * (share / draws) ** 0.5)


def test_the_saddlepoint_comes_near() -> None:
    weights = np.array([4.0, 1.0, 0.2])
    for statistic in (1.0, 6.0, 30.0):
        near = saddlepoint_tail(statistic, weights, 9.0)
        assert near == pytest.approx(tail(statistic, weights, 9.0), rel=0.1)
    at_the_mean = saddlepoint_tail(5.2 * 1.0000001, weights, 1e9)
    assert at_the_mean == pytest.approx(tail(5.2, weights, 1e9), rel=0.1)
