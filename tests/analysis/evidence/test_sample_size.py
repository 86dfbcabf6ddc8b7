"""Sample size and power against statsmodels and against cases worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import (
    power_proportions_2indep,
    proportion_confint,
    samplesize_confint_proportion,
)

from analysis.evidence.planning import BEYOND, Need, SamplePlan, Wish, plan_sample
from analysis.evidence.sample_size import (
    Fielding,
    bounds,
    half_width,
    people_for_difference,
    people_for_margin,
    power,
    smallest_difference,
)
from analysis.problems import DataProblem


def only(plan: SamplePlan) -> Need:
    (need,) = plan.needs
    return need


@pytest.mark.parametrize(
    ("share", "margin", "level"), [(0.5, 0.03, 0.95), (0.34, 0.02, 0.9), (0.1, 0.05, 0.99)]
)
def test_the_normal_margin_is_that_of_statsmodels(share: float, margin: float, level: float) -> None:
    theirs = samplesize_confint_proportion(share, margin, alpha=1 - level)
    assert people_for_margin(share, margin, level, "normal") == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(("hits", "n"), [(690, 2030), (3, 40), (0, 25), (25, 25)])
def test_wilson_bounds_are_those_of_statsmodels(hits: int, n: int) -> None:
    assert bounds(hits / n, n, 0.95) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-12)


@given(st.floats(0, 1), st.floats(0.001, 0.3), st.floats(0.8, 0.999))
def test_people_for_a_wilson_margin_have_that_margin(share: float, margin: float, level: float) -> None:
    n = people_for_margin(share, margin, level)
    assert half_width(share, n, level) == pytest.approx(margin, rel=1e-7)


@pytest.mark.parametrize(
    ("first", "second", "n", "ratio"), [(0.4, 0.3, 200, 1.5), (0.3, 0.4, 90, 1), (0.02, 0.09, 300, 0.3)]
)
def test_power_is_that_of_statsmodels(first: float, second: float, n: int, ratio: float) -> None:
    theirs = power_proportions_2indep(first - second, second, n, ratio=ratio, alpha=0.05).power
    assert power(first, second, n, n * ratio, 0.05) == pytest.approx(theirs, rel=1e-9)


def test_people_for_a_difference_are_those_of_the_textbook() -> None:
    # R: power.prop.test(p1 = .50, p2 = .75, power = .90) gives n = 76.7
    assert people_for_difference(0.5, 0.75, 0.9, 0.05) == pytest.approx(76.7, abs=0.05)


@given(st.floats(0.02, 0.98), st.floats(0.3, 3), st.floats(30, 5000))
@settings(max_examples=50, deadline=None)
def test_the_smallest_difference_has_the_power_asked(share: float, ratio: float, n: float) -> None:
    below, above = smallest_difference(share, n, n * ratio, 0.8, 0.05)
    for versus in ([share - below] if below else []) + ([share + above] if above else []):
        assert power(share, versus, n, n * ratio, 0.05) == pytest.approx(0.8, rel=1e-6)


def test_no_share_is_far_enough_below_a_small_one() -> None:
    below, above = smallest_difference(0.02, 100, 100, 0.8, 0.05)
    assert below is None
    assert above == pytest.approx(0.1007, abs=1e-3)


def test_a_margin_in_people() -> None:
    need = only(plan_sample(Wish(share=0.34, margin=0.02, interval="normal")))
    assert need.base == need.total == need.invite == math.ceil(1.959963985**2 * 0.34 * 0.66 / 0.02**2)


def test_design_population_and_response_by_hand() -> None:
    fielding = Fielding(cluster_size=10, icc=0.05, weight_cv=0.5, population=5000, response_rate=0.25)
    assert fielding.effect == pytest.approx(1.45 * 1.25)
    need = only(plan_sample(Wish(margin=0.05, interval="normal", fielding=fielding)))
    first = 1.959963985**2 * 0.25 / 0.05**2 * 1.45 * 1.25  # 696.3
    assert need.base == math.ceil(first / (1 + (first - 1) / 5000)) == 612
    assert need.invite == 4 * 612
    # what 612 people of this population can show is the margin asked for
    shown = plan_sample(Wish(n=612, interval="normal", fielding=fielding)).needs[0]
    assert shown.margin == pytest.approx(0.05, abs=1e-4)


def test_everyone_asked_leaves_no_margin() -> None:
    need = plan_sample(Wish(n=500, fielding=Fielding(population=500))).needs[0]
    assert (need.low, need.high, need.margin) == (0.5, 0.5, 0.0)
    assert need.reason == "everybody answers"


def test_the_smaller_segment_of_the_worst_pair_governs() -> None:
    parts = (("a", 0.1), ("b", 0.3), ("c", 0.6))
    plan = plan_sample(Wish(share=0.34, difference=0.1, segments=parts))
    assert {need.segment for need in plan.needs} == {"a / b", "a / c", "b / c"}
    needs = {need.segment: need for need in plan.needs}
    assert all(need.alpha == pytest.approx(0.05 / 3) for need in plan.needs)
    assert needs["a / b"].total is not None
    assert plan.total == max(need.total or 0 for need in plan.needs) == needs["a / b"].total
    single = plan_sample(Wish(share=0.34, difference=0.1, segments=parts, bonferroni=False))
    assert (single.total or 0) < (plan.total or 0)


@pytest.mark.parametrize("share", [0.3, 0.85])
def test_the_order_of_the_shares_does_not_matter(share: float) -> None:
    worst = only(plan_sample(Wish(share=share, difference=0.1, ratio=3)))
    pairs = ((share, share + 0.1), (share + 0.1, share))
    both = [people_for_difference(*pair, 0.8, 0.05, 3) for pair in pairs]
    assert math.ceil(both[0]) != math.ceil(both[1])
    assert worst.base == math.ceil(max(both))


def test_a_margin_in_every_segment() -> None:
    plan = plan_sample(Wish(share=0.3, segment_margin=0.05, segments=(("few", 0.1), ("many", 0.9))))
    few, many = plan.needs
    assert few.base == many.base
    assert plan.total == few.total == math.ceil((few.base or 0) / 0.1)


def test_a_population_that_is_too_small_is_said() -> None:
    plan = plan_sample(Wish(difference=0.05, fielding=Fielding(population=1000)))
    assert only(plan).status == BEYOND
    assert plan.total is None
    assert "No sample of this population" in str(plan)


def test_what_a_number_of_people_can_show() -> None:
    plan = plan_sample(Wish(share=0.34, n=2030, difference=0.1, segments=(("a", 0.5), ("b", 0.5))))
    everyone, a, b, pair = plan.needs
    assert (everyone.low, everyone.high) == pytest.approx((0.31971, 0.36089), abs=1e-5)
    assert a.base == b.base == 1015
    assert pair.power == pytest.approx(
        min(power(0.34, 0.44, 1015, 1015, 0.05), power(0.44, 0.34, 1015, 1015, 0.05))
    )
    assert pair.lower is not None and pair.higher is not None
    assert power(0.34, 0.34 + pair.higher, 1015, 1015, 0.05) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish(share=1.2, margin=0.1), "--share 1.2"),
        (Wish(share=0.0, margin=0.1, interval="normal"), "--interval normal is out of range: give wilson"),
        (Wish(margin=0.0), "--margin 0 "),
        (Wish(n=1), "--n 1 "),
        (Wish(margin=0.1, fielding=Fielding(response_rate=0.0)), "--response-rate 0 "),
        (Wish(margin=0.1, fielding=Fielding(cluster_size=0.5)), "--cluster-size 0.5"),
        (Wish(n=700, fielding=Fielding(population=500)), "at most the population's 500"),
        (Wish(margin=0.1, segments=(("a", 0.7), ("b", 0.7))), "--segments 140%"),
        (Wish(share=0.5, difference=0.6), "--difference 60.0%"),
    ],
)
def test_what_is_out_of_range_is_named(wish: Wish, words: str) -> None:
    with pytest.raises(DataProblem) as caught:
        plan_sample(wish)
    assert caught.value.code == "plan_range"
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(), "plan_nothing"),
        (Wish(segment_margin=0.1), "option_needs"),
        (Wish(margin=0.1, interval="wald"), "unknown_option"),
    ],
)
def test_what_is_missing_is_named(wish: Wish, code: str) -> None:
    with pytest.raises(DataProblem) as caught:
        plan_sample(wish)
    assert caught.value.code == code


def test_what_is_assumed_is_said() -> None:
    told = str(plan_sample(Wish(margin=0.02))).split("Assumed")[1]
    assert "Everyone who is invited answers" in told
    assert "design effect 1." in told
    fielding = Fielding(design_effect=1.3, cluster_size=20, icc=0.05, weight_cv=0.4, response_rate=0.2)
    told = str(plan_sample(Wish(margin=0.02, fielding=fielding))).split("Assumed")[1]
    assert "20% of those invited answer" in told
    assert "Everyone" not in told
    assert "Design effect 2.94: 1.3 as given, times 1 + (20 - 1)·0.05 = 1.95 for clusters of 20" in told
    assert "1 + 0.4² = 1.16 for weights with a coefficient of variation of 0.4." in told
    alone = str(plan_sample(Wish(margin=0.02, fielding=Fielding(weight_cv=0.4))))
    assert "Design effect 1.16: 1 + 0.4² = 1.16 for weights" in alone
