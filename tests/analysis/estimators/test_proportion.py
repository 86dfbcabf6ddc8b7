"""Shares and their errors: hand-made cases with the arithmetic in sight, and properties that must hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate import Estimate
from analysis.estimators.proportion import Answer, shares
from analysis.problems import DataProblem
from analysis.table.column import TextColumn
from analysis.table.design import Design, Sample
from analysis.table.segments import Segment, crossed, everyone
from analysis.table.sums import joined, sums_of
from analysis.weighting.margins import Margin, cells_of
from analysis.weighting.raking import rake

YES = Answer("yes", frozenset({2}))
ALL = (Segment("all", {}, frozenset({1})),)
BASE = frozenset({1, 2})


def sample(
    weight: list[float],
    stratum: list[int] | None = None,
    cluster: list[int] | None = None,
    fpc: tuple[float, ...] | None = None,
) -> Sample:
    codes = np.array(stratum or [0] * len(weight))
    clusters = None if cluster is None else np.array(cluster)
    names = tuple(f"s{one}" for one in range(int(codes.max()) + 1))
    return Sample(np.array(weight, dtype=float), codes, clusters, names, fpc)


def yes(drawn: Sample, answer: list[int | None], lonely: str = "fail", **more: Any) -> Estimate:
    """Estimate the share of 1 among answers of 0, 1 and None."""
    codes = np.array([0 if one is None else one + 1 for one in answer])
    sums = sums_of(drawn, codes, np.ones(len(codes), dtype=np.int64), more.pop("cell", None))
    design = Design(strata="region", lonely=lonely)
    (found,) = shares(sums, question="q", answers=[YES], segments=ALL, design=design, base_codes=BASE, **more)
    return found


def test_a_simple_sample() -> None:
    found = yes(sample([1] * 4), [1, 1, 0, 0])
    # u = (y - 1/2)/4 = ±1/8; V = 4/3 · 4/64 = 1/12 = p(1-p)/(n-1)
    assert found.share == 0.5
    assert found.se == pytest.approx(math.sqrt(1 / 12))
    assert found.design_effect == pytest.approx(1.0)
    assert (found.base, found.df, found.effective_base) == (4, 3, pytest.approx(4.0))


def test_unequal_weights() -> None:
    found = yes(sample([3, 1, 1, 1]), [1, 0, 0, 0])
    # p = 3/6; u = 3·(1/2)/6 = 1/4 and -1/12 three times; V = 4/3 · (1/16 + 3/144) = 1/9
    assert found.share == 0.5
    assert found.se == pytest.approx(1 / 3)


def test_strata_compare_people_with_their_own_stratum() -> None:
    found = yes(sample([1] * 4, [0, 0, 1, 1]), [1, 1, 1, 0])
    # p = 3/4; stratum 0 does not vary; stratum 1: u = 1/16, -3/16, mean -1/16: V = 2 · 2·(1/8)²
    assert found.se == pytest.approx(math.sqrt(2 * 2 / 64))
    assert found.df == 2


def test_clusters_are_the_units() -> None:
    found = yes(sample([1] * 4, cluster=[0, 0, 1, 1]), [1, 1, 0, 0])
    # cluster totals of u are 1/4 and -1/4: V = 2/1 · 2/16 = 1/4
    assert found.se == pytest.approx(0.5)
    assert found.df == 1
    assert found.design_effect == pytest.approx(3.0)  # 1/4 against 1/12


def test_the_same_cluster_id_in_two_strata_is_two_clusters() -> None:
    nested = yes(sample([1] * 8, [0] * 4 + [1] * 4, [0, 0, 1, 1] * 2), [1, 1, 0, 0, 1, 0, 0, 0])
    renamed = yes(sample([1] * 8, [0] * 4 + [1] * 4, [0, 0, 1, 1, 2, 2, 3, 3]), [1, 1, 0, 0, 1, 0, 0, 0])
    assert nested == renamed
    assert nested.df == 2


@pytest.mark.parametrize("fpc", [8.0, 0.5])
def test_a_finite_population_halves_the_variance_when_half_was_asked(fpc: float) -> None:
    found = yes(sample([1] * 4, fpc=(fpc,)), [1, 1, 0, 0])
    assert found.se == pytest.approx(math.sqrt(1 / 24))


def test_a_census_has_no_sampling_error() -> None:
    found = yes(sample([1] * 4, fpc=(4.0,)), [1, 1, 0, 0])
    assert (found.se, found.low, found.high, found.effective_base) == (0.0, 0.5, 0.5, 4.0)


@pytest.mark.parametrize("answer", [[1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 0], [1, None, None, None]])
@pytest.mark.parametrize("cluster", [None, [0, 0, 1, 1]])
@pytest.mark.parametrize("interval", ["auto", "wilson", "mean"])
def test_in_a_census_every_share_is_known(
    answer: list[int | None], cluster: list[int] | None, interval: str
) -> None:
    found = yes(sample([1] * 4, cluster=cluster, fpc=(1.0,)), answer, interval=interval)
    assert (found.low, found.high) == (found.share, found.share)


def test_a_census_of_one_stratum_is_none_of_the_other() -> None:
    drawn = sample([1] * 8, [0] * 4 + [1] * 4, fpc=(4.0, 40.0))
    whole = yes(drawn, [1] * 4 + [None] * 4)
    both = yes(drawn, [1] * 8)
    assert (whole.low, whole.high) == (1.0, 1.0)
    assert both.low is not None and both.low < 0.7


def test_after_raking_no_stratum_is_a_census_of_its_own() -> None:
    drawn = sample([1] * 8, [0] * 4 + [1] * 4, fpc=(4.0, 40.0))
    cell, cells = cells_of([TextColumn("g", ("a", "b"), np.array([0, 1] * 4))])
    raking = rake(
        sums_of(drawn, np.ones(8, dtype=np.int64), None, cell), cells, [Margin("g", {"a": 0.5, "b": 0.5})]
    )
    found = yes(drawn, [1] * 4 + [None] * 4, cell=cell, raking=raking)
    assert found.low is not None and found.low < 1


def test_one_huge_weight_leaves_both_choices_open() -> None:
    found = yes(sample([1e20] + [1.0] * 9), [0] + [1] * 9)
    assert found.effective_base == pytest.approx(1.0)
    assert found.low == pytest.approx(0.0, abs=1e-6)
    assert found.high is not None and found.high > 0.97


def test_missing_answers_leave_the_base_and_stay_in_the_design() -> None:
    found = yes(sample([1] * 6), [1, 1, 0, 0, None, None])
    # six units: V = 6/5 · 4/64, not 4/3 · 4/64
    assert found.base == 4
    assert found.se == pytest.approx(math.sqrt(6 / 5 / 16))
    assert found.df == 3


def test_weight_zero_is_in_no_base_and_stays_in_the_design() -> None:
    with_idle = yes(sample([1, 1, 1, 1, 0, 0]), [1, 1, 0, 0, 1, 1])
    with_missing = yes(sample([1] * 6), [1, 1, 0, 0, None, None])
    assert with_idle == with_missing


LONELY = ([1.0] * 3, [0, 0, 1])  # stratum 1 has one person; u = 1/9, -2/9 and 1/9


@pytest.mark.parametrize(
    ("rule", "variance"),
    [("certainty", 1 / 9), ("adjust", 1 / 9 + 1 / 81), ("average", 2 / 9)],
)
def test_lonely_rules(rule: str, variance: float) -> None:
    found = yes(sample(*LONELY), [1, 0, 1], rule)
    assert found.se == pytest.approx(math.sqrt(variance))


@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_lonely_rules_with_clusters_agree_with_people(rule: str) -> None:
    people = yes(sample(*LONELY), [1, 0, 1], rule)
    clusters = yes(sample(*LONELY, [0, 1, 0]), [1, 0, 1], rule)
    assert clusters.se == pytest.approx(people.se)


def test_a_lonely_stratum_fails_by_name() -> None:
    with pytest.raises(DataProblem, match="'s1' of column 'region' has only one person") as caught:
        yes(sample(*LONELY), [1, 0, 1])
    assert caught.value.code == "lonely_stratum"
    assert "adjust" in caught.value.message


def test_a_lonely_stratum_outside_the_domain_does_not_matter() -> None:
    found = yes(sample(*LONELY), [1, 0, None])
    assert found.base == 2


def test_a_fully_sampled_stratum_may_have_one_unit() -> None:
    found = yes(sample(*LONELY, fpc=(4.0, 1.0)), [1, 0, 1])
    assert found.se == pytest.approx(math.sqrt(1 / 18))  # half of stratum 0 was asked


def test_average_needs_a_stratum_with_two() -> None:
    with pytest.raises(DataProblem) as caught:
        yes(sample([1, 1], [0, 1]), [1, 0], "average")
    assert caught.value.code == "lonely_all"


def test_a_population_smaller_than_the_merged_sums_is_refused() -> None:
    drawn = sample([1, 1], fpc=(3.0,))
    half = sums_of(drawn, np.array([1, 2]), np.array([1, 1]))
    with pytest.raises(DataProblem) as caught:
        shares(joined(half, half), question="q", answers=[YES], segments=ALL, design=Design(fpc="N"))
    assert caught.value.code == "fpc_small"


def test_nobody_and_everybody_take_kish_s_effective_base() -> None:
    found = yes(sample([3, 1, 1, 1]), [1, 1, 1, 1])
    assert found.effective_base == pytest.approx(36 / 12)  # (Σw)²/Σw²
    assert (found.share, found.se, found.design_effect) == (1.0, 0.0, None)
    assert found.interval == "beta"


def test_an_empty_segment_has_no_numbers_and_says_so() -> None:
    found = yes(sample([1, 1]), [None, None])
    assert (found.share, found.se, found.low, found.high) == (None, None, None, None)
    assert (found.base, found.status) == (0, "empty")


def test_one_person_gives_a_share_without_an_interval() -> None:
    found = yes(sample([1, 1]), [1, None])
    assert (found.share, found.low, found.high, found.df) == (1.0, None, None, 0)
    assert found.status == "low_base"


def test_thirty_effective_people_are_enough() -> None:
    assert yes(sample([1] * 30), [1, 0] * 15).status == "ok"
    assert yes(sample([1] * 28), [1, 0] * 14).status == "low_base"


def test_no_answers_give_no_estimates() -> None:
    sums = sums_of(sample([1]), np.array([0]))
    assert shares(sums, question="q", answers=[], segments=ALL, design=Design()) == []


def test_a_weighting_variable_has_no_error_after_raking() -> None:
    gender = TextColumn("gender", ("woman", "man"), np.array([0] * 30 + [1] * 10))
    cell, cells = cells_of([gender])
    drawn = sample([1] * 40)
    sums = sums_of(drawn, gender.codes + 1, np.ones(40, dtype=np.int64), cell)
    raking = rake(sums, cells, [Margin("gender", {"woman": 0.5, "man": 0.5})])
    answers = [Answer("woman", frozenset({1})), Answer("man", frozenset({2}))]
    woman, _ = shares(sums, question="gender", answers=answers, segments=ALL, design=Design(), raking=raking)
    assert woman.share == pytest.approx(0.5)
    assert woman.se == 0.0
    assert (woman.low, woman.high) == pytest.approx((0.5, 0.5))


def test_raking_to_one_margin_is_post_stratification() -> None:
    # 6 women, 3 yes; 2 men, 1 yes... residual within gender; factors 2/3 and 2, total 8, p = 1/2
    gender = TextColumn("gender", ("woman", "man"), np.array([0] * 6 + [1] * 2))
    cell, cells = cells_of([gender])
    answer = np.array([2, 2, 2, 1, 1, 1, 2, 1])
    sums = sums_of(sample([1] * 8), answer, np.ones(8, dtype=np.int64), cell)
    raking = rake(sums, cells, [Margin("gender", {"woman": 0.5, "man": 0.5})])
    assert raking.weights(np.ones(8), cell)[[0, 7]] == pytest.approx([2 / 3, 2])
    (found,) = shares(
        sums, question="q", answers=[YES], segments=ALL, design=Design(), raking=raking, base_codes=BASE
    )
    # u = weight · ±(1/2)/8: Σu² = 6·(1/24)² + 2·(1/8)²; V = 8/7 · Σu²
    assert found.se == pytest.approx(math.sqrt(8 / 7 * (6 / 576 + 2 / 64)))


def test_an_interval_after_raking_pays_for_what_was_fitted() -> None:
    """Two genders are two quantities fitted to 80 people; the standard error stays that of R survey."""
    gender = TextColumn("gender", ("woman", "man"), np.array([0] * 60 + [1] * 20))
    cell, cells = cells_of([gender])
    answer = np.array([2, 1] * 40)
    sums = sums_of(sample([1] * 80), answer, np.ones(80, dtype=np.int64), cell)
    raking = rake(sums, cells, [Margin("gender", {"woman": 0.5, "man": 0.5})])
    (found,) = shares(
        sums,
        question="q",
        answers=[YES],
        segments=ALL,
        design=Design(),
        raking=raking,
        base_codes=BASE,
        interval="logit",
    )
    assert found.share == pytest.approx(0.5)
    assert found.se is not None and found.low is not None
    spread = stats.t.ppf(0.975, 79) * found.se * math.sqrt(80 / 78) / 0.25
    assert found.low == pytest.approx(1 / (1 + math.exp(spread)))


@st.composite
def surveys(draw: st.DrawFn) -> tuple[Sample, Any, Any]:
    """A sample in two strata of clusters, with an answer (0 = none) and a by-column."""
    n = draw(st.integers(8, 40))
    numbers = np.random.Generator(np.random.PCG64(draw(st.integers(0, 10**6))))
    stratum = np.arange(n) % 2
    cluster = numbers.integers(0, 4, n) if draw(st.booleans()) else None
    if cluster is not None:
        cluster[:4] = [0, 0, 1, 1]  # at least two clusters in each stratum
    drawn = Sample(numbers.uniform(0.2, 5, n), stratum, cluster, ("a", "b"))
    return drawn, numbers.integers(0, 3, n), TextColumn("age", ("old", "new"), numbers.integers(-1, 2, n))


def table(drawn: Sample, answer: Any, age: TextColumn) -> list[Estimate]:
    segmentation = crossed([age], total=True)
    answers = [Answer("no", frozenset({1})), YES]
    sums = sums_of(drawn, answer, segmentation.codes)
    return shares(sums, question="q", answers=answers, segments=segmentation.segments, design=Design())


def same(one: list[Estimate], other: list[Estimate], *figures: str) -> None:
    names = figures or ("share", "se", "low", "high", "base", "effective_base", "design_effect", "df")
    for name in names:
        values = [[getattr(row, name) for row in rows] for rows in (one, other)]
        assert [value is None for value in values[0]] == [value is None for value in values[1]]
        known = [[value for value in column if value is not None] for column in values]
        # a variance that is 0 but for rounding differs by rounding only
        assert known[0] == pytest.approx(known[1], rel=1e-6, abs=1e-9)


def taken(drawn: Sample, rows: Any) -> Sample:
    cluster = None if drawn.cluster is None else drawn.cluster[rows]
    return Sample(drawn.weight[rows], drawn.stratum[rows], cluster, drawn.strata)


@settings(derandomize=True, deadline=None)
@given(surveys(), st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(survey: tuple[Sample, Any, Any], seed: int) -> None:
    drawn, answer, age = survey
    order = np.random.Generator(np.random.PCG64(seed)).permutation(drawn.rows)
    shuffled = TextColumn("age", age.choices, age.codes[order])
    same(table(drawn, answer, age), table(taken(drawn, order), answer[order], shuffled))


@settings(derandomize=True, deadline=None)
@given(surveys(), st.sampled_from([0.001, 7.0, 1e6]))
def test_the_scale_of_weights_does_not_matter(survey: tuple[Sample, Any, Any], scale: float) -> None:
    drawn, answer, age = survey
    scaled = Sample(drawn.weight * scale, drawn.stratum, drawn.cluster, drawn.strata)
    same(table(drawn, answer, age), table(scaled, answer, age))


@settings(derandomize=True, deadline=None)
@given(surveys())
def test_a_person_split_in_two_halves_changes_nothing_between_clusters(
    survey: tuple[Sample, Any, Any],
) -> None:
    drawn, answer, age = survey
    cluster = np.arange(drawn.rows) if drawn.cluster is None else drawn.cluster
    drawn = Sample(drawn.weight, drawn.stratum, cluster, drawn.strata)
    twice = np.repeat(np.arange(drawn.rows), 2)
    halves = taken(drawn, twice)
    halves = Sample(halves.weight / 2, halves.stratum, halves.cluster, halves.strata)
    both = TextColumn("age", age.choices, age.codes[twice])
    same(table(drawn, answer, age), table(halves, answer[twice], both), "share", "se", "df")


@settings(derandomize=True, deadline=None)
@given(surveys(), st.integers(1, 7))
def test_sums_of_parts_are_the_sums_of_the_whole(survey: tuple[Sample, Any, Any], cut: int) -> None:
    drawn, answer, age = survey
    codes = crossed([age]).codes
    whole = sums_of(drawn, answer, codes)
    parts = [slice(None, cut), slice(cut, None)]
    first, second = (sums_of(taken(drawn, part), answer[part], codes[part]) for part in parts)
    both = joined(first, second)
    assert both.columns.tolist() == whole.columns.tolist()
    assert (both.people.tolist(), both.idle.tolist()) == (whole.people.tolist(), whole.idle.tolist())
    assert both.units.tolist() == whole.units.tolist()
    np.testing.assert_allclose(both.weight, whole.weight)
    np.testing.assert_allclose(both.square, whole.square)


@settings(derandomize=True, deadline=None)
@given(surveys())
def test_people_as_clusters_of_one_are_people(survey: tuple[Sample, Any, Any]) -> None:
    drawn, answer, age = survey
    people = Sample(drawn.weight, drawn.stratum, None, drawn.strata)
    ones = Sample(drawn.weight, drawn.stratum, np.arange(drawn.rows), drawn.strata)
    same(table(people, answer, age), table(ones, answer, age))


def by_rows(drawn: Sample, weight: Any, inside: Any, chose: Any, dummies: Any) -> tuple[float, float]:
    """Share and standard error row by row, the residual by a least squares solver: slow, but a second way."""
    total = weight[inside].sum()
    share = weight[inside & chose].sum() / total
    value = np.where(inside, (chose - share) / total, 0.0)
    residual = value - dummies @ np.linalg.lstsq(dummies, value, rcond=None)[0]
    cluster = np.arange(drawn.rows) if drawn.cluster is None else drawn.cluster
    variance = 0.0
    for stratum in np.unique(drawn.stratum):
        rows = drawn.stratum == stratum
        units = np.unique(cluster[rows])
        totals = np.array([(weight * residual)[rows & (cluster == unit)].sum() for unit in units])
        variance += len(units) / (len(units) - 1) * ((totals - totals.mean()) ** 2).sum()
    return share, math.sqrt(variance)


@settings(derandomize=True, deadline=None)
@given(surveys(), st.integers(0, 1000))
def test_a_domain_after_raking_agrees_with_a_row_by_row_solution(
    survey: tuple[Sample, Any, Any], seed: int
) -> None:
    drawn, answer, age = survey
    numbers = np.random.Generator(np.random.PCG64(seed))
    one, two = (TextColumn(name, ("x", "y"), numbers.permutation(np.arange(drawn.rows) % 2)) for name in "ab")
    cell, cells = cells_of([one, two])
    if len(np.unique(cell)) < 4:
        return  # margins may contradict each other where a combination is absent
    segmentation = crossed([age])
    sums = sums_of(drawn, answer, segmentation.codes, cell)
    raking = rake(sums, cells, [Margin("a", {"x": 0.4, "y": 0.6}), Margin("b", {"x": 0.7, "y": 0.3})])
    found = shares(
        sums,
        question="q",
        answers=[YES],
        segments=segmentation.segments,
        design=Design(),
        raking=raking,
        base_codes=BASE,
    )
    dummies = np.stack([column.codes == code for column in (one, two) for code in (0, 1)], axis=1) * 1.0
    for place, row in enumerate(found):
        inside = (age.codes == place) & (answer > 0)
        if row.share not in (None, 0.0, 1.0):
            wanted = by_rows(drawn, raking.weights(drawn.weight, cell), inside, answer == 2, dummies)
            assert (row.share, row.se) == pytest.approx(wanted, rel=1e-6, abs=1e-7)


@settings(derandomize=True, deadline=None)
@given(surveys())
def test_shares_of_a_segment_add_up_and_no_nan_comes_out(survey: tuple[Sample, Any, Any]) -> None:
    rows = table(*survey)
    for no, yes_ in zip(rows[::2], rows[1::2], strict=True):
        if no.share is not None and yes_.share is not None:
            assert no.share + yes_.share == pytest.approx(1.0)
    for row in rows:
        figures = (row.share, row.se, row.low, row.high, row.design_effect, row.effective_base)
        assert not any(value is not None and not math.isfinite(value) for value in figures)


def test_everyone_is_one_segment() -> None:
    assert everyone(3).segments == (Segment("all", {}, frozenset({1})),)
