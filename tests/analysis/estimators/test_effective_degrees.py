"""Effective degrees of freedom of unequal clusters, and the warnings of tests that rest on them."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimators.association import TESTS, association
from analysis.estimators.crosstab import Crosstab, crosstab
from analysis.estimators.degrees import effective_degrees, expected_variances
from analysis.estimators.design_variance import staged
from analysis.estimators.proportion import Answer
from analysis.estimators.ranks import rank_test, trend_test
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design, Sample
from analysis.table.sums import sums_of

from .by_rows import segments

ANSWERS = [Answer(str(code), frozenset({code})) for code in (1, 2)]


def drawn(sizes: list[list[int]], fpc: tuple[float, ...] | None = None) -> Sample:
    """Strata of clusters with these numbers of people."""
    stratum = np.repeat(np.arange(len(sizes)), [sum(one) for one in sizes])
    flat = [size for one in sizes for size in one]
    cluster = np.repeat(np.arange(len(flat)), flat)
    names = tuple(str(one) for one in range(len(sizes)))
    return Sample(np.ones(len(cluster)), stratum, cluster, names, fpc)


def degrees(sizes: list[list[int]], fpc: tuple[float, ...] | None = None) -> float:
    sample = drawn(sizes, fpc)
    stage = staged(sums_of(sample, np.ones(len(sample.weight), dtype=np.int64)), Design())
    square = np.array([float(size) ** 2 for one in sizes for size in one])
    found = effective_degrees(stage, np.stack([square, 1e300 * square], axis=1))
    assert found[1] == pytest.approx(found[0])
    return float(found[0])


def by_matrix(sizes: list[list[int]], left_out: list[float]) -> float:
    """E²·2/V of z'Az for independent normal z with the variances size²."""
    count = sum(len(one) for one in sizes)
    form: Numbers = np.zeros((count, count))
    at = 0
    for one, left in zip(sizes, left_out, strict=True):
        n = len(one)
        form[at : at + n, at : at + n] = left * n / (n - 1) * (np.eye(n) - np.ones((n, n)) / n)
        at += n
    product = form @ np.diag([float(size) ** 2 for one in sizes for size in one])
    return float(np.trace(product) ** 2 / np.trace(product @ product))


def test_clusters_of_one_size_give_their_number_less_that_of_their_strata() -> None:
    assert degrees([[10, 10, 10], [10, 10, 10]]) == pytest.approx(4)
    assert degrees([[7] * 12]) == pytest.approx(11)


@pytest.mark.parametrize("sizes", [[[3, 5, 22], [8, 12]], [[1, 2, 3, 4, 50]], [[40, 1], [1, 1], [2, 2, 2]]])
def test_unequal_clusters_give_fewer(sizes: list[list[int]]) -> None:
    found = degrees(sizes)
    assert found == pytest.approx(by_matrix(sizes, [1.0] * len(sizes)))
    assert found < sum(len(one) - 1 for one in sizes)


def test_a_stratum_that_was_asked_almost_whole_hardly_counts() -> None:
    sizes = [[3, 5, 22], [8, 12]]
    assert degrees(sizes, (3.3, 20.0)) == pytest.approx(by_matrix(sizes, [0.3 / 3.3, 0.9]))
    # a stratum of one cluster has no variance of its own
    assert degrees([[9], [10, 10, 10]]) == pytest.approx(2)
    assert degrees([[9], [4]]) == np.inf


def regions(sizes: list[int], split: bool = False, alike: bool = False) -> Crosstab:
    """Two segments: strata of their own, or (`split`) every second person of each cluster."""
    sample = drawn([sizes, sizes])
    people = np.arange(len(sample.weight))
    segment: Codes = people % 2 if split else sample.stratum
    answer = 1 + (sample.cluster % 2 if alike else people // 3 % 2)
    return crosstab(sums_of(sample, answer, segment), ANSWERS, segments(2), Design())


def test_a_cluster_s_variance_grows_with_how_alike_its_people_are() -> None:
    weight, own = np.array([[2.0], [3.0]]), np.array([[2.0], [3.0]])  # two and three people
    # strangers vary as 2 + 3, people all alike as 4 + 9; 7 is a quarter of the way
    for seen, wanted in ((5.0, [2.0, 3.0]), (7.0, [2.5, 4.5]), (13.0, [4.0, 9.0])):
        assert expected_variances(weight, own, np.array([seen]))[:, 0] == pytest.approx(wanted)
    for seen, wanted in ((1.0, [2.0, 3.0]), (99.0, [4.0, 9.0])):
        assert expected_variances(weight, own, np.array([seen]))[:, 0] == pytest.approx(wanted)
    assert expected_variances(own[:1], own[:1] ** 2, np.array([3.0]))[:, 0] == pytest.approx([4.0])


def test_wald_tests_of_few_clusters_are_warned_of() -> None:
    few, enough = regions([10] * 19), regions([10] * 20)
    assert few.warning is enough.warning is None  # the other tests hold from 10 degrees of freedom on
    assert (few.steadiness, enough.steadiness) == (pytest.approx(18), pytest.approx(19))
    assert enough.wald_warning is None
    assert few.wald_warning == (
        "clusters are so few or so unequal that a segment's errors rest on 18.0 effective degrees of freedom"
    )


@pytest.mark.parametrize("alike", [False, True])
def test_wald_tests_of_unequal_clusters_are_warned_of(alike: bool) -> None:
    sizes = [3, 5, 8, 12, 22] * 5
    table, size = regions(sizes, alike=alike), np.array(sizes, dtype=float)
    seen = 0.0
    for column, of_stratum in enumerate(np.split(np.arange(50), 2)):
        chose = table.inside[table.place == 2 * column]
        yes = table.stage.totals(chose, np.ones((len(chose), 1)))[of_stratum, 0]
        share = yes.sum() / size.sum()
        off = yes - share * size
        seen += 25 / 24 * float((off**2).sum()) / (share * (1 - share))
    part = min(max((seen - 2 * size.sum()) / (2 * (size**2 - size).sum()), 0.0), 1.0)
    assert (part > 0.9) if alike else (part < 0.05)
    each = np.sqrt(size + part * (size**2 - size)).tolist()
    assert (table.fewest, table.warning) == (24, None)
    assert table.steadiness == pytest.approx(by_matrix([each], [1.0]))
    assert f"rest on {table.steadiness:.1f} effective degrees of freedom" in (table.wald_warning or "")
    assert table.steadiness < (11 if alike else 18)


def test_a_segment_in_which_all_say_the_same_shows_strangers() -> None:
    sizes = [3, 17] * 10
    sample, size = drawn([sizes, sizes]), np.array(sizes, dtype=float)
    answer = 1 + np.where(sample.stratum == 0, 0, sample.cluster // 2 % 2)
    table = crosstab(sums_of(sample, answer, sample.stratum), ANSWERS, segments(2), Design())
    off = (np.arange(20) // 2 % 2 - 0.5) * size
    seen = 20 / 19 * float((off**2).sum()) / 0.25
    part = (seen - size.sum()) / (
        2 * (size**2 - size).sum()
    )  # the first segment's people count, and show nothing
    assert 0.4 < part < 0.6
    each = np.sqrt(size + part * (size**2 - size)).tolist()
    assert table.steadiness == pytest.approx(by_matrix([each], [1.0]))


def test_a_warning_of_every_test_is_one_of_wald_tests() -> None:
    thin = regions([10] * 6)
    assert thin.warning == thin.wald_warning == "a segment rests on 5 degrees of freedom"


def test_people_are_no_clusters() -> None:
    answer = np.array([1, 2] * 12)
    sample = Sample(np.ones(24), np.zeros(24, dtype=np.int64))
    table = crosstab(sums_of(sample, answer, np.arange(24) // 12), ANSWERS, segments(2), Design())
    assert (table.fewest, table.steadiness, table.wald_warning) == (11, 11.0, None)


@pytest.mark.parametrize(("clusters", "few"), [(19, True), (20, False)])
def test_only_tests_that_take_differences_by_their_errors_carry_it(clusters: int, few: bool) -> None:
    table = regions([10] * clusters)
    for name in TESTS:
        warning = association(table, name).warning
        assert warning == (table.wald_warning if few and "wald" in name else None), name
    assert (rank_test(table).significance.warning is not None) == few
    assert (trend_test(table).significance.warning is not None) == few
