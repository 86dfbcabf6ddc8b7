"""Contrasts and ratios of estimates with one covariance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimators.joint import Joint

TWO = Joint(("a", "b", "c"), np.array([0.5, 0.2, math.nan]), np.array(
    [[0.04, 0.01, 0.0], [0.01, 0.09, 0.0], [0.0, 0.0, 0.0]]), 10)  # fmt: skip


def test_a_difference_takes_the_covariance_off() -> None:
    found = TWO.difference("a", "b")
    assert found.value == pytest.approx(0.3)
    assert found.se == pytest.approx(math.sqrt(0.04 + 0.09 - 0.02))
    reach = float(stats.t.ppf(0.975, 10)) * math.sqrt(0.11)
    assert (found.low, found.high) == pytest.approx((0.3 - reach, 0.3 + reach))
    assert found.p == pytest.approx(2 * float(stats.t.sf(0.3 / math.sqrt(0.11), 10)))


def test_contrasts_by_name_and_by_place_are_the_same() -> None:
    named, placed = TWO.contrast({"a": 2, "b": -1}), TWO.contrast([2.0, -1.0, 0.0])
    assert named == placed
    assert named.se == pytest.approx(math.sqrt(4 * 0.04 + 0.09 - 4 * 0.01))


def test_a_ratio_is_tested_against_one() -> None:
    found = TWO.ratio("a", "b")
    # V = (σ11 - 2rσ12 + r²σ22)/b²
    assert found.value == pytest.approx(2.5)
    assert found.se == pytest.approx(math.sqrt(0.04 - 2 * 2.5 * 0.01 + 2.5**2 * 0.09) / 0.2)
    assert found.se is not None
    assert found.p == pytest.approx(2 * float(stats.t.sf(1.5 / found.se, 10)))


def test_reasons_instead_of_numbers() -> None:
    assert TWO.difference("a", "c").reason == "nobody answered in one of its parts"
    assert TWO.ratio("a", "c").value is None
    fixed = Joint(("a", "b"), np.array([0.5, 0.0]), np.zeros((2, 2)), 5)
    assert fixed.difference("a", "b").reason == "the estimated sampling error is 0"
    assert fixed.ratio("a", "b").reason == "the lower part of the ratio is 0 or not known"
    few = Joint(("a", "b"), np.array([0.5, 0.1]), np.eye(2), 0)
    assert few.difference("a", "b").reason == "too few first-stage units"
    for one in (fixed.difference("a", "b"), few.difference("a", "b"), fixed.ratio("a", "b")):
        assert (one.low, one.high, one.p) == (None, None, None)
        assert one.reason is not None and one.reason in str(one)


def test_an_unknown_name_names_those_there_are() -> None:
    with pytest.raises(KeyError, match="no estimate 'd': there are a, b, c"):
        TWO.contrast({"d": 1.0})
