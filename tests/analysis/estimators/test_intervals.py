"""Intervals against cases whose arithmetic can be followed."""

from __future__ import annotations

import math

import pytest

from analysis.estimators.intervals import Evidence, check_method, interval, korn_graubard, logit, wilson
from analysis.problems import DataProblem

Z = 1.959963984540054
MANY = 10**9  # degrees of freedom at which t is the normal quantile


def simple(hits: int, n: int) -> Evidence:
    """A simple random sample with replacement: V = p(1-p)/(n-1)."""
    p = hits / n
    return Evidence(p, p * (1 - p) / (n - 1), n, n - 1, float(n), float(n), n, n - 1)


def test_nobody_of_n_is_clopper_pearson() -> None:
    found = interval(simple(0, 20))
    assert found.low == 0.0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 20))  # (1 - high)^20 = 2.5 %
    assert found.method == "beta"


def test_everybody_mirrors_nobody_whatever_the_method() -> None:
    for method in ("auto", "logit", "wilson", "beta"):
        found = interval(simple(20, 20), method)
        assert (found.low, found.high) == pytest.approx((0.025 ** (1 / 20), 1.0))
        assert found.method == "beta"


def test_wilson_with_many_degrees_is_the_textbook_score_interval() -> None:
    low, high = wilson(0.5, 100, MANY, 0.95)
    half = Z / (2 * math.sqrt(100 + Z**2))  # at p = 1/2 the score interval is 1/2 ± z / (2·sqrt(n + z²))
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half))


def test_logit_is_symmetric_on_its_own_scale() -> None:
    low, high = logit(0.2, 0.04, MANY, 0.95)
    reach = Z * 0.04 / (0.2 * 0.8)
    centre = math.log(0.2 / 0.8)
    assert math.log(low / (1 - low)) == pytest.approx(centre - reach)
    assert math.log(high / (1 - high)) == pytest.approx(centre + reach)


def test_korn_graubard_bounds_have_the_tail_probabilities() -> None:
    low, high = korn_graubard(1 / 2, 2, 0.95)
    assert 1 - (1 - low) ** 2 == pytest.approx(0.025)  # P(at least 1 of 2) at the lower bound
    assert 1 - high**2 == pytest.approx(0.025)  # P(at most 1 of 2) at the upper bound


@pytest.mark.parametrize(("hits", "method"), [(4, "beta"), (5, "logit"), (95, "logit"), (96, "beta")])
def test_auto_wants_five_effective_people_on_both_sides(hits: int, method: str) -> None:
    assert interval(simple(hits, 100)).method == method


def test_too_few_units_give_no_interval() -> None:
    found = interval(Evidence(0.5, 0.1, 4, 0, 4.0, 4.0, 4, 0))
    assert (found.low, found.high, found.method) == (None, None, "none")


def test_no_variance_is_no_width() -> None:
    found = interval(Evidence(0.5, 0.0, 40, 39, 40.0, 40.0, 40, 39))
    assert (found.low, found.high) == (0.5, 0.5)


def test_korn_graubard_takes_the_more_cautious_count() -> None:
    few = Evidence(0.5, 0.02, 12, 5, 12.5, 12.0, 12, 5)
    asked_of_many = Evidence(0.5, 0.02, 12, 5, 12.5, 12.0, 1000, 6)
    narrow, wide = interval(few, "beta"), interval(asked_of_many, "beta")
    assert narrow.low is not None and wide.low is not None
    assert wide.low <= narrow.low


def test_a_wider_level_gives_a_wider_interval() -> None:
    narrow, wide = interval(simple(30, 100), level=0.9), interval(simple(30, 100), level=0.99)
    assert narrow.low is not None and wide.low is not None
    assert wide.low < narrow.low


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(DataProblem, match="wald"):
        check_method("wald")
