"""Contrasts and ratios of estimates with one covariance, and shares that are estimated together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimators.joint import Joint
from analysis.estimators.proportion import Answer, shares
from analysis.estimators.shares_jointly import shares_jointly
from analysis.table.design import Design
from analysis.table.segments import Segment

from .by_rows import segments, summed, survey

TWO = Joint(("a", "b", "c"), np.array([0.5, 0.2, math.nan]), np.array(
    [[0.04, 0.01, 0.0], [0.01, 0.09, 0.0], [0.0, 0.0, 0.0]]), 10)  # fmt: skip
ANSWERS = [Answer(str(code), frozenset({code})) for code in range(1, 5)]


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


@pytest.mark.parametrize("clustered", [True, False])
def test_shares_together_are_the_shares_one_by_one(clustered: bool) -> None:
    sample, answer, segment = survey(13, clustered=clustered)
    everyone = Segment("all", {}, frozenset({0, 1, 2}))
    answers = [*ANSWERS, Answer("net", frozenset({1, 2}))]
    sums = summed(sample, answer, segment)
    of = [everyone, *segments(4)]
    found = shares_jointly(sums, answers=answers, segments=of, design=Design())
    alone = shares(sums, question="q", answers=answers, segments=of, design=Design())
    assert len(found.values) == len(alone) == 25
    for at, row in enumerate(alone):
        if row.share is None or row.se is None:
            assert math.isnan(found.values[at])
            continue
        assert found.values[at] == pytest.approx(row.share)
        assert math.sqrt(found.covariance[at, at]) == pytest.approx(row.se, abs=1e-12)
    # the answers of a segment add up to 1, whatever the sample: their sum does not vary
    whole = found.contrast({f"s1: {code}": 1.0 for code in range(1, 5)})
    assert whole.value == pytest.approx(1.0)
    assert whole.se == pytest.approx(0.0, abs=1e-8)
    net = found.contrast({"s1: net": 1.0, "s1: 1": -1.0, "s1: 2": -1.0})
    assert net.se == pytest.approx(0.0, abs=1e-8)


def test_names_say_what_there_are_several_of() -> None:
    sample, answer, segment = survey(13, clustered=True)
    sums = summed(sample, answer, segment)
    one = shares_jointly(sums, answers=ANSWERS, segments=segments(1), design=Design())
    assert one.names == ("1", "2", "3", "4")
    other = shares_jointly(
        sums, answers=ANSWERS[:1], segments=segments(2), design=Design(), base_codes=frozenset({1, 2})
    )
    assert other.names == ("s0", "s1")
