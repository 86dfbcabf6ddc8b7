"""Sums: groups, keys too many to count in place, and what may be added."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.table.design import Sample, sample_of
from analysis.table.sums import sums_of


def test_groups_hold_counts_weights_and_squares() -> None:
    sums = sums_of(sample_of(4, np.array([1.0, 2.0, 3.0, 0.0])), np.array([1, 1, 2, 2]))
    assert sums.keys.tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 0, 2]]
    assert (sums.n.tolist(), sums.idle.tolist()) == ([2, 1], [0, 1])
    assert (sums.w.tolist(), sums.w2.tolist()) == ([3.0, 3.0], [5.0, 9.0])


@pytest.mark.parametrize("scale", [1, 10**4, 10**6])
def test_far_apart_codes_give_the_same_groups(scale: int) -> None:
    numbers = np.random.Generator(np.random.PCG64(3))
    stratum, cluster, cell, segment, answer = numbers.integers(0, 3, (5, 200))
    weight = numbers.uniform(1, 2, 200)
    near = sums_of(Sample(weight, stratum, cluster, ("a", "b", "c")), answer, segment, cell)
    far = sums_of(
        Sample(weight, stratum, cluster * scale, ("a", "b", "c")),
        answer * scale,
        segment * scale,
        cell * scale,
    )
    assert (far.keys // np.array([1, scale, scale, scale, scale])).tolist() == near.keys.tolist()
    np.testing.assert_allclose(far.w2, near.w2)


def test_people_are_not_enumerated() -> None:
    assert len(sums_of(sample_of(1000), np.arange(1000) % 3).n) == 3


def test_sums_of_two_designs_cannot_be_added() -> None:
    one = sums_of(sample_of(2), np.array([0, 1]))
    other = sums_of(Sample(np.ones(2), np.array([0, 0]), np.array([0, 1])), np.array([0, 1]))
    with pytest.raises(ValueError, match="one design"):
        _ = one + other


def test_adding_changes_neither_part() -> None:
    one = sums_of(sample_of(2), np.array([0, 1]))
    both = one + one
    assert (one.n.tolist(), both.n.tolist()) == ([1, 1], [2, 2])
