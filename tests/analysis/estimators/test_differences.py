"""Column tests: hand-made cases, a second way by rows, what cannot be tested, and adjusted p-values."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimators.differences import Difference, differences
from analysis.estimators.intervals import wilson
from analysis.estimators.proportion import Answer, shares
from analysis.estimators.significance import ADJUSTMENTS, adjusted
from analysis.problems import DataProblem
from analysis.table.column import TextColumn
from analysis.table.design import Design, Sample, sample_of
from analysis.table.sums import sums_of
from analysis.weighting.margins import Margin, cells_of
from analysis.weighting.raking import rake

from .by_rows import covariance, segments, summed, survey

YES = [Answer("yes", frozenset({2}))]
BASE = frozenset({1, 2})


def pair(yes: tuple[int, int], base: tuple[int, int], **more: float) -> Difference:
    """Two segments of a simple random sample, `yes` of `base` people in each."""
    answer = np.concatenate([[2] * some + [1] * (n - some) for some, n in zip(yes, base, strict=True)])
    segment = np.repeat([0, 1], base)
    sums = sums_of(sample_of(sum(base)), answer.astype(np.int64), segment)
    (found,) = differences(sums, answers=YES, segments=segments(2), design=Design(), base_codes=BASE, **more)  # type: ignore[arg-type]
    return found


def test_two_segments_of_a_simple_sample() -> None:
    found = pair((30, 20), (50, 50))
    # u = ±(1-p)/50, one sample of 100: V = 100/99 · (50·0.6·0.4 + 50·0.4·0.6)/50²
    error = math.sqrt(100 / 99 * 24 / 2500)
    assert found.difference == pytest.approx(0.2)
    assert found.se == pytest.approx(error)
    assert found.df == 99
    reach = float(stats.t.ppf(0.975, 99)) * error
    assert (found.low, found.high) == pytest.approx((0.2 - reach, 0.2 + reach))
    assert found.interval == "t"
    assert found.p == pytest.approx(2 * float(stats.t.sf(0.2 / error, 99)))
    assert (found.adjusted, found.status, found.reason) == (found.p, "ok", None)


def test_with_few_people_on_a_side_the_interval_is_newcombe_s() -> None:
    found = pair((8, 30), (40, 300))
    # p(1-p)/V with V = 340/339 · p(1-p)/n of the one sample: 40 and 300 people times 339/340
    low, high = wilson(0.2, 40 * 339 / 340, 339, 0.95)
    other_low, other_high = wilson(0.1, 300 * 339 / 340, 339, 0.95)
    assert found.interval == "newcombe"
    assert found.low == pytest.approx(0.1 - math.hypot(0.2 - low, other_high - 0.1))
    assert found.high == pytest.approx(0.1 + math.hypot(high - 0.2, 0.1 - other_low))


def test_shared_clusters_make_newcombe_s_interval_shorter() -> None:
    numbers = np.random.Generator(np.random.PCG64(6))
    cluster = np.repeat(np.arange(30), 10)
    chance = np.repeat(numbers.uniform(0.02, 0.3, 30), 10)
    answer = np.where(numbers.uniform(size=300) < chance, 2, 1)
    sums = sums_of(Sample(np.ones(300), np.zeros(300, dtype=np.int64), cluster), answer, np.arange(300) % 2)
    (found,) = differences(sums, answers=YES, segments=segments(2), design=Design(), base_codes=BASE)
    one, two = shares(sums, question="q", answers=YES, segments=segments(2), design=Design(), base_codes=BASE)
    assert found.interval == "newcombe" and found.low is not None and found.high is not None
    assert one.se is not None and two.se is not None and found.se is not None
    apart = math.hypot(one.se, two.se)
    assert found.se < 0.95 * apart
    reach = float(stats.t.ppf(0.975, found.df))
    assert (found.high - found.low) / (2 * reach) == pytest.approx(found.se, rel=0.05)


def test_equivalence_is_two_tests() -> None:
    found = pair((100, 98), (200, 200), margin=0.15)
    assert found.difference is not None and found.se is not None
    above = float(stats.t.sf((0.15 - found.difference) / found.se, 399))
    assert found.equivalent_p == pytest.approx(above)
    reach = float(stats.t.ppf(0.95, 399)) * found.se
    assert found.equivalent_high == pytest.approx(found.difference + reach)
    assert found.equivalent_low == pytest.approx(found.difference - reach)
    assert found.equivalent_high is not None and found.equivalent_high < 0.15
    assert found.equivalent_p is not None and found.equivalent_p < 0.05


def test_not_different_is_not_equivalent() -> None:
    found = pair((20, 17), (40, 40), margin=0.1)
    assert found.p is not None and found.p > 0.3
    assert found.equivalent_p is not None and found.equivalent_p > 0.05


UNTESTED = [
    ((0, 0), (20, 20), "nobody chose it in either"),
    ((20, 20), (20, 20), "everybody chose it in both"),
    ((1, 10), (1, 30), "only one person answered in 's0'"),
    ((5, 0), (20, 0), "nobody answered in 's1'"),
]


@pytest.mark.parametrize(("yes", "base", "reason"), UNTESTED)
def test_what_cannot_be_tested_says_why(yes: tuple[int, int], base: tuple[int, int], reason: str) -> None:
    found = pair(yes, base, margin=0.1)
    assert (found.p, found.adjusted, found.low, found.high, found.t) == (None, None, None, None, None)
    assert (found.equivalent_p, found.status, found.reason) == (None, "no_test", reason)


@pytest.mark.parametrize(
    ("yes", "base", "status"),
    [((30, 25), (60, 60), "ok"), ((10, 12), (24, 24), "low_base"), ((2, 3), (60, 60), "few_expected")],
)
def test_few_people_are_marked(yes: tuple[int, int], base: tuple[int, int], status: str) -> None:
    assert pair(yes, base).status == status


def test_nobody_of_many_against_some_is_a_test() -> None:
    found = pair((0, 30), (300, 300))
    assert found.status == "ok"
    assert found.p is not None and found.p < 1e-6


def test_all_against_nobody_is_tested_by_their_common_share() -> None:
    found = pair((20, 0), (20, 20), margin=0.1)
    # were both 1/2: V = 1/4 · (1/20 + 1/20), z² = X² = 40
    assert found.t == pytest.approx(math.sqrt(40))
    assert found.p == pytest.approx(2 * float(stats.t.sf(math.sqrt(40), 39)))
    assert found.adjusted == found.p
    low, _ = wilson(1.0, 20, 39, 0.95)
    assert found.low == pytest.approx(1 - math.hypot(1 - low, 1 - low))
    assert (found.high, found.interval, found.status) == (1.0, "newcombe", "low_base")
    assert found.equivalent_p is not None and found.equivalent_p > 0.999
    mirror = pair((0, 20), (20, 20))
    assert (mirror.t, mirror.p, mirror.low) == (-found.t, found.p, -1.0)


def test_all_against_nobody_in_clusters_counts_clusters() -> None:
    """Ten people of one cluster who answer alike may be one opinion: 4 clusters against 4, not 40 against 40."""
    drawn = Sample(np.ones(80), np.zeros(80, dtype=np.int64), np.repeat(np.arange(8), 10))
    side = np.repeat([0, 1], 40)
    (found,) = differences(
        sums_of(drawn, side + 1, side), answers=YES, segments=segments(2), design=Design(), base_codes=BASE
    )
    assert found.t == pytest.approx(-math.sqrt(8))
    assert found.df == 7
    assert found.status == "few_expected"


def test_clusters_that_agree_to_a_person_are_no_test() -> None:
    drawn = Sample(np.ones(80), np.zeros(80, dtype=np.int64), np.repeat(np.arange(8), 10))
    side = np.repeat([0, 1], 40)
    answer = np.where(np.arange(80) % 10 < 3 + 2 * side, 2, 1)
    (found,) = differences(
        sums_of(drawn, answer, side), answers=YES, segments=segments(2), design=Design(), base_codes=BASE
    )
    assert (found.p, found.reason) == (None, "the shares do not vary between first-stage units")


def test_a_segment_of_one_cluster_is_no_test() -> None:
    numbers = np.random.Generator(np.random.PCG64(2))
    cluster = np.repeat(np.arange(8), 10)
    drawn = Sample(np.ones(80), np.zeros(80, dtype=np.int64), cluster)
    sums = sums_of(drawn, numbers.integers(1, 3, 80), (cluster > 0).astype(np.int64))
    (found,) = differences(sums, answers=YES, segments=segments(2), design=Design(), base_codes=BASE)
    assert (found.p, found.reason) == (None, "too few first-stage units in 's0'")


@pytest.mark.parametrize("yes", [(20, 0), (19, 1), (1, 0), (0, 0)])
def test_of_a_whole_population_a_difference_is_no_test(yes: tuple[int, int]) -> None:
    answer = np.concatenate([[2] * some + [1] * (20 - some) for some in yes])
    side = np.repeat([0, 1], 20)
    drawn = Sample(np.ones(40), side, None, ("a", "b"), (20.0, 20.0))
    (found,) = differences(
        sums_of(drawn, answer, side), answers=YES, segments=segments(2), design=Design(), base_codes=BASE
    )
    assert found.difference == pytest.approx((yes[0] - yes[1]) / 20)
    assert (found.p, found.reason) == (None, "the whole population was drawn: there is no sampling error")


def test_beside_a_whole_population_only_the_other_share_has_an_error() -> None:
    side = np.repeat([0, 1], [20, 100])
    answer = np.concatenate([np.full(20, 1), np.where(np.arange(100) < 10, 2, 1)])
    drawn = Sample(np.ones(120), side, None, ("a", "b"), (1.0, 0.01))
    (found,) = differences(
        sums_of(drawn, answer, side), answers=YES, segments=segments(2), design=Design(), base_codes=BASE
    )
    (one,) = shares(
        sums_of(drawn, answer, side), question="q", answers=YES, segments=segments(2)[1:], design=Design(),
        base_codes=BASE, interval="wilson",
    )  # fmt: skip
    assert one.low is not None and one.high is not None and found.low is not None and found.high is not None
    assert found.interval == "newcombe"
    # the whole segment is known to have nobody: nothing of its side widens the interval
    assert found.high - found.low == pytest.approx(one.high - one.low, rel=0.01)


def test_an_interval_holds_0_where_p_is_far_from_a_difference() -> None:
    """Shares that move together from cluster to cluster make joined intervals shorter than their error allows."""
    yes = [[0, 2], [3, 3], [3, 3]]  # of four people of either segment in each of three clusters
    answer = np.concatenate([[2] * some + [1] * (4 - some) for row in yes for some in row])
    cluster, side = np.repeat(np.arange(3), 8), np.tile(np.repeat([0, 1], 4), 3)
    drawn = Sample(np.ones(24), np.zeros(24, dtype=np.int64), cluster)
    (found,) = differences(
        sums_of(drawn, answer, side), answers=YES, segments=segments(2), design=Design(), base_codes=BASE
    )
    assert found.p is not None and found.low is not None and found.high is not None
    assert found.p > 0.05
    assert found.low <= 0 <= found.high


def test_few_clusters_are_marked() -> None:
    drawn = Sample(np.ones(400), np.zeros(400, dtype=np.int64), np.arange(400) % 8)
    numbers = np.random.Generator(np.random.PCG64(1))
    sums = sums_of(drawn, numbers.integers(1, 3, 400), np.arange(400) // 8 % 2)
    (found,) = differences(sums, answers=YES, segments=segments(2), design=Design(), base_codes=BASE)
    assert (found.df, found.status) == (7, "low_base")


def test_degrees_are_those_of_the_strata_of_both_segments() -> None:
    stratum = np.repeat([0, 0, 1, 1], 100)
    cluster = np.repeat(np.arange(40), 10)
    numbers = np.random.Generator(np.random.PCG64(1))
    sums = sums_of(
        Sample(np.ones(400), stratum, cluster, ("a", "b")),
        numbers.integers(1, 3, 400),
        np.where(stratum == 0, cluster % 2, 2),
    )
    found = differences(sums, answers=YES, segments=segments(3), design=Design(), base_codes=BASE)
    assert [(one.first, one.second, one.df) for one in found] == [
        ("s0", "s1", 19),
        ("s0", "s2", 38),
        ("s1", "s2", 38),
    ]


@pytest.mark.parametrize("clustered", [True, False])
def test_pairs_agree_with_rows(clustered: bool) -> None:
    sample, answer, segment = survey(8, clustered=clustered, rows=120)
    answers = [Answer("a", frozenset({1})), Answer("net", frozenset({2, 3}))]
    base = frozenset({1, 2, 3})
    found = differences(
        summed(sample, answer, segment),
        answers=answers,
        segments=segments(3),
        design=Design(),
        base_codes=base,
    )
    counted, w = np.isin(answer, [1, 2, 3]), sample.weight
    by = {(one.choice, one.first, one.second): one for one in found}
    assert len(by) == 6
    for choice in answers:
        chose = np.isin(answer, list(choice.codes))
        values, share = [], []
        for code in range(3):
            here = counted & (segment == code)
            share.append(w[here & chose].sum() / w[here].sum())
            values.append(np.where(here, (chose - share[-1]) / w[here].sum(), 0.0))
        spread = covariance(sample, np.array(values).T)
        for i, j in ((0, 1), (0, 2), (1, 2)):
            one = by[choice.name, f"s{i}", f"s{j}"]
            assert one.difference == pytest.approx(share[i] - share[j])
            assert one.se == pytest.approx(math.sqrt(spread[i, i] + spread[j, j] - 2 * spread[i, j]))


def test_after_raking_the_difference_that_margins_fix_has_no_error() -> None:
    numbers = np.random.Generator(np.random.PCG64(3))
    gender = TextColumn("gender", ("woman", "man"), numbers.integers(0, 2, 300))
    age = TextColumn("age", ("old", "new"), numbers.integers(0, 2, 300))
    joint = TextColumn("both", ("a", "b", "c", "d"), gender.codes * 2 + age.codes)
    cell, cells = cells_of([joint])
    drawn = sample_of(300)
    raking = rake(
        sums_of(drawn, age.codes + 1, gender.codes, cell),
        cells,
        [Margin("both", {"a": 0.1, "b": 0.4, "c": 0.3, "d": 0.2})],
    )
    sums = sums_of(drawn, age.codes + 1, gender.codes, cell)
    (found,) = differences(
        sums, answers=YES, segments=segments(2), design=Design(), raking=raking, base_codes=BASE
    )
    assert found.difference == pytest.approx(0.4 / 0.5 - 0.2 / 0.5)
    assert found.reason == "the weighting fixes both shares"


def test_raked_segments_of_few_people_promise_no_more_than_a_simple_sample() -> None:
    numbers = np.random.Generator(np.random.PCG64(4))
    one = TextColumn("a", ("x", "y"), numbers.integers(0, 2, 60))
    cell, cells = cells_of([one])
    answer = np.where(numbers.uniform(size=60) < 0.9, one.codes + 1, 2 - one.codes)
    segment = numbers.integers(0, 2, 60)
    sums = sums_of(sample_of(60), answer, segment, cell)
    raking = rake(sums, cells, [Margin("a", {"x": 0.5, "y": 0.5})])
    (found,) = differences(
        sums, answers=YES, segments=segments(2), design=Design(), raking=raking, base_codes=BASE
    )
    rows = shares(
        sums, question="q", answers=YES, segments=segments(2), design=Design(), raking=raking, base_codes=BASE
    )
    least = sum(row.share * (1 - row.share) / (row.base - 1) for row in rows if row.share is not None)
    assert found.difference is not None and found.t is not None and found.se is not None
    assert (found.difference / found.t) ** 2 >= 0.7 * least
    assert found.difference / found.t > 1.1 * found.se  # the residuals of 60 people alone are too small


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([0.01, 100.0]))
def test_weight_scale_and_order_change_nothing_and_swapping_turns_the_sign(
    seed: int, clustered: bool, scale: float
) -> None:
    sample, answer, segment = survey(seed, clustered=clustered, rows=90)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(90)
    cluster = None if sample.cluster is None else sample.cluster[order]
    other = Sample(sample.weight[order] * scale, sample.stratum[order], cluster, sample.strata)
    one = differences(summed(sample, answer, segment), answers=YES, segments=segments(3), design=Design(),
                      base_codes=BASE)  # fmt: skip
    two = differences(summed(other, answer[order], segment[order]), answers=YES, segments=segments(3)[::-1],
                      design=Design(), base_codes=BASE)  # fmt: skip
    turned = {(row.second, row.first): row for row in two}
    for row in one:
        mirror = turned[row.first, row.second]
        assert (row.status, row.reason, row.df) == (mirror.status, mirror.reason, mirror.df)
        for a, b, sign in (
            (row.difference, mirror.difference, -1),
            (row.p, mirror.p, 1),
            (row.se, mirror.se, 1),
        ):
            assert (a is None) == (b is None)
            if a is not None and b is not None:
                assert a == pytest.approx(sign * b, rel=1e-7, abs=1e-12)
                assert math.isfinite(a)


# --- many tests at once -------------------------------------------------------------------------------------


def test_adjusted_p_values_by_hand() -> None:
    p = [0.01, 0.04, 0.03, 0.5]
    assert adjusted(p, "bonferroni") == pytest.approx([0.04, 0.16, 0.12, 1.0])
    # sorted .01 .03 .04 .5 times 4 3 2 1 = .04 .09 .08 .5, never falling
    assert adjusted(p, "holm") == pytest.approx([0.04, 0.09, 0.09, 0.5])
    # times 4/rank = .04 .06 .0533 .5, never rising from the end
    assert adjusted(p, "bh") == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert adjusted(p, "none") == p
    assert adjusted([], "holm") == []


def test_an_unknown_adjustment_names_those_there_are() -> None:
    with pytest.raises(DataProblem, match="--adjust knows no 'sidak': use one of holm, bonferroni, bh, none"):
        adjusted([0.1], "sidak")


@settings(derandomize=True, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.sampled_from(list(ADJUSTMENTS)))
def test_adjusting_keeps_the_order_and_never_helps(p: list[float], method: str) -> None:
    found = adjusted(p, method)
    assert all(a >= b - 1e-15 for a, b in zip(found, p, strict=True))
    assert max(found) <= 1
    order = np.argsort(p, kind="stable")
    assert all(found[a] <= found[b] + 1e-15 for a, b in pairwise(order))


def test_a_pair_that_cannot_be_tested_is_not_counted_in_the_family() -> None:
    answer = np.concatenate([np.full(40, 1), [1, 2] * 20, [2] * 30 + [1] * 10, np.full(40, 1)])
    sums = sums_of(sample_of(160), answer.astype(np.int64), np.repeat(np.arange(4), 40))
    found = differences(
        sums, answers=YES, segments=segments(4), design=Design(), base_codes=BASE, adjust="bonferroni"
    )
    untested = [one for one in found if one.p is None]
    assert [(one.first, one.second) for one in untested] == [("s0", "s3")]
    tested = next(one for one in found if (one.first, one.second) == ("s1", "s2"))
    assert tested.p is not None
    assert tested.adjusted == pytest.approx(5 * tested.p)
